from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon, _UndoError

LOGGER = "odoo.addons.aftersales_base.models.aftersales_warranty_entry"
JUNE, JULY = date(2025, 6, 30), date(2025, 7, 31)


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15 10:00:00")
class TestWarrantyEntry(AftersalesCommon):
    """What we bear, booked by the month, down to the journal items.

    Under warranty: labour at our cost (150 an hour, costs us 90), parts at the maker's. Booked
    since the 1st of June; units of the policy set 2 % of their price aside.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labour.standard_price = 90.0
        cls.travel.standard_price = 20.0
        cls.cost_account, cls.service_account, cls.expense_account, cls.provision_account = cls.env[
            "account.account"
        ].create(
            [
                {"code": "600901", "name": "Warranty Cost", "account_type": "expense"},
                {"code": "600902", "name": "Recovered", "account_type": "expense"},
                {"code": "600903", "name": "Provision Expense", "account_type": "expense"},
                {"code": "200901", "name": "Provision", "account_type": "liability_current"},
            ]
        )
        cls.company.write(
            {
                "aftersales_warranty_since": "2025-06-01",
                "aftersales_warranty_cost_account_id": cls.cost_account.id,
                "aftersales_warranty_service_account_id": cls.service_account.id,
            }
        )
        cls.policy.write({"provision_by": "percent", "provision_percent": 2.0})
        cls.unit = cls._make_unit("WE1")
        cls.request = cls._make_request(unit_id=cls.unit.id, date_reported="2025-06-01 08:00:00")

    def _provide(self):
        """Let the company set something aside."""
        self.company.write(
            {
                "aftersales_provision_expense_account_id": self.expense_account.id,
                "aftersales_provision_account_id": self.provision_account.id,
            }
        )

    def _do(self, product=None, **vals):
        charge = self._make_charge(product or self.labour, request_id=self.request.id, **vals)
        charge.action_confirm()
        return charge

    def _book(self, until=JUNE, post=True):
        entry = self.env["aftersales.warranty.entry"].with_user(self.settler)
        entry = entry.create({"date_until": until})
        entry.action_confirm()
        if post:
            entry.move_id.action_post()
        return entry

    def _get_items(self, entry):
        """Return ``{account: balance}`` of the journal entry."""
        items = {}
        for line in entry.move_id.line_ids:
            items[line.account_id] = items.get(line.account_id, 0) + line.balance
        return items

    # === COST === #

    def test_what_is_booked_at_price_and_at_cost(self):
        """Charge => warranty cost at our price, and at cost (0: not booked)."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        for name, product, vals, price, cost in (
            ("labour in warranty", self.labour, {}, 150, 90),
            ("two hours", self.labour, {"quantity": 2}, 300, 180),
            ("the maker bears it", self.compressor, {}, 0, 0),
            ("the customer pays", self.travel, {}, 0, 0),
            ("half of it", self.travel, {"service_type_id": self.type_half.id}, 25, 10),
            ("goodwill", self.travel, {"service_type_id": self.type_goodwill.id}, 50, 20),
            (
                "by hand",
                self.travel,
                {"override_bearer": "company", "override_reason": "Regular customer"},
                *(50, 20),
            ),
            ("euros", self.labour, {"currency_id": euro.id, "price_unit": 75}, 150, 90),
        ):
            for valuation, amount in (("price", price), ("cost", cost)):
                with self.subTest(charge=name, valuation=valuation):
                    self.company.aftersales_warranty_valuation = valuation
                    charge = self._do(product, **vals)
                    entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
                    entry.action_look()
                    lines = entry.line_ids.filtered(lambda line, of=charge: line.charge_id == of)
                    self.assertEqual(sum(lines.mapped("amount")), amount)
                    entry.unlink()

    def test_cost_to_the_journal_items(self):
        self._do()
        self._do(self.travel, service_type_id=self.type_half.id)
        entry = self._book()
        self.assertRecordValues(
            entry, [{"status": "posted", "amount_cost": 175, "amount_provide": 0, "line_count": 2}]
        )
        self.assertEqual(
            self._get_items(entry), {self.cost_account: 175, self.service_account: -175}
        )
        self.assertEqual(entry.move_id.date, JUNE)
        self.assertEqual(entry.move_id.journal_id.type, "general")

    def test_what_a_maker_refused_and_we_bear(self):
        """Answer and decision of the maker's part (800, costs 300) => warranty cost at our price,
        at cost."""
        self.compressor.standard_price = 300
        for name, accepted, decision, price, cost in (
            ("not decided", 0, None, 0, 0),
            ("refused, ours", 0, "company", 800, 300),
            ("reduced, the rest ours", 600, "company", 200, 75),
            ("the customer pays", 0, "customer", 0, 0),
            ("claimed again", 0, "resubmit", 0, 0),
        ):
            for valuation, amount in (("price", price), ("cost", cost)):
                with self.subTest(name, valuation=valuation), self.assertRaises(_UndoError):
                    with self.env.cr.savepoint():
                        self.company.aftersales_warranty_valuation = valuation
                        line = self._refuse(accepted, decision)
                        entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
                        entry.action_look()
                        self.assertEqual(entry.amount_cost, amount)
                        self.assertEqual(entry.line_ids.charge_id, line.charge_id[: amount > 0])
                        raise _UndoError

    def _refuse(self, accepted=0, decision="company"):
        """Return the line of a claim the maker did not accept in full."""
        claim = self._do(self.compressor)._create_settlements()
        claim.action_confirm()
        line = claim.line_ids
        line._answer({line: (accepted, "Not ours")})
        if decision:
            line._decide(decision, "Nobody else does")
        return line

    def test_refused_later_is_booked_later(self):
        """Confirmed in June, refused in July: warranty cost of July, and held by its entry."""
        claim = self._do(self.compressor)._create_settlements()
        claim.action_confirm()
        june = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
        june.action_look()
        self.assertFalse(june.line_ids)
        with freeze_time("2025-07-10 10:00:00"):
            line = claim.line_ids
            line._answer({line: (0, "Not ours")})
            line._decide("company", "Nobody else does")
            entry = self._book(JULY)
            self.assertRecordValues(
                entry.line_ids,
                [{"charge_id": line.charge_id.id, "amount": 800, "date": date(2025, 7, 10)}],
            )
            self.assertEqual(
                self._get_items(entry), {self.cost_account: 800, self.service_account: -800}
            )
            for action in (line.action_undo_decision, claim.action_draft, claim.action_cancel):
                with self.assertRaisesRegex(UserError, entry.name):
                    action()
            entry.action_cancel()
            line.action_undo_decision()

    def test_refused_since_booking_began(self):
        """Confirmed in May, before anything is booked; it costs since the day of the refusal."""
        with freeze_time("2025-05-20 10:00:00"):
            claims = self._do(self.compressor)._create_settlements()
            claims |= self._do(self.compressor)._create_settlements()
            claims.action_confirm()
            before, line = claims.line_ids
            self._keep(before)
        self._keep(line)
        entry = self._book()
        self.assertEqual(entry.line_ids.charge_id, line.charge_id)
        self.assertEqual(
            self._get_items(entry), {self.cost_account: 800, self.service_account: -800}
        )

    def _keep(self, line):
        line._answer({line: (0, "Not ours")})
        line._decide("company", "Nobody else does")

    def test_margin_dates_what_is_kept_as_the_entry_does(self):
        """Refused in July what was confirmed in June: July in both."""
        claim = self._do(self.compressor)._create_settlements()
        claim.action_confirm()
        with freeze_time("2025-07-10 10:00:00"):
            self._keep(claim.line_ids)
            entry = self._book(JULY)
        self.env.flush_all()
        groups = self.env["aftersales.result.report"]._read_group(
            [("charge_id", "=", claim.line_ids.charge_id.id), ("borne", "!=", 0)],
            ["date:day"],
            ["borne:sum"],
        )
        self.assertEqual(groups, [(entry.line_ids.date, entry.amount_cost)])

    def test_only_its_days(self):
        """Neither before booking began nor after the day; late ones come with the next entry."""
        with freeze_time("2025-05-31 10:00:00"):
            self._do()
        inside = self._do()
        with freeze_time("2025-07-01 10:00:00"):
            after = self._do()
        self._make_charge(self.labour, request_id=self.request.id)
        june, july = self._book(), self._book(JULY)
        self.assertEqual(june.line_ids.charge_id, inside)
        self.assertEqual(july.line_ids.charge_id, after)

    def test_nothing_twice(self):
        charge = self._do()
        entry = self._book()
        again = self.env["aftersales.warranty.entry"].create({"date_until": JULY})
        again.action_look()
        self.assertFalse(again.line_ids)
        with self.assertRaises(UserError) as caught:
            again.action_confirm()
        self.assertIn("nothing is to be booked", str(caught.exception))
        vals = {"entry_id": again.id, "charge_id": charge.id, "kind": "cost", "amount": 150}
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env["aftersales.warranty.entry.line"].sudo().create(vals)
        self.assertFalse(self._passes_database(entry.browse(), {"date_until": JUNE}))

    def test_a_booked_charge_stays_as_it_is(self):
        charge = self._do()
        entry = self._book(post=False)
        for state in ("draft", "cancelled"):
            with self.assertRaises(UserError) as caught:
                charge.with_user(self.agent).write({"state": state})
            self.assertIn(entry.name, str(caught.exception))
        entry.action_cancel()
        self.assertTrue(self._passes(charge.action_draft))

    def test_what_changed_since_the_look_is_worked_out_anew(self):
        charge = self._do()
        entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
        entry.action_look()
        charge.action_draft()
        charge.quantity = 2
        charge.action_confirm()
        entry.action_confirm()
        self.assertEqual(self._get_items(entry)[self.cost_account], 300)

    # === PROVISION === #

    def test_what_is_set_aside(self):
        """Policy and unit => what its sale sets aside."""
        self._provide()
        for name, policy, unit, amount in (
            ("percent", {}, {}, 60),
            ("fixed", {"provision_by": "fixed", "provision_amount": 45.5}, {}, 45.5),
            ("nothing", {"provision_by": False}, {}, 0),
            ("no price", {}, {"price_paid": 0}, 0),
            ("sold before", {}, {"date_start": "2025-05-31"}, 0),
            ("sold after", {}, {"date_start": "2025-07-01"}, 0),
        ):
            with self.subTest(case=name), self.env.cr.savepoint():
                self.policy.write({"provision_by": "percent", **policy})
                vals = {"price_paid": 3000, "date_start": "2025-06-10", **unit}
                sold = self._make_unit(f"WP {name}", **vals)
                entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
                entry.action_look()
                lines = entry.line_ids.filtered(lambda line, of=sold: line.unit_id == of)
                self.assertEqual(sum(lines.mapped("amount")), amount)
                entry.unlink()
                sold.unlink()

    def test_set_aside_used_and_released_to_the_journal_items(self):
        """60 are set aside; of a cost of 50 all is taken from it, of the next 150 the rest."""
        self._provide()
        sold = self._make_unit("WP1", price_paid=3000, date_start="2025-06-10")
        self.request.write({"unit_id": sold.id, "date_reported": "2025-06-12 08:00:00"})
        self._do(override_bearer="company", override_reason="-", price_unit=50)
        june = self._book()
        self.assertEqual(
            self._get_items(june),
            {
                self.cost_account: 50,
                self.service_account: -50,
                # 60 set aside, 50 used.
                self.expense_account: 10,
                self.provision_account: -10,
            },
        )
        with freeze_time("2025-07-15 10:00:00"):
            self._do()
            july = self._book(JULY)
        self.assertEqual(
            self._get_items(july),
            {
                self.cost_account: 150,
                self.service_account: -150,
                self.expense_account: -10,
                self.provision_account: 10,
            },
        )

    def test_released_when_the_warranties_end(self):
        self._provide()
        sold, other = (
            self._make_unit(serial, price_paid=3000, date_start="2025-06-10")
            for serial in ("WP1", "WP2")
        )
        self._book()
        sold.warranty_ids.write({"date_closed": "2025-07-10", "close_reason": "returned"})
        july = self._book(JULY)
        self.assertEqual(july.line_ids.unit_id, sold)
        self.assertEqual(
            self._get_items(july), {self.provision_account: 60, self.expense_account: -60}
        )
        later = self.env["aftersales.warranty.entry"].create({"date_until": date(2029, 1, 31)})
        later.action_look()
        self.assertEqual(later.line_ids.unit_id, other)
        self.assertEqual(later.amount_release, 60)

    def test_released_where_it_was_set_aside(self):
        """Another policy of the unit keeps nothing of the first one, and gives nothing for it."""
        self._provide()
        sold = self._make_unit("WP1", price_paid=3000, date_start="2025-06-10")
        self._make_unit("WP2", price_paid=3000, date_start="2025-06-10")
        self._book()
        sold.policy_id = self.policy.copy({"name": "Another", "provision_by": False})
        sold.warranty_ids.write({"date_closed": "2025-07-10", "close_reason": "returned"})
        july = self._book(JULY)
        self.assertEqual(july.line_ids.unit_id, sold)
        self.assertEqual((july.line_ids.policy_id, july.amount_release), (self.policy, 60))

    def test_registered_late_is_set_aside_with_the_next(self):
        self._provide()
        self._make_unit("WP1", price_paid=3000, date_start="2025-06-10")
        self._book()
        late = self._make_unit("WP2", price_paid=1000, date_start="2025-06-20")
        july = self._book(JULY)
        self.assertEqual(july.line_ids.unit_id, late)
        self.assertEqual(july.amount_provide, 20)

    # === UNDOING === #

    def test_cancelled_and_booked_again(self):
        """A draft is deleted, a posted entry reversed; both free what they held."""
        self._do()
        for post in (False, True):
            with self.subTest(posted=post):
                entry = self._book(post=post)
                move = entry.move_id
                entry.action_cancel()
                self.assertEqual(entry.status, "cancelled")
                if post:
                    self.assertEqual(move.reversal_move_ids.state, "posted")
                else:
                    self.assertFalse(move.exists())
        self.assertEqual(self._book().amount_cost, 150)

    def test_what_accounting_does_is_seen(self):
        self._do()
        entry = self._book(post=False)
        self.assertEqual(entry.status, "to_post")
        entry.move_id.unlink()
        self.assertEqual(entry.status, "confirmed")
        entry.action_create_move()
        self.assertEqual(entry.status, "to_post")
        with self.assertRaises(UserError):
            entry.action_create_move()
        entry.move_id.action_post()
        entry.move_id._reverse_moves(cancel=True)
        self.assertEqual(entry.status, "reversed")
        entry.action_cancel()
        self.assertEqual(len(entry.move_id.reversal_move_ids), 1, "reversed once")

    def test_closed_period(self):
        """The entry of a closed month gets the first open date, and so does its reversal."""
        self._do()
        with freeze_time("2025-07-20 10:00:00"):
            self.company.fiscalyear_lock_date = JUNE
            entry = self._book()
            self.assertGreater(entry.move_id.date, JUNE)
            entry.action_cancel()
            self.assertGreater(entry.move_id.reversal_move_ids.date, JUNE)

    def test_what_undid_an_entry_stays(self):
        self._do()
        entry = self._book()
        entry.action_cancel()
        undoing = entry.move_id.reversal_move_ids
        with self.assertRaises(UserError) as caught:
            undoing.button_draft()
        self.assertIn(entry.name, str(caught.exception))
        self.assertEqual(undoing.state, "posted")

    def test_a_branch_values_as_the_company_that_books(self):
        self.company.aftersales_warranty_valuation = "cost"
        branch = self.env["res.company"].create(
            {"name": "Branch of the Test", "parent_id": self.company.id}
        )
        self.assertTrue(branch._values_aftersales_at_cost())
        branch.aftersales_warranty_since = JUNE
        self.assertFalse(branch._values_aftersales_at_cost())

    def test_a_unit_that_is_booked_stays(self):
        self._provide()
        self.policy.write({"provision_by": "fixed", "provision_amount": 30})
        for name, confirmed in (("WE-CHECK", False), ("WE-BOOKED", True)):
            with self.subTest(confirmed=confirmed):
                unit = self._make_unit(name, date_start="2025-06-03")
                entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
                entry.action_look()
                self.assertIn(unit, entry.line_ids.unit_id)
                if confirmed:
                    entry.action_confirm()
                self.assertEqual(self._passes(unit.unlink), not confirmed)
                entry.action_cancel()

    # === WHO AND WHEN === #

    def test_draft_of_last_month_by_itself(self):
        self._do()
        Entry = self.env["aftersales.warranty.entry"]
        with freeze_time("2025-07-01 03:00:00"):
            for __ in range(2):
                Entry._cron_prepare()
                entry = Entry.search([("company_id", "=", self.company.id)])
                self.assertEqual((entry.state, entry.date_until), ("draft", JUNE))
                self.assertEqual(entry.amount_cost, 150)
                self.assertFalse(entry.move_id)

    def test_the_month_is_over_where_the_company_is(self):
        """Half past five in the evening of the 30th in UTC: July has begun in Shanghai."""
        self._do()
        entries = self.env["aftersales.warranty.entry"]
        domain = [("company_id", "=", self.company.id)]
        with freeze_time("2025-06-30 17:30:00"):
            self.company.partner_id.tz = "America/New_York"
            entries._cron_prepare()
            self.assertFalse(entries.search(domain))
            self.company.partner_id.tz = "Asia/Shanghai"
            entries._cron_prepare()
            self.assertEqual(entries.search(domain).date_until, JUNE)

    def test_one_bad_company_keeps_no_other_from_it(self):
        """Its draft is there, empty, and says why; it is worked out once that is put right."""
        self._do()
        bad = self.other_company
        nothing = self.env["res.company"].sudo().create({"name": "Third Company", "sequence": 99})
        (bad | nothing).sudo().aftersales_warranty_since = "2025-06-01"
        bad.sudo().sequence = 0
        Entry = self.env["aftersales.warranty.entry"].sudo()
        model = self.env.registry[Entry._name]
        make_lines, error = model._make_lines, UserError("An account is gone.")

        def fail(entry):
            if entry.company_id == bad:
                raise error
            return make_lines(entry)

        with freeze_time("2025-07-01 03:00:00"):
            with patch.object(model, "_make_lines", fail):
                for __ in range(2):
                    Entry._cron_prepare()
            entries = Entry.search([("company_id", "in", (self.company | bad | nothing).ids)])
            self.assertEqual(set(entries.mapped("company_id.id")), {self.company.id, bad.id})
            good = entries.filtered(lambda entry: entry.company_id == self.company)
            waiting = entries - good
            self.assertEqual((good.amount_cost, waiting.state, len(waiting)), (150, "draft", 1))
            self.assertIn("An account is gone.", waiting.message_ids[0].body)
            self.assertNotIn("An account is gone.", "".join(good.message_ids.mapped("body")))
            waiting.action_look()
            self.assertFalse(waiting.line_ids)

    def test_a_company_without_a_draft_is_logged(self):
        self._do()
        bad = self.other_company
        bad.sudo().write({"aftersales_warranty_since": "2025-06-01", "sequence": 0})
        Entry = self.env["aftersales.warranty.entry"].sudo()
        model = self.env.registry[Entry._name]
        create, error = model.create, UserError("No number is left.")

        def fail(entries, vals_list):
            if entries.env.company == bad:
                raise error
            return create(entries, vals_list)

        with (
            freeze_time("2025-07-01 03:00:00"),
            patch.object(model, "create", fail),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            Entry._cron_prepare()
        self.assertIn("No number is left.", logs.output[0])
        self.assertTrue(Entry.search([("company_id", "=", self.company.id)]).line_ids)

    def test_no_draft_of_nothing(self):
        Entry = self.env["aftersales.warranty.entry"]
        with freeze_time("2025-07-01 03:00:00"):
            Entry._cron_prepare()
            self.assertFalse(Entry.search([("company_id", "=", self.company.id)]))

    def test_a_company_that_books_nothing_is_told(self):
        self.company.aftersales_warranty_since = False
        entry = self.env["aftersales.warranty.entry"].create({"date_until": JUNE})
        with self.assertRaises(UserError) as caught:
            entry.action_look()
        self.assertIn("settings", str(caught.exception))

    def test_only_finance(self):
        self._do()
        entry = self._book(post=False)
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user=user.login):
                own = entry.with_user(user)
                self.assertEqual(own.has_access("read"), user == self.manager)
                self.assertEqual(
                    entry.line_ids.with_user(user).has_access("read"), user == self.manager
                )
                for method in ("action_look", "action_create_move", "action_cancel"):
                    self.assertFalse(self._passes(self._call, user, entry, method))
                self.assertFalse(self._passes(own.write, {"date_until": JULY}))
        self.assertIn("status", entry.with_user(self.manager).read()[0])
        line = entry.line_ids
        for vals in ({"amount": 1}, {"charge_id": False}):
            self.assertFalse(self._passes(line.with_user(self.settler).write, vals))
        self.assertFalse(self._passes(entry.write, {"move_id": False}))
        self.assertFalse(self._passes(entry.write, {"date_until": JULY}))
        with self.assertRaises(UserError):
            entry.with_user(self.settler).unlink()
