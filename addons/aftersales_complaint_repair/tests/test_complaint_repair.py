from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.aftersales_complaint.tests.common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintRepair(ComplaintCommon):
    """A complaint about a work order, and back."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("CR-1")
        cls.request = cls._make_request(unit_id=cls.unit.id)
        cls.order = cls.env["repair.order"].create({"request_id": cls.request.id})

    def test_order_fills_in_the_rest(self):
        form = Form(
            self.env["aftersales.complaint"]
            .with_user(self.agent)
            .with_context(**self.order._prepare_complaint_context())
        )
        self.assertEqual(form.request_id, self.request)
        self.assertEqual(form.unit_id, self.unit)
        self.assertEqual(form.partner_id, self.customer)
        form.subject = "Left a mess"
        complaint = form.save()
        self.assertEqual(complaint.team_id, self.team_a)
        self.assertEqual(complaint.target_name, self.order.display_name)
        own = self.order.with_user(self.agent)
        self.assertEqual(own.complaint_count, 1)
        action = own.action_view_complaints()
        self.assertEqual(self.env["aftersales.complaint"].search(action["domain"]), complaint)
        self.assertEqual(self.request.with_user(self.agent).complaint_count, 1)

    def test_order_without_request(self):
        order = self.env["repair.order"].create(
            {"unit_id": self.unit.id, "partner_id": self.customer.id, "team_id": self.team_a.id}
        )
        complaint = self.env["aftersales.complaint"].create({"repair_id": order.id})
        self.assertEqual(complaint.partner_id, self.customer)
        self.assertEqual((complaint.unit_id, complaint.team_id), (self.unit, self.team_a))
        self.assertFalse(complaint.request_id)

    def test_complained_order_stays_and_companies_do_not_mix(self):
        with self.assertRaises(UserError):
            self.env["aftersales.complaint"].create(
                {"repair_id": self.order.id, "company_id": self.other_company.id}
            )

    def test_every_role_opens_both(self):
        complaint = self._make_complaint(repair_id=self.order.id)
        self.order.technician_id = self.technician
        for role in ("technician", "agent", "manager", "settler"):
            for record in (complaint, self.order):
                with self.subTest(role=role, model=record._name):
                    self.env.flush_all()
                    self.env.invalidate_all()
                    own = record.with_user(getattr(self, role))
                    spec = own._get_fields_spec(own.get_view(view_type="form"))
                    self.assertEqual(len(own.web_read(spec)), 1)

    def test_customer_reads_no_work_order(self):
        complaint = self._make_complaint(repair_id=self.order.id)
        with self.assertRaises(AccessError):
            complaint.with_user(self.portal).read(["repair_id"])
