from odoo.tests import tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestTriage(RepairCommon):
    """What helped on work orders, counted beside requests, and how work closes a request."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.request.symptom_id = cls.symptom
        cls.remedy_clean = cls.env["aftersales.fault"].create(
            {"name": "Filter cleaned", "kind": "remedy"}
        )

    def _suggest(self, user=None):
        answer = (
            self.env["aftersales.triage"]
            .with_user(user or self.agent)
            .suggest(self.symptom.id, self.ac.id, self.company.id)
        )
        return [(row["remedy"]["id"], row["solved"]) for row in answer["remedies"]]

    def _repair(self, remedy, request=None, **vals):
        order = self._make_order(
            request_id=(request or self.request).id, remedy_id=remedy and remedy.id, **vals
        )
        return self._do(order)

    def _new_request(self):
        return self._make_request(unit_id=self._make_unit(False).id, symptom_id=self.symptom.id)

    def test_work_counts_before_the_request_is_closed(self):
        self._repair(self.remedy)
        self.assertEqual(self._suggest(), [(self.remedy.id, 1)])
        self.assertEqual(self._suggest(self.other_agent), [(self.remedy.id, 1)])

    def test_each_case_counts_once(self):
        self._repair(self.remedy)
        self.request.action_done()
        self.assertEqual(self._suggest(), [(self.remedy.id, 1)])
        on_phone = self._new_request()
        on_phone.write({"remedy_id": self.remedy.id, "state": "done"})
        self.assertEqual(self._suggest(), [(self.remedy.id, 2)])

    def test_work_done_in_several_goes_is_one_case(self):
        self._repair(self.remedy)
        self._repair(self.remedy)
        self.assertEqual(self._suggest(), [(self.remedy.id, 1)])

    def test_work_that_is_not_done_does_not_count(self):
        self._make_order(remedy_id=self.remedy.id)
        self.assertEqual(self._suggest(), [])

    def test_request_takes_what_was_done(self):
        self._repair(self.remedy, cause_id=self.cause_wear.id)
        self.request.with_user(self.technician).action_start()
        self.request.with_user(self.technician).action_done()
        self.assertRecordValues(
            self.request,
            [
                {
                    "remedy_id": self.remedy.id,
                    "cause_id": self.cause_wear.id,
                    "resolution": "workshop",
                }
            ],
        )

    def test_what_the_request_says_stays(self):
        self._repair(self.remedy)
        self.request.remedy_id = self.remedy_clean
        self.request.action_done()
        self.assertEqual(self.request.remedy_id, self.remedy_clean)

    def test_work_at_the_customers_is_a_visit(self):
        on_site = self.warehouse.aftersales_onsite_type_id
        self._repair(self.remedy, picking_type_id=on_site.id)
        self.request.action_done()
        self.assertEqual(self.request.resolution, "visit")

    def test_without_work_nothing_follows(self):
        self._make_order()
        self.request.action_done()
        self.assertFalse(self.request.resolution)

    def test_solved_on_the_phone_is_said_beside_work(self):
        self._repair(self.remedy)
        self.request.write({"resolution": "phone", "state": "done"})
        self.assertEqual(self.request.resolution, "phone")

    def test_technician_sees_it_on_his_order(self):
        form = self.env.ref("repair.view_repair_order_form")
        for user, shown in ((self.technician, True), (self.settler, False)):
            with self.subTest(user=user.login):
                view = self.env["repair.order"].with_user(user).get_view(form.id, "form")
                self.assertEqual("aftersales_triage" in view["arch"], shown)
        self._repair(self.remedy)
        self.assertEqual(self._suggest(self.technician), [(self.remedy.id, 1)])

    # === REPAIRED BEFORE === #

    def _repaired(self, request, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return request.with_user(user or self.agent).past_repair_count

    def test_repaired_before(self):
        self._make_order()
        self.assertEqual(self._repaired(self.request), 0, "its own order")
        again = self._make_request(unit_id=self.unit.id)
        self.assertEqual(self._repaired(again), 1)
        self._make_order(request_id=again.id).action_repair_cancel()
        self.assertEqual(self._repaired(self.request), 0)
        both = self.request | again
        self.assertEqual(self._repaired(both[0]), 0)
        self.assertEqual(both.mapped("past_repair_count"), [0, 1])
        action = again.action_view_past_repairs()
        found = self.env["repair.order"].search(action["domain"])
        self.assertEqual(found, self.request.repair_ids)

    def test_repaired_for_the_same_customer(self):
        self._make_order()
        asked = self._make_request(partner_id=self.customer.id)
        self.assertEqual(self._repaired(asked), 1)
        self.assertEqual(self._repaired(self._make_request()), 0)

    def test_repairs_of_others_are_not_counted(self):
        self._make_order(team_id=self.team_b.id, request_id=False, unit_id=self.unit.id)
        asked = self._make_request(unit_id=self.unit.id)
        self.assertEqual(self._repaired(asked), 0)
        self.assertEqual(self._repaired(asked, self.manager), 1)
