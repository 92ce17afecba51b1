from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesAccessory(models.Model):
    """What came in with a unit, in which condition, and went back with it (IN6, WS11)."""

    _name = "aftersales.accessory"
    _description = "Accessory Brought In"
    _inherit = ["aftersales.guard.mixin"]
    _order = "repair_id, sequence, id"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Accessory", required=True)
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    condition = fields.Char(help="As it came in: scratches, missing parts.")
    given_back = fields.Boolean(readonly=True, copy=False)

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "What was brought in has a quantity above zero."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accessories = super().create(vals_list)
        accessories._check_not_handed_over()
        return accessories

    def write(self, vals):
        self._check_not_handed_over()
        if "repair_id" in vals:
            self.env["repair.order"].browse(vals["repair_id"]).check_access("write")
        result = super().write(vals)
        if "repair_id" in vals:
            self._check_not_handed_over()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_handed_over(self):
        self._check_not_handed_over()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        """Which accessories went back is said by handing the order back."""
        return super()._get_guarded_fields() | {"given_back"}

    def _check_not_handed_over(self):
        """Refuse to change what the customer signed for.

        :raises UserError: naming the order
        """
        closed = self.repair_id.filtered("date_handed_over")[:1]
        if closed:
            raise UserError(
                self.env._(
                    "%(order)s is handed over: what came with it stays as it was signed for.",
                    order=closed.display_name,
                )
            )
