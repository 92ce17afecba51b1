from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestUnitPage(RepairCommon):
    """Work orders in the history and the papers of a unit."""

    def _titles(self, user=None):
        events = self.unit.with_user(user or self.manager).get_timeline(limit=100)["events"]
        return [event["title"] for event in events]

    def test_work_orders_are_in_the_history(self):
        order = self._make_order(technician_id=self.technician.id)
        title = f"Work order {order.name}"
        for user in (self.technician, self.agent, self.manager):
            self.assertIn(title, self._titles(user))
        self.assertNotIn(title, self._titles(self.other_technician))
        self.env["ir.attachment"].create(
            {"name": "report.txt", "raw": b"x", "res_model": order._name, "res_id": order.id}
        )
        files = self.unit.with_user(self.technician).get_documents()["files"]
        self.assertEqual(
            [(file["kind"], file["name"]) for file in files], [("Work order", "report.txt")]
        )

    def test_queries_do_not_grow_with_the_work(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._titles()
            return self.env.cr.sql_log_count - before

        self._make_order(parts=[])
        count()
        few = count()
        for __ in range(9):
            self._make_order(parts=[])
        self.assertLessEqual(count(), few)
