from odoo import fields, models

CHECK_KINDS = [("look", "Passed or Failed"), ("measure", "Measured")]


class AftersalesChecklistItem(models.Model):
    """One thing to look at or to measure."""

    _name = "aftersales.checklist.item"
    _description = "Check of a Checklist"
    _order = "checklist_id, sequence, id"

    checklist_id = fields.Many2one(
        comodel_name="aftersales.checklist", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Check", required=True, translate=True)
    kind = fields.Selection(selection=CHECK_KINDS, required=True, default="look")
    unit_name = fields.Char(string="Measured In", help="For example bar, V or °C.")
    value_min = fields.Float(string="At Least")
    value_max = fields.Float(
        string="At Most", help="Both limits zero: whatever is measured passes."
    )
    required = fields.Boolean(
        default=True, help="The work does not end before this is passed or does not apply."
    )

    _limits_in_order = models.Constraint(
        "CHECK(value_min <= value_max)", "The lower limit of a check is not above the upper one."
    )

    def _prepare_check_vals(self, repair):
        """Return the values of this check on a work order: what was asked on that day stays."""
        self.ensure_one()
        item = self.with_context(lang=repair.env.user.lang)
        return {
            "repair_id": repair.id,
            "sequence": item.sequence,
            "name": item.name,
            "kind": item.kind,
            "unit_name": item.unit_name,
            "value_min": item.value_min,
            "value_max": item.value_max,
            "required": item.required,
            "is_standard": True,
        }
