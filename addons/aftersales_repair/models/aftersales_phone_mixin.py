from odoo import models
from odoo.exceptions import UserError

HISTORY = 5


class AftersalesPhoneMixin(models.AbstractModel):
    """What a technician notes of his work on his phone, on a visit or at the bench (FS3, FS4, WS4).

    All of it is done as the technician himself, on the work order that :meth:`_get_work_order`
    names, once :meth:`_check_at_work` lets it.
    """

    _name = "aftersales.phone.mixin"
    _description = "Work Noted on the Phone"

    # === BUSINESS METHODS === #

    def _get_work_order(self):
        """Return the order that is worked on: the record itself, or the one it is about."""
        self.ensure_one()
        return self

    def _check_at_work(self):
        """Raise when it is not his to note anything, or not yet.

        :raises AccessError: when the user may not change the record
        """
        self.ensure_one()
        self.check_access("write")

    def _keep_words(self, words, known):
        """Keep in the thread what was written on a phone that did not know that it was over.

        :param str words: in the technician's own words
        :param str known: what stands on the record
        """
        self.ensure_one()
        if words and words not in (known or ""):
            self.message_post(
                body=self.env._("Written on the phone after the end: %(words)s", words=words),
                subtype_xmlid="mail.mt_note",
            )

    def _start_work(self):
        """Start the work of the order, unless it was started already.

        :raises UserError: when the order is closed, or may not be started yet
        """
        self._check_at_work()
        order = self._get_work_order()
        if order.state in ("draft", "confirmed"):
            order.action_repair_start()
        elif order.state != "under_repair":
            raise UserError(
                self.env._(
                    "%(order)s is closed. Ask the desk for another work order.",
                    order=order.display_name,
                )
            )

    def _end_work(self, moment=None):
        """End the work of the order; what is ended stays so, a second tap does nothing.

        :param moment: when he tapped, by default now: until then his clock counts; those of
            colleagues count until the server hears of it
        :raises UserError: when a check is missing or failed
        """
        self._check_at_work()
        order = self._get_work_order()
        if order.state == "done":
            return
        self._start_work()
        order._stop_clock(moment)
        order.action_repair_end()

    def _note_checks(self, found):
        """Note what was found; what is not told, or is as it was, stays untouched.

        :param dict found: ``{id of a check: {"result": …, "value": text, "note": …}}``; checks of
            other orders are passed over
        :raises UserError: naming the check whose value is no number
        """
        self._check_at_work()
        for check in self._get_work_order().check_ids:
            vals = check._prepare_phone_vals(found.get(check.id, {}))
            if vals:
                check.write(vals)

    def _get_unit_history(self):
        """Return what was done on the unit before: ``[{"name", "date", "what", "text"}, …]``."""
        self.ensure_one()
        if not self.unit_id:
            return []
        # Who is sent to a unit is told what colleagues did to it, of this company, and no prices.
        orders_sudo = self.env["repair.order"].sudo()
        orders_sudo = orders_sudo.search(
            [
                ("unit_id", "=", self.sudo().unit_id.id),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self._get_work_order().id),
                ("state", "!=", "cancel"),
            ],
            order="create_date desc, id desc",
            limit=HISTORY,
        )
        return [order_sudo._prepare_history_vals() for order_sudo in orders_sudo]
