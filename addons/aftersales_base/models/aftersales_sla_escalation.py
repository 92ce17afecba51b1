from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesSlaEscalation(models.Model):
    """Who is told when a clock runs out: the chain from the person up to head office (SL3, OU8).

    He gets a to-do, and of it Odoo's notice, by mail or in his inbox as he likes it.
    """

    _name = "aftersales.sla.escalation"
    _description = "Escalation"
    _order = "policy_id, clock, percent, id"

    policy_id = fields.Many2one(
        comodel_name="aftersales.sla.policy", required=True, ondelete="cascade", index=True
    )
    clock = fields.Selection(
        selection=[("response", "First Answer"), ("resolution", "Solution")],
        required=True,
        default="resolution",
    )
    percent = fields.Integer(
        string="At (%)",
        required=True,
        default=100,
        help="Share of the time used up: 80 warns before the limit, 100 on it, 150 when it is "
        "passed by half.",
    )
    recipient = fields.Selection(
        selection=[
            ("assignee", "Person Assigned"),
            ("leader", "Team Leader"),
            ("upper", "Leader of the Team Above"),
            ("top", "Head of the Whole Tree"),
            ("user", "One Person"),
        ],
        string="Tell",
        required=True,
        default="leader",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Person",
        domain="[('share', '=', False)]",
        help="Who is told when one person is.",
    )

    _percent_positive = models.Constraint(
        "CHECK(percent > 0)", "An escalation comes after some of the time is used up."
    )

    @api.constrains("recipient", "user_id")
    def _check_user(self):
        for escalation in self:
            if escalation.recipient == "user" and not escalation.user_id:
                raise ValidationError(
                    self.env._(
                        "An escalation of %(policy)s tells one person, but names nobody. Choose "
                        "the person.",
                        policy=escalation.policy_id.name,
                    )
                )

    @api.depends("clock", "percent", "recipient")
    def _compute_display_name(self):
        clocks = dict(self._fields["clock"]._description_selection(self.env))
        for escalation in self:
            escalation.display_name = f"{clocks.get(escalation.clock)} {escalation.percent} %"


class AftersalesSlaEscalationDone(models.Model):
    """An escalation that happened: each happens once for a record."""

    _name = "aftersales.sla.escalation.done"
    _description = "Escalation Done"
    _order = "create_date, id"
    _rec_name = "escalation_id"

    res_model = fields.Char(string="Document Model", required=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True, index=True
    )
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    escalation_id = fields.Many2one(
        comodel_name="aftersales.sla.escalation", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Told")
    error = fields.Char(string="What Is Wrong", help="Why nobody could be told.")

    _once_uniq = models.UniqueIndex(
        "(res_model, res_id, escalation_id)", "This escalation happened already."
    )
