from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools.date_utils import subtract

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestAgentDayTour(AftersalesCommon, HttpCase):
    """The agent's day in the web client: solved on the phone, and sent to a technician."""

    browser_size = "1400x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The names of test users hold their groups; one that no other name contains is picked.
        cls.technician.sudo().name = "Tao Technician"
        # The browser has its own clock, so the warranty starts a month before today.
        cls.unit = cls._make_unit("TOUR-0001", date_start=subtract(fields.Date.today(), months=1))
        cls.remedy_clean = cls.env["aftersales.fault"].create(
            {"name": "Filter cleaned", "code": "TR2", "kind": "remedy"}
        )
        cls._solve_before(cls.remedy_clean, partner_id=cls.customer.id)
        cls._solve_before(cls.remedy_clean, partner_id=cls.customer.id)
        cls._solve_before(cls.remedy)

    @classmethod
    def _solve_before(cls, remedy, **vals):
        request = cls._make_request(
            product_id=cls.ac.id,
            symptom_id=cls.symptom.id,
            cause_id=cls.cause_wear.id,
            remedy_id=remedy.id,
            **vals,
        )
        request.action_done()

    def test_solved_on_the_phone(self):
        self.env["aftersales.solution"].create(
            {
                "symptom_id": self.symptom.id,
                "remedy_id": self.remedy_clean.id,
                "category_id": self.category_ac.id,
                "company_id": self.company.id,
                "text": "<p>Rinse it with lukewarm water.</p>",
            }
        ).action_approve()
        self.start_tour(
            "/odoo/service-requests", "aftersales_agent_solves_on_phone", login=self.agent.login
        )
        request = self.unit.request_ids
        self.assertRecordValues(
            request,
            [
                {
                    "state": "done",
                    "resolution": "phone",
                    "remedy_id": self.remedy_clean.id,
                    "cause_id": self.cause_wear.id,
                    "user_id": self.agent.id,
                }
            ],
        )
        self.assertEqual(len(request.activity_ids), 1)
        self.assertEqual(request.activity_ids.user_id, self.agent)
        self.assertEqual(
            self.env["aftersales.solution"].search([("request_id", "=", request.id)]).state,
            "proposed",
        )

    def test_dispatched(self):
        self.team_a.member_ids = [Command.create({"user_id": self.technician.id})]
        self.team_a.member_ids.filtered(
            lambda member: member.user_id == self.agent
        ).takes_jobs = False
        self.start_tour(
            "/odoo/service-requests", "aftersales_agent_dispatches", login=self.agent.login
        )
        self.assertRecordValues(
            self.unit.request_ids,
            [{"state": "new", "user_id": self.technician.id, "team_id": self.team_a.id}],
        )
