from odoo import SUPERUSER_ID, fields, models
from odoo.tools import format_date

ACTIVITY = "aftersales_repair.mail_activity_type_estimate_answer"


class RepairOrder(models.Model):
    """What a customer sees of his work order, and what he answers there himself.

    Customers have no right on work orders: pages check whose it is, or the token, and show it
    in superuser mode. So nothing of it is read by remote calls.
    """

    _name = "repair.order"
    _inherit = ["repair.order", "portal.mixin"]

    def _compute_access_url(self):
        super()._compute_access_url()
        for repair in self:
            repair.access_url = f"/my/work-orders/{repair.id}"

    # === BUSINESS METHODS === #

    def _get_report_base_filename(self):
        self.ensure_one()
        return f"{self._get_charge_report_title()} {self.name}"

    def _are_charges_told(self):
        """Return whether the customer sees the charges: they are final, or just as told."""
        self.ensure_one()
        if self.state == "done":
            return True
        told = bool(self.estimate_date) and self.state != "cancel"
        return told and self._is_estimate_current()

    def _get_customer_obstacle(self, answer, key):
        """Return why the customer cannot answer so on the page he sees, or an empty text.

        :param str key: of the estimate on his page
        """
        self.ensure_one()
        if not self.estimate_date or not self._is_open():
            return self.env._("There is nothing to answer here any more.")
        if key != (self.estimate_key or "") or not self._is_estimate_current():
            return self.env._("The estimate was changed since. Wait for the new one, or call us.")
        if self.estimate_answer:
            return self.env._("This estimate was answered already. Call us to change it.")
        if answer == "accepted" and self._is_estimate_expired():
            return self.env._(
                "This estimate was valid until %(day)s. Ask us for a new one.",
                day=format_date(self.env, self.estimate_valid_until),
            )
        return ""

    def _answer_by_customer(self, answer, key, name, signature=False, reason=False):
        """Take the answer a customer gives on his page; the same one again changes nothing.

        :param str key: of the estimate on his page
        :return: why it was not taken, or an empty text
        """
        self.ensure_one()
        if self.estimate_answer == answer and key == (self.estimate_key or ""):
            return ""
        if message := self._get_customer_obstacle(answer, key):
            return message
        self._answer_estimate(
            answer, channel="portal", name=name, signature=signature, reason=reason
        )
        self._post_customer_answer()
        self._note_customer_answer()
        return ""

    def _post_customer_answer(self):
        """Say the answer in the thread, as the customer's own words."""
        user = self.env.user
        author = self.partner_id if user._is_public() else user.partner_id
        self.message_post(
            body=self._describe_answer(),
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _describe_answer(self):
        self.ensure_one()
        amount = self._format_estimate(self.estimate_amount)
        if self.estimate_answer == "accepted":
            return self.env._(
                "Estimate of %(amount)s accepted and signed by %(name)s.",
                amount=amount,
                name=self.estimate_answered_by,
            )
        return self.env._(
            "Estimate of %(amount)s refused by %(name)s: %(reason)s",
            amount=amount,
            name=self.estimate_answered_by,
            reason=self.estimate_refusal_reason,
        )

    def _note_customer_answer(self):
        """Let whoever does the work, or has the request, go on with it."""
        self.ensure_one()
        user = next(
            (
                user
                for user in (self.technician_id, self.user_id, self.request_id.user_id)
                if user.active and not user.share and self.with_user(user).has_access("read")
            ),
            None,
        )
        if not user or not self.env.ref(ACTIVITY, raise_if_not_found=False):
            return
        reader = self.with_context(lang=user.lang)
        accepted = self.estimate_answer == "accepted"
        # Made by the system: colleagues in other companies may not see the user of a customer,
        # and the web client reads who made a to-do.
        self.with_user(SUPERUSER_ID).activity_schedule(
            ACTIVITY,
            date_deadline=fields.Date.context_today(self),
            summary=reader.env._("Estimate accepted: start the work")
            if accepted
            else reader.env._("Estimate refused: give the goods back, or tell a new one"),
            user_id=user.id,
        )
