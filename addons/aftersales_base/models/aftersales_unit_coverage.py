from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_warranty_term import TERM_KINDS

ASKED_KINDS = [(kind, label) for kind, label in TERM_KINDS if kind != "all"]
ITEM_KEYS = {"product_id", "kind", "name", "quantity", "price_unit", "discount"}


class AftersalesUnit(models.Model):
    """Who would pay? Asked before anything is done, nothing is kept."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    @api.readonly
    def who_pays(self, items, date_fault=None, cause=None, symptom=None, service_type=None):
        """Say who would pay for work on this unit; nothing is stored.

        Call it on one unit. Example of a remote call (JSON-2)::

            POST /json/2/aftersales.unit/who_pays
            {"ids": [7], "items": [{"product_id": 12, "quantity": 2}, {"kind": "labour",
             "quantity": 1.5, "price_unit": 120}], "date_fault": "2026-11-21"}

        :param list items: one dict a charge, with ``product_id`` or ``kind`` (``part``,
            ``labour``, ``travel``, ``fee``) or both, and optionally ``quantity`` (default 1),
            ``price_unit`` (default: the customer's pricelist), ``discount`` and ``name``
        :param date_fault: day on which the fault was reported, ``YYYY-MM-DD``; default: today
        :param int cause: id of the cause (``aftersales.fault``), when it is known
        :param int symptom: id of the symptom (``aftersales.fault``)
        :param int service_type: id of the kind of job (``aftersales.service.type``)
        :return: one dict an item, in the same order: ``name``, ``product_id``, ``kind``,
            ``quantity``, ``price_unit``, ``amount``, ``currency``, ``covered_percent`` (0-100),
            ``bearer`` (``customer``, ``company``, ``partner``; modules add theirs),
            ``bearer_name``, ``customer_amount``, ``covered_amount`` and ``explanation``, a
            sentence in the language of the caller
        :raises UserError: when an item cannot be understood, or names what does not exist
        :raises AccessError: when the caller may not read the unit or what the items name
        """
        self.ensure_one()
        self.check_access("read")
        # Who bears what is for those who work with charges.
        self.env["aftersales.charge"].check_access("read")
        common = {
            "date_fault": date_fault,
            "cause_id": self._get_asked_record("aftersales.fault", cause).id,
            "symptom_id": self._get_asked_record("aftersales.fault", symptom).id,
            "service_type_id": self._get_asked_record("aftersales.service.type", service_type).id,
        }
        vals_list = [{**common, **self._prepare_asked_charge_vals(item)} for item in items]
        self._check_asked_products(vals_list)
        charges = self._get_asked_charges(vals_list)
        return [charge._prepare_answer() for charge in charges]

    @api.model
    def _get_asked_record(self, model, record_id):
        """Return the record a remote caller names, checked: it exists and he may read it."""
        record = self.env[model].browse(record_id or ())
        if record and not (isinstance(record_id, int) and record.exists()):
            raise UserError(
                self.env._(
                    "There is no %(document)s with number %(id)s. Look the number up again.",
                    document=record._description.lower(),
                    id=record_id,
                )
            )
        record.check_access("read")
        return record

    @api.model
    def _check_asked_products(self, vals_list):
        """Raise when a product a remote caller names does not exist or is not his to see."""
        ids = {vals["product_id"] for vals in vals_list if vals.get("product_id")}
        numbers = {product_id for product_id in ids if isinstance(product_id, int)}
        products = self.env["product.product"].browse(numbers).exists()
        for unknown in ids - set(products.ids):
            self._get_asked_record("product.product", unknown)
        products.check_access("read")

    @api.model
    def _prepare_asked_charge_vals(self, item):
        """Return the values of the charge an item of :meth:`who_pays` stands for.

        :raises UserError: when the item cannot be understood
        """
        if not isinstance(item, dict) or item.keys() - ITEM_KEYS:
            raise UserError(
                self.env._(
                    "An item is given by %(keys)s; %(item)s is not.",
                    keys=", ".join(sorted(ITEM_KEYS)),
                    item=item,
                )
            )
        kind = item.get("kind")
        kinds = dict(self._get_asked_kinds())
        if (kind or not item.get("product_id")) and kind not in kinds:
            raise UserError(
                self.env._(
                    "Say of each item which product or which kind it is: %(kinds)s.",
                    kinds=", ".join(kinds),
                )
            )
        vals = {key: value for key, value in item.items() if value is not None}
        if not (item.get("product_id") or item.get("name")):
            vals["name"] = kinds[kind]
        return vals

    def _get_asked_charges(self, vals_list):
        """Return charges of this unit that live in memory only, decided as one batch.

        :param vals_list: values of each charge; empty ones are computed as for a real one
        """
        self.ensure_one()
        Charge = self.env["aftersales.charge"]
        common = {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "unit_id": self.id,
            "quantity": 1.0,
        }
        charges = Charge.concat(
            *(
                Charge.new({**common, **vals, "date_fault": self._get_asked_day(vals)})
                for vals in vals_list
            )
        )
        charges._compute_coverage()
        return charges

    @api.model
    def _get_asked_kinds(self):
        """Return ``[(kind, label)]`` of the charges one may ask about."""
        kinds = dict(ASKED_KINDS)
        labels = self.env["aftersales.charge"]._fields["kind"]._description_selection(self.env)
        return [(kind, label) for kind, label in labels if kind in kinds]

    def _get_asked_day(self, vals):
        day = vals.get("date_fault")
        try:
            return fields.Date.to_date(day) or self.company_id._get_aftersales_day()
        except ValueError as error:
            raise UserError(
                self.env._("%(day)s is no day. Write it as 2026-11-21.", day=day)
            ) from error
