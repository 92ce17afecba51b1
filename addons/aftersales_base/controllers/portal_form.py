import re
from datetime import timedelta

from odoo import fields
from odoo.http import request
from odoo.tools import format_datetime

MAX_REQUESTS_PER_HOUR = 10


class PortalFormMixin:
    """What customers type on the portal: cleaned, and told what is wrong with it."""

    def _clean_text(self, value):
        """Return the text that was typed, without control characters; a file is no text."""
        if not isinstance(value, str):
            return ""
        value = value.replace("\r\n", "\n")
        return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", value).strip()

    def _read_form(self, post, names):
        """Return the texts that were typed into the fields ``names``, and nothing else."""
        return {name: self._clean_text(post.get(name)) for name in names}

    def _get_own_phone(self):
        """Return the number a form starts with: the user's, else that of his company."""
        partner = request.env.user.partner_id
        return partner.phone or partner.commercial_partner_id.phone or ""

    def _get_length_errors(self, form, lengths):
        """Return ``{field: what is wrong with it}`` of the texts that are too long.

        :param dict lengths: ``{field: most characters}``
        """
        return {
            name: request.env._(
                "This text is longer than %(limit)s characters. Shorten it.", limit=limit
            )
            for name, limit in lengths.items()
            if len(form[name]) > limit
        }

    def _get_text_errors(self, form, lengths):
        """Return ``{field: what is wrong with it}`` of subject, phone and too long texts."""
        errors = self._get_length_errors(form, lengths)
        if not form["subject"]:
            errors["subject"] = request.env._("Say in one line what is wrong.")
        if form["phone"] and sum(char.isdigit() for char in form["phone"]) < 5:
            errors["phone"] = request.env._(
                "This is no phone number. Correct it, or leave it empty."
            )
        return errors

    def _get_rate_error(self, model):
        """Return what to say to a user who sent too many of these within an hour.

        :param str model: with a ``channel``, which is ``portal`` for what came in here
        """
        since = fields.Datetime.now() - timedelta(hours=1)
        # sudo: counts what the user made himself, seen or not by him now
        recent_sudo = (
            request.env[model]
            .sudo()
            .search(
                [
                    ("create_uid", "=", request.env.uid),
                    ("channel", "=", "portal"),
                    ("create_date", ">", since),
                ],
                order="create_date desc",
                limit=MAX_REQUESTS_PER_HOUR,
            )
        )
        if len(recent_sudo) < MAX_REQUESTS_PER_HOUR:
            return ""
        free = recent_sudo[-1].create_date + timedelta(hours=1)
        return request.env._(
            "You sent %(count)s requests within an hour. Send this one after %(time)s, or call us.",
            count=len(recent_sudo),
            time=format_datetime(request.env, free, dt_format="short"),
        )
