from odoo import fields, models


class AftersalesUnitRegisterLine(models.TransientModel):
    """What past deliveries of a product will give, before it is made."""

    _name = "aftersales.unit.register.line"
    _description = "Past Deliveries of a Product"
    _order = "unit_count desc, id"

    wizard_id = fields.Many2one(
        comodel_name="aftersales.unit.register", required=True, index=True, ondelete="cascade"
    )
    product_id = fields.Many2one(comodel_name="product.product")
    policy_id = fields.Many2one(comodel_name="aftersales.warranty.policy")
    unit_count = fields.Integer(string="Installed Products")
    first_day = fields.Date(string="First Delivery")
    last_day = fields.Date(string="Last Delivery")
    running_count = fields.Integer(string="Warranties Running")
    over_count = fields.Integer(string="Warranties Over")
    pending_count = fields.Integer(string="Warranties Not Begun")
