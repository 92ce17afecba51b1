from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_complaint_days_minor = fields.Integer(string="Days for Minor Complaints", default=10)
    aftersales_complaint_days_major = fields.Integer(string="Days for Major Complaints", default=5)
    aftersales_complaint_days_critical = fields.Integer(
        string="Days for Critical Complaints", default=2
    )
    aftersales_compensation_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Compensation Product",
        check_company=True,
        domain="[('type', '=', 'service')]",
        help="Gives compensations their account and taxes. Empty: the account of the journal, "
        "no taxes.",
    )

    _complaint_days_positive = models.Constraint(
        "CHECK(aftersales_complaint_days_minor >= 0 AND aftersales_complaint_days_major >= 0 "
        "AND aftersales_complaint_days_critical >= 0)",
        "A complaint gets zero or more days.",
    )

    def _get_complaint_days(self, severity):
        """Return how many days a complaint of this severity may take."""
        self.ensure_one()
        return self[f"aftersales_complaint_days_{severity}"]
