from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import Form, tagged

from .common import AftersalesCommon

NOW = datetime(2026, 3, 2, 9, 0)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRequestRepeat(AftersalesCommon):
    """The same fault again, and two requests about the same (IN18)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("REPEAT-1")

    def _solve(self, days_ago, **vals):
        reported = NOW - timedelta(days=days_ago)
        request = self._make_request(unit_id=self.unit.id, date_reported=reported, **vals)
        with freeze_time(reported):
            request.action_done()
        self.env.flush_all()
        return request

    def test_what_repeats(self):
        other = self.env["aftersales.fault"].create({"name": "Loud", "kind": "symptom"})
        table = [
            (1, None, None, True),
            (90, None, None, True),
            (91, None, None, False),
            (5, self.symptom, self.symptom, True),
            (5, self.symptom, other, False),
            (5, self.symptom, None, True),
            (5, None, other, True),
        ]
        for days, before, now, repeats in table:
            with self.subTest(days=days, before=before, now=now):
                unit = self.unit = self._make_unit(f"REPEAT-{days}-{before}-{now}")
                earlier = self._solve(days, symptom_id=before and before.id)
                request = self._make_request(unit_id=unit.id, symptom_id=now and now.id)
                self.assertEqual(request.repeat_of_id, earlier if repeats else earlier.browse())
                self.assertEqual(request.is_repeat, repeats)

    def test_last_one_solved_is_repeated(self):
        self._solve(60)
        last = self._solve(20)
        self.assertEqual(self._make_request(unit_id=self.unit.id).repeat_of_id, last)

    def test_another_unit_does_not_repeat(self):
        self._solve(5)
        other = self._make_unit("REPEAT-2")
        self.assertFalse(self._make_request(unit_id=other.id).repeat_of_id)
        self.assertFalse(self._make_request(partner_id=self.customer.id).repeat_of_id)

    def test_company_sets_the_days(self):
        self._solve(20)
        self.company.aftersales_repeat_days = 10
        self.assertFalse(self._make_request(unit_id=self.unit.id).repeat_of_id)
        self.company.aftersales_repeat_days = 0
        self.assertFalse(self._make_request(unit_id=self.unit.id).is_repeat)

    def test_agent_sees_repeats_and_what_is_open_while_he_types(self):
        earlier = self._solve(5)
        self._make_request(unit_id=self.unit.id)
        form = Form(self.env["aftersales.request"].with_user(self.agent))
        form.lookup = "REPEAT-1"
        self.assertEqual(form.repeat_of_id, earlier)
        self.assertEqual(form.duplicate_count, 1)

    def test_open_ones_about_the_same(self):
        first, second = (self._make_request(unit_id=self.unit.id) for _i in range(2))
        self.assertEqual((first.duplicate_count, second.duplicate_count), (1, 1))
        action = first.action_view_duplicates()
        self.assertEqual(self.env["aftersales.request"].search(action["domain"]), second)
        second.action_done()
        first.invalidate_recordset(["duplicate_count"])
        self.assertEqual(first.duplicate_count, 0)

    def test_queries_do_not_grow_with_requests(self):
        units = self.env["aftersales.unit"]
        for number in range(20):
            units |= self._make_unit(f"GROW-{number}")
        requests = self.env["aftersales.request"].create(
            [{"subject": "x", "unit_id": unit.id} for unit in units]
        )

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.add_to_compute(some._fields["repeat_of_id"], some)
            before = self.cr.sql_log_count
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(requests[:1])
        self.assertEqual(count(requests[:1]), count(requests))
