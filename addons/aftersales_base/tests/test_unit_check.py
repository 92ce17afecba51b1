from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestUnitCheck(AftersalesCommon):
    """A serial nobody knows is taken down during the call and checked later (IN17)."""

    def test_taken_down_on_the_phone_and_checked(self):
        units = self.env["aftersales.unit"].with_user(self.agent)
        # What the box on a request opens for a serial it does not find.
        form = Form(units.with_context(default_serial="UNKNOWN-1", default_to_check=True))
        form.product_id = self.ac
        form.partner_id = self.customer
        unit = form.save()
        self.assertEqual(unit.serial, "UNKNOWN-1")
        self.assertIn(unit, units.search([("to_check", "=", True)]))
        unit.action_check()
        self.assertNotIn(unit, units.search([("to_check", "=", True)]))

    def test_technicians_do_not_check(self):
        unit = self._make_unit("UNKNOWN-2", to_check=True)
        with self.assertRaises(AccessError):
            unit.with_user(self.technician).action_check()
        self.assertTrue(unit.to_check)

    def test_delivered_ones_need_no_check(self):
        self.assertFalse(self._make_unit("KNOWN-1").to_check)
        self.assertFalse(self._make_unit("KNOWN-2", to_check=True).copy({"serial": "K3"}).to_check)
