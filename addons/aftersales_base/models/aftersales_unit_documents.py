from urllib.parse import quote

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import groupby

MIN_SERIAL_LENGTH = 5
MAX_SERIAL_LENGTH = 64


class AftersalesUnit(models.Model):
    """What leaves the house about a unit: certificate, label, and the public answer."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _get_label_url(self):
        """Return the address the QR code of the unit stands for.

        It names the unit and opens nothing: who scans it sees what he may see anyway.
        """
        self.ensure_one()
        return f"{self.get_base_url()}/aftersales/unit/{quote(self.name, safe='')}"

    def _get_certificate_warranties(self):
        """Return the promises to print, those that were taken away left out."""
        self.ensure_one()
        return self.warranty_ids.filtered(
            lambda warranty: not warranty.close_reason and warranty.origin != "vendor"
        ).sorted(lambda warranty: (warranty.date_start or fields.Date.today(), warranty.id))

    def _get_certificate_policies(self):
        """Return the policies whose conditions belong to the printed promises."""
        self.ensure_one()
        return self._get_certificate_warranties().policy_id.filtered("note")

    def _find_for_public(self, serial, company):
        """Return the units that have exactly this serial, upper and lower case alike.

        No part of a serial, and no reference, finds anything. Of one that was sold again the
        living unit counts.
        """
        serial = " ".join((serial or "").split())
        if not MIN_SERIAL_LENGTH <= len(serial) <= MAX_SERIAL_LENGTH:
            return self.browse()
        escaped = serial.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        units = self.search(
            Domain("company_id", "=", company.id) & Domain("serial", "=ilike", escaped), limit=20
        ).filtered(lambda unit: unit.serial.casefold() == serial.casefold())
        return units.filtered(lambda unit: unit.state == "active") or units

    def _get_public_answers(self, day):
        """Return what anybody may know of the units on ``day``, one answer for each product.

        Nothing about owner, place, price or who bears the cost; what was repaired is the
        owner's matter as well and gives no answer here.

        :return: list of dicts with ``product``, ``status`` (``running``, ``lifetime``,
            ``waiting``, ``pending``, ``over``, ``none``, ``gone``), ``until``, ``scopes``
        """
        return [
            next(iter(units))._get_public_answer(day)
            for __, units in groupby(self, key=lambda unit: unit.product_id)
        ]

    def _get_public_answer(self, day):
        self.ensure_one()
        answer = {"product": self.product_id.name, "until": False, "scopes": []}
        if self.state != "active":
            return {**answer, "status": "gone"}
        promised = self.warranty_ids.filtered(
            lambda warranty: (
                warranty.close_reason != "void" and warranty.origin not in ("repair", "vendor")
            )
        )
        covering = promised.filtered(lambda warranty: warranty._covers_on(day))
        if not covering:
            if any(warranty._is_to_come(day) for warranty in promised):
                return {**answer, "status": "pending"}
            ends = [warranty.date_end for warranty in promised if warranty.date_end]
            if not ends:
                return {**answer, "status": "none"}
            return {**answer, "status": "over", "until": max(ends)}
        scopes = self._get_public_scopes(covering)
        open_ended = [scope for scope in scopes if not scope["until"]]
        status = "running"
        if open_ended:
            status = "waiting" if any(scope["waiting"] for scope in open_ended) else "lifetime"
        until = False if open_ended else max(scope["until"] for scope in scopes)
        return {**answer, "status": status, "until": until, "scopes": scopes}

    def _get_public_scopes(self, warranties):
        """Return until when each kind of charge is covered, the longest promise of a kind.

        :return: list of dicts with ``name``, ``until`` (``False``: no end is known) and
            ``waiting``: the period has not started yet
        """
        kinds = dict(warranties._fields["kind"]._description_selection(self.env))
        scopes = []
        for name, group in groupby(
            warranties, key=lambda w: w.component_category_id.name or kinds[w.kind]
        ):
            endless = [warranty for warranty in group if not warranty.date_end]
            scopes.append(
                {
                    "name": name,
                    "until": not endless and max(warranty.date_end for warranty in group),
                    "waiting": bool(endless) and all(not w.date_start for w in endless),
                }
            )
        return scopes
