from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

KEEP_DAYS = 90


class AftersalesVisitSubmission(models.Model):
    """What was sent from a phone already, so that sending it again does nothing twice (FS3).

    The key is made with the form. A lost answer, a double tap or two tabs send the same key; the
    database lets one of them through. Nobody reads this but the rules.
    """

    _name = "aftersales.visit.submission"
    _description = "Submission From the Phone"
    _order = "id desc"

    visit_id = fields.Many2one(comodel_name="aftersales.visit", ondelete="cascade", index=False)
    repair_id = fields.Many2one(comodel_name="repair.order", ondelete="cascade", index=False)
    step = fields.Char(required=True)
    key = fields.Char(required=True)

    _visit_key_uniq = models.Constraint(
        "unique(visit_id, step, key)", "This was sent from the phone already."
    )
    _order_key_uniq = models.UniqueIndex(
        "(repair_id, step, key) WHERE repair_id IS NOT NULL",
        "This was sent from the phone already.",
    )
    _about_one = models.Constraint(
        "CHECK(num_nonnulls(visit_id, repair_id) = 1)",
        "What is sent from the phone is about a visit or about a work order.",
    )

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_submissions(self):
        """Forget what no phone will send again."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.sudo().search([("create_date", "<", limit)], limit=10000).unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _claim(self, job, step, key):
        """Return whether this is the first time that a phone sends it.

        One statement and not a search before a create: of two at the same moment the second
        waits for the first, and is then served again (Odoo repeats what could not be
        serialized) and finds the key.

        :param job: the visit or the work order, which the user may write
        :param str step: what was sent
        :param str key: made with the form; nothing is known of what has none
        """
        if not key:
            return True
        column = "visit_id" if job._name == "aftersales.visit" else "repair_id"
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s, step, key, create_uid, create_date) "
                "VALUES (%s, %s, %s, %s, now() AT TIME ZONE 'utc') "
                "ON CONFLICT DO NOTHING",
                SQL.identifier(self._table),
                SQL.identifier(column),
                job.id,
                step,
                key,
                self.env.uid,
            ),
            log_exceptions=False,
        )
        return bool(self.env.cr.rowcount)
