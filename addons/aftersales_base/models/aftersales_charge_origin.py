from odoo import api, fields, models


class AftersalesCharge(models.Model):
    """Where a charge came from, whatever document that is."""

    _inherit = "aftersales.charge"

    origin_name = fields.Char(
        compute="_compute_origin_name",
        string="Origin",
        help="The document the charge was made for.",
    )

    @api.depends(lambda self: self._get_origin_depends())
    def _compute_origin_name(self):
        for charge in self:
            # Whoever may see the charge may know the number of what it is for.
            origin_sudo = charge.sudo()._get_origin()
            charge.origin_name = origin_sudo.name if origin_sudo else False
