from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools.date_utils import subtract

from odoo.addons.aftersales_base.tests.common import AftersalesCommon


class TourCase(AftersalesCommon, HttpCase):
    """A unit under warranty and who serves it on site.

    The browser has its own clock, so the warranty starts a month before today.
    """

    browser_size = "1400x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._new_user(
            "accountant",
            "aftersales_base.group_aftersales_settlement,account.group_account_invoice",
        )
        # The names of test users hold their groups; one that no other name contains is picked.
        cls.technician.sudo().name = "Tao Technician"
        cls._setup_onsite_service()
        cls.unit = cls._make_unit("TOUR-0001", date_start=subtract(fields.Date.today(), months=1))

    @classmethod
    def _setup_onsite_service(cls):
        """Give team A the on-site jobs, and the store a compressor for them."""
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.type_onsite.picking_type_id = warehouse.aftersales_onsite_type_id
        cls.type_onsite.team_id = cls.team_a
        cls.env["stock.quant"].sudo()._update_available_quantity(
            cls.compressor, warehouse.lot_stock_id, 5
        )


@tagged("post_install", "-at_install")
class TestMainJobTour(TourCase):
    """The main job in the web client, by the people who do it."""

    def test_main_job(self):
        self.start_tour(
            "/odoo/service-requests", "aftersales_agent_takes_request", login=self.agent.login
        )
        repair = self.env["repair.order"].search([("unit_id", "=", self.unit.id)])
        self.assertRecordValues(
            repair,
            [
                {
                    "state": "draft",
                    "partner_id": self.customer.id,
                    "technician_id": self.technician.id,
                    "team_id": self.team_a.id,
                }
            ],
        )

        self.start_tour(
            "/odoo/work-orders", "aftersales_technician_does_work", login=self.technician.login
        )
        self.assertRecordValues(
            repair.charge_ids.sorted("kind"),
            [
                {"kind": "labour", "bearer": "company", "amount": 150.0, "state": "confirmed"},
                {"kind": "part", "bearer": "partner", "amount": 800.0, "state": "confirmed"},
                {"kind": "travel", "bearer": "customer", "amount": 50.0, "state": "confirmed"},
            ],
        )

        url = f"/odoo/work-orders/{repair.id}"
        self.start_tour(url, "aftersales_agent_settles", login=self.agent.login)
        self.start_tour(
            "/odoo/settlements", "aftersales_accountant_collects", login=self.accountant.login
        )
        settlements = repair.charge_ids.settlement_line_ids.settlement_id
        self.assertRecordValues(
            settlements.sorted("kind"),
            [
                {"kind": "claim", "partner_id": self.maker.id, "status": "paid"},
                {"kind": "customer", "partner_id": self.customer.id, "status": "paid"},
            ],
        )
        self.assertEqual([move.payment_state for move in settlements.move_id], ["paid", "paid"])
        self.start_tour(url, "aftersales_agent_sees_paid", login=self.agent.login)


@tagged("post_install", "-at_install")
class TestFieldTour(TourCase):
    """Phone call, visit, signature: the desk on a screen, the technician on his phone."""

    def test_call_visit_signature(self):
        self.start_tour(
            "/odoo/service-requests", "aftersales_agent_takes_request", login=self.agent.login
        )
        repair = self.env["repair.order"].search([("unit_id", "=", self.unit.id)])
        url = f"/odoo/work-orders/{repair.id}"
        self.start_tour(url, "aftersales_agent_sends_technician", login=self.agent.login)
        self.assertEqual(repair.visit_ids.user_id, self.technician)

        self.browser_size = "390x844"
        self.touch_enabled = True
        self.start_tour("/my-visits", "aftersales_technician_visits", login=self.technician.login)
        self.assertRecordValues(
            repair.visit_ids,
            [
                {
                    "state": "done",
                    "result": "solved",
                    "result_note": "New compressor",
                    "signed_by": "Lin Mei",
                }
            ],
        )
        self.assertTrue(repair.visit_ids.signature)
        self.assertRecordValues(
            repair.charge_ids,
            [{"product_id": self.compressor.id, "bearer": "partner", "state": "confirmed"}],
        )
        self.assertEqual(repair.state, "done")
