from odoo import fields, models


class AftersalesUnit(models.Model):
    """Units taken down while the customer was on the phone, whose serial nobody knew (IN17)."""

    _inherit = "aftersales.unit"

    to_check = fields.Boolean(
        string="To Be Checked",
        copy=False,
        tracking=True,
        help="Taken down as the customer told it. Compare serial, product and day of purchase "
        "with our deliveries or his proof.",
    )

    _to_check_idx = models.Index("(company_id) WHERE to_check")

    def action_check(self):
        """Say that what the customer told about the unit was compared and is right."""
        return self.write({"to_check": False})
