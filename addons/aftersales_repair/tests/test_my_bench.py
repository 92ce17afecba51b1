from datetime import datetime, timedelta

from freezegun import freeze_time
from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RepairCommon
from .phone import PhonePage
from .test_my_work import make_picture


class BenchCommon(RepairCommon):
    """Work in the workshop, assigned to ``technician``, which asks for a check."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.checklist"].create(
            {"name": "Before hand-over", "item_ids": [Command.create({"name": "No leak"})]}
        )
        cls.order = cls._make_order(technician_id=cls.technician.id)
        cls.mine = cls.order.with_user(cls.technician)
        cls.theirs = cls._make_order(parts=[], technician_id=cls.other_technician.id)

    def _bench(self, user=None):
        return self.env["repair.order"].with_user(user or self.technician)._get_my_bench()


@tagged("post_install", "-at_install")
class TestMyBench(BenchCommon):
    """What a technician does at the bench, with his own rights alone."""

    # === WHOSE WORK === #

    def test_his_own_open_work_in_the_workshop(self):
        self.assertIn(self.order, self._bench())
        self.assertNotIn(self.theirs, self._bench())
        self.theirs.helper_ids = self.technician
        self.assertIn(self.theirs, self._bench())
        self.theirs.action_repair_start()
        self.theirs.check_ids.result = "passed"
        self.theirs.action_repair_end()
        self.order.action_repair_cancel()
        self.assertFalse(self._bench() & (self.theirs | self.order))

    def test_work_on_site_has_visits(self):
        onsite = self.env["stock.warehouse"]._get_onsite_type(self.company)
        order = self._make_order(
            parts=[], technician_id=self.technician.id, picking_type_id=onsite.id
        )
        self.assertNotIn(order, self._bench())
        order.with_user(self.technician).action_start_clock()
        self.assertIn(order, self._bench(), "unless his clock runs on it")

    def test_what_a_visit_leads_to_stands_among_the_visits(self):
        visit = self.env["aftersales.visit"].create(
            {"repair_id": self.order.id, "user_id": self.technician.id}
        )
        self.assertNotIn(self.order, self._bench())
        visit.action_cancel()
        self.assertIn(self.order, self._bench())

    def test_what_he_works_on_comes_first(self):
        second = self._make_order(parts=[], technician_id=self.technician.id)
        waiting = self._make_order(parts=[], technician_id=self.technician.id)
        waiting.action_wait(self.env.ref("aftersales_base.pause_reason_customer"))
        second.with_user(self.technician).action_start_clock()
        own = second | self.order | waiting
        self.assertEqual((self._bench() & own).ids, [second.id, self.order.id, waiting.id])

    def test_nothing_on_work_of_others(self):
        theirs = self.theirs.with_user(self.technician)
        for action in (
            lambda: theirs._start_work(),
            lambda: theirs._note_checks({}),
            lambda: theirs._note_finding({}, "Mine"),
            lambda: theirs._add_photos([make_picture()]),
            lambda: theirs._start_clock(),
        ):
            with self.assertRaises(AccessError):
                action()

    # === THE CLOCK === #

    def test_a_clock_counts_from_the_tap(self):
        """Also when the server hears of it an hour later."""
        with freeze_time("2025-06-02 10:00:00"):
            self.mine._start_clock(datetime(2025, 6, 2, 8))
            self.mine._start_clock(datetime(2025, 6, 2, 9))
            self.mine._stop_clock(datetime(2025, 6, 2, 9, 30))
        self.assertRecordValues(
            self.order.work_time_ids,
            [{"date_from": datetime(2025, 6, 2, 8), "date_to": datetime(2025, 6, 2, 9, 30)}],
        )

    def test_what_he_worked_meanwhile_stays_as_noted(self):
        """A start that is heard of late takes nothing of the work started after it."""
        other = self._make_order(parts=[], technician_id=self.technician.id)
        theirs = other.with_user(self.technician)
        with freeze_time("2025-06-02 10:00:00"):
            theirs._start_clock()
        with freeze_time("2025-06-02 12:00:00"):
            self.mine._start_clock(datetime(2025, 6, 2, 9))
            self.assertTrue(theirs.is_my_clock_running)
            self.assertFalse(self.mine.is_my_clock_running)
        nine, ten = datetime(2025, 6, 2, 9), datetime(2025, 6, 2, 10)
        self.assertRecordValues(
            self.order.work_time_ids, [{"date_from": nine, "date_to": ten, "hours": 1}]
        )
        with freeze_time("2025-06-02 13:00:00"):
            theirs._stop_clock(datetime(2025, 6, 2, 9, 30))
            self.assertTrue(theirs.is_my_clock_running, "it was started after that tap")
            theirs._stop_clock()
        self.assertEqual((self.order.worked_hours, other.worked_hours), (1, 3))

    def test_start_and_stop_both_heard_of_late(self):
        other = self._make_order(parts=[], technician_id=self.technician.id)
        with freeze_time("2025-06-02 10:00:00"):
            other.with_user(self.technician)._start_clock()
        with freeze_time("2025-06-02 12:00:00"):
            for _time in range(2):
                self.mine._start_clock(datetime(2025, 6, 2, 9))
                self.mine._stop_clock(datetime(2025, 6, 2, 9, 30))
        self.assertEqual(self.order.worked_hours, 0.5, "sent twice, worked once")
        self.assertEqual(other.working_user_ids, self.technician)

    def test_stopped_before_the_other_was_started(self):
        other = self._make_order(parts=[], technician_id=self.technician.id)
        with freeze_time("2025-06-02 09:00:00"):
            self.mine._start_clock()
        with freeze_time("2025-06-02 10:00:00"):
            other.with_user(self.technician)._start_clock()
        with freeze_time("2025-06-02 11:00:00"):
            self.mine._stop_clock(datetime(2025, 6, 2, 9, 30))
        self.assertEqual(self.order.worked_hours, 0.5)
        self.assertEqual(other.working_user_ids, self.technician)

    def test_what_ended_meanwhile_is_no_free_time(self):
        other = self._make_order(parts=[], technician_id=self.technician.id)
        theirs = other.with_user(self.technician)
        with freeze_time("2025-06-02 12:00:00"):
            theirs._start_clock(datetime(2025, 6, 2, 8))
            theirs._stop_clock(datetime(2025, 6, 2, 10))
            self.mine._start_clock(datetime(2025, 6, 2, 9))
            self.mine._stop_clock(datetime(2025, 6, 2, 11))
        self.assertEqual((other.worked_hours, self.order.worked_hours), (2, 1))

    def test_no_clock_runs_ahead(self):
        with freeze_time("2025-06-02 10:00:00"):
            self.mine._start_clock(datetime(2025, 6, 2, 11))
        self.assertEqual(self.order.work_time_ids.date_from, datetime(2025, 6, 2, 10))

    # === WHAT WAS FOUND === #

    def test_finding(self):
        faults = {"cause": self.cause_wear.id, "remedy": self.remedy.id, "symptom": self.symptom.id}
        self.mine._note_finding(faults, "New capacitor")
        self.assertRecordValues(
            self.order,
            [
                {
                    "cause_id": self.cause_wear.id,
                    "remedy_id": self.remedy.id,
                    "symptom_id": self.symptom.id,
                    "work_note": "New capacitor",
                }
            ],
        )
        self.mine._note_finding({"cause": self.remedy.id, "remedy": 0, "symptom": 10**9})
        self.assertEqual(self.order.cause_id, self.cause_wear, "a remedy is no cause")
        self.assertEqual(
            (self.order.remedy_id, self.order.work_note), (self.remedy, "New capacitor")
        )

    def test_symptom_of_a_request_that_is_not_his(self):
        self.request.user_id = self.other_technician
        self.assertFalse(self.mine._may_note_symptom())
        self.mine._note_finding({"symptom": self.symptom.id})
        self.assertFalse(self.request.symptom_id)

    def test_two_who_write_both_keep_their_words(self):
        self.order.helper_ids = self.other_technician
        self.mine._note_finding({}, "Seal is gone")
        helper = self.order.with_user(self.other_technician)
        helper._note_finding({}, "Fan is loose", known_note="")
        self.assertEqual(self.order.work_note, "Seal is gone\nFan is loose")
        helper._note_finding({}, "", known_note="")
        self.assertEqual(self.order.work_note, "Seal is gone\nFan is loose")
        helper._note_finding({}, "Both are done", known_note=self.order.work_note)
        self.assertEqual(self.order.work_note, "Both are done")
        # The answer to the first was lost, and he went on writing.
        helper._note_finding({}, "Both are done, tested", known_note="")
        self.assertEqual(self.order.work_note, "Both are done, tested")

    def test_told_to_whoever_works_on_it_next(self):
        self.mine._note_finding({}, "New capacitor")
        again = self._make_order(parts=[], technician_id=self.technician.id)
        history = again.with_user(self.technician)._get_unit_history()
        self.assertIn("New capacitor", [earlier["text"] for earlier in history])

    def test_closed_work_stays_as_it_is(self):
        self.order.action_make_checks()
        self.order.check_ids.result = "passed"
        self.mine._end_work()
        self.mine._end_work()
        self.assertEqual(self.order.state, "done")
        with self.assertRaisesRegex(UserError, "is closed"):
            self.mine._note_finding({}, "Later")

    def test_parts_of_the_bench(self):
        self.mine._use_part(
            self.env["stock.quant"]
            .search(
                [
                    ("product_id", "=", self.filter_part.id),
                    ("location_id", "=", self.order.location_id.id),
                ]
            )
            .id,
            2,
        )
        self.assertEqual(self.order.state, "under_repair")
        compressor = self.order.move_ids.filtered(lambda move: move.product_id == self.compressor)
        self.mine._note_used({compressor.id: 0.0})
        self.assertEqual(self.mine._get_unused_parts(), compressor)

    # === SPEED === #

    def test_queries_do_not_grow_with_the_orders(self):
        counts = []
        for _round in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._bench().mapped("is_my_clock_running")
            counts.append(self.env.cr.sql_log_count - before)
            for _number in range(5):
                self._make_order(technician_id=self.technician.id)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install", "-at_install")
class TestMyBenchPage(BenchCommon, PhonePage):
    """The same by the pages of the phone."""

    def _get_phone_path(self, record=None):
        return f"/my-visits/order/{(record or self.order).id}"

    def _get_late_words(self, order):
        return order.message_ids.filtered(lambda message: "after the end" in (message.body or ""))

    def test_his_day(self):
        page = self.url_open("/my-visits").text
        for text in ("At the Bench", "RP1", "No cold air", "Start My Clock"):
            self.assertIn(text, page)
        self.assertNotIn(f"/my-visits/order/{self.theirs.id}", page)
        self._post("clock_start")
        self.assertIn("Stop My Clock · since", self.url_open("/my-visits").text)
        self._post("work")
        page = self._page()
        for text in ("No leak", "Compressor", "What was found and done", "End the Work"):
            self.assertIn(text, page)
        check = self.order.check_ids
        self._post("checks", **{f"check_{check.id}_result": "passed"})
        files = [("photos", ("a.jpg", make_picture(), "image/jpeg"))]
        self._post("photo", files=files)
        response = self._post(
            "finding", cause_id=self.cause_wear.id, work_note="New <b>seal</b>", end="1"
        )
        self.assertURLEqual(response.headers["Location"], "/my-visits")
        self.assertRecordValues(
            self.order,
            [{"state": "done", "cause_id": self.cause_wear.id, "work_note": "New <b>seal</b>"}],
        )
        self.assertTrue(self.order.work_time_ids.date_to, "the clock stops with the work")
        self.assertEqual(len(self.mine._get_photos()), 1)
        page = self._page()
        self.assertIn("New &lt;b&gt;seal&lt;/b&gt;", page)
        self.assertNotIn("Start My Clock", page)

    def test_double_tap_does_nothing_twice(self):
        for _time in range(2):
            self._post("clock_start", key="one", answer="json")
        self._post("clock_stop", key="two")
        self._post("clock_start", key="one")
        self.assertEqual(len(self.order.work_time_ids), 1)
        self.assertTrue(self.order.work_time_ids.date_to, "what was sent before starts nothing")
        self._post("clock_start", key="three")
        self._post("clock_start", key="four")
        self.assertEqual(len(self.order.work_time_ids), 2)

    def test_ended_once(self):
        self._post("work")
        self.order.check_ids.result = "passed"
        for key in ("one", "one", "two"):
            response = self._post("finding", key=key, work_note="Done", end="1")
            self.assertEqual(response.status_code, 303)
        self.assertEqual((self.order.state, self.order.work_note), ("done", "Done"))
        self.assertFalse(self._get_late_words(self.order))

    def test_what_is_written_after_the_end_is_kept(self):
        """The answer was lost, so he did not know that it is over, and wrote on."""
        self._post("work")
        self.order.check_ids.result = "passed"
        self._post("finding", key="one", work_note="Done", end="1")
        for note in ("Done", "Done, and the fan"):
            response = self._post("finding", key=note, work_note=note, end="1")
            self.assertEqual(response.status_code, 303)
        self.assertEqual(self.order.work_note, "Done")
        self.assertIn("Done, and the fan", self._get_late_words(self.order).body)

    def test_tapped_without_connection(self):
        self._post("clock_start", ago="3600")
        self._post("clock_stop", ago="1800")
        self.assertAlmostEqual(self.order.worked_hours, 0.5, places=2)
        for ago in ("x", "-5", "nan", ""):
            self._post("clock_start", ago=ago)
        self.assertEqual(len(self.order.work_time_ids), 2)

    def test_ended_without_connection(self):
        """The hours end with the tap, whenever the server hears of it."""
        self._post("clock_start", ago="10800")
        self._post("work")
        self.order.check_ids.result = "passed"
        self._post("finding", work_note="Done", end="1", ago="9000")
        self.assertEqual(self.order.state, "done")
        self.assertAlmostEqual(self.order.worked_hours, 0.5, places=2)

    def test_what_is_missing_is_said_and_what_was_typed_stays(self):
        self._post("work")
        response = self._post("finding", work_note="Typed with care", end="1")
        self.assertEqual(response.status_code, 200)
        self.assertIn("No leak (not checked)", response.text)
        self.assertIn("Typed with care", response.text)
        self.assertEqual((self.order.state, self.order.work_note), ("under_repair", False))

    def test_late_work_says_why(self):
        self.company.aftersales_ask_late_reason = True
        reason = self.env["aftersales.late.reason"].create({"name": "Parts came late"})
        now = datetime.now()
        self.order.sudo().write({"date_ordered": now - timedelta(days=9)})
        self.order.schedule_date = now - timedelta(days=5)
        self._post("work")
        self.order.check_ids.result = "passed"
        self.assertIn("Parts came late", self._page())
        self.assertIn("Why Late", self._post("finding", end="1").text)
        self._post("finding", late_reason_id=reason.id, end="1")
        self.assertRecordValues(self.order, [{"state": "done", "late_reason_id": reason.id}])

    def test_nobody_elses(self):
        for number in (self.theirs.id, self.theirs.id + 100000, 10**20):
            response = self.url_open(f"/my-visits/order/{number}", allow_redirects=False)
            self.assertURLEqual(response.headers["Location"], "/my-visits")
        for step in ("clock_start", "work", "finding", "photo", "unlink", "signature", "payment"):
            response = self._post(step, self.theirs, work_note="x", end="1")
            self.assertURLEqual(response.headers["Location"], "/my-visits")
        self.assertEqual(self.theirs.state, "draft")
        self.assertFalse(self.theirs.work_time_ids or self.theirs.work_note)
        for step in ("arrive", "finish", "payment", "signature", "write"):
            response = self._post(step)
            self.assertURLEqual(response.headers["Location"], "/my-visits")

    def test_who_may_write_all_orders_sees_his_own_alone(self):
        """A manager who repairs is no other technician on his phone."""
        self.manager.password = self.manager.login
        self.authenticate(self.manager.login, self.manager.login)
        self.assertNotIn(f"/order/{self.order.id}", self.url_open("/my-visits").text)
        self._post("clock_start")
        self.assertFalse(self.order.work_time_ids)

    def test_work_that_was_taken_away(self):
        self.order.technician_id = self.other_technician
        self.order.user_id = False
        self.assertIn(
            "not yours", self._post("finding", answer="json", work_note="x").json()["error"]
        )
        self.assertFalse(self.order.work_note)

    def test_a_clock_on_work_that_was_taken_away(self):
        """It stands at the head of his day, and he stops it there, also without connection."""
        self._post("clock_start", ago="3600")
        self.assertNotIn("not in your list", self.url_open("/my-visits").text)
        self.order.write({"technician_id": self.other_technician.id, "user_id": False})
        page = self.url_open("/my-visits").text
        self.assertIn(f"Your clock runs on {self.order.name}", page)
        action = f"/my-visits/order/{self.order.id}/clock_stop"
        self.assertEqual(html.fromstring(page).xpath(f"count(//form[@action='{action}'])"), 1)
        for step in ("clock_start", "work", "finding"):
            self.assertIn("not yours", self._post(step, answer="json").json()["error"])
        for _time in range(2):
            answer = self._post("clock_stop", answer="json", key="one", ago="1800").json()
            self.assertEqual(answer, {"url": "/my-visits", "error": None})
        self.assertAlmostEqual(self.order.worked_hours, 0.5, places=2)
        self.assertNotIn("Your clock runs on", self.url_open("/my-visits").text)

    def test_nobody_stops_the_clock_of_a_colleague(self):
        self.theirs.with_user(self.other_technician).action_start_clock()
        answer = self._post("clock_stop", self.theirs, answer="json").json()
        self.assertIn("not yours", answer["error"])
        self.assertEqual(self.theirs.working_user_ids, self.other_technician)

    def test_who_is_no_technician(self):
        self.authenticate(self.portal.login, self.portal.login)
        response = self.url_open(f"/my-visits/order/{self.order.id}", allow_redirects=False)
        self.assertIn(response.status_code, (302, 303))
        self._post("clock_start")
        self.assertFalse(self.order.work_time_ids)

    def test_pages_say_whose_they_are(self):
        day = self.url_open("/my-visits")
        order = self.url_open(f"/my-visits/order/{self.order.id}")
        owner = "X-Aftersales-Owner"
        self.assertEqual(day.headers[owner], order.headers[owner])
        page = html.fromstring(order.text)
        self.assertEqual(set(page.xpath("//form/@data-visit")), {f"order-{self.order.id}"})
        keys = page.xpath("//form[@data-step]//input[@name='key']/@value")
        self.assertEqual(len(keys), len(set(keys)))
