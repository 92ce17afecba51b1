from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AftersalesCommon
from .test_portal import PortalCase

STEPS = "<p>Rinse the filters with lukewarm water.</p>"


class SelfServiceCommon:
    """An approved solution for customers, about the category of the unit."""

    @classmethod
    def _make_solution(cls, approved=True, **vals):
        solution = cls.env["aftersales.solution"].create(
            {
                "symptom_id": cls.symptom.id,
                "remedy_id": cls.remedy.id,
                "category_id": cls.category_ac.id,
                "company_id": cls.company.id,
                "text": "<p>Ask for the filter first, he forgets it.</p>",
                "customer_title": "It blows less air",
                "customer_text": STEPS,
                **vals,
            }
        )
        if approved:
            solution.action_approve()
        return solution


@tagged("post_install", "-at_install")
class TestSelfServicePortal(SelfServiceCommon, PortalCase):
    """A customer tries what often helps before he asks for service."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.solution = cls._make_solution()
        cls.symptom_noise = cls.symptom.copy({"name": "Loud", "code": "TS2"})
        cls.Answer = cls.env["aftersales.solution.answer"]

    def setUp(self):
        super().setUp()
        self._login()

    def _helped(self, solution=None, unit=None):
        solution, unit = solution or self.solution, unit or self.unit
        return self._post(f"/my/products/{unit.id}/solutions/{solution.id}/helped")

    # === WHAT IS SHOWN === #

    def test_what_helps_is_shown_before_the_form(self):
        page = self._page(self.form_url)
        self.assertIn("It blows less air", page)
        self.assertIn("lukewarm water", page)
        self.assertLess(page.index("lukewarm water"), page.index("Send request"))
        self.assertNotIn("he forgets it", page)

    def test_nothing_to_try_shows_the_form_alone(self):
        self.solution.action_retire()
        page = self._page(self.form_url)
        self.assertNotIn("Maybe this helps", page)
        self.assertNotIn("Which of these hints", page)
        self.assertIn("Send request", page)

    def test_title_falls_back_to_the_symptom(self):
        self.solution.customer_title = False
        self.assertIn(self.symptom.name, self._page(self.form_url))

    def test_who_sees_what(self):
        """Only what is approved, written for customers and about the product of the unit."""
        oven = self._create_product(name="Oven", type="consu")
        cases = [
            ("proposed", {"approved": False}),
            ("for colleagues alone", {"customer_text": "<p><br></p>"}),
            ("another product", {"product_id": oven.id, "category_id": False}),
            ("another category", {"category_id": self.category_parts.id}),
            ("another company", {"company_id": self.other_company.id}),
        ]
        for case, vals in cases:
            with self.subTest(case):
                self._make_solution(customer_title="Hidden away", **vals)
                self.assertNotIn("Hidden away", self._page(self.form_url))
        for case, vals in [
            ("the product", {"product_id": self.ac.id, "category_id": False}),
            ("all products", {"category_id": False, "company_id": False}),
        ]:
            with self.subTest(case):
                self._make_solution(customer_title=f"Try {case}", **vals)
                self.assertIn(f"Try {case}", self._page(self.form_url))

    # === WHAT HE SAYS === #

    def test_it_helped(self):
        response = self._helped()
        self.assertEqual(response.status_code, 303)
        self.assertURLEqual(response.headers["Location"], f"/my/products/{self.unit.id}?helped=1")
        self.assertIn("works again", self._page(f"/my/products/{self.unit.id}?helped=1"))
        answer = self.Answer.search([("solution_id", "=", self.solution.id)])
        self.assertEqual(answer.partner_id, self.portal.partner_id)
        self.assertEqual(answer.unit_id, self.unit)
        self.assertTrue(answer.helped)
        self.assertFalse(self._portal_requests())
        self.assertEqual((self.solution.helped_count, self.solution.answer_count), (1, 1))

    def test_saying_it_twice_counts_once(self):
        self._helped()
        self._helped()
        self.assertEqual(self.solution.answer_count, 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            # A person who comes back says something new.
            self.Answer.sudo()._note(
                self.solution.sudo(), self.unit, self.portal.partner_id, helped=True
            )
        self.assertEqual(self.solution.answer_count, 2)

    def test_it_did_not_help(self):
        other = self._make_solution(customer_title="Not tried", symptom_id=self.symptom_noise.id)
        request = self.assertSent(self._post(subject="No air", tried=str(self.solution.id)))
        self.assertEqual(request.self_service_ids.solution_id, self.solution)
        self.assertFalse(request.self_service_ids.helped)
        self.assertEqual(request.symptom_id, self.symptom)
        self.assertEqual((self.solution.helped_count, self.solution.answer_count), (0, 1))
        self.assertEqual(other.answer_count, 0)

    def test_several_tried_leave_the_symptom_open(self):
        other = self._make_solution(customer_title="Loud", symptom_id=self.symptom_noise.id)
        request = self.assertSent(
            self._post(subject="No air", tried=[str(self.solution.id), str(other.id)])
        )
        self.assertEqual(request.self_service_ids.solution_id, self.solution | other)
        self.assertFalse(request.symptom_id)

    def test_what_was_ticked_is_kept_on_an_error(self):
        response = self._post(subject="", tried=str(self.solution.id))
        self.assertRefused(response, "Say in one line what is wrong")
        self.assertRegex(response.text, r'name="tried"[^>]*checked')

    # === FORGED === #

    def test_forged_solutions_are_not_taken(self):
        hidden = self._make_solution(approved=False)
        for tried in (str(hidden.id), "0", "-1", "abc", "9" * 30):
            with self.subTest(tried):
                request = self.assertSent(self._post(subject="No air", tried=tried))
                self.assertFalse(request.self_service_ids)
        self.assertSentAway(self._helped(solution=hidden), f"/my/products/{self.unit.id}")
        self.assertFalse(self.Answer.search([("solution_id", "=", hidden.id)]))

    def test_other_peoples_products(self):
        self._login(self.stranger)
        self.assertSentAway(self._helped())
        self.assertFalse(self.solution.answer_count)

    def test_customers_have_no_rights_to_the_catalogue(self):
        for model in ("aftersales.solution", "aftersales.solution.answer"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.portal).search([])


@tagged("post_install", "-at_install")
class TestSelfService(SelfServiceCommon, AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("AC-0001")

    def _find(self):
        solutions = self.env["aftersales.solution"].sudo()
        return solutions._find_for_customers(self.ac, self.company)

    def test_what_helped_most_comes_first(self):
        plain = self._make_solution()
        near = self._make_solution(product_id=self.ac.id, category_id=False)
        self.assertEqual(self._find(), near + plain)
        self.env["aftersales.solution.answer"].sudo()._note(
            plain, self.unit, self.customer, helped=True
        )
        self.assertEqual(self._find(), plain + near)

    def test_queries_do_not_grow(self):
        for __ in range(2):
            self._make_solution()
        two = self._count_queries()
        for __ in range(4):
            self._make_solution()
        self.assertEqual(self._count_queries(), two)

    def _count_queries(self):
        """Return how many queries showing all of them takes."""
        self._find()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        for solution in self._find():
            solution._get_customer_title()
        return self.env.cr.sql_log_count - before

    def test_nobody_writes_answers_by_hand(self):
        solution = self._make_solution()
        vals = {
            "solution_id": solution.id,
            "unit_id": self.unit.id,
            "partner_id": self.customer.id,
            "helped": True,
        }
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["aftersales.solution.answer"].with_user(user).create(vals)
        request = self._make_request(unit_id=self.unit.id)
        with self.assertRaises(UserError):
            request.with_user(self.manager).write({"self_service_ids": [(0, 0, vals)]})

    def test_answers_of_another_company(self):
        solution = self._make_solution(company_id=False)
        product = self._create_product(name="Fan", type="consu", company_id=False)
        unit = (
            self.env["aftersales.unit"]
            .sudo()
            .with_company(self.other_company)
            .create(
                {
                    "product_id": product.id,
                    "partner_id": self.customer.id,
                    "company_id": self.other_company.id,
                }
            )
        )
        answers = self.env["aftersales.solution.answer"]
        answers.sudo()._note(solution, unit, self.customer, helped=True)
        self.assertFalse(answers.with_user(self.agent).search([]))

    # === APPROVAL === #

    def test_a_proposal_reaches_the_manager_of_the_team(self):
        self.team_a.leader_id = self.manager
        request = self._make_request(unit_id=self.unit.id, team_id=self.team_a.id)
        solution = (
            self.env["aftersales.solution"]
            .with_user(self.agent)
            .create(
                {
                    "symptom_id": self.symptom.id,
                    "remedy_id": self.remedy.id,
                    "request_id": request.id,
                }
            )
        )
        self.assertEqual(solution.sudo().activity_ids.user_id, self.manager)
        solution.with_user(self.manager).action_approve()
        self.assertFalse(solution.sudo().activity_ids)

    def test_a_manager_asks_nobody(self):
        self.team_a.leader_id = self.manager
        self.assertFalse(self._make_solution(approved=False).activity_ids)

    # === SERVICE FILE === #

    def test_service_file_is_shown_on_requests(self):
        """What is known of the company and of the person stands on the request (KN6)."""
        self.customer.aftersales_note = "Ring at the back door"
        contact = self.env["res.partner"].create(
            {"name": "Caretaker", "parent_id": self.customer.id, "aftersales_note": "Call first"}
        )
        request = self._make_request(unit_id=self.unit.id, partner_id=contact.id)
        self.assertEqual(
            request.with_user(self.agent).service_note, "Call first\nRing at the back door"
        )
        request.partner_id = self.customer
        self.assertEqual(request.with_user(self.agent).service_note, "Ring at the back door")
