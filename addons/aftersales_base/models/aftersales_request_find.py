from odoo import api, models
from odoo.fields import Domain

MOST_FOUND = 8


class AftersalesRequest(models.Model):
    """The one box an agent types into while the customer speaks (IN1, DV3)."""

    _inherit = "aftersales.request"

    @api.model
    def find_for_box(self, term, limit=MOST_FOUND):
        """Return what ``term`` may name: units first, then documents, then customers.

        A serial number, a phone number however written, the number of an order or invoice, or
        a name. Only what the caller may see is found.

        :param str term: as typed, at least two characters
        :return: a list of dicts: ``kind`` (``unit``, ``document`` or ``customer``), ``label``,
            ``hint`` and ``vals``, the values a request takes when it is chosen (relations as
            ``{"id", "display_name"}``)
        :raises AccessError: for who may not take requests
        """
        self.browse().check_access("create")
        term = (term or "").strip()
        if len(term) < 2:
            return []
        units = self.env["aftersales.unit"]._find_units(term, limit=limit, company=self.env.company)
        found = [self._prepare_box_unit(unit) for unit in units]
        if len(found) < limit:
            found += self._find_box_documents(term, limit - len(found))
        if len(found) < limit:
            customers = self._find_box_customers(term, limit - len(found))
            found += [self._prepare_box_customer(customer) for customer in customers]
        return found

    @api.model
    def _find_box_customers(self, term, limit):
        """Return the customers whose phone number, name, mail or reference ``term`` is."""
        Partner = self.env["res.partner"]
        domain = Domain("name", "ilike", term) | Domain("ref", "=", term)
        if "@" in term:
            domain |= Domain("email", "ilike", term)
        if callers := Partner._find_by_phone(term, limit=limit, company=self.env.company):
            domain |= Domain("id", "in", callers.ids)
        within = Domain(Partner._check_company_domain(self.env.company))
        return Partner.search(within & domain, limit=limit)

    @api.model
    def _find_box_documents(self, term, limit):
        """Return what is found through a document's number; modules add their documents."""
        # An agent has no accounting rights. He reads an invoice out to us by its number and
        # learns its customer, whom he may see anyway.
        moves_sudo = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("name", "=", term.upper()),
                    ("move_type", "in", ("out_invoice", "out_refund")),
                    ("company_id", "=", self.env.company.id),
                ],
                limit=limit,
            )
        )
        return [
            self._prepare_box_document(move_sudo.name, move_sudo.partner_id.sudo(False))
            for move_sudo in moves_sudo
            if move_sudo.partner_id.sudo(False).has_access("read")
        ]

    @api.model
    def _prepare_box_unit(self, unit):
        status = dict(unit._fields["warranty_status"]._description_selection(self.env))
        hints = (unit.partner_id.display_name, status.get(unit.warranty_status))
        return {
            "kind": "unit",
            "label": unit.display_name,
            "hint": " · ".join(hint for hint in hints if hint),
            "vals": {"unit_id": _name(unit), "partner_id": _name(unit.partner_id)},
        }

    @api.model
    def _prepare_box_document(self, number, partner):
        return {
            "kind": "document",
            "label": number,
            "hint": partner.display_name,
            "vals": {"partner_id": _name(partner)},
        }

    @api.model
    def _prepare_box_customer(self, partner):
        return {
            "kind": "customer",
            "label": partner.display_name,
            "hint": partner.phone or partner.email or partner.city or "",
            "vals": {"partner_id": _name(partner)},
        }


def _name(record):
    """Return a record as the web client writes it into a relation."""
    return {"id": record.id, "display_name": record.display_name} if record else False
