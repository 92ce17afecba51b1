from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestTeam(AftersalesCommon):
    """The tree of teams, and what leaders see of the teams below theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.region_leader = cls._new_user("region_leader", "aftersales_base.group_aftersales_agent")
        cls.head = cls._new_user("head", "aftersales_base.group_aftersales_agent")
        cls.office, cls.region = cls.env["aftersales.team"].create(
            [
                {"name": "Head Office", "leader_id": cls.head.id},
                {
                    "name": "North",
                    "leader_id": cls.region_leader.id,
                    "company_id": cls.company.id,
                },
            ]
        )
        cls.region.parent_id = cls.office
        (cls.team_a | cls.team_b).parent_id = cls.region
        cls.team_a.leader_id = cls.agent

    def test_chain(self):
        self.assertEqual(self.team_a._get_chain(), [self.team_a, self.region, self.office])
        self.assertEqual(self.office._get_chain(), [self.office])
        self.assertEqual(self.env["aftersales.team"]._get_chain(), [])
        self.assertEqual(self.team_a.complete_name, "Head Office / North / Team A")

    def test_chiefs(self):
        self.assertEqual(self.team_a.chief_ids, self.agent | self.region_leader | self.head)
        self.assertEqual(self.team_b.chief_ids, self.region_leader | self.head)
        self.assertEqual(self.office.chief_ids, self.head)

    def test_chiefs_follow_the_tree(self):
        self.region.leader_id = self.other_agent
        self.assertEqual(self.team_b.chief_ids, self.other_agent | self.head)
        self.region.parent_id = False
        self.assertEqual(self.team_b.chief_ids, self.other_agent)
        self.assertEqual(self.team_b._get_chain(), [self.team_b, self.region])

    def test_no_team_below_itself(self):
        for parent in (self.office, self.region, self.team_a):
            with self.assertRaisesRegex(ValidationError, "Head Office"):
                self.office.parent_id = parent
        with self.assertRaisesRegex(UserError, "below itself"):
            (self.region | self.office).write({"parent_id": self.team_b.id})

    def test_archive_from_below(self):
        with self.assertRaisesRegex(ValidationError, "Team A stands below North"):
            self.region.action_archive()
        (self.team_a | self.team_b | self.region).action_archive()
        with self.assertRaisesRegex(ValidationError, "North, which is archived"):
            self.team_a.action_unarchive()

    def test_companies_do_not_mix(self):
        far = self.env["aftersales.team"].create(
            {"name": "Far", "company_id": self.other_company.id}
        )
        self.assertFalse(self._passes(far.write, {"parent_id": self.region.id}))
        self.assertTrue(self._passes(far.write, {"parent_id": self.office.id}))
        self.assertFalse(self._passes(self.office.write, {"company_id": self.other_company.id}))

    def test_leaders_work_on_what_is_below(self):
        mine = self._make_request()
        of_b = self._make_request(team_id=self.team_b.id)
        of_office = self._make_request(team_id=self.office.id)
        everything = mine | of_b | of_office
        seen = {
            self.agent: mine,
            self.other_agent: of_b,
            self.region_leader: mine | of_b,
            self.head: everything,
        }
        for user, expected in seen.items():
            own = self.env["aftersales.request"].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(own.search([("id", "in", everything.ids)]), expected.sorted())
                for request in everything:
                    writes = self._passes(request.with_user(user).write, {"subject": "Leak"})
                    self.assertEqual(writes, request in expected)
        charge = self._make_charge(self.travel, request_id=of_b.id)
        for user in (self.region_leader, self.head):
            self.assertTrue(self._passes(charge.with_user(user).write, {"discount": 5}))
        self.assertFalse(self._passes(charge.with_user(self.agent).read, ["amount"]))

    def test_leader_without_role_sees_nothing(self):
        self.office.leader_id = self.technician
        request = self._make_request()
        self.assertFalse(request.with_user(self.technician).has_access("read"))
