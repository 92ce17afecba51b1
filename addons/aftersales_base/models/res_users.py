from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    aftersales_member_ids = fields.One2many(
        comodel_name="aftersales.team.member",
        inverse_name="user_id",
        string="After-sales Teams",
        groups="aftersales_base.group_aftersales_technician",
    )
