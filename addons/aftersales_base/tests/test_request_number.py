from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 09:00:00")
class TestRequestNumber(AftersalesCommon):
    """Numbers of requests: a company's own pattern, restart and next number (IN2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.quick_ref("base.group_system")
        cls.sequence = cls.env["ir.sequence"]._get_numbering("aftersales.request", cls.company)

    def _choose(self, **values):
        """Choose in the settings how the company numbers its requests."""
        settings = self.env["res.config.settings"].create(
            {f"aftersales_request_{fname}": value for fname, value in values.items()}
        )
        settings.execute()
        return self.env["ir.sequence"]._get_numbering("aftersales.request", self.company)

    def _name(self, **vals):
        return self._make_request(**vals).name

    def test_as_in_the_list_of_before(self):
        self._choose(prefix="RE%(range_y)s%(range_month)s", padding=4, restart="month")
        first = self._name()
        self.assertTrue(first.startswith("RE2603"), first)
        with freeze_time("2026-03-31 23:00:00"):
            self.assertEqual(int(self._name()[6:]), int(first[6:]) + 1)
        with freeze_time("2026-04-01 00:30:00"):
            self.assertEqual(self._name(), "RE26040001")
            self.assertEqual(self._name(), "RE26040002")
        with freeze_time("2027-04-30 12:00:00"):
            self.assertEqual(self._name(), "RE27040001")
        with freeze_time("2027-05-01 12:00:00"):
            self.assertEqual(self._name(), "RE27050001")

    def test_preview_is_what_comes(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.aftersales_request_prefix, self.sequence.prefix)
        settings = self.env["res.config.settings"].new(
            {
                "aftersales_request_prefix": "RE%(range_year)s-%(range_month)s-",
                "aftersales_request_padding": 3,
                "aftersales_request_restart": "month",
            }
        )
        preview = settings.aftersales_request_preview
        self.assertTrue(preview.startswith("RE2026-03-"), preview)
        settings.aftersales_request_prefix = "RE%(nonsense)s"
        self.assertFalse(settings.aftersales_request_preview)
        self._choose(prefix="RE%(range_year)s-%(range_month)s-", padding=3, restart="month")
        self.assertEqual(self._name(), preview)

    def test_saving_other_settings_changes_nothing(self):
        before = self.env["ir.sequence"].search_count([])
        self.env["res.config.settings"].create({}).execute()
        self.assertEqual(self.env["ir.sequence"].search_count([]), before)

    def test_no_number_twice(self):
        names = {self._name() for __ in range(3)}
        for restart in ("never", "year", "never", "month", "year", "month", "never"):
            self._choose(prefix="SR%(y)s%(month)s", padding=5, restart=restart)
            for __ in range(2):
                name = self._name()
                self.assertNotIn(name, names, restart)
                names.add(name)

    def test_from_months_to_years(self):
        """The year goes on where the month stood, also when the next month comes."""
        self._choose(prefix="SR%(y)s%(month)s-", padding=3, restart="month")
        last = self._name()
        self._choose(prefix="SR%(y)s-", padding=3, restart="year")
        number = int(last.split("-")[1])
        for day in ("2026-03-31", "2026-04-01", "2026-12-31"):
            with freeze_time(f"{day} 09:00:00"):
                number += 1
                self.assertEqual(self._name(), f"SR26-{number:03d}", day)
        with freeze_time("2027-01-01 09:00:00"):
            self.assertEqual(self._name(), "SR27-001")

    def test_from_years_to_months(self):
        self._choose(prefix="SR%(y)s-", padding=3, restart="year")
        number = int(self._name().split("-")[1])
        self._choose(prefix="SR%(y)s%(month)s-", padding=3, restart="month")
        self.assertEqual(self._name(), f"SR2603-{number + 1:03d}")
        with freeze_time("2026-04-02 09:00:00"):
            self.assertEqual(self._name(), "SR2604-001")

    def test_next_month_has_begun_elsewhere(self):
        self._choose(prefix="SR%(y)s%(month)s-", padding=3, restart="month")
        far_east = self.env["aftersales.request"].with_context(tz="Asia/Shanghai")
        with freeze_time("2026-03-31 20:00:00"):
            self.assertTrue(far_east.create({"subject": "Late"}).name.startswith("SR2603-"))
        with freeze_time("2026-04-01 02:00:00"):
            self.assertEqual(far_east.create({"subject": "Early"}).name, "SR2604-001")

    def test_month_beside_a_count_of_the_year(self):
        self._choose(prefix="SR%(range_year)s/%(range_month)s/", padding=3, restart="year")
        self.assertTrue(self._name().startswith("SR2026/03/"))

    def test_each_company_its_own(self):
        own = self._choose(prefix="A%(range_y)s-", padding=3, restart="year")
        self.assertEqual(own.company_id, self.company)
        self.assertNotEqual(own, self.sequence)
        self.assertFalse(self.sequence.company_id)
        mixed = self.env["aftersales.request"].create(
            [
                {"subject": "Mine"},
                {"subject": "Theirs", "company_id": self.other_company.id},
                {"subject": "Mine again"},
                {"subject": "Theirs again", "company_id": self.other_company.id},
            ]
        )
        prefixes = [request.name[:4] for request in mixed]
        self.assertEqual(prefixes, ["A26-", "SR26", "A26-", "SR26"])
        numbers = [int(request.name[4:]) for request in mixed[0] | mixed[2]]
        self.assertEqual(numbers[1], numbers[0] + 1)
        self.assertEqual(len(set(mixed.mapped("name"))), 4)

    def test_patterns_that_would_repeat(self):
        for prefix, padding, restart in (
            ("RE", 4, "year"),
            ("RE%(range_month)s", 4, "month"),
            ("RE%(range_y)s", 4, "month"),
            ("RE%(day)s", 4, "year"),
            ("RE%(nonsense)s", 4, "never"),
            ("RE", 0, "never"),
            ("RE", 11, "never"),
        ):
            with self.subTest(prefix=prefix, padding=padding, restart=restart):
                with self.assertRaises(UserError):
                    self._choose(prefix=prefix, padding=padding, restart=restart)
        self.assertTrue(self._passes(self._choose, prefix="RE", padding=4, restart="never"))

    def test_numbers_of_many_cost_one_query_more(self):
        def count(number):
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.env["aftersales.request"].sudo()._number_new([{} for __ in range(number)])
            return self.cr.sql_log_count - before

        count(2)
        self.assertEqual(count(2), count(50))

    def test_the_company_of_the_record_numbers_it(self):
        """Units and registrations, too; what the caller gave stays as he gave it."""
        common = {"partner_id": self.customer.id, "serial": "NR-1"}
        for model, vals in (
            ("aftersales.unit", {**common, "product_id": self.ac.id}),
            ("aftersales.unit.registration", {**common, "date_purchase": "2026-01-10"}),
        ):
            self.env["ir.sequence"].create(
                {
                    "name": model,
                    "code": model,
                    "prefix": "SECOND-",
                    "company_id": self.other_company.id,
                }
            )
            other = {**vals, "company_id": self.other_company.id}
            by_context = self.env[model].with_context(default_company_id=self.other_company.id)
            with self.subTest(model=model):
                own, second = self.env[model].create([vals, {**other, "serial": "NR-2"}])
                third = by_context.create({**vals, "serial": "NR-3"})
                self.assertEqual((second.name, third.name), ("SECOND-1", "SECOND-2"))
                self.assertFalse(own.name.startswith("SECOND"))
                self.assertNotIn("name", other)

    def test_who_may_choose(self):
        self.manager.company_ids = [Command.link(self.other_company.id)]
        for user in (self.manager, self.agent):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.sequence.with_user(user)._set_pattern(self.company, "X", 3, "never")
