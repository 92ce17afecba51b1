from odoo import api, fields, models
from odoo.fields import Domain

from .aftersales_settlement import CLOSED_STATUSES, NOT_ACCEPTED

# What a payer may read of his settlement by remote calls; pages choose what else to show.
PORTAL_FIELDS = {
    "id",
    "display_name",
    "name",
    "kind",
    "partner_id",
    "partner_ref",
    "company_id",
    "currency_id",
    "date",
    "state",
    "status",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "note",
    "access_url",
    "create_date",
}
MOST_COVERED = 200


class AftersalesSettlement(models.Model):
    """What the payer sees of his settlement: what it is for, where it stands, how to pay it
    (SA5, PO2).

    He sees what is confirmed. What we still work on, and what we took back, is not shown, not
    even to who has the link.
    """

    _name = "aftersales.settlement"
    _inherit = ["aftersales.settlement", "portal.mixin", "aftersales.portal.mixin"]

    invoice_request_ids = fields.One2many(
        comodel_name="aftersales.invoice.request",
        inverse_name="settlement_id",
        string="Invoice Requests",
    )

    # === COMPUTE METHODS === #

    def _compute_access_url(self):
        super()._compute_access_url()
        for settlement in self:
            settlement.access_url = f"/my/settlements/{settlement.id}"

    # === ACCESS === #

    @api.model
    def _get_portal_fields(self):
        return super()._get_portal_fields() | PORTAL_FIELDS

    # === BUSINESS METHODS === #

    def _get_portal_status(self):
        """Return where the settlement stands for its payer: ``noted`` as long as he has no
        invoice, ``to_pay``, ``overdue`` and ``credit`` when it is open, else its status.

        In superuser mode: customers read no journal entries here.
        """
        self.ensure_one()
        move = self._get_living_move()
        if not move or move.state != "posted":
            return NOT_ACCEPTED if self.status == NOT_ACCEPTED else "noted"
        if self.status in CLOSED_STATUSES:
            # That we gave something up is ours to know.
            return "paid"
        if self.status != "invoiced":
            return self.status
        if move.move_type == "out_refund":
            return "credit"
        today = fields.Date.context_today(self)
        late = move.invoice_date_due and move.invoice_date_due < today
        return "overdue" if late else "to_pay"

    @api.model
    def _get_portal_open_domain(self):
        """Return the domain of what the payer still has to do with."""
        return Domain("status", "in", ("confirmed", "invoiced", "partial"))

    def _get_portal_payment(self):
        """Return what paying the settlement takes: ``amount``, ``date_due``, ``reference``,
        ``url``, and whether it is paid ``online``; nothing when there is nothing to pay.

        In superuser mode, for who may see the settlement: its invoice is his, too.
        """
        self.ensure_one()
        move = self._get_living_move()
        owed = move.amount_residual if move.state == "posted" else 0.0
        if move.move_type != "out_invoice" or self.currency_id.compare_amounts(owed, 0) <= 0:
            return {}
        return {
            "amount": owed,
            "currency": move.currency_id,
            "date_due": move.invoice_date_due,
            "reference": move.payment_reference or move.name,
            **self._get_payment_link(move),
        }

    @api.model
    def _get_payment_link(self, move):
        """Return ``url`` and whether it leads to Odoo's own payment page (``online``)."""
        # Odoo's online payment is installed or not; without it the invoice says how to pay.
        may_pay = getattr(move, "_has_to_be_paid", None)
        if not may_pay or not may_pay():
            return {"online": False, "url": move.get_portal_url()}
        url = move.get_portal_url(query_string="&payment=True", anchor="portal_pay")
        return {"online": True, "url": url}

    def _get_covered_charges(self, lines):
        """Return what was done with these lines and costs their payer nothing.

        :param lines: settlement lines, those of a page
        """
        self.ensure_one()
        charges = lines.charge_id
        if self.kind != "customer" or not charges:
            return charges.browse()
        payer = self.partner_id.commercial_partner_id
        covered = charges.search(
            charges._get_same_jobs_domain()
            & Domain("state", "=", "confirmed")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("customer_amount", "=", 0)
            & Domain("covered_amount", ">", 0)
            & Domain("payer_id", "child_of", payer.ids),
            order="id",
            limit=MOST_COVERED,
        )
        # What the maker refused is on a bill of its own.
        return covered.filtered(lambda charge: not charge.refused_amount)

    def _get_written_statement(self):
        """Return the newest workbook that was written of a long statement, if any."""
        self.ensure_one()
        exports = self.env["aftersales.statement.export"].search(
            [("settlement_id", "=", self.id), ("filename", "!=", False)], limit=1
        )
        return exports.filtered(lambda export: export._is_current())

    # === BUSINESS METHODS: INVOICE REQUEST === #

    def _get_invoice_request_obstacle(self):
        """Return why no invoice with company data can be asked for now, or an empty text."""
        self.ensure_one()
        if self.kind != "customer" or self.currency_id.compare_amounts(self.amount_total, 0) <= 0:
            return self.env._("This settlement leads to no invoice to you.")
        if self.state != "confirmed" or self.status == "reversed":
            return self.env._("This settlement is not open for an invoice.")
        if self.invoice_request_ids.filtered(lambda asked: asked.state == "asked"):
            return self.env._("You asked for it already. We check what you sent.")
        return ""
