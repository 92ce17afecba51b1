"""Deciding who pays, for charges of every kind on units with every kind of promise."""

from datetime import date, timedelta

from scenarios import Scenario

from odoo.fields import Command

START = date(2025, 1, 10)
CHARGES_A_UNIT = 5
UNITS_A_CUSTOMER = 20


class Coverage(Scenario):
    """An agent asks who pays for `n` charges: five on each unit, reported over three years.

    Some are covered by the maker, by us or by a contract, some free by the kind of job; others
    are refused because the warranty is over, void, used up or without proof of purchase, because
    the customer caused the fault or the part is left out; some were decided by hand. Odoo has
    nothing like it: there is no other side.
    """

    groups_suite = ("aftersales_base.group_aftersales_manager",)

    def _prepare(self, env):
        self._make_catalogue(env)
        units = self._make_units(env)
        if "aftersales.contract" in env:
            self._make_contracts(env, units.partner_id)
        self.charge_ids = env["aftersales.charge"].create(self._prepare_charges(env, units)).ids

    def _make_catalogue(self, env):
        parts = env["product.category"].create({"name": "Parts"})
        wear = env["product.category"].create({"name": "Wear Parts", "parent_id": parts.id})
        product = {"type": "consu", "categ_id": parts.id, "lst_price": 80.0}
        self.product_ids = (
            env["product.product"]
            .create(
                [
                    {**product, "name": "Compressor"},
                    {**product, "name": "Filter", "categ_id": wear.id},
                    {"name": "Hour", "type": "service", "aftersales_charge_kind": "labour"},
                    {"name": "Trip", "type": "service", "aftersales_charge_kind": "travel"},
                    {"name": "Parking", "type": "service", "aftersales_charge_kind": "fee"},
                ]
            )
            .ids
        )
        self.maker_id = env["res.partner"].create({"name": "Maker"}).id
        self.cause_ids = (
            env["aftersales.fault"]
            .create(
                [
                    {"name": "Worn out", "kind": "cause"},
                    {"name": "Misuse", "kind": "cause", "customer_fault": True},
                ]
            )
            .ids
        )
        self.type_id = (
            env["aftersales.service.type"].create({"name": "Check", "covered_percent": 50}).id
        )
        self.policy_ids = [
            env["aftersales.warranty.policy"].create(vals).id
            for vals in self._prepare_policies(wear.id)
        ]

    def _prepare_policies(self, wear_id):
        terms = [
            Command.create(
                {
                    "kind": "part",
                    "duration": 36,
                    "percent": 80,
                    "bearer_type": "partner",
                    "bearer_partner_id": self.maker_id,
                    "excluded_category_ids": [Command.set([wear_id])],
                }
            ),
            Command.create({"kind": "labour", "duration": 12}),
            Command.create({"kind": "travel", "duration": 6}),
        ]
        used = Command.create({"kind": "part", "duration": 24, "usage_limit": 1000})
        return [
            {"name": "Usual", "term_ids": terms},
            {"name": "With Proof", "term_ids": terms, "proof_required": True},
            {"name": "By Use", "term_ids": [used, *terms[1:]]},
        ]

    def _make_units(self, env):
        product = env["product.product"].create({"name": "Air conditioner", "type": "consu"})
        count = self.n // CHARGES_A_UNIT
        customers = env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(1 + count // UNITS_A_CUSTOMER)]
        )
        units = env["aftersales.unit"].create(
            [
                {
                    "product_id": product.id,
                    "serial": f"C{self.n}-{number}",
                    "partner_id": customers[number // UNITS_A_CUSTOMER].id,
                    "date_start": START + timedelta(days=number % 300),
                    "policy_id": self.policy_ids[number % len(self.policy_ids)],
                    "proof_checked": bool(number % 2),
                }
                for number in range(count)
            ]
        )
        env["aftersales.unit.reading"].create(
            [
                {
                    "unit_id": unit.id,
                    "date": START + timedelta(days=400),
                    "value": 90 * index % 2000,
                }
                for index, unit in enumerate(units)
            ]
        )
        units[::25].warranty_ids._void("Opened by others")
        return units

    def _make_contracts(self, env, customers):
        contracts = env["aftersales.contract"].create(
            [
                {
                    "partner_id": customer.id,
                    "date_start": START + timedelta(days=360),
                    "date_end": START + timedelta(days=1100),
                    "line_ids": [Command.create({"kind": "labour", "percent": 60})],
                }
                for customer in customers[::3]
            ]
        )
        contracts.action_start()

    def _prepare_charges(self, env, units):
        return [
            {
                "unit_id": unit.id,
                "partner_id": unit.partner_id.id,
                "product_id": self.product_ids[(index + place) % len(self.product_ids)],
                "date_fault": unit.date_start + timedelta(days=(index * 7 + place * 211) % 1200),
                "cause_id": self.cause_ids[(index + place) % 30 == 0],
                "service_type_id": self.type_id if (index + place) % 11 == 0 else False,
                **self._prepare_override(index + place),
            }
            for index, unit in enumerate(units)
            for place in range(CHARGES_A_UNIT)
        ]

    def _prepare_override(self, number):
        if number % 40:
            return {}
        return {"override_bearer": "company", "override_reason": "Regular customer"}

    def run(self, env):
        charges = env["aftersales.charge"].browse(self.charge_ids)
        self.decisions = env["aftersales.coverage"]._decide(charges)

    def check(self, env):
        assert len(self.decisions) == self.n, len(self.decisions)
        charges = env["aftersales.charge"].browse(self.charge_ids)
        expected = {"override", "exclusion", "warranty", "service_type", "customer"}
        expected |= {"contract"} & set(env["aftersales.coverage"]._get_rules())
        assert {decision["rule"] for decision in self.decisions.values()} >= expected
        # What was stored when the charges were made is what is decided now.
        for charge in charges:
            decision = self.decisions[charge]
            assert charge.coverage_rule == decision["rule"], charge.name
            assert charge.covered_percent == decision["percent"], charge.name
        self.decisions = None


class Recompute(Coverage):
    """The same, with everything that is stored on the charges computed and written anew."""

    def run(self, env):
        charges = env["aftersales.charge"].browse(self.charge_ids)
        charges.modified(["override_bearer"])
        charges.flush_recordset()

    def check(self, env):
        charges = env["aftersales.charge"].browse(self.charge_ids)
        assert len(set(charges.mapped("coverage_rule"))) > 4
