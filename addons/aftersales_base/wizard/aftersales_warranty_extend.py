from odoo import api, fields, models

from ..models.aftersales_warranty_term import BEARERS, TERM_DURATION_UNITS, TERM_KINDS
from ..tools.periods import get_last_day


class AftersalesWarrantyExtend(models.TransientModel):
    """Promise a unit more than was sold."""

    _name = "aftersales.warranty.extend"
    _description = "Extend the Warranty"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    kind = fields.Selection(selection=TERM_KINDS, string="Covers", required=True, default="all")
    component_category_id = fields.Many2one(
        comodel_name="product.category",
        string="Component",
        help="Only parts of this product category and those below it. Empty: every part.",
    )
    duration = fields.Integer(required=True, default=12)
    duration_unit = fields.Selection(selection=TERM_DURATION_UNITS, required=True, default="month")
    percent = fields.Float(string="Covered (%)", required=True, default=100.0)
    bearer_type = fields.Selection(
        selection=BEARERS, string="Paid By", required=True, default="company"
    )
    bearer_partner_id = fields.Many2one(comodel_name="res.partner", string="Maker or Vendor")
    start_mode = fields.Selection(
        selection=[("after", "After What Is Covered"), ("date", "On a Day")],
        string="Begins",
        compute="_compute_start_mode",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_start = fields.Date(
        string="From",
        compute="_compute_date_start",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    date_end = fields.Date(
        string="Until", compute="_compute_date_end", help="The last covered day."
    )

    @api.depends("unit_id")
    def _compute_start_mode(self):
        for wizard in self:
            known = wizard.unit_id._get_extension_start("all") if wizard.unit_id else True
            wizard.start_mode = "after" if known else "date"

    @api.depends("unit_id", "kind", "component_category_id", "start_mode")
    def _compute_date_start(self):
        for wizard in self:
            if wizard.start_mode == "date" or not wizard.unit_id:
                wizard.date_start = wizard.date_start or wizard._get_today()
            else:
                wizard.date_start = wizard.unit_id._get_extension_start(
                    wizard.kind, wizard.component_category_id.id
                )

    @api.depends("date_start", "duration", "duration_unit")
    def _compute_date_end(self):
        for wizard in self:
            known = wizard.date_start and wizard.duration and wizard.duration_unit
            wizard.date_end = known and get_last_day(
                wizard.date_start, wizard.duration, wizard.duration_unit
            )

    def _get_today(self):
        self.ensure_one()
        return self.unit_id.company_id._get_aftersales_day()

    def action_extend(self):
        """Give the unit the warranty and show the unit.

        :raises AccessError: when the user is no manager
        :raises UserError: when the unit is out of use, or no first day is known
        """
        self.ensure_one()
        self.unit_id._extend_warranty(self._prepare_extension_vals())
        return {"type": "ir.actions.act_window_close"}

    def _prepare_extension_vals(self):
        self.ensure_one()
        return {
            "kind": self.kind,
            "component_category_id": self.component_category_id.id,
            "duration": self.duration,
            "duration_unit": self.duration_unit,
            "percent": self.percent,
            "bearer_type": self.bearer_type,
            "bearer_partner_id": self.bearer_type == "partner" and self.bearer_partner_id.id,
            "date_start": self.date_start,
        }
