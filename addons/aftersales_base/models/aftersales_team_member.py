from odoo import fields, models


class AftersalesTeamMember(models.Model):
    """One person in one team."""

    _name = "aftersales.team.member"
    _description = "After-sales Team Member"
    _order = "team_id, sequence, id"
    _rec_name = "user_id"

    team_id = fields.Many2one(
        comodel_name="aftersales.team", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('share', '=', False)]",
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="team_id.company_id")

    _team_user_uniq = models.Constraint(
        "unique(team_id, user_id)", "This person is in the team already."
    )
