from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequestMerge(AftersalesCommon):
    """The same told twice, and two things told at once."""

    def _merge(self, requests, target=None, user=None):
        wizard = self.env["aftersales.request.merge"].with_user(user or self.agent)
        form = Form(wizard.with_context(active_ids=requests.ids))
        if target:
            form.target_id = target
        return form.save().action_merge()

    def _make(self, **vals):
        return self._make_request(partner_id=self.customer.id, **vals)

    def test_oldest_stays_with_what_the_others_say(self):
        unit = self._make_unit("MERGE-1")
        late = self._make(date_reported=datetime(2026, 3, 3), unit_id=unit.id, priority="2")
        first = self._make(date_reported=datetime(2026, 3, 1))
        late.message_post(body="It drips", subtype_xmlid="mail.mt_comment")
        paper = self.env["ir.attachment"].create(
            {"name": "leak.txt", "raw": b"x", "res_model": late._name, "res_id": late.id}
        )
        action = self._merge(late | first)
        self.assertEqual(action["res_id"], first.id)
        self.assertEqual((late.state, late.merged_into_id), ("cancelled", first))
        self.assertEqual((first.state, first.unit_id, first.priority), ("new", unit, "2"))
        self.assertIn("It drips", " ".join(first.message_ids.mapped("body")))
        self.assertEqual(paper.res_id, first.id)

    def test_chosen_one_stays(self):
        one, two, three = (self._make() for _i in range(3))
        self._merge(one | two | three, target=two)
        self.assertEqual((one | three).merged_into_id, two)
        self.assertFalse(two.merged_into_id)

    def test_customers_contacts_are_one_customer(self):
        one = self._make()
        two = self._make_request(partner_id=self.customer_contact.id)
        self._merge(one | two)
        self.assertEqual(two.merged_into_id, one)

    def test_what_cannot_be_merged(self):
        one = self._make(date_reported=datetime(2026, 3, 1))
        other = self._make_request(partner_id=self.other_customer.id)
        with self.assertRaisesRegex(UserError, "another customer"):
            self._merge(one | other)
        charged = self._make()
        self._make_charge(request_id=charged.id)
        with self.assertRaisesRegex(UserError, "has charges"):
            self._merge(one | charged, target=one)
        self._merge(one | charged, target=charged)
        self.assertEqual(one.merged_into_id, charged)
        solved = self._make()
        solved.action_done()
        with self.assertRaisesRegex(UserError, "Fewer than two"):
            self._merge(charged | solved)

    def test_merged_is_reported_as_the_one_that_stays(self):
        report = self.env["aftersales.request"].with_user(self.agent).report
        values = {"subject": "E12", "partner_id": self.customer.id, "team_id": self.team_a.id}
        one, two = (report(reference, values)["id"] for reference in ("M-1", "M-2"))
        requests = self.env["aftersales.request"].browse([one, two])
        self._merge(requests, target=requests[0])
        self.assertEqual(report("M-2", values)["id"], one)

    def test_split(self):
        request = self._make(description="The AC drips, and the oven is cold.")
        action = request.with_user(self.agent).action_split()
        form = Form(
            self.env["aftersales.request"].with_user(self.agent).with_context(**action["context"])
        )
        form.subject = "Oven is cold"
        split = form.save()
        self.assertEqual((split.split_from_id, split.partner_id), (request, self.customer))
        self.assertEqual(split.team_id, request.team_id)

    def test_nobody_writes_the_link_by_hand(self):
        one, two = self._make(), self._make()
        with self.assertRaises(UserError):
            one.with_user(self.manager).merged_into_id = two

    def test_not_those_of_another_team(self):
        mine = self._make()
        theirs = self._make(team_id=self.team_b.id)
        with self.assertRaises(UserError):
            self._merge(mine | theirs)
        self.assertEqual(theirs.state, "new")

    def test_brought_back_it_stands_for_itself(self):
        report = self.env["aftersales.request"].with_user(self.agent).report
        values = {"subject": "E12", "partner_id": self.customer.id, "team_id": self.team_a.id}
        one, two = (
            self.env["aftersales.request"].browse(report(reference, values)["id"])
            for reference in ("B-1", "B-2")
        )
        self._merge(one | two, target=two)
        one.with_user(self.manager).action_restore()
        self.assertFalse(one.merged_into_id)
        self._merge(one | two, target=one)
        self.assertEqual(report("B-1", values)["id"], one.id)
        self.assertEqual(report("B-2", values)["id"], one.id)
