from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import AftersalesCommon

TECHNICIANS = {"technician", "agent", "manager"}
AGENTS = {"agent", "manager"}
MANAGERS = {"manager"}
SETTLERS = {"settler"}

REQUEST_STEPS = {
    ("new", "in_progress"): TECHNICIANS,
    ("new", "done"): AGENTS,
    ("new", "cancelled"): AGENTS,
    ("in_progress", "waiting"): TECHNICIANS,
    ("in_progress", "done"): TECHNICIANS,
    ("in_progress", "cancelled"): AGENTS,
    ("waiting", "in_progress"): TECHNICIANS,
    ("waiting", "done"): TECHNICIANS,
    ("waiting", "cancelled"): AGENTS,
    ("done", "in_progress"): AGENTS,
    ("cancelled", "new"): MANAGERS,
}
CHARGE_STEPS = {
    ("draft", "confirmed"): TECHNICIANS,
    ("draft", "cancelled"): TECHNICIANS,
    ("confirmed", "draft"): AGENTS,
    ("confirmed", "cancelled"): AGENTS,
    ("cancelled", "draft"): AGENTS,
}
SETTLEMENT_STEPS = {
    ("draft", "confirmed"): SETTLERS,
    ("draft", "cancelled"): SETTLERS,
    ("confirmed", "draft"): SETTLERS,
    ("confirmed", "cancelled"): SETTLERS,
    ("cancelled", "draft"): SETTLERS,
}
UNIT_STEPS = {
    **{("active", state): MANAGERS for state in ("returned", "replaced", "scrapped")},
    **{(state, "active"): MANAGERS for state in ("returned", "replaced", "scrapped")},
    **{(state, "scrapped"): MANAGERS for state in ("returned", "replaced")},
}
BUTTONS = {
    "aftersales.unit": {},
    "aftersales.request": {
        "action_start": "in_progress",
        "action_wait": "waiting",
        "action_done": "done",
        "action_cancel": "cancelled",
        "action_reopen": "in_progress",
        "action_restore": "new",
    },
    "aftersales.charge": {
        "action_confirm": "confirmed",
        "action_draft": "draft",
        "action_cancel": "cancelled",
    },
    "aftersales.settlement": {
        "action_confirm": "confirmed",
        "action_draft": "draft",
        "action_cancel": "cancelled",
    },
}
ROLES = ["technician", "agent", "manager", "settler", "salesman", "portal"]


@tagged("post_install", "-at_install")
class TestStateDoors(AftersalesCommon):
    """Every step, from every state, by every role, through every way in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.user_id = cls.salesman
        cls.request = cls._make_request(partner_id=cls.customer.id, user_id=cls.technician.id)
        cls.charge = cls._make_charge(request_id=cls.request.id)
        cls.settlement = cls._make_settlement(
            cls._make_charge(cls.travel, request_id=cls.request.id)
        )
        cls.env.flush_all()

    def _check_table(self, record, steps):
        states = list(dict(record._fields["state"].selection))
        for origin in states:
            self._force_state(record, origin)
            for target in states:
                for role in ROLES:
                    expected = role in steps.get((origin, target), ())
                    if origin != target:
                        self._check_cell(record, role, origin, target, expected)
        for (origin, target), roles in steps.items():
            self._force_state(record, origin)
            offered = (
                set(record.with_user(self.manager).next_states.split(","))
                if ("next_states" in record)
                else None
            )
            if offered is not None:
                self.assertEqual(target in offered, "manager" in roles, (origin, target))

    def _check_cell(self, record, role, origin, target, expected):
        user = getattr(self, role)
        own = record.with_user(user)
        ways = {
            "write": lambda: own.write({"state": target}),
            "remote write": lambda: self._call(user, record, "write", {"state": target}),
            "assignment": lambda: own.__setattr__("state", target),
        }
        for button, result in BUTTONS[record._name].items():
            if result == target:
                ways[button] = getattr(own, button)
        for way, action in ways.items():
            with self.subTest(model=record._name, role=role, step=(origin, target), way=way):
                self.assertEqual(self._passes(action), expected)

    def test_request_table(self):
        self._check_table(self.request, REQUEST_STEPS)

    def test_unit_table(self):
        self._check_table(self._make_unit("SD1"), UNIT_STEPS)

    def test_unit_taken_out_by_hand_loses_its_warranties(self):
        unit = self._make_unit("SD1")
        unit.with_user(self.manager).write({"state": "scrapped"})
        self.assertEqual(set(unit.warranty_ids.mapped("status")), {"closed"})

    def test_charge_table(self):
        self._check_table(self.charge, CHARGE_STEPS)

    def test_settlement_table(self):
        self._check_table(self.settlement, SETTLEMENT_STEPS)

    def test_refusal_names_record_and_step(self):
        with self.assertRaises(UserError) as caught:
            self.request.with_user(self.agent).write({"state": "waiting"})
        message = str(caught.exception)
        self.assertIn(self.request.name, message)
        self.assertIn("New", message)
        self.assertIn("Waiting", message)

    def test_same_state_is_no_step(self):
        for record, user in (
            (self.request, self.technician),
            (self.charge, self.technician),
            (self.settlement, self.agent),
        ):
            with self.subTest(model=record._name):
                record.with_user(user).write({"state": record.state})

    def test_unknown_and_empty_state_are_refused(self):
        for target in ("paid", "", False):
            for record in (self.request, self.charge, self.settlement):
                with self.subTest(model=record._name, target=target):
                    passed = self._passes_value(record, target)
                    self.assertFalse(passed)

    def _passes_value(self, record, target):
        try:
            return self._passes(record.write, {"state": target})
        except ValueError:
            return False

    def test_batch_with_one_forbidden_changes_none(self):
        second = self._make_request(partner_id=self.customer.id)
        second.action_start()
        batch = self.request | second
        with self.assertRaises(UserError), self.env.cr.savepoint():
            batch.write({"state": "waiting"})
        self.assertEqual(batch.mapped("state"), ["new", "in_progress"])

    def test_batch_of_different_states_moves_together(self):
        second = self._make_request(partner_id=self.customer.id)
        second.action_start()
        batch = self.request | second
        batch.action_done()
        self.assertEqual(batch.mapped("state"), ["done", "done"])
        self.assertTrue(all(batch.mapped("date_closed")))

    def test_empty_batch(self):
        for model, buttons in BUTTONS.items():
            for button in buttons:
                with self.subTest(model=model, button=button):
                    getattr(self.env[model], button)()

    # === CREATE === #

    def _get_create_vals(self):
        return {
            "aftersales.request": ({"subject": "By hand"}, "new", "done"),
            "aftersales.charge": (
                {"product_id": self.travel.id, "partner_id": self.customer.id},
                "draft",
                "confirmed",
            ),
            "aftersales.settlement": ({"partner_id": self.customer.id}, "draft", "confirmed"),
        }

    def test_create_in_another_state_is_refused(self):
        for model, (vals, __, state) in self._get_create_vals().items():
            for user in (self.agent, self.manager):
                Model = self.env[model].with_user(user)
                with self.subTest(model=model, user=user.login):
                    self.assertTrue(self._passes(Model.create, vals))
                    jump = {**vals, "state": state}
                    self.assertFalse(self._passes(Model.create, jump))
                    self.assertFalse(self._passes(call_kw, Model, "create", [[jump]], {}))

    def test_create_with_first_state_is_allowed(self):
        for model, (vals, initial, __) in self._get_create_vals().items():
            with self.subTest(model=model):
                record = self.env[model].with_user(self.agent).create({**vals, "state": initial})
                self.assertEqual(record.state, initial)

    def test_default_in_context_does_not_open_the_door(self):
        for model, (vals, initial, state) in self._get_create_vals().items():
            Model = self.env[model].with_user(self.agent).with_context(default_state=state)
            for values in (vals, {**vals, "state": state}):
                with self.subTest(model=model, values=values):
                    try:
                        record = Model.create(dict(values))
                    except UserError:
                        continue
                    self.assertEqual(record.state, initial)

    def test_default_of_a_user_does_not_open_the_door(self):
        for model, (vals, initial, state) in self._get_create_vals().items():
            with self.subTest(model=model):
                self.env["ir.default"].sudo().set(model, "state", state, user_id=self.agent.id)
                record = self.env[model].with_user(self.agent).create(dict(vals))
                self.assertEqual(record.state, initial)

    def test_import_meets_the_same_door(self):
        Request = self.env["aftersales.request"].with_user(self.agent)
        result = Request.load(["subject", "state"], [["Imported", "Solved"]])
        self.assertFalse(result["ids"])
        self.assertIn("first state", result["messages"][0]["message"])
        result = Request.load([".id", "state"], [[str(self.request.id), "Waiting"]])
        self.assertFalse(result["ids"])
        self.assertEqual(self.request.state, "new")
        result = Request.load([".id", "state"], [[str(self.request.id), "Solved"]])
        self.assertEqual(result["ids"], self.request.ids)
        self.assertEqual(self.request.state, "done")

    def test_copy_starts_anew(self):
        self.request.action_done()
        copied = self.request.copy()
        self.assertEqual(copied.state, "new")
        self.assertFalse(copied.date_closed)
        self.assertNotEqual(copied.name, self.request.name)

    # === VALUES ONLY THE SYSTEM WRITES === #

    def test_system_values_cannot_be_written_by_hand(self):
        """No decision, amount, number, status or invoice link is typed past the rules."""
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.customer.id}
        )
        line = self.settlement.line_ids
        unit = self._make_unit("SD1")
        table = [
            (unit, "warranty_end", "2099-01-01"),
            (unit, "product_tracking", "none"),
            (self.request, "name", "SR1"),
            (self.request, "date_closed", "2020-01-01 00:00:00"),
            (self.request, "hours_open", 1.0),
            (self.charge, "amount", 1.0),
            (self.charge, "customer_amount", 1.0),
            (self.charge, "covered_amount", 1.0),
            (self.charge, "covered_percent", 100.0),
            (self.charge, "bearer", "company"),
            (self.charge, "bearer_partner_id", self.customer.id),
            (self.charge, "coverage_rule", "override"),
            (self.charge, "coverage_facts", {"reason": "me"}),
            (self.charge, "warranty_id", False),
            (self.charge, "billed_elsewhere", True),
            (self.charge, "settlement_status", "paid"),
            (self.charge, "date_confirmed", "2020-01-01"),
            (self.settlement, "name", "ST1"),
            (self.settlement, "status", "paid"),
            (self.settlement, "amount_total", 1.0),
            (self.settlement, "move_id", invoice.id),
            (line, "is_living", False),
            (line, "amount_claimed", 1.0),
        ]
        for record, fname, value in table:
            before = record[fname]
            for user in (self.agent, self.manager):
                with self.subTest(model=record._name, field=fname, user=user.login):
                    own = record.with_user(user)
                    self.assertFalse(self._passes(own.write, {fname: value}))
            self.assertEqual(record[fname], before)

    def test_system_values_cannot_be_given_at_create(self):
        charge = self._make_charge(self.travel)
        charge.action_confirm()
        table = [
            ("aftersales.charge", "settlement_status", "paid"),
            ("aftersales.charge", "billed_elsewhere", True),
            ("aftersales.charge", "customer_amount", 1.0),
            ("aftersales.settlement", "status", "paid"),
            ("aftersales.settlement", "amount_total", 1.0),
        ]
        vals = self._get_create_vals()
        for model, fname, value in table:
            Model = self.env[model].with_user(self.agent)
            with self.subTest(model=model, field=fname):
                try:
                    record = Model.create({**vals[model][0], fname: value})
                except UserError:
                    continue
                self.assertNotEqual(record[fname], value)

    def test_technician_cannot_touch_what_is_not_his(self):
        own = self.request.with_user(self.other_technician)
        for action in (own.action_start, own.action_done):
            with self.assertRaises(AccessError):
                action()
