from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

MONEY_READERS = (
    "aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement,"
    "account.group_account_readonly,account.group_account_invoice"
)
CLOSED = ("done", "cancelled")


class AftersalesRequest(models.Model):
    """What the customer wants, and what the desk has to know of him at once (IN4, IN9, IN14, DV3).

    Of what he owes an agent learns the sum: the entries are for people with accounting rights.
    """

    _inherit = "aftersales.request"

    wish = fields.Selection(
        selection=[
            ("repair", "Repair"),
            ("exchange", "Exchange"),
            ("refund", "Refund"),
            ("advice", "Advice"),
        ],
        string="Customer's Wish",
        index="btree_not_null",
        tracking=True,
        help="What the customer asks for. What he may ask for, warranty and policy say.",
    )
    customer_ref = fields.Char(
        string="Customer's Reference",
        copy=False,
        index="btree_not_null",
        help="His order or damage number: it is on the settlement and the invoice.",
    )
    notice = fields.Selection(
        selection=[("fault", "Fault Reported"), ("advance", "Advance Notice")],
        string="Reported As",
        required=True,
        default="fault",
        index=True,
        help="A fault that is there, or work the customer announces beforehand.",
    )
    customer_open_count = fields.Integer(
        string="His Other Open Requests", compute="_compute_customer_requests"
    )
    customer_closed_count = fields.Integer(
        string="His Closed Requests", compute="_compute_customer_requests"
    )
    service_note = fields.Text(
        string="Service File",
        compute="_compute_service_note",
        help="What everybody who serves this customer should know.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    unpaid_count = fields.Integer(
        string="Unpaid Invoices", compute="_compute_unpaid", groups=MONEY_READERS
    )
    unpaid_amount = fields.Monetary(
        string="Unpaid",
        compute="_compute_unpaid",
        currency_field="company_currency_id",
        groups=MONEY_READERS,
        help="What the customer has to pay us yet, in the company's currency.",
    )
    overdue_amount = fields.Monetary(
        string="Overdue",
        compute="_compute_unpaid",
        currency_field="company_currency_id",
        groups=MONEY_READERS,
        help="What of it should have been paid by now.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id.aftersales_note", "partner_id.commercial_partner_id.aftersales_note")
    def _compute_service_note(self):
        for request in self:
            partners = request.partner_id | request.partner_id.commercial_partner_id
            notes = (partner.aftersales_note for partner in partners)
            request.service_note = "\n".join(note for note in notes if note)

    @api.depends("partner_id", "state")
    @api.depends_context("uid")
    def _compute_customer_requests(self):
        counts = self._get_customer_requests()
        for request in self:
            customer = request.partner_id.commercial_partner_id
            opened, closed = counts.get((request.company_id.id, customer.id), (0, 0))
            stored = request._origin
            if stored and stored.partner_id.commercial_partner_id == customer:
                opened -= stored.state not in CLOSED
                closed -= stored.state == "done"
            request.customer_open_count = max(opened, 0)
            request.customer_closed_count = max(closed, 0)

    @api.depends("partner_id", "company_id")
    def _compute_unpaid(self):
        owed = self._get_unpaid()
        for request in self:
            customer = request.partner_id.commercial_partner_id
            count, amount, overdue = owed.get((request.company_id.id, customer.id), (0, 0.0, 0.0))
            request.unpaid_count = count
            request.unpaid_amount = amount
            request.overdue_amount = overdue

    # === ACTION METHODS === #

    def action_view_customer_requests(self):
        """Open the other requests of this customer and his people."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_request_action"
        )
        customer = self.partner_id.commercial_partner_id
        action["name"] = self.env._("Requests of %(customer)s", customer=customer.display_name)
        action["domain"] = [("partner_id", "child_of", customer.id), ("id", "!=", self.id)]
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "search_default_group_state": 1,
        }
        return action

    def action_view_unpaid(self):
        """Open what the customer has to pay yet, for who may read invoices."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = list(self._get_unpaid_domain())
        action["context"] = {"create": False}
        return action

    # === BUSINESS METHODS === #

    def _get_customer_requests(self):
        """Return ``{(company id, customer id): (open, solved)}``, as far as the user sees them."""
        customers = self.partner_id.commercial_partner_id
        counts = defaultdict(lambda: (0, 0))
        if not customers:
            return counts
        groups = self._read_group(
            Domain("partner_id.commercial_partner_id", "in", customers.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("state", "!=", "cancelled"),
            ["company_id", "partner_id", "state"],
            ["__count"],
        )
        for company, partner, state, count in groups:
            key = (company.id, partner.commercial_partner_id.id)
            opened, closed = counts[key]
            done = state == "done"
            counts[key] = (opened + (0 if done else count), closed + (count if done else 0))
        return counts

    def _get_unpaid_domain(self):
        """Return the domain of posted invoices and credit notes that are open yet.

        By the partner, whose moves have an index; the moves' own customers have none. Of the
        companies the user works in: a form may name any company before it is saved.
        """
        customers = self.partner_id.commercial_partner_id
        return Domain(
            [
                ("partner_id.commercial_partner_id", "in", customers.ids),
                ("company_id", "in", (self.company_id & self.env.companies).ids),
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )

    def _get_unpaid(self):
        """Return ``{(company id, customer id): (invoices, unpaid, overdue)}``."""
        owed = {}
        if not self.partner_id:
            return owed
        # An agent has no accounting rights and is told the sum of a customer he serves.
        Move = self.env["account.move"].sudo()
        domain = self._get_unpaid_domain()
        today = fields.Date.context_today(self)
        by = ["company_id", "commercial_partner_id"]
        for company, customer, count, amount in Move._read_group(
            domain, by, ["__count", "amount_residual_signed:sum"]
        ):
            owed[company.id, customer.id] = (count, amount, 0.0)
        if owed:
            late = domain & Domain("invoice_date_due", "<", today)
            for company, customer, amount in Move._read_group(
                late, by, ["amount_residual_signed:sum"]
            ):
                count, unpaid, __ = owed[company.id, customer.id]
                owed[company.id, customer.id] = (count, unpaid, amount)
        return owed
