from odoo import api, fields, models

READERS = "aftersales_base.group_aftersales_technician,aftersales_base.group_aftersales_settlement"
# The best that can be said of a customer comes first.
STATUS_ORDER = ("running", "ending", "suspended", "upcoming", "expired", "closed")


class AftersalesRequest(models.Model):
    """Planned visits open requests; whoever takes a call sees how the contract stands (DV3)."""

    _inherit = "aftersales.request"

    channel = fields.Selection(
        selection_add=[("plan", "Planned Maintenance")], ondelete={"plan": "set default"}
    )
    contract_id = fields.Many2one(
        comodel_name="aftersales.contract",
        string="Service Contract",
        compute="_compute_contract_id",
        groups=READERS,
        help="The customer's contract for this product, or for anything, that runs today; else "
        "the one that ran last.",
    )
    contract_status = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.contract"]._fields["status"]._description_selection(self.env)
        ),
        compute="_compute_contract_id",
        groups=READERS,
    )
    contract_end = fields.Date(
        string="Contract Until", compute="_compute_contract_id", groups=READERS
    )

    @api.depends("partner_id", "unit_id", "product_id", "company_id")
    @api.depends_context("uid")
    def _compute_contract_id(self):
        contracts = self.env["aftersales.contract"]
        customers = self.partner_id.commercial_partner_id
        if customers and contracts.has_access("read"):
            contracts = contracts.search(
                [
                    ("commercial_partner_id", "in", customers.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "!=", "draft"),
                ],
                order="date_end desc, id desc",
            )
        by_customer = contracts.grouped("commercial_partner_id")
        for request in self:
            candidates = by_customer.get(request.partner_id.commercial_partner_id, contracts[:0])
            contract = request._choose_contract(candidates)
            request.contract_id = contract
            request.contract_status = contract.status
            request.contract_end = contract.date_end

    def _choose_contract(self, contracts):
        """Return the one of a customer's contracts that says most about this request."""
        fitting = contracts.filtered(
            lambda contract: (
                contract.company_id == self.company_id
                and any(self._fits_contract_line(line) for line in contract.line_ids)
            )
        )
        return fitting.sorted(lambda contract: STATUS_ORDER.index(contract.status))[:1]

    def _fits_contract_line(self, line):
        """Return whether a line may speak of what the request is about; unknown is possible."""
        unit, product = self.unit_id._origin, self.product_id._origin
        return (not unit or line.unit_id in (unit, unit.browse())) and (
            not product or line.product_id in (product, product.browse())
        )
