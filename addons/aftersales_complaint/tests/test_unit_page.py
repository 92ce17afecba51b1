from odoo.tests import tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestUnitPage(ComplaintCommon):
    """Complaints in the history of a unit, for those who may see them."""

    def test_complaint_is_in_the_history(self):
        unit = self._make_unit("AC-PAGE")
        complaint = self._make_complaint(unit_id=unit.id, handler_id=self.technician.id)
        title = f"Complaint {complaint.name}"
        self.env["ir.attachment"].create(
            {"name": "letter.txt", "raw": b"x", "res_model": complaint._name}
            | {"res_id": complaint.id}
        )
        for user in (self.manager, self.technician):
            unit_as_user = unit.with_user(user)
            titles = [event["title"] for event in unit_as_user.get_timeline()["events"]]
            self.assertIn(title, titles)
            files = unit_as_user.get_documents()["files"]
            self.assertEqual([file["kind"] for file in files], ["Complaint"])
        hidden = unit.with_user(self.other_technician)
        self.assertNotIn(title, [event["title"] for event in hidden.get_timeline()["events"]])
        self.assertFalse(hidden.get_documents()["files"])
