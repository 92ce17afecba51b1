from odoo import api, fields, models

TARGET_KINDS = [
    ("product", "Product"),
    ("order", "Order or Invoice"),
    ("department", "Department"),
    ("person", "Person"),
    ("service", "Service"),
]


class AftersalesComplaintCause(models.Model):
    """Why customers complain, told apart by what they complain about (CP1, CP10)."""

    _name = "aftersales.complaint.cause"
    _description = "Complaint Cause"
    _order = "target_kind, sequence, name, id"
    _rec_names_search = ["code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="trigram")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    target_kind = fields.Selection(
        selection=TARGET_KINDS,
        string="Complaint About",
        required=True,
        default="service",
        index=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: used by every company."
    )

    _code_kind_uniq = models.UniqueIndex(
        "(code, target_kind, COALESCE(company_id, 0)) WHERE code IS NOT NULL",
        "This code is used already for this kind of complaint.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for cause in self:
            cause.display_name = f"[{cause.code}] {cause.name}" if cause.code else cause.name
