from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

CLOSED = ("done", "cancelled")
# What a customer may read of his request, on pages and by remote calls: nothing of how it is
# judged, priced, ranked and assigned.
PORTAL_FIELDS = {
    "id",
    "display_name",
    "name",
    "subject",
    "description",
    "state",
    "priority",
    "channel",
    "partner_id",
    "partner_phone",
    "unit_id",
    "serial",
    "product_id",
    "company_id",
    "date_reported",
    "wish",
    "date_expected",
    "date_closed",
    "pause_reason_id",
    "waits_for_customer",
    "customer_close_reason",
    "access_url",
    "create_date",
}


class AftersalesRequest(models.Model):
    """What a customer sees of his request on the portal, and what he does with it himself."""

    _inherit = "aftersales.request"

    waits_for_customer = fields.Boolean(
        string="Waits for the Customer", compute="_compute_waits_for_customer", compute_sudo=True
    )
    customer_close_reason = fields.Selection(
        selection=[
            ("works", "It works again"),
            ("helped", "I solved it another way"),
            ("not_needed", "I no longer need it"),
        ],
        string="Closed by the Customer",
        copy=False,
        readonly=True,
        tracking=True,
        index="btree_not_null",
        help="Why the customer closed it himself on the portal.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "pause_reason_id.ends_on_reply")
    def _compute_waits_for_customer(self):
        for request in self:
            waiting = request.state == "waiting"
            request.waits_for_customer = waiting and request.pause_reason_id.ends_on_reply

    # === ACCESS === #

    @api.model
    def _get_portal_fields(self):
        return PORTAL_FIELDS

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"customer_close_reason"}

    # === BUSINESS METHODS === #

    @api.model
    def _get_waiting_for_customer_domain(self):
        """Return the domain of what goes on when the customer answers."""
        # Reasons are no secret, but customers have no right on the list of them.
        reasons_sudo = self.env["aftersales.pause.reason"].sudo().with_context(active_test=False)
        reasons = reasons_sudo._search([("ends_on_reply", "=", True)])
        return Domain("state", "=", "waiting") & Domain("pause_reason_id", "in", reasons)

    def _may_be_closed_by_customer(self):
        """Return whether there is something to close."""
        self.ensure_one()
        return self.state not in CLOSED

    def _get_customer_close_obstacle(self):
        """Return why the customer cannot close it himself, or an empty text."""
        self.ensure_one()
        return ""

    def _may_be_reopened(self):
        """Return whether it was solved so lately that the customer's word takes it up again."""
        self.ensure_one()
        if self.state != "done" or not self.date_closed:
            return False
        age = fields.Datetime.now() - self.date_closed
        return age.days < self.company_id.aftersales_reopen_days

    def _may_be_rated(self):
        """Return whether the customer was asked how it was, and has not said."""
        self.ensure_one()
        return self.state == "done" and self._has_open_rating()

    def _close_by_customer(self, reason, comment=""):
        """Close it because the customer says so; what he no longer needs is cancelled.

        Called in superuser mode for a customer whose request it is.

        :param str reason: a value of ``customer_close_reason``
        :return: whether it was closed; what is closed already stays as it is
        """
        self.ensure_one()
        if not self._may_be_closed_by_customer() or self._get_customer_close_obstacle():
            return False
        target = "cancelled" if reason == "not_needed" else "done"
        self.write({"state": target, "customer_close_reason": reason})
        labels = dict(self._fields["customer_close_reason"]._description_selection(self.env))
        said = ". ".join(filter(None, [labels[reason], comment]))
        self.with_context(aftersales_keep_state=True)._post_by_customer(said)
        return True

    def _reopen_by_customer(self, comment):
        """Take it up again because the customer says that it is not solved.

        :return: whether it was taken up again
        """
        self.ensure_one()
        if not self._may_be_reopened():
            return False
        self.write({"state": "in_progress"})
        self._post_by_customer(comment)
        return True

    def _rate_by_customer(self, rate, feedback=""):
        """Take the rating the customer was asked for.

        :param int rate: 5, 3 or 1
        :return: whether it was asked for
        """
        self.ensure_one()
        if not self._may_be_rated():
            return False
        rating = self.asked_rating_id
        # Whoever of the customer's people says it.
        rating.partner_id = self.env.user.partner_id
        self.rating_apply(rate, rating=rating, feedback=feedback)
        return True

    def _post_by_customer(self, text):
        """Say it in the thread as the customer."""
        self.message_post(
            body=plaintext2html(text),
            author_id=self.env.user.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        return vals if target in CLOSED else {**vals, "customer_close_reason": False}
