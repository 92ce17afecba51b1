from odoo.tests import HttpCase, new_test_user, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestPortalSettlement(RepairCommon, HttpCase):
    """From the work order to what it cost, and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = new_test_user(cls.env, "settled_stranger", groups="base.group_portal")
        cls.stranger.partner_id.parent_id = cls.other_customer
        for user in (cls.portal, cls.stranger):
            user.sudo().write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})
        cls.order = cls._do(cls._make_order(charges=[cls.travel]))
        shares = cls.order.charge_ids._create_settlements()
        cls.settlement = shares.filtered(lambda settlement: settlement.kind == "customer")
        cls.settlement.action_confirm()
        cls.order_url = f"/my/work-orders/{cls.order.id}"
        cls.url = f"/my/settlements/{cls.settlement.id}"

    def _page(self, url, user):
        self.authenticate(user and user.login, user and user.login)
        response = self.url_open(url, allow_redirects=False)
        self.assertEqual(response.status_code, 200, url)
        return response.text

    def test_order_leads_to_the_bill_and_the_bill_to_the_order(self):
        self.assertIn(f'href="{self.url}"', self._page(self.order_url, self.portal))
        page = self._page(self.url, self.portal)
        self.assertIn(f'href="{self.order_url}"', page)
        self.assertIn(self.order.name, page)

    def test_part_the_maker_pays_costs_nothing(self):
        page = self._page(self.url, self.portal)
        covered = page.split('name="covered"')[1]
        self.assertIn("Compressor", covered)
        self.assertIn("0.00", covered)

    def test_token_of_the_order_shows_no_bill(self):
        page = self._page(self.order.get_portal_url(), self.stranger)
        self.assertNotIn(self.settlement.name, page)
        page = self._page(self.order.get_portal_url(), None)
        self.assertNotIn(self.settlement.name, page)

    def test_token_of_the_bill_leads_to_no_order(self):
        page = self._page(self.settlement.get_portal_url(), self.stranger)
        self.assertIn(self.order.name, page)
        self.assertNotIn(self.order_url, page)
