from datetime import date
from pathlib import Path

from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

TABLE = Path(__file__).with_name("coverage_table.txt")


def read_rows():
    """Return the rows of the table: unit, what is charged, day, how, decision, explanation."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


@tagged("post_install", "-at_install")
class TestCoverageTable(AftersalesCommon):
    """Who pays, row by row of ``coverage_table.txt``: on which unit, for what, reported when,
    and how it came.

    Units are in service since 10 January 2025, unless the row says otherwise. What they were
    promised stands in ``_setup_promises`` and ``_setup_lives``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.name = "company"
        cls.gold = cls.env["aftersales.customer.level"].create(
            {"name": "Gold", "covered_percent": 30}
        )
        cls._setup_promises()
        cls._setup_lives()
        cls._setup_words()

    @classmethod
    def _setup_promises(cls):
        """Make the units that differ in what was promised."""
        maker = {"bearer_type": "partner", "bearer_partner_id": cls.maker.id}
        every = {"kind": "all", "duration": 12}
        part = {"kind": "part", "duration": 24}
        compressors = {"component_category_id": cls.category_compressor.id}
        metered = {**part, "usage_limit": 1000, "usage_unit": "hour"}
        cls.units = {
            "usual": cls._make_unit("usual"),
            "none": cls.env["aftersales.unit"],
            "bare": cls._make_unit("bare", policy_id=False),
            "shared": cls._promise({**part, **maker, "percent": 80}),
            "forever": cls._promise({"kind": "part", "duration_unit": "lifetime"}),
            "short": cls._promise({"duration": 1, "duration_unit": "day"}),
            "week": cls._promise({"duration": 1, "duration_unit": "week"}),
            "month": cls._promise({"duration": 1, "duration_unit": "month"}),
            "leap": cls._promise(
                {"duration": 1, "duration_unit": "year"}, unit={"date_start": date(2024, 2, 29)}
            ),
            "glass": cls._promise(
                {"kind": "part", "duration": 6, **compressors}, {**part, "percent": 50}
            ),
            "onlyglass": cls._promise({**part, **compressors}),
            "except": cls._promise(
                {**every, "excluded_category_ids": [Command.set(cls.category_compressor.ids)]}
            ),
            "worm": cls._promise({"kind": "all", "duration": 60, "fault_id": cls.symptom.id}),
            "bycause": cls._promise({**every, "fault_id": cls.cause_wear.id}),
            **{
                name: cls._promise(metered)
                for name in ("unread", "below", "atlimit", "above", "othercount")
            },
            "noproof": cls._promise(every, proof_required=True),
            "proof": cls._promise(every, proof_required=True, unit={"proof_checked": True}),
            "campaign": cls._promise({"kind": "part", "duration": 12}, repair_only=True),
            "waiting": cls._promise(every, start_basis="installation"),
            "latest": cls._promise(every, start_basis="installation", start_limit_days=90),
            "notyet": cls._promise(every, start_basis="invoice", cover_before_start=False),
            "several": cls._promise(
                {"kind": "part", "duration": 36, **maker}, {**every, "percent": 60}
            ),
            "repaired": cls._promise(every),
        }

    @classmethod
    def _promise(cls, *terms, unit=None, **policy):
        """Make a unit under a policy of its own."""
        policy = cls.env["aftersales.warranty.policy"].create(
            {"name": "Tried", "term_ids": [Command.create(term) for term in terms], **policy}
        )
        return cls._make_unit(False, policy_id=policy.id, **(unit or {}))

    @classmethod
    def _setup_lives(cls):
        """Let the units have what happens to units."""
        for name, value, unit in (
            ("below", 999, "hour"),
            ("atlimit", 1000, "hour"),
            ("above", 1001, "hour"),
            ("othercount", 5000, "km"),
        ):
            cls.units[name].reading_ids = [
                Command.create({"value": value, "usage_unit": unit, "date": "2025-03-01"})
            ]
        cls.units["several"].warranty_ids = [
            Command.create(
                {
                    "kind": "part",
                    "origin": "extension",
                    "start_basis": "fixed",
                    "date_start": "2028-01-10",
                    "percent": 40,
                }
            )
        ]
        cls.units["repaired"].downtime_ids = [
            Command.create({"date_from": "2025-04-01", "date_to": "2025-04-04"})
        ]
        for name in ("void", "halfvoid", "returned"):
            cls.units[name] = cls._make_unit(name)
        voided = cls.units["void"].warranty_ids | cls.units["halfvoid"].warranty_ids.filtered(
            lambda warranty: warranty.kind == "part"
        )
        voided.write({"date_closed": "2025-06-01"})
        voided._void("Seal broken")
        cls.units["returned"]._close("returned", date(2025, 6, 1))
        cls._setup_elsewhere()

    @classmethod
    def _setup_elsewhere(cls):
        """The other company has the same serial in warranty; here it has none."""
        policy = cls.policy.copy({"company_id": cls.other_company.id})
        cls._make_unit(
            "elsewhere", lot_id=False, company_id=cls.other_company.id, policy_id=policy.id
        )
        cls.units["elsewhere"] = cls._make_unit("elsewhere", lot_id=False, policy_id=False)

    @classmethod
    def _setup_words(cls):
        """Say what the words of the table stand for."""
        override = {"override_reason": "Old friend"}
        cls.charged = {
            "compressor": {"product_id": cls.compressor.id},
            "filter": {"product_id": cls.filter_part.id},
            "part": {"kind": "part", "name": "Unknown part"},
            "hour": {"product_id": cls.labour.id},
            "trip": {"product_id": cls.travel.id},
            "parking": {"kind": "fee", "name": "Parking"},
            "compensate": {"kind": "compensation", "name": "Sorry", "price_unit": -10},
        }
        cls.hows = {
            "wear": {"cause_id": cls.cause_wear.id},
            "misuse": {"cause_id": cls.cause_misuse.id},
            "symptom": {"symptom_id": cls.symptom.id},
            "onsite": {"service_type_id": cls.type_onsite.id},
            "half": {"service_type_id": cls.type_half.id},
            "free": {"service_type_id": cls.type_goodwill.id},
            "goodwill": {"service_type_id": cls.type_goodwill.id},
            "webear": {"override_bearer": "company", **override},
            "theypay": {"override_bearer": "customer", **override},
        }
        cls.orders = {
            "typefirst": ["service_type", "warranty"],
            "levelfirst": ["customer_level", "service_type"],
        }

    def _charge(self, unit, charged, day, how):
        """Make the charge of a row, in the company's order of promises."""
        self.customer.aftersales_level_id = self.gold if "gold" in how else False
        order = next((self.orders[word] for word in how if word in self.orders), [])
        Rule = self.env["aftersales.coverage.rule"]
        Rule.search([("company_id", "=", self.company.id)]).unlink()
        Rule.create(
            [
                {"company_id": self.company.id, "sequence": place, "code": code}
                for place, code in enumerate(order)
            ]
        )
        vals = {"unit_id": self.units[unit].id, "partner_id": self.customer.id, "date_fault": day}
        for word in how:
            vals.update(self.hows.get(word, {}))
        return self.env["aftersales.charge"].create({**vals, **self.charged[charged]})

    def test_table(self):
        rows = read_rows()
        self.assertGreaterEqual(len(rows), 80)
        for unit, charged, day, how, expected, because in rows:
            with self.subTest(unit=unit, charged=charged, day=day, how=how):
                charge = self._charge(unit, charged, day, how.split())
                decision = f"{charge.covered_percent:g} {charge.bearer} {charge.coverage_rule}"
                self.assertEqual(decision, expected)
                self.assertIn(because, charge.explanation)
                is_maker = charge.bearer == "partner"
                self.assertEqual(
                    charge.bearer_partner_id, self.maker if is_maker else self.maker.browse()
                )
                self.assertEqual(
                    bool(charge.warranty_id), "warranty" in expected or "void" in because
                )

    def test_maker_and_customer_share_one_charge(self):
        charge = self._charge("shared", "compressor", "2025-06-01", ())
        self.assertEqual((charge.covered_amount, charge.customer_amount), (640, 160))
        self.assertEqual(
            charge._get_due_shares(),
            {"customer": (self.customer, 160), "covered": (self.maker, 640)},
        )

    def test_every_row_at_once_is_decided_the_same(self):
        """A batch of all rows, asked again by somebody with the least rights."""
        charges = self.env["aftersales.charge"]
        for unit, charged, day, how, __, __ in read_rows():
            if not {"gold", *self.orders} & set(how.split()):
                charges |= self._charge(unit, charged, day, how.split())
        charges.user_id = self.technician
        self.env.flush_all()
        self.env.invalidate_all()
        decisions = self.env["aftersales.coverage"].with_user(self.technician)._decide(charges)
        for charge in charges:
            decided = decisions[charge]
            self.assertEqual(
                (decided["rule"], decided["percent"], decided["bearer"], decided["facts"]),
                (
                    charge.coverage_rule,
                    charge.covered_percent,
                    charge.bearer,
                    charge.coverage_facts or {},
                ),
            )
