import base64
import json

from freezegun import freeze_time

from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .test_consent import ConsentCase

SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


class PortalOrderCase(ConsentCase, HttpCase):
    """Two customers with a portal user each; an estimate of 50 is with the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal.sudo().write(
            {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
        )
        cls.stranger = new_test_user(cls.env, "repair_stranger", groups="base.group_portal")
        cls.stranger.sudo().write(
            {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
        )
        cls.stranger.partner_id.parent_id = cls.other_customer
        cls.order.internal_notes = "<p>Pays late</p>"
        cls.order.action_tell_estimate()
        cls.url = f"/my/work-orders/{cls.order.id}"

    def _login(self, user):
        self.authenticate(user and user.login, user and user.login)

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def _page(self, url=None):
        response = self._get(url or self.url)
        self.assertEqual(response.status_code, 200, url)
        return response.text

    def _accept(self, token=None, **params):
        values = {"key": self.order.estimate_key, "name": "Li Na", "signature": SIGNATURE}
        if token:
            values["access_token"] = token
        answer = self.make_jsonrpc_request(f"{self.url}/accept", {**values, **params})
        self.order.invalidate_recordset()
        return answer

    def _refuse(self, **data):
        values = {
            "key": self.order.estimate_key,
            "name": "Li Na",
            "reason": "Too dear",
            "csrf_token": Request.csrf_token(self),
        }
        response = self.url_open(
            f"{self.url}/refuse", data={**values, **data}, allow_redirects=False
        )
        self.order.invalidate_recordset()
        return response

    def assertUnanswered(self):
        self.order.invalidate_recordset()
        self.assertFalse(self.order.estimate_answer or self.order.estimate_signature)


@tagged("post_install", "-at_install")
class TestPortalOrder(PortalOrderCase):
    """A customer follows the work on his goods and answers the estimate."""

    # === SEEING === #

    def test_own_order(self):
        self._login(self.portal)
        page = self._page()
        for text in (self.order.name, "We need your answer", "Travel Fee", "Accept"):
            self.assertIn(text, page)
        self.assertNotIn("Pays late", page)
        self.assertIn(self.order.name, self._page("/my/work-orders"))

    def test_home_counts_them(self):
        self._login(self.portal)
        counted = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["aftersales_repair_count"]}
        )
        self.assertEqual(counted["aftersales_repair_count"], 1)
        self._login(self.stranger)
        counted = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["aftersales_repair_count"]}
        )
        self.assertEqual(counted["aftersales_repair_count"], 0)

    def test_others_see_nothing(self):
        self._login(self.stranger)
        for url in (self.url, f"{self.url}?access_token=wrong", f"{self.url}?report_type=html"):
            response = self._get(url)
            self.assertEqual(response.status_code, 303)
            self.assertURLEqual(response.headers["Location"], "/my")
        self.assertNotIn(self.order.name, self._page("/my/work-orders"))

    def test_logged_out(self):
        self._login(None)
        for url in (self.url, f"{self.url}?access_token=", f"{self.url}?report_type=pdf"):
            self.assertIn("/web/login", self._get(url).headers["Location"])
        page = self._page(f"{self.url}?access_token={self.order._portal_ensure_token()}")
        self.assertIn("We need your answer", page)
        self.assertNotIn("Pays late", page)

    def test_orders_that_do_not_exist(self):
        self._login(self.portal)
        for number in (0, 2**31 - 1, 2**31, 10**20):
            response = self._get(f"/my/work-orders/{number}")
            self.assertURLEqual(response.headers["Location"], "/my")

    def test_other_company_of_ours(self):
        order = self.env["repair.order"].with_company(self.other_company)
        order = order.create({"partner_id": self.customer.id})
        self._login(self.portal)
        response = self._get(f"/my/work-orders/{order.id}")
        self.assertURLEqual(response.headers["Location"], "/my")

    def test_nothing_by_remote_calls(self):
        self._login(self.portal)
        for method, args in (
            ("read", [[self.order.id], ["internal_notes", "company_amount", "access_token"]]),
            ("search_read", [[], ["name"]]),
            ("write", [[self.order.id], {"estimate_answer": "accepted"}]),
            ("action_accept_estimate", [[self.order.id]]),
        ):
            with (
                self.subTest(method=method),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {"model": "repair.order", "method": method, "args": args, "kwargs": {}},
                )
        self.assertUnanswered()

    def test_filter_and_search(self):
        other = self._make_order(partner_id=self.customer.id, parts=[])
        self._login(self.portal)
        for query, shown in (
            ("filterby=answer", self.order),
            (f"search={other.name}", other),
            ("search=RP1&search_in=serial", self.order),
            ("filterby=done", self.env["repair.order"]),
            ("filterby=ready", self.env["repair.order"]),
        ):
            with self.subTest(query=query):
                page = self._page(f"/my/work-orders?{query}&sortby=oldest&groupby=product")
                for order in self.order | other:
                    link = f'href="/my/work-orders/{order.id}"'
                    self.assertEqual(link in page, order in shown)

    def test_list_costs_the_same_for_many(self):
        self._login(self.portal)
        self._page("/my/work-orders")
        one = self._count_list_queries()
        for __ in range(5):
            self._make_order(charges=[self.travel]).action_tell_estimate()
        self.assertLessEqual(self._count_list_queries(), one + 3)

    def _count_list_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._page("/my/work-orders")
        return self.env.cr.sql_log_count - before

    def test_charges_are_shown_as_told_or_not_at_all(self):
        self._login(self.portal)
        self._grow()
        page = self._page()
        self.assertIn("We are changing the estimate", page)
        self.assertNotIn("Travel Fee", page)
        response = self._get(f"{self.url}?report_type=html")
        self.assertURLEqual(response.headers["Location"], self.url)
        self.order.action_repair_start()

    def test_report(self):
        self._login(self.portal)
        self.assertIn("Travel Fee", self._page(f"{self.url}?report_type=html"))

    def test_progress_to_the_pick_up(self):
        order = self._make_order(parts=[], partner_id=self.customer.id, unit_id=False)
        order.product_id = self.ac
        self._login(self.portal)
        url = f"/my/work-orders/{order.id}"
        self.assertIn("We have your product", self._page(url))
        order.action_repair_start()
        self.assertIn("In work", self._page(url))
        order.action_repair_cancel()
        self.assertIn("This order was cancelled", self._page(url))

    # === ACCEPTING === #

    def test_terms_are_read_before_accepting(self):
        self._login(self.portal)
        self.company.sudo().aftersales_estimate_notice = "<p>Hidden damage is offered anew.</p>"
        self.assertIn("Hidden damage", self._page())
        self._accept()
        self.assertNotIn("Hidden damage", self._page())

    def test_accept(self):
        self._login(self.portal)
        answer = self._accept()
        self.assertEqual(answer["redirect_url"], f"{self.url}?done=accepted")
        self.assertRecordValues(
            self.order,
            [
                {
                    "estimate_answer": "accepted",
                    "estimate_answer_channel": "portal",
                    "estimate_answered_by": "Li Na",
                    "estimate_answer_user_id": self.portal.id,
                    "estimate_agreed_amount": 50,
                    "progress": "agreed",
                }
            ],
        )
        self.assertEqual(self.order.estimate_signature.decode(), SIGNATURE)
        message = self.order.message_ids.filtered(lambda message: "signed by Li Na" in message.body)
        self.assertEqual(message.author_id, self.portal.partner_id)
        self.assertEqual(self.order.activity_ids.user_id, self.technician)
        self.assertIn("You accepted the estimate", self._page())

    def test_accept_by_token(self):
        self._login(None)
        token = self.order._portal_ensure_token()
        self.assertIn("error", self._accept())
        self.assertIn("error", self._accept(token="wrong"))
        self.assertUnanswered()
        answer = self._accept(token=token)
        self.assertIn(f"access_token={token}", answer["redirect_url"])
        self.assertEqual(self.order.estimate_answer, "accepted")
        message = self.order.message_ids.filtered(lambda message: "signed by" in message.body)
        self.assertEqual(message.author_id, self.customer)

    def test_twice_is_once(self):
        self._login(self.portal)
        self._accept()
        first = self.order.estimate_answer_date, len(self.order.message_ids)
        answer = self._accept(name="Somebody Else")
        self.assertIn("redirect_url", answer)
        self.assertEqual((self.order.estimate_answer_date, len(self.order.message_ids)), first)
        self.assertEqual(self.order.estimate_answered_by, "Li Na")
        self.assertEqual(len(self.order.activity_ids), 1)
        self.assertIn("answered already", self._refuse().text)
        self.assertEqual(self.order.estimate_answer, "accepted")

    def test_forged_posts(self):
        self._login(self.portal)
        script = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
        for params in (
            {"name": ""},
            {"name": "x" * 101},
            {"name": ["Li"]},
            {"signature": ""},
            {"signature": "no base64"},
            {"signature": script},
            {"signature": ["x"]},
            {"signature": SIGNATURE + "A" * 600_000},
            {"key": ""},
            {"key": "0" * 32},
        ):
            with self.subTest(params=str(params)[:60]):
                self.assertIn("error", self._accept(**params))
                self.assertUnanswered()

    def test_others_answer_nothing(self):
        self._login(self.stranger)
        self.assertIn("error", self._accept())
        self.assertURLEqual(self._refuse().headers["Location"], "/my")
        self.assertUnanswered()

    def test_staff_does_not_sign_for_him(self):
        self._login(self.agent)
        self.assertIn("Note his answer on the work order", self._page())
        self.assertIn("error", self._accept())
        self._refuse()
        self.assertUnanswered()

    def test_expired(self):
        with freeze_time("2020-06-03 09:00:00"):
            self.order.action_tell_estimate()
        self._login(self.portal)
        self.assertIn("Ask us for a new one", self._page())
        self.assertIn("valid until", self._accept()["error"])
        self.assertUnanswered()
        self._refuse()
        self.assertEqual(self.order.estimate_answer, "refused")

    def test_changed_since(self):
        self._login(self.portal)
        old = self.order.estimate_key
        self._grow()
        self.assertIn("changed since", self._accept()["error"])
        self.assertIn("changed since", self._refuse().text)
        with freeze_time("2099-01-01"):
            self.order.action_tell_estimate()
        self.assertIn("changed since", self._accept(key=old)["error"])
        self.assertUnanswered()
        self.assertIn("redirect_url", self._accept())
        self.assertEqual(self.order.estimate_agreed_amount, 80)

    # === REFUSING === #

    def test_refuse(self):
        self.company.aftersales_diagnosis_product_id = self.fee
        self.order.action_tell_estimate()
        self._login(self.portal)
        self.assertIn("It is free if you accept", self._page())
        response = self._refuse(reason="Too dear <b>!</b>")
        self.assertURLEqual(response.headers["Location"], f"{self.url}?done=refused")
        self.assertRecordValues(
            self.order,
            [
                {
                    "estimate_answer": "refused",
                    "estimate_answer_channel": "portal",
                    "estimate_refusal_reason": "Too dear <b>!</b>",
                    "progress": "refused",
                }
            ],
        )
        self.assertEqual(self._fees().customer_amount, 20)
        self._refuse()
        self.assertEqual(len(self._fees()), 1)
        self.assertIn("You refused the estimate", self._page())

    def test_refusal_says_why(self):
        self._login(self.portal)
        for data in ({"reason": ""}, {"reason": "x" * 2001}, {"name": ""}):
            self.assertEqual(self._refuse(**data).status_code, 200)
        self.assertUnanswered()

    def test_refusal_from_another_site(self):
        self._login(self.portal)
        with mute_logger("odoo.http"):
            self.assertEqual(self._refuse(csrf_token="forged").status_code, 400)
        self.assertUnanswered()

    def test_acceptance_from_another_site(self):
        """A form of another site sends no JSON, and what is not JSON is not taken."""
        self._login(self.portal)
        with mute_logger("odoo.http"):
            response = self.url_open(
                f"{self.url}/accept",
                data=json.dumps({"params": {"key": self.order.estimate_key}}),
                headers={"Content-Type": "text/plain"},
            )
        self.assertGreaterEqual(response.status_code, 400)
        self.assertUnanswered()


@tagged("post_install", "-at_install")
class TestPortalOrderTour(PortalOrderCase):
    """The customer opens the link of the mail on his phone and signs."""

    browser_size = "390x844"
    touch_enabled = True

    def test_signs(self):
        token = self.order._portal_ensure_token()
        self.start_tour(f"{self.url}?access_token={token}", "aftersales_customer_signs_estimate")
        self.assertRecordValues(
            self.order,
            [{"progress": "agreed", "estimate_answered_by": "Li Na", "estimate_agreed_amount": 50}],
        )
        self.assertTrue(self.order.estimate_signature)

    def test_refuses_and_it_goes_back_unrepaired(self):
        fee = self._create_product(
            name="Diagnosis", type="service", lst_price=20.0, aftersales_charge_kind="fee"
        )
        self.company.aftersales_diagnosis_product_id = fee
        # The fee is charged only where the customer was told of it.
        self.order.action_tell_estimate()
        token = self.order._portal_ensure_token()
        self.start_tour(f"{self.url}?access_token={token}", "aftersales_customer_refuses_estimate")
        self.assertRecordValues(
            self.order, [{"progress": "refused", "estimate_refusal_reason": "Too dear"}]
        )
        self.browser_size = "1400x900"
        self.touch_enabled = False
        self.start_tour(
            f"/odoo/work-orders/{self.order.id}",
            "aftersales_agent_returns_unrepaired",
            login=self.agent.login,
        )
        self.assertEqual(self.order.progress, "unrepaired")
        charged = self.order.charge_ids.filtered(lambda charge: charge.state == "confirmed")
        self.assertRecordValues(
            charged, [{"product_id": fee.id, "customer_amount": 20, "is_diagnosis_fee": True}]
        )
        self.assertTrue(charged.settlement_line_ids)
