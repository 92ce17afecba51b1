from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from odoo.addons.rating.models.rating_data import RATING_LIMIT_OK, _rating_to_grade


class AftersalesRequest(models.Model):
    """What the customer says about the service: asked for once each time it is solved."""

    _inherit = "aftersales.request"

    rating_last_value = fields.Float(
        string="Customer's Rating (1-5)",
        help="5 is happy, 3 neutral, 1 unhappy. Requests nobody rated are left out of averages.",
    )
    asked_rating_id = fields.Many2one(
        comodel_name="rating.rating",
        string="Rating Asked For",
        copy=False,
        readonly=True,
        index="btree_not_null",
        groups="base.group_user",
    )
    satisfaction = fields.Selection(
        selection=[
            ("asked", "Asked"),
            ("bad", "Unhappy"),
            ("okay", "Neutral"),
            ("great", "Happy"),
        ],
        string="Rating",
        compute="_compute_satisfaction",
        store=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="What the customer said last, or that he was asked.",
    )

    # === COMPUTE METHODS === #

    @api.depends("rating_last_value", "asked_rating_id")
    def _compute_satisfaction(self):
        for request in self:
            if value := request.rating_last_value:
                request.satisfaction = _rating_to_grade(value)
            else:
                request.satisfaction = "asked" if request.asked_rating_id else False

    # === CRUD METHODS === #

    def _read_group_select(self, aggregate_spec, query):
        """Average what was said: not rated is not 0 but unknown."""
        if aggregate_spec == "rating_last_value:avg":
            value = self._field_to_sql(self._table, "rating_last_value", query)
            return SQL("AVG(NULLIF(%s, 0))", value)
        return super()._read_group_select(aggregate_spec, query)

    # === ACTION METHODS === #

    def action_view_ratings(self):
        """Open what the customer said about this request."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("rating.rating_rating_action")
        action["domain"] = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"asked_rating_id"}

    def message_post(self, **kwargs):
        # Anybody may call this from outside, a customer too; ratings are given by the rules.
        if not self.env.su:
            for fname in ("rating_id", "rating_value"):
                kwargs.pop(fname, None)
        return super().message_post(**kwargs)

    def _get_allowed_message_params(self):
        # A rating is given to what is solved, once; not with any message in the thread.
        return super()._get_allowed_message_params() - {"rating_value"}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "done":
            self._ask_for_rating()

    def _ask_for_rating(self):
        """Open one rating for this closing; mail and portal lead to it.

        One that was asked for and not given is asked for again, so that old mails keep working.
        """
        # Who closes a request does not write ratings: this one is empty.
        asking_sudo = self.sudo().filtered(lambda request: request._asks_for_rating())
        fresh_sudo = asking_sudo.filtered(lambda request: not request._has_open_rating())
        ratings_sudo = self.env["rating.rating"].sudo()
        ratings_sudo = ratings_sudo.create(
            [request_sudo._prepare_rating_vals() for request_sudo in fresh_sudo]
        )
        for request_sudo, rating_sudo in zip(fresh_sudo, ratings_sudo, strict=True):
            request_sudo.asked_rating_id = rating_sudo

    def _asks_for_rating(self):
        """Return whether the team wants to know what the customer thinks of it."""
        self.ensure_one()
        return bool(self.team_id.rating_template_id and (self.partner_id or self.email_from))

    def _has_open_rating(self):
        """Return whether the customer was asked and has not answered."""
        self.ensure_one()
        rating_sudo = self.sudo().asked_rating_id
        return bool(rating_sudo) and not rating_sudo.consumed

    def _prepare_rating_vals(self):
        """Return the values of the empty rating the customer is asked to fill in."""
        self.ensure_one()
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "partner_id": self._rating_get_partner().id,
            "rated_partner_id": self._rating_get_operator().id,
            "is_internal": False,
        }

    def _rating_get_parent_field_name(self):
        return "team_id"

    def rating_apply(
        self,
        rate,
        token=None,
        rating=None,
        feedback=None,
        subtype_xmlid=None,
        notify_delay_send=False,
    ):
        """Take the rating; a low one becomes a to-do of the team's leader to ask why."""
        known = rating or self.env["rating.rating"].search([("access_token", "=", token)], limit=1)
        was_low = known.consumed and known.rating < RATING_LIMIT_OK
        # What he says about the work is no answer that takes it up again.
        given = super(
            AftersalesRequest, self.with_context(aftersales_keep_state=True)
        ).rating_apply(
            rate,
            token=token,
            rating=rating,
            feedback=feedback,
            subtype_xmlid=subtype_xmlid,
            notify_delay_send=notify_delay_send,
        )
        if given.rating < RATING_LIMIT_OK and not was_low:
            self._follow_up_low_rating()
        return given

    def _follow_up_low_rating(self):
        """Let the leader of the team, else whoever did it, ask the customer what was wrong."""
        for request in self:
            user = request.team_id.leader_id or request.user_id
            if user:
                # Made by the system: colleagues in other companies may not see the user of a
                # customer, and the web client reads who made a to-do.
                request.with_user(SUPERUSER_ID).activity_schedule(
                    "mail.mail_activity_data_call",
                    summary=self.env._("The customer is unhappy: ask why"),
                    user_id=user.id,
                )
