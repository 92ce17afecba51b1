from odoo import fields, models


class AftersalesTeamRule(models.Model):
    """Which requests of a team are assigned on their own, and how (DI4).

    The first rule that fits a request answers; without one, people assign.
    """

    _name = "aftersales.team.rule"
    _description = "Assignment Rule"
    _order = "team_id, sequence, id"
    _check_company_auto = True

    team_id = fields.Many2one(
        comodel_name="aftersales.team", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="team_id.company_id")
    sequence = fields.Integer(default=10)
    priority = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.request"]._fields["priority"]._description_selection(self.env)
        ),
        help="Empty: requests of every priority.",
    )
    service_type_ids = fields.Many2many(
        comodel_name="aftersales.service.type", help="Empty: requests of every type."
    )
    mode = fields.Selection(
        selection=[
            ("best", "To the best suggestion"),
            ("turn", "To each in turn"),
            ("off", "By hand"),
        ],
        string="Assigned",
        required=True,
        default="best",
    )

    def _find_mode(self, request):
        """Return how a request of the team is assigned: the first of these rules that fits."""
        for rule in self:
            types = rule.service_type_ids
            if rule.priority and rule.priority != request.priority:
                continue
            if types and request.service_type_id not in types:
                continue
            return rule.mode
        return "off"
