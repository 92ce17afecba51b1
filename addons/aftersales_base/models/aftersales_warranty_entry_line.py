from odoo import api, fields, models

ENTRY_KINDS = [
    ("cost", "Warranty Cost"),
    ("provide", "Set Aside"),
    ("use", "Provision Used"),
    ("release", "Provision Released"),
]


class AftersalesWarrantyEntryLine(models.Model):
    """What one charge or one unit adds to a warranty entry.

    The database books each charge and each unit once: two entries made at the same moment
    cannot hold the same one.
    """

    _name = "aftersales.warranty.entry.line"
    _description = "Line of a Warranty Entry"
    _inherit = ["aftersales.guard.mixin"]
    _order = "entry_id, kind, id"

    entry_id = fields.Many2one(
        comodel_name="aftersales.warranty.entry", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="entry_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_living = fields.Boolean(compute="_compute_is_living", store=True, precompute=True)
    kind = fields.Selection(selection=ENTRY_KINDS, required=True, readonly=True)
    charge_id = fields.Many2one(
        comodel_name="aftersales.charge",
        readonly=True,
        index="btree_not_null",
        # One that is booked stays confirmed, and so on record.
        ondelete="cascade",
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        readonly=True,
        index="btree_not_null",
        # One that is booked stays on record, see there.
        ondelete="cascade",
    )
    policy_id = fields.Many2one(
        comodel_name="aftersales.warranty.policy",
        string="Warranty Policy",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    date = fields.Date(
        string="Day", readonly=True, help="Day of the charge, the sale or the end of the warranty."
    )
    amount = fields.Monetary(readonly=True)

    _charge_uniq = models.UniqueIndex(
        "(charge_id, kind) WHERE is_living AND charge_id IS NOT NULL",
        "This charge is on another warranty entry already.",
    )
    _unit_uniq = models.UniqueIndex(
        "(unit_id, kind) WHERE is_living AND charge_id IS NULL",
        "This unit is on another warranty entry already.",
    )

    @api.depends("entry_id.state")
    def _compute_is_living(self):
        for line in self:
            line.is_living = line.entry_id.state != "cancelled"

    @api.depends("charge_id", "unit_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = (line.charge_id or line.unit_id).display_name
