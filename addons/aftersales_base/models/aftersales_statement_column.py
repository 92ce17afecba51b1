from odoo import api, fields, models

# What a column shows: a path from the settlement line.
COLUMN_PATHS = {
    "request": "charge_id.request_id.name",
    "customer_ref": "charge_id.request_id.customer_ref",
    "date_fault": "charge_id.date_fault",
    "date_confirmed": "charge_id.date_confirmed",
    "customer": "charge_id.partner_id.display_name",
    "serial": "charge_id.unit_id.serial",
    "product": "charge_id.unit_id.product_id.display_name",
    "symptom": "charge_id.symptom_id.display_name",
    "cause": "charge_id.cause_id.display_name",
    "service_type": "charge_id.service_type_id.name",
    "technician": "charge_id.user_id.name",
    "kind": "charge_id.kind",
    "code": "charge_id.product_id.default_code",
    "item": "charge_id.name",
    "quantity": "charge_id.quantity",
    "price_unit": "charge_id.price_unit",
    "discount": "charge_id.discount",
    "explanation": "explanation",
    "claimed": "amount_claimed",
    "accepted": "amount_accepted",
    "reason": "difference_reason",
    "claim_number": "claim_number",
    "submitted": "date_submitted",
    "answered": "date_answered",
    "answer": "claim_state",
    "theirs": "amount_answered",
    "difference": "amount_difference",
    "decision": "decision",
    "decision_reason": "decision_reason",
}
# What only claims on makers and vendors have.
CLAIM_KEYS = {
    "claim_number",
    "submitted",
    "answered",
    "answer",
    "theirs",
    "difference",
    "decision",
    "decision_reason",
}
MONEY_KEYS = {"claimed", "accepted", "price_unit", "theirs", "difference"}


class AftersalesStatementColumn(models.Model):
    """One column of a statement."""

    _name = "aftersales.statement.column"
    _description = "Column of a Statement"
    _order = "sequence, id"

    template_id = fields.Many2one(
        comodel_name="aftersales.statement.template",
        required=True,
        ondelete="cascade",
        index=True,
    )
    sequence = fields.Integer(default=10)
    key = fields.Selection(
        selection=[
            ("request", "Request"),
            ("customer_ref", "Customer's Reference"),
            ("date_fault", "Reported On"),
            ("date_confirmed", "Confirmed On"),
            ("customer", "Customer"),
            ("serial", "Serial Number"),
            ("product", "Product"),
            ("symptom", "Symptom"),
            ("cause", "Cause"),
            ("service_type", "Service Type"),
            ("technician", "Technician"),
            ("kind", "Kind of Charge"),
            ("code", "Code"),
            ("item", "What"),
            ("quantity", "Quantity"),
            ("price_unit", "Price"),
            ("discount", "Discount (%)"),
            ("explanation", "Why"),
            ("claimed", "Claimed"),
            ("accepted", "Accepted"),
            ("reason", "Reason for the Difference"),
            ("claim_number", "Claim Number"),
            ("submitted", "Submitted On"),
            ("answered", "Answered On"),
            ("answer", "Maker's Answer"),
            ("theirs", "Theirs"),
            ("difference", "Difference"),
            ("decision", "Decision"),
            ("decision_reason", "Decided Because"),
        ],
        string="Shows",
        required=True,
    )
    heading = fields.Char(
        translate=True, help="As the payer calls it. Empty: as it is called here."
    )
    width = fields.Integer(default=16, help="In characters.")

    _width_positive = models.Constraint(
        "CHECK(width BETWEEN 1 AND 200)", "A column is 1 to 200 characters wide."
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_paths(self):
        """Return ``{key: path from the settlement line}``; modules add their columns."""
        return COLUMN_PATHS

    def _get_heading(self):
        """Return what stands above the column, in the reader's language."""
        self.ensure_one()
        return self.heading or dict(self._fields["key"]._description_selection(self.env))[self.key]

    def _is_money(self):
        """Return whether the column is formatted as an amount."""
        self.ensure_one()
        return self.key in MONEY_KEYS

    def _get_value(self, line):
        """Return what a settlement line shows in this column."""
        value = line
        *path, last = self._get_paths()[self.key].split(".")
        for name in path:
            value = value[name]
        field = value._fields[last]
        if field.type == "selection" and value[last]:
            return dict(field._description_selection(self.env))[value[last]]
        return value[last]
