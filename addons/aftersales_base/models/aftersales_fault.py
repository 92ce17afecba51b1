from odoo import api, fields, models


class AftersalesFault(models.Model):
    """The catalogue of symptoms, causes and remedies that makes statistics possible (WS5)."""

    _name = "aftersales.fault"
    _description = "Fault"
    _order = "kind, code, name, id"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="trigram")
    kind = fields.Selection(
        selection=[("symptom", "Symptom"), ("cause", "Cause"), ("remedy", "Remedy")],
        required=True,
        default="symptom",
        index=True,
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    customer_fault = fields.Boolean(
        string="Caused by the Customer",
        help="Misuse, opening the unit, an accident: the customer pays, whatever was promised.",
    )
    solution = fields.Html(translate=True, help="The proven way to do it, step by step.")

    _code_uniq = models.UniqueIndex(
        "(code, kind, COALESCE(company_id, 0)) WHERE code IS NOT NULL",
        "This code is used already for this kind of fault.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for fault in self:
            fault.display_name = f"[{fault.code}] {fault.name}" if fault.code else fault.name
