from urllib.parse import urlencode

from odoo import api, models

MAP_SEARCH = "https://www.openstreetmap.org/search"


class AftersalesVisit(models.Model):
    """Where the technician goes, and the dispatch slip he takes along (DI1)."""

    _inherit = "aftersales.visit"

    # === COMPUTE METHODS === #

    @api.depends("place_id", "partner_id")
    def _compute_address(self):
        for visit in self:
            place, customer = visit.place_id, visit.partner_id
            lines = place._display_address(without_company=True).splitlines() if place else ()
            address = ", ".join(line.strip() for line in lines if line.strip())
            visit.address = address or False
            visit.phone = place.phone or customer.phone
            visit.map_url = visit._get_map_url()

    # === ACTION METHODS === #

    def action_print_slip(self):
        """Print the dispatch slip."""
        return self.env.ref("aftersales_repair.action_report_visit_slip").report_action(self)

    # === BUSINESS METHODS === #

    def _get_map_url(self):
        """Return a link that looks the address up on a map, or nothing without one."""
        self.ensure_one()
        place = self.place_id
        parts = (place.street, place.zip, place.city, place.state_id.name, place.country_id.name)
        if not (place.street or place.city or place.zip):
            return False
        return f"{MAP_SEARCH}?{urlencode({'query': ', '.join(part for part in parts if part)})}"

    def _get_slip_url(self):
        """Return the address of this visit in the backend, for the code on the slip."""
        self.ensure_one()
        return f"{self.get_base_url()}/odoo/visits/{self.id}"

    def _get_whereabouts(self):
        """Return where its technician is now, in a few words (DI8)."""
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        return f"{labels[self.state]}: {self.display_name}"
