from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

MAX_EVENTS = 1000


class AftersalesUnit(models.Model):
    """What happened to a unit: one list, newest first, told from the documents themselves.

    A module adds its documents by extending :meth:`_get_timeline_events`. It searches as the
    user, at most ``limit`` records a document, so the number of queries is the same for a unit
    of yesterday and for one with a thousand jobs.
    """

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    @api.readonly
    def get_timeline(self, limit=20):
        """Return the newest events of this unit, as far as the user may see them.

        :param int limit: at most this many, up to 1000
        :return: dict with ``events`` (dicts of :meth:`_prepare_timeline_event`, ``date`` as text
            in the user's format) and ``more``: there are older ones
        :raises AccessError: when the user is no employee or may not read the unit
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The history of a product is for employees."))
        limit = min(max(int(limit), 1), MAX_EVENTS)
        # Days are those of the company; moments are shown on the reader's.
        today = max(self.company_id._get_aftersales_day(), fields.Date.context_today(self))
        events = [
            event
            for event in self._get_timeline_events(limit + 1)
            if event["date"] and event["date"] <= today
        ]
        events.sort(key=lambda event: (event["date"], event["rank"]), reverse=True)
        for event in events[:limit]:
            event["date"] = format_date(self.env, event["date"])
        return {"events": events[:limit], "more": len(events) > limit}

    def _get_timeline_events(self, limit):
        """Return what happened to this unit, in any order; modules add their documents.

        :param int limit: at most this many of each document, the newest ones
        :return: list of dicts of :meth:`_prepare_timeline_event`
        """
        self.ensure_one()
        return [
            *self._get_timeline_milestones(),
            *self._get_timeline_warranties(),
            *self._get_timeline_requests(limit),
            *self._get_timeline_usage(limit),
            *self._get_timeline_owners(limit),
        ]

    @api.model
    def _prepare_timeline_event(self, date, title, text="", record=None, icon="circle", **vals):
        """Return one event.

        :param date: day on which it happened; without one, or to come, it is left out
        :param str title: what happened, in two or three words
        :param str text: what else is known, in one line
        :param record: what a click opens, if anything
        :param str icon: name of an icon, without ``fa-``
        :param vals: ``color`` (``success``, ``warning``, ``danger``, ``info``, ``primary``; default
            ``secondary``) and ``rank``: of one day, the higher came later (default 50)
        """
        return {
            "date": date,
            "title": title,
            "text": text or "",
            "icon": icon,
            "color": "secondary",
            "rank": 50,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
            **vals,
        }

    def _search_timeline(self, model, domain, order, limit):
        """Return the first records the user may read; none if he may read no such document."""
        records = self.env[model]
        if not records.has_access("read"):
            return records
        return records.search(domain, order=order, limit=limit)

    def _get_timeline_milestones(self):
        """Return the days the unit itself knows."""
        titles = {
            "date_purchase": self.env._("Purchased"),
            "date_invoice": self.env._("Invoiced"),
            "date_installed": self.env._("Installed or accepted"),
            "date_registered": self.env._("Registered"),
        }
        looks = {
            "date_purchase": {"icon": "shopping-bag", "rank": 5},
            "date_invoice": {"icon": "file-text-o", "rank": 15},
            "date_installed": {"icon": "check-square-o", "rank": 25},
            "date_registered": {"icon": "id-card-o", "rank": 30},
        }
        return [
            self._prepare_timeline_start(),
            *(
                self._prepare_timeline_event(self[fname], title, **looks[fname])
                for fname, title in titles.items()
            ),
        ]

    def _prepare_timeline_start(self):
        """Return how the unit came to its customer."""
        return self._prepare_timeline_event(
            self.date_start,
            self.env._("In service"),
            icon="play",
            color="success",
            rank=20,
        )

    def _get_timeline_warranties(self):
        """Return when warranties began, were extended, ended, and were closed or made void.

        What began or ended together is told as one.
        """
        together = {}
        for warranty in self._get_timeline_promises():
            for key in warranty._get_timeline_keys():
                together.setdefault(key, warranty.browse())
                together[key] |= warranty
        return [
            warranties._prepare_timeline_event(what, day, note)
            for (what, day, note), warranties in together.items()
        ]

    def _get_timeline_promises(self):
        """Return the warranties of this unit that the user may read."""
        if not self.env["aftersales.warranty"].has_access("read"):
            return self.env["aftersales.warranty"]
        return self.warranty_ids

    def _get_timeline_requests(self, limit):
        requests = self._search_timeline(
            "aftersales.request",
            [("unit_id", "=", self.id)],
            "date_reported desc, id desc",
            limit,
        )
        states = dict(requests._fields["state"]._description_selection(self.env))
        colors = {"done": "success", "cancelled": "secondary", "waiting": "warning"}
        return [
            self._prepare_timeline_event(
                fields.Date.context_today(self, request.date_reported),
                self.env._("Request %(number)s", number=request.name),
                f"{request.subject} · {states[request.state]}",
                request,
                icon="life-ring",
                color=colors.get(request.state, "primary"),
                rank=60,
            )
            for request in requests
        ]

    def _get_timeline_usage(self, limit):
        """Return what counters showed and when the unit could not be used."""
        return self._get_timeline_readings(limit) + self._get_timeline_downtimes(limit)

    def _get_timeline_readings(self, limit):
        readings = self._search_timeline(
            "aftersales.unit.reading", [("unit_id", "=", self.id)], "date desc, id desc", limit
        )
        units = dict(readings._fields["usage_unit"]._description_selection(self.env))
        return [
            self._prepare_timeline_event(
                reading.date,
                self.env._("Reading"),
                f"{reading.value:g} {units[reading.usage_unit]}",
                icon="tachometer",
                rank=70,
            )
            for reading in readings
        ]

    def _get_timeline_downtimes(self, limit):
        downtimes = self._search_timeline(
            "aftersales.unit.downtime",
            [("unit_id", "=", self.id)],
            "date_from desc, id desc",
            limit,
        )
        reasons = dict(downtimes._fields["reason"]._description_selection(self.env))
        return [
            self._prepare_timeline_event(
                downtime.date_from,
                self.env._("Out of use: %(reason)s", reason=reasons[downtime.reason]),
                downtime._get_timeline_text(),
                icon="pause",
                color="warning",
                rank=65,
            )
            for downtime in downtimes
        ]

    def _get_timeline_owners(self, limit):
        """Return changes of owner, and what the unit was exchanged for."""
        event = self._prepare_timeline_event
        transfers = self._search_timeline(
            "aftersales.unit.transfer", [("unit_id", "=", self.id)], "date desc, id desc", limit
        )
        events = [
            event(
                transfer.date,
                self.env._("Handed over to %(partner)s", partner=transfer.partner_to_id.name),
                transfer.note,
                icon="exchange",
                color="info",
                rank=75,
            )
            for transfer in transfers
        ]
        if self.replaces_id:
            title = self.env._("Given for %(unit)s", unit=self.replaces_id.display_name)
            day = self.date_start
            events.append(event(day, title, "", self.replaces_id, icon="refresh", rank=22))
        for unit in self.replaced_by_ids:
            title = self.env._("Exchanged for %(unit)s", unit=unit.display_name)
            day = unit.date_start
            events.append(event(day, title, "", unit, icon="refresh", color="warning", rank=90))
        return events
