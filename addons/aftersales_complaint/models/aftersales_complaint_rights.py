from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from .aftersales_complaint import AGENT, ENDED, MANAGER, TECHNICIAN

# The handler's part is over: verifying, closing and reopening are open to his colleagues.
FOLLOW_UP = ("answered", "verified", "closed", "cancelled")
VERIFICATION_FIELDS = {"satisfaction", "verification_note"}


class AftersalesComplaint(models.Model):
    """Who may change a complaint and take its steps, in words (CP3, CP5).

    The table is on the model itself.
    """

    _inherit = "aftersales.complaint"

    # === CONSTRAINT METHODS === #

    @api.constrains("handler_id", "target_user_id")
    def _check_handler(self):
        for complaint in self:
            handler = complaint.handler_id
            if handler and handler == complaint.target_user_id:
                raise ValidationError(
                    self.env._(
                        "%(complaint)s is about %(person)s, who cannot handle it. Name another "
                        "handler.",
                        complaint=complaint.display_name,
                        person=handler.name,
                    )
                )
            if handler and not handler.has_group(TECHNICIAN):
                raise ValidationError(
                    self.env._(
                        "%(person)s has no after-sales role and would not see %(complaint)s. "
                        "Name another handler.",
                        complaint=complaint.display_name,
                        person=handler.name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _get_content_names(self, vals):
        """Return the names in ``vals`` that say something about the complaint itself."""
        technical = ("message_", "activity_", "website_message_", "rating_")
        return {
            fname
            for fname in vals
            if not fname.startswith(technical) and fname not in ("state", "access_token")
        }

    def _check_person(self, vals):
        """Raise when the current user may not write this on one of the complaints.

        :raises UserError: naming the complaint and who may
        """
        if names := self._get_content_names(vals):
            self._check_editor(names)
        target = vals.get("state")
        for complaint in self:
            if target not in complaint._get_state_transitions().get(complaint.state, {}):
                continue
            if message := complaint._get_step_error(target):
                raise UserError(message)

    def _check_editor(self, names):
        """Raise when the current user may not change ``names`` of one of the complaints.

        :param set names: of fields
        :raises UserError: naming the complaint and who may
        """
        if self.env.su:
            return
        self._check_not_closed()
        for complaint in self:
            message = ""
            if names & VERIFICATION_FIELDS:
                message = complaint._get_step_error("verified")
            if names - VERIFICATION_FIELDS:
                message = message or complaint._get_editor_error()
            if message:
                raise UserError(message)

    def _check_not_closed(self):
        ended = self.filtered(lambda complaint: complaint.state in ENDED)[:1]
        if ended:
            raise UserError(
                self.env._(
                    "%(complaint)s is closed or cancelled and stays as it is. Reopen it to change "
                    "it.",
                    complaint=ended.display_name,
                )
            )

    def _get_editor_error(self):
        """Return why the current user may not change the complaint, or an empty text."""
        self.ensure_one()
        user = self.env.user
        if self.env.su:
            return ""
        if self.target_user_id == user:
            return self.env._(
                "%(complaint)s is about you. Leave it to others.", complaint=self.display_name
            )
        if not self.handler_id or self.handler_id == user or user.has_group(MANAGER):
            return ""
        return self.env._(
            "%(complaint)s is handled by %(handler)s. Only the handler or a manager changes it.",
            complaint=self.display_name,
            handler=self.handler_id.name,
        )

    def _get_step_error(self, target):
        """Return why the current user, of all people, may not take this step."""
        self.ensure_one()
        user = self.env.user
        if self.env.su:
            return ""
        if target == "verified" and user in (self.handler_id | self.answer_user_id):
            return self.env._(
                "You handled %(complaint)s. Somebody else asks the customer and verifies it.",
                complaint=self.display_name,
            )
        follow_up = self.state in FOLLOW_UP and target != "cancelled" and user.has_group(AGENT)
        if follow_up and self.target_user_id != user:
            return ""
        return self._get_editor_error()
