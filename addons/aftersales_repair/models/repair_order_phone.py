from odoo import api, fields, models
from odoo.fields import Domain

from .aftersales_visit import OPEN_STATES
from .repair_order import ENDED

# More than anybody does on a day; a list on a phone is not longer.
MOST_ORDERS = 40
FOUND_KINDS = ("symptom", "cause", "remedy")


class RepairOrder(models.Model):
    """The technician's work at the bench, on his phone (FS3, WS2, WS5)."""

    _name = "repair.order"
    _inherit = ["repair.order", "aftersales.phone.mixin"]

    work_note = fields.Text(
        string="Found and Done",
        copy=False,
        tracking=True,
        help="What was found and done, in the words of whoever did it.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_my_bench(self):
        """Return the user's own open work that is not done at customers': what he works on now
        first, what waits last.
        """
        user = self.env.user
        mine = Domain("technician_id", "=", user.id) | Domain("helper_ids", "in", user.id)
        going = Domain("user_id", "=", user.id) & Domain("state", "in", OPEN_STATES)
        at_bench = Domain("product_location_src_id.usage", "!=", "customer")
        at_bench &= ~Domain("visit_ids", "any", going)
        running = Domain("user_id", "=", user.id) & Domain("date_to", "=", False)
        at_bench |= Domain("work_time_ids", "any", running)
        is_open = Domain("state", "not in", ENDED)
        orders = self.search(
            mine & at_bench & is_open, order="schedule_date, id", limit=MOST_ORDERS
        )
        return orders.sorted(lambda repair: repair._get_bench_rank())

    def _get_bench_rank(self):
        """Return where the order stands in the list of whoever works at the bench."""
        self.ensure_one()
        return (
            not self.is_my_clock_running,
            bool(self.pause_reason_id or self.parts_waiting),
            self.state != "under_repair",
        )

    def _is_my_work(self):
        """Return whether the user does this work, or helps with it."""
        self.ensure_one()
        return self.env.user in (self.technician_id | self.helper_ids)

    @api.model
    def _get_my_clock(self):
        """Return the user's clock that runs, on whichever order."""
        # sudo: his own clock, also on an order that is not his any more.
        times_sudo = self.env["aftersales.work.time"].sudo()
        return times_sudo.search([("user_id", "=", self.env.uid), ("date_to", "=", False)])

    def _get_fault_choices(self):
        """Return ``{kind: faults}`` that may be found on this order."""
        self.ensure_one()
        faults = self.env["aftersales.fault"].search(
            [
                ("kind", "in", FOUND_KINDS),
                ("company_id", "in", (self.company_id.id, False)),
            ]
        )
        by_kind = faults.grouped("kind")
        return {kind: by_kind.get(kind, faults.browse()) for kind in FOUND_KINDS}

    def _may_note_symptom(self):
        """Return whether the user may say on the request what the unit suffers from."""
        self.ensure_one()
        return bool(self.request_id) and self.request_id.has_access("write")

    def _note_finding(self, fault_ids, note=None, known_note=""):
        """Note what was found and done; what is not told stays as it is.

        :param dict fault_ids: ``{kind: id}``; what is not in the catalogue counts as not told
        :param str note: in the technician's own words
        :param str known_note: what stood there when he began to write
        :raises UserError: when the work is over
        """
        self._check_at_work()
        self._check_work_open()
        known = self._get_fault_choices()
        found = {
            kind: faults.filtered(lambda fault, kind=kind: fault.id == fault_ids.get(kind))
            for kind, faults in known.items()
        }
        vals = {f"{kind}_id": found[kind].id for kind in ("cause", "remedy") if found[kind]}
        if note is not None:
            vals["work_note"] = self._merge_note(note, known_note) or False
        self.write({fname: value for fname, value in vals.items() if self._differs(fname, value)})
        symptom = found["symptom"]
        if symptom and symptom != self.symptom_id and self._may_note_symptom():
            self.request_id.symptom_id = symptom

    def _merge_note(self, note, known):
        """Return what stands there when two wrote at the same time: both keep their words."""
        self.ensure_one()
        current = self.work_note or ""
        if note == known:
            return current
        return note if current == known or current in note else f"{current}\n{note}"

    def _note_lateness(self, reason_id, note):
        """Note why the work ends late; what nobody offers counts as not given."""
        self._check_at_work()
        self._check_work_open()
        reason = self._get_late_reasons().filtered(lambda reason: reason.id == reason_id)
        if reason:
            self.write({"late_reason_id": reason.id, "late_note": note or False})

    def _get_late_reasons(self):
        """Return why this work may end late, where it has to be said."""
        self.ensure_one()
        reasons = self.env["aftersales.late.reason"]
        if not (self._is_open() and self._asks_why_late()):
            return reasons
        return reasons.search([("company_id", "in", (self.company_id.id, False))])

    def _differs(self, fname, value):
        """Return whether a value is another one than stands there."""
        self.ensure_one()
        current = self[fname]
        return (current.id if self._fields[fname].relational else current) != value
