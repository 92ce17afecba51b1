from datetime import datetime, timedelta

from freezegun import freeze_time
from lxml import html

from odoo.tests import tagged

from .phone import PhonePage
from .test_visit import NINE, VisitCommon

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kg"
    "AAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestMyVisits(VisitCommon, PhonePage):
    """The technician's day on his phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._make_visit(
            planned_from=datetime.now().replace(microsecond=0), note="Ring twice"
        )

    def _get_phone_path(self, record=None):
        return f"/my-visits/{(record or self.visit).id}"

    def test_whole_day(self):
        page = self.url_open("/my-visits").text
        for text in ("Lin Household", "Set Out", "No cold air", "tel:+8613800000001"):
            self.assertIn(text, page)
        self._post("start")
        self.assertEqual(self.visit.state, "on_way")
        self.assertIn("Arrived", self.url_open("/my-visits").text)
        self._post("arrive")
        page = self._page()
        for text in ("What came of it?", "Ring twice", "Compressor"):
            self.assertIn(text, page)
        response = self._post("finish", result="solved", result_note="New <b>part</b>")
        page = self.url_open(response.headers["Location"]).text
        self.assertIn("aftersales_repair.visit_signature", page)
        self.assertIn("New &lt;b&gt;part&lt;/b&gt;", page)
        self.assertEqual((self.visit.state, self.visit.result_note), ("done", "New <b>part</b>"))
        self.assertIn("Solved", self.url_open("/my-visits").text)

    def test_double_tap_and_old_pages_change_nothing(self):
        self._post("start")
        started = self.visit.travel_started
        self._post("start")
        self._post("arrive")
        arrived = self.visit.arrived
        for step in ("start", "arrive"):
            self._post(step)
        self.assertEqual((self.visit.travel_started, self.visit.arrived), (started, arrived))
        self._post("finish", result="solved", result_note="First")
        left = self.visit.left
        self._post("finish", result="follow_up", result_note="Second")
        self.assertIn("Second", self.visit.message_ids[0].body, "but nothing he wrote is lost")
        self.assertEqual(
            (self.visit.result, self.visit.result_note, self.visit.left),
            ("solved", "First", left),
        )

    def test_sent_again_is_done_once(self):
        """A lost answer, two tabs, two taps: the same key comes twice."""
        self._post("arrive", key="one")
        self._post("finish", key="two", result="solved", result_note="First")
        self.visit.action_put_back()
        self.assertEqual(self.visit.state, "at_work")
        response = self._post("finish", key="two", result="solved", result_note="First")
        self.assertEqual((response.status_code, self.visit.state), (303, "at_work"))
        self._post("finish", key="three", result="solved", result_note="Second")
        self.assertEqual((self.visit.state, self.visit.result_note), ("done", "Second"))

    def test_tapped_without_connection(self):
        """The times are those of the taps; what took no longer than planned is asked no reason."""
        self.visit.planned_from = datetime.now() - timedelta(hours=3)
        self._post("start", ago="12600")
        self._post("arrive", ago="10800")
        self._post("finish", ago="9000", result="solved")
        self.assertEqual(self.visit.state, "done")
        self.assertAlmostEqual(self.visit.travel_hours, 0.5, places=2)
        self.assertAlmostEqual(self.visit.work_hours, 0.5, places=2)
        self.assertEqual(self.visit.late_minutes, 0)

    def test_no_step_lies_ahead_or_before_the_one_it_follows(self):
        self._post("start", ago="-600")
        self._post("arrive", ago="600")
        self._post("finish", ago="x", result="solved")
        visit = self.visit
        self.assertEqual(visit.arrived, visit.travel_started)
        self.assertLessEqual(visit.arrived, visit.left)
        self.assertLessEqual(visit.left, datetime.now())

    def test_nobody_dates_a_step_by_himself(self):
        visit = self.visit.with_user(self.technician)
        visit.with_context(aftersales_step=datetime(2020, 1, 1)).action_start()
        self.assertGreater(visit.travel_started, datetime(2025, 1, 1))

    def test_what_was_refused_may_be_sent_again(self):
        self._post("arrive", key="one")
        self._post("finish", key="two", result="")
        self._post("finish", key="two", result="solved")
        self.assertEqual(self.visit.state, "done")

    def test_each_form_has_a_key_of_its_own(self):
        page = self.url_open("/my-visits").text
        again = self.url_open("/my-visits").text
        keys = [
            html.fromstring(text).xpath("//form[@data-step]//input[@name='key']/@value")
            for text in (page, again)
        ]
        self.assertTrue(keys[0])
        self.assertFalse(set(keys[0]) & set(keys[1]))

    def test_keys_are_of_one_visit_and_forgotten_in_time(self):
        submissions = self.env["aftersales.visit.submission"]
        other = self._make_visit()
        self.assertTrue(submissions._claim(self.visit, "start", "one"))
        self.assertFalse(submissions._claim(self.visit, "start", "one"))
        self.assertTrue(submissions._claim(self.visit, "arrive", "one"))
        self.assertTrue(submissions._claim(other, "start", "one"))
        self.assertTrue(submissions._claim(self.visit, "start", ""))
        with freeze_time(datetime.now() + timedelta(days=91)):
            submissions._gc_submissions()
        self.assertTrue(submissions._claim(self.visit, "start", "one"))

    def test_script_is_answered_in_words(self):
        answer = self._post("start", answer="json").json()
        self.assertEqual(answer, {"url": f"/my-visits/{self.visit.id}", "error": None})
        self._post("arrive")
        answer = self._post("finish", answer="json", result="").json()
        self.assertIn("has no result", answer["error"])
        foreign = self._make_visit(user_id=self.other_technician.id)
        self.assertIn("not yours", self._post("start", foreign, answer="json").json()["error"])

    def test_nothing_is_sent_as_somebody_else(self):
        page = html.fromstring(self.url_open("/my-visits").text)
        (owner,) = page.xpath("//@data-owner")
        self.assertNotIn(self.technician.login, owner)
        self.assertIn("not yours", self._post("start", owner="x", answer="json").json()["error"])
        self.assertEqual(self.visit.state, "planned")
        self._post("start", owner=owner)
        self.assertEqual(self.visit.state, "on_way")

    def test_what_is_missing_is_said_and_what_was_typed_stays(self):
        self._post("arrive")
        for result in ("", "cancelled", "1 OR 1=1"):
            response = self._post("finish", result=result, result_note="Typed with care")
            self.assertEqual(response.status_code, 200)
            self.assertIn("has no result", response.text)
            self.assertIn("Typed with care", response.text)
        self.assertEqual((self.visit.state, self.visit.result_note), ("at_work", False))
        self._post("finish", result="follow_up", next_wanted="no day")
        self.assertEqual((self.visit.state, self.visit.next_wanted), ("done", False))

    def test_late_says_why(self):
        self.visit.sudo().planned_from = NINE
        self._post("arrive")
        self.assertIn("Why late", self._page())
        self.assertIn("Say why", self._post("finish", result="solved").text)
        self._post("finish", result="solved", delay_reason="Traffic")
        self.assertEqual((self.visit.state, self.visit.delay_reason), ("done", "Traffic"))

    def test_not_possible_on_the_way(self):
        self._post("start")
        response = self._post("finish", result="not_home")
        self.assertURLEqual(response.headers["Location"], "/my-visits")
        self.assertEqual(self.visit.state, "not_possible")

    def test_nobody_elses(self):
        foreign = self._make_visit(user_id=self.other_technician.id, planned_from=datetime.now())
        page = self.url_open("/my-visits").text
        self.assertIn(f"/my-visits/{self.visit.id}", page)
        self.assertNotIn(f"/my-visits/{foreign.id}", page)
        for number in (foreign.id, foreign.id + 100000, 10**20):
            response = self.url_open(f"/my-visits/{number}", allow_redirects=False)
            self.assertURLEqual(response.headers["Location"], "/my-visits")
        self._post("start", foreign)
        self.assertEqual(foreign.state, "planned")
        answer = self._sign("Lin Mei", PIXEL, foreign)
        self.assertIn("no such visit", answer["error"])

    def test_who_is_no_technician(self):
        self.authenticate(self.portal.login, self.portal.login)
        for url in ("/my-visits", f"/my-visits/{self.visit.id}"):
            response = self.url_open(url, allow_redirects=False)
            self.assertIn(response.status_code, (302, 303))
        self._post("start")
        self.assertEqual(self.visit.state, "planned")
        self.authenticate(None, None)
        response = self.url_open("/my-visits", allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])

    def _sign(self, name, signature, visit=None):
        url = f"/my-visits/{(visit or self.visit).id}/sign"
        answer = self.make_jsonrpc_request(url, {"name": name, "signature": signature})
        self.env.invalidate_all()
        return answer

    def test_signature(self):
        self.assertIn("Arrived first", self._sign("Lin Mei", PIXEL)["error"])
        self._post("arrive")
        for name, signature in (
            ("", PIXEL),
            ("Lin Mei", ""),
            ("Lin Mei", 7),
            ("Lin Mei", "x" * 2000000),
            ("Lin Mei", "no base64"),
            ("Lin Mei", "AAAA"),
        ):
            self.assertIn("not signed", self._sign(name, signature)["error"])
        self._post("finish", result="solved")
        self.assertTrue(self._sign("Lin Mei", PIXEL)["force_refresh"])
        self.assertEqual(self.visit.signed_by, "Lin Mei")
        self._sign("Somebody Else", PIXEL)
        self.assertEqual(self.visit.signed_by, "Lin Mei")
        self.assertIn("Signed by", self._page())
        own = self.visit.with_user(self.technician)
        for fname in ("signature", "signed_by", "signed_on"):
            self.assertFalse(self._passes(own.write, {fname: False}))

    def test_what_goes_on_is_signed_anew(self):
        self._post("arrive")
        self._post("finish", result="solved")
        self._sign("Lin Mei", PIXEL)
        self.visit.action_put_back()
        self.assertFalse(self.visit.signed_by or self.visit.signature or self.visit.signed_on)
        self._post("finish", result="solved")
        self._sign("Lin Wei", PIXEL)
        self.assertEqual(self.visit.signed_by, "Lin Wei")

    def test_what_is_of_today(self):
        with freeze_time("2026-03-18 22:00:00"):
            self.technician.tz = "Asia/Shanghai"
            times = {
                "early": "2026-03-18 20:00:00",
                "tonight": "2026-03-19 10:00:00",
                "tomorrow": "2026-03-19 20:00:00",
                "late": "2026-03-10 08:00:00",
            }
            visits = {name: self._make_visit(planned_from=time) for name, time in times.items()}
            visits["late and off"] = self._make_visit(planned_from="2026-03-10 08:00:00")
            visits["late and off"].action_cancel()
            found = self.env["aftersales.visit"].with_user(self.technician)._get_my_today()
            self.assertEqual(
                found & self.env["aftersales.visit"].concat(*visits.values()),
                visits["late"] | visits["early"] | visits["tonight"],
            )

    # === WITHOUT CONNECTION === #

    def test_signature_that_was_kept(self):
        """It comes as any step, once, and only as a picture."""
        self._post("arrive")
        self._post("finish", key="one", result="solved")
        for signature in ("", "AAAA", "x" * 2000000):
            answer = self._post("signature", answer="json", name="Lin Mei", signature=signature)
            self.assertIn("not signed", answer.json()["error"])
        for name in ("Lin Mei", "Somebody Else"):
            answer = self._post("signature", answer="json", key="s", name=name, signature=PIXEL)
            self.assertFalse(answer.json()["error"])
        self.assertEqual(self.visit.signed_by, "Lin Mei")

    def test_the_customer_signs_after_the_result(self):
        """Before, the place to sign is there for the script alone: without connection."""
        self._post("arrive")
        page = html.fromstring(self._page())
        [box] = page.xpath("//div[@data-signature]")
        self.assertIn("d-none", box.get("class"))
        self.assertIn("not_home", box.get("data-failed"))
        self._post("finish", result="solved")
        page = html.fromstring(self._page())
        [box] = page.xpath("//div[@data-signature]")
        self.assertNotIn("d-none", box.get("class").split())

    def test_service_worker_is_nobodys(self):
        self.authenticate(None, None)
        response = self.url_open("/my-visits/service-worker.js")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Service-Worker-Allowed"], "/my-visits")
        self.assertIn("javascript", response.headers["Content-Type"])
        self.assertNotIn("X-Aftersales-Owner", response.headers)
        page = self.url_open("/my-visits/offline")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("csrf", page.text)

    def test_each_page_says_whose_it_is(self):
        mine = self.url_open("/my-visits").headers["X-Aftersales-Owner"]
        self.assertEqual(
            self.url_open(f"/my-visits/{self.visit.id}").headers["X-Aftersales-Owner"], mine
        )
        self.other_technician.password = self.other_technician.login
        self.authenticate(self.other_technician.login, self.other_technician.login)
        self.assertNotEqual(self.url_open("/my-visits").headers["X-Aftersales-Owner"], mine)
