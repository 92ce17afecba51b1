from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import hmac


class AftersalesCheckAttempt(models.TransientModel):
    """One question asked on a public page, kept for an hour to count how many there were.

    In the database, so that the limit holds over all server processes. Who asked is kept as
    a hash only. Nobody has rights on it; the page counts in superuser mode.
    """

    _name = "aftersales.check.attempt"
    _description = "Question on a Public Page"
    _transient_max_count = 0
    _transient_max_hours = 2

    key = fields.Char(required=True)

    _key_idx = models.Index("(key, create_date)")

    @api.model
    def _is_allowed(self, sources, overall):
        """Count one question; return whether it is answered.

        Together all questions that their own sources allow are limited too: many addresses
        find no more than one. Who is kept out already does not count against the others.

        :param dict sources: see :meth:`_count_and_check`
        :param int overall: how many are answered within an hour, whoever asks
        """
        return self._count_and_check(sources) and self._count_and_check({"everybody": overall})

    @api.model
    def _count_and_check(self, sources, window=timedelta(hours=1)):
        """Count one question for each source; return whether all were within their limits.

        A question that is refused counts as well: who goes on trying stays out.

        :param dict sources: what the question came from (text), and how many of it are allowed
            within ``window``
        """
        secrets = {self._hash(source): limit for source, limit in sources.items()}
        counts = dict(
            self._read_group(
                [
                    ("key", "in", list(secrets)),
                    ("create_date", ">", fields.Datetime.now() - window),
                ],
                ["key"],
                ["__count"],
            )
        )
        # Beyond twice the limit nothing more is written: a flood fills no table.
        self.create(
            [{"key": key} for key, limit in secrets.items() if counts.get(key, 0) < 2 * limit]
        )
        return all(counts.get(key, 0) < limit for key, limit in secrets.items())

    @api.model
    def _hash(self, source):
        return hmac(self.env(su=True), "aftersales.check.attempt", source)[:32]
