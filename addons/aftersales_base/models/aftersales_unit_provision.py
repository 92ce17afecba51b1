from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesUnit(models.Model):
    """What was set aside for a unit, and where that is booked."""

    _inherit = "aftersales.unit"

    warranty_entry_line_ids = fields.One2many(
        comodel_name="aftersales.warranty.entry.line",
        inverse_name="unit_id",
        copy=False,
        groups="aftersales_base.group_aftersales_settlement",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        # sudo: whoever keeps the units need not see what is booked of them.
        booked = self.sudo().warranty_entry_line_ids.filtered(
            lambda line: line.entry_id.state == "confirmed"
        )[:1]
        if booked:
            raise UserError(
                self.env._(
                    "%(unit)s is booked by warranty entry %(entry)s and stays on record.",
                    unit=booked.unit_id.display_name,
                    entry=booked.entry_id.display_name,
                )
            )
