from odoo import fields, models


class AftersalesClaimTermsLevel(models.Model):
    """The flat amount a maker pays for labour of one repair level."""

    _name = "aftersales.claim.terms.level"
    _description = "Flat Amount of a Repair Level"
    _order = "terms_id, level_id"
    _rec_name = "level_id"

    terms_id = fields.Many2one(
        comodel_name="aftersales.claim.terms", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="terms_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="terms_id.currency_id")
    level_id = fields.Many2one(
        comodel_name="aftersales.repair.level", required=True, ondelete="restrict"
    )
    amount = fields.Monetary(required=True)

    _level_uniq = models.Constraint(
        "unique(terms_id, level_id)", "A repair level has one flat amount."
    )
    _amount_check = models.Constraint("CHECK(amount >= 0)", "A flat amount is not negative.")
