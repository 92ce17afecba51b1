from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import AftersalesCommon

NOW = datetime(2026, 3, 2, 9, 0)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestTriage(AftersalesCommon):
    """From the symptom to what helped before, counted on closed requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.remedy_clean = cls.env["aftersales.fault"].create(
            {"name": "Filter cleaned", "code": "TR2", "kind": "remedy"}
        )
        cls.ac_2 = cls._create_product(
            name="Air Conditioner 50", type="consu", categ_id=cls.category_ac.id
        )
        cls.oven = cls._create_product(name="Oven", type="consu")

    def _solve(self, remedy, cause=None, days_ago=10, **vals):
        """Make a request about the air conditioner that was solved."""
        reported = NOW - timedelta(days=days_ago)
        vals = {"product_id": self.ac.id, "symptom_id": self.symptom.id, **vals}
        vals |= {"remedy_id": remedy and remedy.id, "cause_id": cause and cause.id}
        with freeze_time(reported):
            request = self._make_request(date_reported=reported, **vals)
            request.action_done()
        return request

    def _suggest(self, user=None, symptom=None, product=None, company=None):
        return self._call(
            user or self.agent,
            self.env["aftersales.triage"],
            "suggest",
            (symptom or self.symptom).id,
            (product or self.ac).id,
            (company or self.company).id,
        )

    def _told(self, answer):
        return [
            (row["remedy"]["id"], row["cause"] and row["cause"]["id"], row["solved"], row["back"])
            for row in answer["remedies"]
        ]

    # === COUNTING === #

    def test_what_helped_most_comes_first(self):
        self._solve(self.remedy, self.cause_wear, days_ago=40)
        self._solve(self.remedy_clean, self.cause_misuse, days_ago=30)
        self._solve(self.remedy_clean, self.cause_misuse, days_ago=20)
        self._solve(self.remedy_clean, days_ago=5)
        answer = self._suggest()
        self.assertEqual(
            self._told(answer),
            [
                (self.remedy_clean.id, self.cause_misuse.id, 2, 0),
                (self.remedy_clean.id, False, 1, 0),
                (self.remedy.id, self.cause_wear.id, 1, 0),
            ],
        )
        self.assertEqual((answer["scope"], answer["cases"]), ("product", 4))
        self.assertEqual(answer["about"], self.ac.display_name)
        self.assertEqual(answer["remedies"][0]["last"], "02/10/2026")

    def test_only_what_was_solved_counts(self):
        self._solve(None)
        self._make_request(
            product_id=self.ac.id, symptom_id=self.symptom.id, remedy_id=self.remedy.id
        )
        self._solve(self.remedy).with_user(self.agent).action_reopen()
        cancelled = self._solve(self.remedy)
        cancelled.action_reopen()
        cancelled.action_cancel()
        self.assertEqual(
            self._suggest(), {"scope": "none", "about": "", "cases": 0, "remedies": []}
        )

    def test_what_came_back_did_not_solve(self):
        unit = self._make_unit("TRIAGE-1")
        self._solve(self.remedy, days_ago=20, unit_id=unit.id)
        again = self._solve(self.remedy_clean, days_ago=10, unit_id=unit.id)
        self.assertTrue(again.is_repeat)
        self.assertEqual(
            self._told(self._suggest()),
            [(self.remedy_clean.id, False, 1, 0), (self.remedy.id, False, 0, 1)],
        )

    def test_widens_where_nothing_is_known(self):
        self._solve(self.remedy, product_id=self.oven.id)
        answer = self._suggest()
        self.assertEqual((answer["scope"], answer["cases"]), ("all", 1))
        self._solve(self.remedy_clean, product_id=self.ac_2.id)
        answer = self._suggest()
        self.assertEqual((answer["scope"], answer["cases"]), ("category", 1))
        self.assertEqual(answer["about"], self.category_ac.display_name)
        self._solve(self.remedy, product_id=self.ac.id)
        answer = self._suggest()
        self.assertEqual((answer["scope"], answer["cases"]), ("product", 1))
        self.assertEqual(self._told(answer), [(self.remedy.id, False, 1, 0)])

    def test_without_product_all_counts(self):
        self._solve(self.remedy)
        self._solve(self.remedy, product_id=self.oven.id)
        answer = self.env["aftersales.triage"].with_user(self.agent).suggest(self.symptom.id)
        self.assertEqual((answer["scope"], answer["cases"]), ("all", 2))

    def test_nothing_asked(self):
        answer = self.env["aftersales.triage"].with_user(self.agent).suggest(False)
        self.assertEqual(answer["remedies"], [])

    def test_remedies_no_longer_used_are_not_suggested(self):
        self._solve(self.remedy)
        self.remedy.active = False
        self.assertFalse(self._suggest()["remedies"])

    def test_eight_at_most(self):
        remedies = self.env["aftersales.fault"].create(
            [{"name": f"Remedy {number}", "kind": "remedy"} for number in range(10)]
        )
        for remedy in remedies:
            self._solve(remedy)
        answer = self._suggest()
        self.assertEqual((len(answer["remedies"]), answer["cases"]), (8, 10))

    # === WHO MAY KNOW === #

    def test_experience_of_other_teams_counts(self):
        self._solve(self.remedy, team_id=self.team_b.id)
        for user in (self.agent, self.technician, self.manager):
            with self.subTest(user=user.login):
                self.assertEqual(len(self._suggest(user)["remedies"]), 1)

    def test_experience_of_another_company_does_not(self):
        self._solve(self.remedy, company_id=self.other_company.id, team_id=False)
        self.assertFalse(self._suggest()["remedies"])
        with self.assertRaises(AccessError):
            self._suggest(company=self.other_company)

    def test_outsiders_are_told_nothing(self):
        self._solve(self.remedy)
        for user in (self.portal, self.salesman, self._new_user("plain", "base.group_user")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._suggest(user)

    def test_panel_is_for_who_may_ask(self):
        for user, shown in (
            (self.agent, True),
            (self.technician, True),
            (self.settler, False),
            (self.salesman, False),
        ):
            with self.subTest(user=user.login):
                arch = self.env["aftersales.request"].with_user(user).get_view(view_type="form")
                self.assertEqual("aftersales_triage" in arch["arch"], shown)

    def test_symptom_of_another_company(self):
        symptom = self.env["aftersales.fault"].create(
            {"name": "Theirs", "kind": "symptom", "company_id": self.other_company.id}
        )
        with self.assertRaises(AccessError):
            self._suggest(symptom=symptom)

    def test_queries_do_not_grow(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._suggest()
            return self.cr.sql_log_count - before

        self._solve(self.remedy, self.cause_wear)
        count()
        one = count()
        for number in range(6):
            remedy, cause = self.env["aftersales.fault"].create(
                [
                    {"name": f"Remedy {number}", "kind": "remedy"},
                    {"name": f"Cause {number}", "kind": "cause"},
                ]
            )
            self._solve(remedy, cause)
            self._propose(self.manager, remedy_id=remedy.id).action_approve()
        self.assertLessEqual(count(), one + 1)

    # === SOLUTIONS === #

    def _propose(self, user, **vals):
        return (
            self.env["aftersales.solution"]
            .with_user(user)
            .create(
                {
                    "symptom_id": self.symptom.id,
                    "remedy_id": self.remedy.id,
                    "company_id": self.company.id,
                    "text": "<p>Step by step</p>",
                    **vals,
                }
            )
        )

    def test_text_of_the_remedy(self):
        self.remedy.solution = "<p>As it is done</p>"
        self._solve(self.remedy)
        (row,) = self._suggest()["remedies"]
        self.assertEqual(row["text"], "<p>As it is done</p>")
        self.assertFalse(row["solution_id"])

    def test_closest_solution_is_told(self):
        self._solve(self.remedy, self.cause_wear)
        everywhere, category, product, oven = (
            self._propose(self.manager, text=f"<p>{name}</p>", **scope)
            for name, scope in (
                ("All", {}),
                ("Category", {"category_id": self.category_ac.id}),
                ("Product", {"product_id": self.ac.id}),
                ("Oven", {"product_id": self.oven.id}),
            )
        )
        (everywhere | category | product | oven).action_approve()
        for solution in (product, category, everywhere):
            (row,) = self._suggest()["remedies"]
            self.assertEqual(row["solution_id"], solution.id)
            self.assertIn(solution.text, row["text"])
            solution.action_retire()
        (row,) = self._suggest()["remedies"]
        self.assertFalse(row["solution_id"])

    def test_solution_nobody_needed_yet(self):
        self._propose(self.manager, cause_id=self.cause_wear.id).action_approve()
        answer = self._suggest()
        self.assertEqual((answer["scope"], answer["cases"]), ("none", 0))
        self.assertEqual(self._told(answer), [(self.remedy.id, self.cause_wear.id, 0, 0)])

    def test_proposal_is_read_by_its_author_and_managers(self):
        solution = self._propose(self.agent)
        self.assertEqual(self._suggest(self.agent)["remedies"][0]["proposed"], True)
        self.assertTrue(self._suggest(self.manager)["remedies"])
        for user in (self.other_agent, self.technician):
            with self.subTest(user=user.login):
                self.assertFalse(self._suggest(user)["remedies"])
                self.assertFalse(solution.with_user(user).has_access("read"))
        solution.with_user(self.manager).action_approve()
        for user in (self.other_agent, self.technician):
            with self.subTest(user=user.login):
                self.assertEqual(solution.with_user(user).read(["text"])[0]["text"], solution.text)

    def test_who_writes_solutions(self):
        solution = self._propose(self.agent)
        solution.with_user(self.agent).text = "<p>Better</p>"
        with self.assertRaises(AccessError):
            solution.with_user(self.other_agent).text = "<p>Mine</p>"
        for user in (self.technician, self.portal, self.settler, self.salesman):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._propose(user)
        with self.assertRaises(UserError):
            solution.with_user(self.agent).state = "approved"
        with self.assertRaises(UserError):
            self._propose(self.agent, state="approved")
        solution.with_user(self.manager).action_approve()
        with self.assertRaises(AccessError):
            solution.with_user(self.agent).text = "<p>Changed afterwards</p>"
        with self.assertRaises(AccessError):
            solution.with_user(self.agent).unlink()

    def test_solution_of_another_company(self):
        far = self._new_user(
            "far_manager",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        solution = self._propose(far, company_id=self.other_company.id)
        self.assertFalse(solution.with_user(self.manager).has_access("read"))
        shared = self._propose(self.manager, company_id=False)
        shared.action_approve()
        self.assertTrue(shared.with_user(far).has_access("read"))

    def test_kinds_are_kept(self):
        with self.assertRaises(ValidationError):
            self._propose(self.manager, symptom_id=self.remedy.id)
        with self.assertRaises(ValidationError):
            self._propose(self.manager, remedy_id=self.symptom.id)

    def test_product_stands_for_its_category(self):
        solution = self._propose(
            self.manager, category_id=self.category_ac.id, product_id=self.ac.id
        )
        self.assertEqual(solution.category_id, self.category_ac)
        solution.product_id = self.ac_2
        self.assertFalse(solution.category_id)

    # === FROM A SOLVED REQUEST === #

    def _add(self, request, user=None):
        """Press the button and save what it opens; return the solution."""
        user = user or self.agent
        action = request.with_user(user).action_add_solution()
        Solution = self.env["aftersales.solution"].with_user(user)
        if action["res_id"]:
            return Solution.browse(action["res_id"])
        return Solution.with_context(**action["context"]).create({})

    def test_solved_request_feeds_the_catalogue(self):
        self.remedy.solution = "<p>The usual way</p>"
        request = self._solve(
            self.remedy, self.cause_wear, resolution_note="Knock twice", description="My name is"
        )
        solution = self._add(request)
        self.assertRecordValues(
            solution,
            [
                {
                    "symptom_id": self.symptom.id,
                    "cause_id": self.cause_wear.id,
                    "remedy_id": self.remedy.id,
                    "product_id": self.ac.id,
                    "request_id": request.id,
                    "state": "proposed",
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertIn("The usual way", solution.text)
        self.assertIn("Knock twice", solution.text)
        self.assertNotIn("My name", solution.text)
        self.assertEqual(self._add(request), solution, "a second click opens it again")

    def test_better_solution_takes_the_place_of_the_approved_one(self):
        approved = self._propose(self.manager, category_id=self.category_ac.id)
        approved.action_approve()
        better = self._add(self._solve(self.remedy))
        self.assertEqual(better.replaces_id, approved)
        self.assertEqual(better.category_id, self.category_ac)
        self.assertEqual(approved.state, "approved")
        better.with_user(self.manager).action_approve()
        self.assertEqual(approved.state, "retired")
        manager_opens = self._add(self._solve(self.remedy), self.manager)
        self.assertEqual(manager_opens, better, "who may change it changes it")

    def test_what_says_nothing_is_not_added(self):
        open_request = self._make_request(symptom_id=self.symptom.id, remedy_id=self.remedy.id)
        for request in (open_request, self._solve(None)):
            with self.assertRaises(UserError) as caught:
                request.with_user(self.agent).action_add_solution()
            self.assertIn(request.name, str(caught.exception))

    def test_requests_of_others_feed_nothing(self):
        request = self._solve(self.remedy)
        mine = self._solve(self.remedy, user_id=self.technician.id)
        for user, asked in (
            (self.other_agent, request),
            (self.portal, request),
            (self.technician, mine),
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                asked.with_user(user).action_add_solution()

    def test_solution_outlives_its_request(self):
        solution = self._add(self._solve(self.remedy))
        solution.request_id.with_user(self.manager).unlink()
        self.assertFalse(solution.exists().request_id)
