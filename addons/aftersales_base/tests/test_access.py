from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AftersalesCommon

NOTHING, READ, WRITE, MAKE, ALL = "", "r", "rw", "rwc", "rwcd"
NOTHING_OF_SETTLEMENTS = {
    "aftersales.settlement": NOTHING,
    "aftersales.settlement.line": NOTHING,
}
CONFIGURATION = [
    "aftersales.team",
    "aftersales.team.member",
    "aftersales.team.rule",
    "aftersales.region",
    "aftersales.region.zip",
    "aftersales.skill",
    "aftersales.service.type",
    "aftersales.fault",
    "aftersales.warranty.policy",
    "aftersales.warranty.term",
]
MODELS = [
    *CONFIGURATION,
    "aftersales.unit",
    "aftersales.warranty",
    "aftersales.request",
    "aftersales.charge",
    "aftersales.settlement",
    "aftersales.settlement.line",
]


@tagged("post_install", "-at_install")
class TestAccess(AftersalesCommon):
    """Who may see and do what: model by model, and record by record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls._new_user("plain", "base.group_user")
        cls.unit = cls._make_unit("AC1")
        cls.other_unit = cls._make_unit("AC2", partner_id=cls.other_customer.id)
        cls.mine = cls._make_request(unit_id=cls.unit.id, user_id=cls.technician.id)
        cls.of_team_b = cls._make_request(
            unit_id=cls.other_unit.id, team_id=cls.team_b.id, user_id=cls.other_technician.id
        )
        cls.of_nobody = cls._make_request(partner_id=cls.other_customer.id, team_id=False)
        cls.far = cls._make_request(
            company_id=cls.other_company.id, team_id=False, partner_id=cls.customer.id
        )
        cls.requests = cls.mine | cls.of_team_b | cls.of_nobody | cls.far
        cls.charges = cls.env["aftersales.charge"].create(
            [
                {
                    "product_id": cls.travel.id,
                    "request_id": request.id,
                    "company_id": request.company_id.id,
                }
                for request in cls.requests
            ]
        )

    def _check_models(self, user, rights):
        for model in MODELS:
            expected = rights.get(model, rights.get("default", NOTHING))
            Model = self.env[model].with_user(user)
            operations = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
            actual = "".join(
                letter for letter, operation in operations.items() if Model.has_access(operation)
            )
            with self.subTest(user=user.login, model=model):
                self.assertEqual(actual, expected)

    # === MODEL BY MODEL === #

    def test_technician(self):
        self._check_models(
            self.technician,
            {
                "default": READ,
                "aftersales.request": WRITE,
                "aftersales.charge": ALL,
                **NOTHING_OF_SETTLEMENTS,
            },
        )

    def test_agent(self):
        self._check_models(
            self.agent,
            {
                "default": READ,
                "aftersales.unit": MAKE,
                "aftersales.request": MAKE,
                "aftersales.charge": ALL,
                "aftersales.settlement": MAKE,
                "aftersales.settlement.line": ALL,
            },
        )

    def test_manager(self):
        self._check_models(self.manager, {"default": ALL})

    def test_settler(self):
        self._check_models(
            self.settler,
            {
                "default": READ,
                "aftersales.settlement": ALL,
                "aftersales.settlement.line": ALL,
            },
        )

    def test_salesman(self):
        self._check_models(
            self.salesman,
            {
                "aftersales.warranty.policy": READ,
                "aftersales.warranty.term": READ,
                "aftersales.unit": READ,
                "aftersales.warranty": READ,
                "aftersales.request": "rc",
            },
        )

    def test_portal(self):
        self._check_models(
            self.portal,
            {
                "aftersales.unit": READ,
                "aftersales.warranty": READ,
                "aftersales.request": READ,
                # His own, and of these what the portal shows: see test_portal_settlement.
                "aftersales.settlement": READ,
            },
        )

    def test_employee_without_role(self):
        self._check_models(self.plain, {})

    # === RECORD BY RECORD === #

    def _get_seen_requests(self):
        return {
            self.technician: self.mine,
            self.other_technician: self.of_team_b,
            self.agent: self.mine | self.of_nobody,
            self.other_agent: self.of_team_b | self.of_nobody,
            self.manager: self.mine | self.of_team_b | self.of_nobody,
            self.settler: self.mine | self.of_team_b | self.of_nobody,
            self.salesman: self.env["aftersales.request"],
            self.portal: self.mine,
        }

    def test_requests_seen(self):
        Request = self.env["aftersales.request"]
        domain = [("id", "in", self.requests.ids)]
        for user, seen in self._get_seen_requests().items():
            own = Request.with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(own.search(domain).ids, seen.sorted().ids)
                self.assertEqual(own.search_count(domain), len(seen))
                named = {row[0] for row in own.name_search("", domain)}
                self.assertEqual(named, set(seen.ids))
                groups = own._read_group(domain, [], ["__count"])
                self.assertEqual(groups[0][0], len(seen))

    def test_requests_of_others_by_id(self):
        for user, seen in self._get_seen_requests().items():
            for request in self.requests:
                own = request.with_user(user)
                with self.subTest(user=user.login, request=request.id):
                    expected = request in seen
                    self.assertEqual(self._passes(own.read, ["subject"]), expected)
                    if user not in (self.settler, self.portal, self.salesman):
                        changed = self._passes(own.write, {"subject": "Changed"})
                        self.assertEqual(changed, expected)
                        self.assertEqual(self._passes(own.message_post, body="Hello"), expected)
                    else:
                        self.assertFalse(self._passes(own.write, {"subject": "Changed"}))
                    if not expected:
                        self.assertFalse(self._passes(own.action_cancel))

    def test_charges_seen(self):
        by_request = {charge.request_id: charge for charge in self.charges}
        for user, seen in self._get_seen_requests().items():
            if user in (self.salesman, self.portal):
                continue
            charges = self.env["aftersales.charge"]
            for request in seen:
                charges |= by_request[request]
            own = self.env["aftersales.charge"].with_user(user)
            with self.subTest(user=user.login):
                domain = [("id", "in", self.charges.ids)]
                self.assertEqual(own.search(domain).ids, charges.sorted().ids)
                for charge in self.charges - charges:
                    foreign = charge.with_user(user)
                    self.assertFalse(self._passes(foreign.read, ["amount"]))
                    self.assertFalse(self._passes(foreign.write, {"discount": 5}))
                    self.assertFalse(self._passes(foreign.unlink))
                    self.assertFalse(self._passes(foreign.action_confirm))

    def test_technician_gives_no_work_away_and_takes_none(self):
        own = self.of_team_b.with_user(self.technician)
        self.assertFalse(self._passes(own.write, {"user_id": self.technician.id}))
        Charge = self.env["aftersales.charge"].with_user(self.technician)
        vals = {"product_id": self.travel.id, "request_id": self.of_team_b.id}
        self.assertFalse(self._passes(Charge.create, vals))
        self.assertFalse(self._passes(Charge.create, {**vals, "user_id": self.technician.id}))
        mine = self.charges[0].with_user(self.technician)
        self.assertFalse(self._passes(mine.write, {"request_id": self.of_team_b.id}))

    def test_agent_cannot_reach_the_other_team(self):
        Request = self.env["aftersales.request"].with_user(self.agent)
        self.assertTrue(self._passes(Request.create, {"team_id": self.team_a.id}))
        self.assertFalse(self._passes(Request.create, {"team_id": self.team_b.id}))

    def test_team_leader_sees_his_team(self):
        leader = self._new_user("leader", "aftersales_base.group_aftersales_agent")
        self.team_b.leader_id = leader
        self.assertTrue(self.of_team_b.with_user(leader).has_access("write"))
        self.assertFalse(self.mine.with_user(leader).has_access("read"))

    def test_salesman_sees_his_customers(self):
        self.customer.user_id = self.salesman
        self.assertTrue(self.mine.with_user(self.salesman).has_access("read"))
        self.assertFalse(self.mine.with_user(self.salesman).has_access("write"))
        self.assertFalse(self.of_nobody.with_user(self.salesman).has_access("read"))

    def test_portal_sees_his_company(self):
        own = self.env["aftersales.unit"].with_user(self.portal)
        self.assertEqual(own.search([]), self.unit)
        for record in (self.other_unit, self.other_unit.warranty_ids[0], self.of_team_b):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.portal).read(["display_name"])
        warranties = self.env["aftersales.warranty"].with_user(self.portal).search([])
        self.assertEqual(warranties, self.unit.warranty_ids)
        self.assertFalse(self._passes(self.unit.with_user(self.portal).write, {"serial": "X"}))
        self.assertFalse(self._passes(self.mine.with_user(self.portal).action_done))

    # === COMPANIES === #

    def test_second_company(self):
        far_unit = self._make_unit(False, company_id=self.other_company.id, policy_id=False)
        far_team = self.env["aftersales.team"].create(
            {"name": "Far", "company_id": self.other_company.id}
        )
        far_policy = self.env["aftersales.warranty.policy"].create(
            {
                "name": "Far",
                "company_id": self.other_company.id,
                "term_ids": [Command.create({"duration": 1})],
            }
        )
        far_settlement = self.env["aftersales.settlement"].create(
            {"partner_id": self.customer.id, "company_id": self.other_company.id}
        )
        far_type, far_fault = (
            self.env[model].create({"name": "Far", "company_id": self.other_company.id})
            for model in ("aftersales.service.type", "aftersales.fault")
        )
        far_warranty = self.env["aftersales.warranty"].create({"unit_id": far_unit.id})
        for record in (
            far_unit,
            far_warranty,
            far_team,
            far_policy,
            far_policy.term_ids,
            far_settlement,
            far_type,
            far_fault,
            self.far,
            self.charges[-1],
        ):
            for user in (self.manager, self.agent, self.settler):
                with self.subTest(model=record._name, user=user.login):
                    self.assertFalse(record.with_user(user).has_access("read"))
                    self.assertFalse(
                        record.with_user(user).search_count([("id", "in", record.ids)])
                    )

    def test_companies_do_not_mix(self):
        far_team = self.env["aftersales.team"].create(
            {"name": "Far", "company_id": self.other_company.id}
        )
        far_unit = self._make_unit(False, company_id=self.other_company.id, policy_id=False)
        for record, vals in (
            (self.mine, {"team_id": far_team.id}),
            (self.mine, {"unit_id": far_unit.id}),
            (self.mine, {"company_id": self.other_company.id}),
            (self.charges[0], {"unit_id": far_unit.id}),
            (self.charges[0], {"request_id": self.far.id}),
            (self.charges[0], {"company_id": self.other_company.id}),
        ):
            with self.subTest(model=record._name, vals=vals):
                self.assertFalse(self._passes(record.write, vals))

    def test_charges_name_what_is_of_their_company(self):
        """That of the company itself, of none and, of customers, that of a company above."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        companies = self.company | branch | self.other_company
        self.env.user.company_ids |= companies
        Charge = self.env["aftersales.charge"].with_context(allowed_company_ids=companies.ids)
        charge, of_branch = Charge.create(
            [
                {"name": "Trip", "partner_id": self.customer.id, "company_id": company.id}
                for company in (self.company, branch)
            ]
        )
        for company, here, there in (
            (companies.browse(), True, True),
            (self.company, True, True),
            (branch, False, True),
            (self.other_company, False, False),
        ):
            payer = self.env["res.partner"].create({"name": "Payer", "company_id": company.id})
            vals = {"payer_id": payer.id}
            with self.subTest(company=company.name):
                self.assertEqual(self._passes(charge.write, vals), here)
                self.assertEqual(self._passes(of_branch.write, vals), there)
        far_user = self._new_user(
            "far_technician",
            "aftersales_base.group_aftersales_technician",
            company_id=self.other_company.id,
        )
        self.assertTrue(self._passes(charge.write, {"user_id": self.technician.id}))
        self.assertFalse(self._passes(charge.write, {"user_id": far_user.id}))
        # Of several, the one that does not fit is found.
        payer = self.env["res.partner"].create({"name": "Branch's", "company_id": branch.id})
        self.assertFalse(self._passes((charge | of_branch).write, {"payer_id": payer.id}))

    def test_shared_configuration_is_seen_by_all(self):
        shared = self.env["aftersales.service.type"].create({"name": "Shared"})
        far_user = self._new_user(
            "far_agent",
            "aftersales_base.group_aftersales_agent",
            company_id=self.other_company.id,
        )
        self.assertTrue(shared.with_user(far_user).has_access("read"))
        self.assertFalse(self.type_onsite.with_user(far_user).has_access("read"))

    # === THE DAY OF THE ONE WHO SETTLES === #

    def test_settler_without_role_reads_what_he_settles(self):
        charge = self.charges[0]
        charge.action_confirm()
        settlement = charge.with_user(self.settler)._create_settlements()
        line = settlement.line_ids
        self.assertTrue(line.explanation)
        self.assertEqual(line.request_id.name, self.mine.name)
        self.assertEqual(line.unit_id.serial, "AC1")
        self.assertFalse(self._passes(charge.with_user(self.settler).write, {"team_id": False}))
        draft = self.charges[1].with_user(self.settler)
        self.assertFalse(self._passes(draft.write, {"price_unit": 1}))
