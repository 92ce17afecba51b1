from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools.date_utils import subtract

from odoo.addons.aftersales_base.tests.common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestCounterTour(AftersalesCommon, HttpCase):
    """The counter in the web client, by an agent.

    The browser has its own clock, so the warranties start a month before today.
    """

    browser_size = "1400x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        start = subtract(fields.Date.today(), months=1)
        cls.units = cls.env["aftersales.unit"].union(
            *(cls._make_unit(f"COUNTER-{number}", date_start=start) for number in range(10))
        )
        cls._make_unit("FOREIGN-1", date_start=start, partner_id=cls.other_customer.id)
        workshop = cls.env.ref("aftersales_base.aftersales_service_type_workshop")
        workshop.sudo().team_id = False
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.env["stock.quant"].sudo()._update_available_quantity(
            cls.ac, warehouse.lot_stock_id, 1, lot_id=cls.units[0].lot_id
        )

    def test_counter_to_hand_over(self):
        self.start_tour(
            "/odoo/work-orders", "aftersales_counter_to_hand_over", login=self.agent.login
        )
        order = self.env["repair.order"].search([("unit_id", "=", self.units[0].id)])
        self.assertRecordValues(
            order,
            [
                {
                    "state": "done",
                    "handed_over_to": "Lin Mei",
                    "pickup_status": "collected",
                    "partner_id": self.customer.id,
                }
            ],
        )
        self.assertEqual(order.accessory_ids.mapped("given_back"), [True, True])
        self.assertEqual(order.request_id.subject, "Drips on the carpet")

    def test_batch_of_ten(self):
        self.start_tour("/odoo/new-intake", "aftersales_batch_of_ten", login=self.agent.login)
        orders = self.env["repair.order"].search([("unit_id", "in", self.units.ids)])
        self.assertEqual(len(orders), 10)
        self.assertEqual(orders.unit_id, self.units)
        self.assertEqual(len(orders.intake_id), 1)
