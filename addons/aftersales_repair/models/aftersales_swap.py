from odoo import fields, models


class AftersalesSwap(models.Model):
    """A serial that went out and one that came in, noted by the work order that did it.

    Made by :meth:`repair.order._swap_serial`, :meth:`repair.order._swap_component` and the
    exchange of a unit; nobody writes one by hand.
    """

    _name = "aftersales.swap"
    _description = "Swapped Serial"
    _order = "date desc, id desc"
    _rec_name = "new_serial"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, index=True)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The unit on which it was done.",
    )
    kind = fields.Selection(
        selection=[
            ("serial", "New Serial of the Unit"),
            ("component", "Component"),
            ("unit", "Whole Unit"),
        ],
        required=True,
        readonly=True,
    )
    date = fields.Date(
        required=True, readonly=True, default=lambda self: self.env.company._get_aftersales_day()
    )
    old_serial = fields.Char(string="Taken Out", readonly=True, index="trigram")
    new_serial = fields.Char(string="Put In", readonly=True, index="trigram")
    old_unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    new_unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Part",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The part that brought the new serial.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Noted By",
        readonly=True,
        default=lambda self: self.env.user,
    )
    reason = fields.Char(readonly=True)
