from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ContractCommon

STATES = ("draft", "active", "suspended", "closed")
STEPS = {
    ("draft", "active"),
    ("active", "suspended"),
    ("active", "closed"),
    ("suspended", "active"),
    ("suspended", "closed"),
    ("closed", "active"),
}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestContractDoor(ContractCommon):
    """Which steps a contract takes, by whom, and what may change on the way."""

    def _taken_steps(self, user, act):
        """Return the steps ``act(contract, target)`` takes as ``user``."""
        contract = self._make_contract()
        taken = set()
        for origin in STATES:
            self._force_state(contract, origin)
            contract.date_closed = False
            taken |= {
                (origin, target)
                for target in STATES
                if target != origin and self._passes(act, contract.with_user(user), target)
            }
        return taken

    def _write(self, contract, target):
        contract.write({"state": target})

    def _press(self, contract, target):
        method = {
            "active": "action_resume",
            "suspended": "action_suspend",
            "closed": "action_close",
        }.get(target)
        if not method:
            raise UserError(self.env._("There is no button for this."))
        self._call(contract.env.user, contract, method)

    def test_manager_takes_the_steps_there_are(self):
        self.assertEqual(self._taken_steps(self.manager, self._write), STEPS)
        self.assertEqual(self._taken_steps(self.manager, self._press), STEPS)

    def test_nobody_else_takes_a_step(self):
        for user in (self.technician, self.agent, self.settler, self.salesman, self.portal):
            self.assertFalse(self._taken_steps(user, self._write), user.login)
            self.assertFalse(self._taken_steps(user, self._press), user.login)

    def test_new_contract_starts_as_draft(self):
        with self.assertRaises(UserError):
            self._make_contract(state="active")

    def test_empty_contract_does_not_start(self):
        with self.assertRaisesRegex(UserError, "covers nothing yet"):
            self._make_contract(lines=()).action_start()

    def test_instalments_need_a_product(self):
        with self.assertRaisesRegex(UserError, "without a product"):
            self._make_contract(instalment_amount=100).action_start()
        contract = self._make_contract(
            instalment_amount=100, instalment_product_id=self.care.id, start=True
        )
        with self.assertRaisesRegex(ValidationError, "without a product"):
            contract.instalment_product_id = False

    def test_agent_prepares_and_the_manager_starts(self):
        contract = (
            self.env["aftersales.contract"]
            .with_user(self.agent)
            .create(
                {
                    "partner_id": self.customer.id,
                    "line_ids": [Command.create({"unit_id": self.unit.id})],
                    "rule_ids": [
                        Command.create({"name": "Cleaning", "service_type_id": self.type_onsite.id})
                    ],
                }
            )
        )
        self.assertEqual(contract.date_end, date(2027, 3, 9))
        self.assertRegex(contract.name, r"^SC/2026/\d{4}$")
        contract.line_ids.percent = 80
        contract.with_user(self.manager).action_start()
        self.assertEqual(contract.status, "running")

    def test_many_new_ones_are_numbered_in_turn(self):
        contracts = self.env["aftersales.contract"].with_user(self.agent)
        vals = {"partner_id": self.customer.id}
        made = contracts.create([vals, {**vals, "name": "OLD-7"}, vals, vals])
        first, old, *others = made.mapped("name")
        number = int(first.rpartition("/")[2])
        self.assertEqual(old, "OLD-7")
        self.assertEqual(others, [f"SC/2026/{number + 1:04}", f"SC/2026/{number + 2:04}"])
        self.assertEqual(contracts.create(vals).name, f"SC/2026/{number + 3:04}")

    def test_agent_does_not_change_what_is_in_force(self):
        contract = self._make_contract(
            lines=[{"visit_quota": 1}],
            instalment_product_id=self.care.id,
            rule_ids=[Command.create({"name": "Cleaning", "service_type_id": self.type_onsite.id})],
            start=True,
        )
        mine = contract.with_user(self.agent)
        for record, vals in (
            (mine, {"date_end": "2027-12-31"}),
            (mine, {"instalment_amount": 1}),
            (mine, {"line_ids": [Command.create({})]}),
            (mine, {"line_ids": [Command.update(contract.line_ids.id, {"visit_quota": 9})]}),
            (mine.line_ids, {"visit_quota": 9}),
            (mine.rule_ids, {"interval": 1}),
        ):
            self.assertFalse(self._passes(record.write, vals), vals)
            self.assertTrue(self._passes(record.with_user(self.manager).write, vals), vals)
        for records in (mine.line_ids, mine.rule_ids):
            self.assertFalse(self._passes(records.unlink))
            self.assertTrue(self._passes(records.with_user(self.manager).unlink))
        lines = self.env["aftersales.contract.line"]
        vals = {"contract_id": contract.id}
        self.assertFalse(self._passes(lines.with_user(self.agent).create, vals))
        self.assertTrue(self._passes(lines.with_user(self.manager).create, vals))
        mine.write({"title": "Climate care", "user_id": self.agent.id})

    def test_parties_stay_once_started(self):
        contract = self._make_contract(start=True).with_user(self.manager)
        other_currency = self.env["res.currency"].search(
            [("id", "!=", contract.currency_id.id)], limit=1
        )
        for vals in (
            {"partner_id": self.other_customer.id},
            {"company_id": self.other_company.id},
            {"currency_id": other_currency.id},
            {"date_start": "2025-01-01"},
        ):
            self.assertFalse(self._passes(contract.write, vals), vals)
        contract.write({"partner_id": self.customer.id, "date_start": "2026-01-01"})

    def test_closed_contract_stays_as_it_is(self):
        contract = self._make_contract(start=True)
        contract.action_close()
        with self.assertRaisesRegex(UserError, "Resume it"):
            contract.date_end = "2027-12-31"

    def test_started_contract_stays_on_record(self):
        draft, started = self._make_contract(), self._make_contract(start=True)
        draft.with_user(self.manager).unlink()
        with self.assertRaisesRegex(UserError, "stays on record"):
            started.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            self._make_contract().with_user(self.agent).unlink()

    def test_who_reads_contracts(self):
        contract = self._make_contract(start=True)
        for user in (self.technician, self.agent, self.manager, self.settler, self.portal):
            self.assertTrue(self._passes(contract.with_user(user).read, ["name"]), user.login)
        stranger = self._new_user("stranger", "base.group_portal", name="Stranger")
        for user in (self.salesman, stranger):
            self.assertFalse(self._passes(contract.with_user(user).read, ["name"]), user.login)

    def test_every_role_opens_the_form(self):
        """Nothing on the form is forbidden to one who may open it."""
        contract = self._make_contract(
            rule_ids=[Command.create({"name": "Cleaning", "service_type_id": self.type_onsite.id})],
            instalment_amount=100,
            instalment_product_id=self.care.id,
            start=True,
        )
        contract.action_suspend()
        contract.action_resume()
        for user in (self.technician, self.agent, self.manager, self.settler):
            with Form(contract.with_user(user)) as form:
                self.assertEqual(form.name, contract.name)

    def test_other_company_sees_nothing(self):
        contract = self._make_contract(
            start=True,
            rule_ids=[
                Command.create(
                    {
                        "name": "Cleaning",
                        "interval": 1,
                        "service_type_id": self.type_onsite.id,
                    }
                )
            ],
            instalment_amount=100,
            instalment_product_id=self.care.id,
        )
        elsewhere = self._new_user(
            "elsewhere",
            "aftersales_base.group_aftersales_manager",
            company_id=self.other_company.id,
        )
        for records in (
            contract,
            contract.line_ids,
            contract.rule_ids,
            contract.instalment_ids,
            contract.plan_ids,
        ):
            self.assertTrue(records)
            self.assertFalse(self._passes(records.with_user(elsewhere).read, []), records)

    def test_copy_takes_lines_and_rules_along(self):
        contract = self._make_contract(lines=[{"unit_id": self.unit.id}, {"kind": "part"}])
        self.env["aftersales.maintenance.rule"].create(
            [
                {
                    "name": name,
                    "contract_id": contract.id,
                    "line_id": line.id,
                    "service_type_id": self.type_onsite.id,
                }
                for name, line in (("A", contract.line_ids[1]), ("B", contract.line_ids[:0]))
            ]
        )
        contract.action_start()
        copy = contract.copy()
        self.assertEqual((copy.state, len(copy.line_ids)), ("draft", 2))
        self.assertNotEqual(copy.name, contract.name)
        self.assertEqual(copy.rule_ids.mapped("name"), ["A", "B"])
        self.assertEqual(copy.rule_ids[0].line_id, copy.line_ids[1])
        self.assertFalse(copy.rule_ids[1].line_id)

    def test_form_makes_a_contract_with_rules_in_one_go(self):
        """Lines, instalments and visits are entered before the first save."""
        form = Form(self.env["aftersales.contract"].with_user(self.agent))
        form.partner_id = self.customer
        form.title = "Boiler care"
        with form.line_ids.new() as line:
            line.unit_id = self.unit
            line.kind = "labour"
            line.visit_quota = 2
        with form.rule_ids.new() as rule:
            rule.name = "Cleaning"
            rule.interval = 1
            rule.service_type_id = self.type_onsite
        form.instalment_amount = 100
        form.instalment_product_id = self.care
        contract = form.save()
        contract.with_user(self.manager).action_start()
        self.assertEqual(len(contract.instalment_ids), 12)
        self.assertEqual(contract.plan_ids.unit_id, self.unit)


@tagged("post_install", "-at_install")
class TestContractStatus(ContractCommon):
    """How a contract stands follows from the day; nothing has to be rewritten."""

    def test_status_follows_the_day(self):
        with freeze_time("2026-03-10"):
            contract = self._make_contract()
            self.assertEqual(contract.status, "draft")
            contract.action_start()
        for day, status in (
            ("2025-12-31", "upcoming"),
            ("2026-01-01", "running"),
            ("2026-11-30", "running"),
            ("2026-12-01", "ending"),
            ("2026-12-31", "ending"),
            ("2027-01-01", "expired"),
        ):
            with freeze_time(day):
                contract.invalidate_recordset(["status"])
                self.assertEqual(contract.status, status, day)

    def test_state_comes_first(self):
        with freeze_time("2026-03-10"):
            contract = self._make_contract(start=True)
            contract.action_suspend()
            self.assertEqual(contract.status, "suspended")
            contract.action_close()
            self.assertEqual((contract.status, contract.date_closed), ("closed", self.TODAY))

    def test_period_is_a_year_unless_told(self):
        contracts = self.env["aftersales.contract"]
        partner = self.customer.id
        contract = contracts.create({"partner_id": partner, "date_start": "2026-02-28"})
        self.assertEqual(contract.date_end, date(2027, 2, 27))
        leap = contracts.create({"partner_id": partner, "date_start": "2024-02-29"})
        self.assertEqual(leap.date_end, date(2025, 2, 27))

    def test_suspension_keeps_its_days(self):
        with freeze_time("2026-03-10"):
            contract = self._make_contract(start=True)
            contract.action_suspend()
        with freeze_time("2026-03-20"):
            contract.action_resume()
        suspension = contract.suspension_ids
        self.assertEqual(
            (suspension.date_from, suspension.date_to), (date(2026, 3, 10), date(2026, 3, 19))
        )

    def test_suspended_and_resumed_on_one_day_leaves_nothing(self):
        with freeze_time("2026-03-10"):
            contract = self._make_contract(start=True)
            contract.action_suspend()
            contract.action_resume()
            self.assertFalse(contract.suspension_ids)

    def test_two_at_once(self):
        with freeze_time("2026-03-10"):
            contracts = self._make_contract() | self._make_contract()
            contracts.action_start()
            contracts.action_suspend()
            contracts.action_close()
            self.assertEqual(contracts.mapped("state"), ["closed", "closed"])
            self.assertEqual(len(contracts.suspension_ids), 0)
            contracts[:0].action_start()
