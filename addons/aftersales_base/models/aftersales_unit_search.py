from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

MAX_MATCHES = 10_000


class AftersalesUnit(models.Model):
    """Finding one among millions by typing a few characters."""

    _inherit = "aftersales.unit"

    lookup = fields.Char(
        compute="_compute_lookup",
        search="_search_lookup",
        string="Installed Product or Customer",
        help="Search by serial, reference, customer, phone number or product.",
    )

    proof_to_check = fields.Boolean(
        compute="_compute_proof_to_check",
        search="_search_proof_to_check",
        help="A proof of purchase was sent or is needed, and nobody has checked one.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "proof_checked", "proof_filename", "proof_needed")
    def _compute_proof_to_check(self):
        for unit_sudo in self.sudo():
            sent = unit_sudo.proof_needed or unit_sudo.proof_filename
            unit_sudo.proof_to_check = (
                unit_sudo.state == "active" and not unit_sudo.proof_checked and bool(sent)
            )

    @api.model
    def _search_proof_to_check(self, operator, value):
        """Find the few that wait by the partial indexes, in one list for both reasons."""
        if operator != "in":
            return NotImplemented
        self.env["aftersales.warranty"].flush_model(["unit_id", "proof_required", "close_reason"])
        self.flush_model(["proof_filename"])
        waiting = SQL(
            "(SELECT unit_id FROM aftersales_warranty "
            "WHERE proof_required IS TRUE AND close_reason IS NULL "
            "UNION SELECT id FROM aftersales_unit WHERE proof_filename IS NOT NULL)"
        )
        domain = (
            Domain("state", "=", "active")
            & Domain("proof_checked", "=", False)
            & Domain("id", "in", waiting)
        )
        return domain if True in value else ~domain

    def _compute_lookup(self):
        """A question for searches; there is nothing to show."""
        self.lookup = False

    @api.model
    def _search_lookup(self, operator, value):
        """Find by whatever people type: each way has an index of its own.

        Customers and products are looked up first: a condition on their ids uses the indexes
        of the units, one on their names reads every unit.
        """
        if operator in Domain.NEGATIVE_OPERATORS or not isinstance(value, str):
            return NotImplemented
        domain = Domain("serial", operator, value) | Domain("name", operator, value)
        return domain | Domain.OR(self._get_lookup_domains(operator, value))

    @api.model
    def _get_lookup_domains(self, operator, value):
        """Return the domains of units whose customer or product is named so."""
        partners = self._get_matches("res.partner", Domain("display_name", operator, value))
        phones = self._get_matches(
            "res.partner", Domain("aftersales_phone_search", operator, value)
        )
        products = self._get_matches("product.product", Domain("display_name", operator, value))
        return [
            Domain("partner_id", "in", partners),
            Domain("partner_id", "in", phones),
            Domain("product_id", "in", products),
        ]

    @api.model
    def _get_matches(self, model, domain):
        """Return the ids found when they are few, else the search itself."""
        found = self.env[model].with_context(active_test=False)
        query = found._search(domain, limit=MAX_MATCHES + 1)
        ids = query.get_result_ids()
        return list(ids) if len(ids) <= MAX_MATCHES else found._search(domain)
