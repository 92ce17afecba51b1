from contextlib import suppress
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models import aftersales_unit_register_job
from .common import AftersalesStockCommon

CRON = "aftersales_stock.ir_cron_register_deliveries"
JOBS = "odoo.addons.aftersales_base.tools.jobs"
IrCron = "odoo.addons.base.models.ir_cron.IrCron"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-01 08:00:00")
class TestRegisterPast(AftersalesStockCommon):
    """What was sold before its product had a policy is previewed, then registered once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._new_user("manager", "aftersales_base.group_aftersales_manager")
        cls.agent = cls._new_user("agent", "aftersales_base.group_aftersales_agent")

    # === STEPS === #

    def _deliver_unregistered(self, product, days, partner=None):
        """Deliver one piece on each of the days while the product has no policy."""
        policy = product.aftersales_policy_id
        product.aftersales_policy_id = False
        pickings = self.env["stock.picking"]
        for day in days:
            with freeze_time(f"{day} 08:00:00"):
                lot = f"{product.id}-{day}" if product.tracking != "none" else False
                self._stock(product, lot=lot)
                pickings |= self._deliver(product, partner=partner)
        product.aftersales_policy_id = policy
        return pickings

    def _open(self, **vals):
        return (
            self.env["aftersales.unit.register"]
            .with_user(vals.pop("user", self.manager))
            .create({"date_from": "2020-01-01", "date_to": "2026-06-01", **vals})
        )

    def _preview(self, **vals):
        wizard = self._open(**vals)
        wizard.action_preview()
        return wizard

    def _patch_batch(self, size=2):
        self.startPatcher(patch.object(aftersales_unit_register_job, "BATCH", size))

    def _run_cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _run_cut_off(self):
        """Run the job until the server stops after the first batch was committed."""

        def commit_and_stop(cron, processed=0, **kwargs):
            cron.env.cr.commit()
            raise InterruptedError

        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            self.env.registry.cursor() as cr,
            patch(f"{IrCron}._commit_progress", commit_and_stop),
            # assertRaises would undo what was committed before.
            suppress(InterruptedError),
        ):
            env = Environment(cr, SUPERUSER_ID, {})
            env["aftersales.unit.register.job"]._cron_register()
        self.env.invalidate_all()

    # === PREVIEW === #

    def test_preview_of_nothing(self):
        wizard = self._preview()
        self.assertFalse(wizard.line_ids)
        self.assertEqual((wizard.move_count, wizard.unit_count, wizard.row_count), (0, 0, 0))
        with self.assertRaisesRegex(UserError, "waits to be registered"):
            wizard.action_register()

    def test_preview_of_one(self):
        """Three years of parts run, one year of labour is over."""
        self._deliver_unregistered(self.serial_product, ["2025-01-10"])
        wizard = self._preview()
        self.assertRecordValues(
            wizard.line_ids,
            [
                {
                    "product_id": self.serial_product.id,
                    "policy_id": self.policy.id,
                    "unit_count": 1,
                    "first_day": date(2025, 1, 10),
                    "last_day": date(2025, 1, 10),
                    "running_count": 1,
                    "over_count": 1,
                    "pending_count": 0,
                }
            ],
        )
        self.assertFalse(self._units(self.serial_product))

    def test_preview_of_many_adds_up_to_what_is_made(self):
        days = ["2021-03-01", "2025-01-10", "2026-05-05"]
        self._deliver_unregistered(self.serial_product, days)
        self._deliver_unregistered(self.bulk_product, days[:2])
        wizard = self._preview()
        self.assertRecordValues(
            wizard.line_ids,
            [
                {
                    "product_id": self.serial_product.id,
                    "unit_count": 3,
                    "first_day": date(2021, 3, 1),
                    "last_day": date(2026, 5, 5),
                    "running_count": 3,
                    "over_count": 3,
                },
                {
                    "product_id": self.bulk_product.id,
                    "unit_count": 2,
                    "first_day": date(2021, 3, 1),
                    "last_day": date(2025, 1, 10),
                    "running_count": 1,
                    "over_count": 3,
                },
            ],
        )
        self.assertRecordValues(
            wizard,
            [{"row_count": 2, "move_count": 5, "unit_count": 5, "running_count": 4}],
        )
        wizard.action_register()
        units = self._units(self.serial_product) | self._units(self.bulk_product)
        self.assertEqual(len(units), wizard.unit_count)
        today = date(2026, 6, 1)
        running = units.warranty_ids.filtered(lambda warranty: warranty._covers_on(today))
        self.assertEqual(len(running), wizard.running_count)

    def test_preview_says_what_is_left_out(self):
        with freeze_time("2026-05-01 08:00:00"):
            self._stock(self.serial_product, lot="known")
            self._deliver(self.serial_product)
            self._stock(self.plain_product)
            self._deliver(self.plain_product)
            self._stock(self.bulk_product)
            self._move(
                self.bulk_product,
                self.warehouse.lot_stock_id,
                self.customers,
                partner=self.company.partner_id,
            )
        [back] = self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        self._return(back)
        wizard = self._preview()
        self.assertRecordValues(
            wizard,
            [
                {
                    "move_count": 0,
                    "registered_count": 1,
                    "no_policy_count": 1,
                    "no_customer_count": 1,
                    "returned_count": 1,
                }
            ],
        )

    def test_policy_sold_with_the_order_counts(self):
        [picking] = self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        picking.move_ids.sale_line_id.aftersales_policy_id = self.category_policy
        self.assertEqual(self._preview().line_ids.policy_id, self.category_policy)

    def test_choice_can_be_changed_after_the_preview(self):
        self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        wizard = self._preview(date_from="2026-05-03")
        self.assertEqual(wizard.move_count, 0)
        wizard.action_back()
        with Form(wizard) as form:
            form.date_from = "2026-05-01"
        wizard.action_preview()
        self.assertEqual(wizard.move_count, 1)

    def test_preview_reads_in_batches(self):
        self._deliver_unregistered(
            self.bulk_product, [f"2026-05-0{number}" for number in range(1, 6)]
        )
        with patch("odoo.addons.aftersales_stock.wizard.aftersales_unit_register.PREVIEW_BATCH", 2):
            wizard = self._preview()
        self.assertEqual((wizard.move_count, wizard.line_ids.unit_count), (5, 5))

    # === BATCHES === #

    def test_few_are_registered_at_once(self):
        self._deliver_unregistered(self.serial_product, ["2026-05-01", "2026-05-02"])
        action = self._preview().action_register()
        self.assertEqual(action["res_model"], "aftersales.unit")
        self.assertEqual(len(self._units(self.serial_product)), 2)
        job = self.env["aftersales.unit.register.job"].search([])
        self.assertRecordValues(
            job,
            [
                {
                    "status": "done",
                    "total_count": 2,
                    "done_count": 2,
                    "unit_count": 2,
                    "progress": 100,
                }
            ],
        )
        self.assertFalse(job.activity_ids)

    def _start_five(self):
        """Start registering five deliveries by a server that takes two at a time."""
        pickings = self._deliver_unregistered(
            self.bulk_product, [f"2026-05-0{number}" for number in range(1, 6)]
        )
        self._patch_batch()
        action = self._preview().action_register()
        job = self.env["aftersales.unit.register.job"].browse(action["res_id"])
        self.assertEqual(job.status, "waiting")
        self.assertFalse(self._units(self.bulk_product))
        return pickings, job

    def test_many_are_registered_in_batches(self):
        pickings, job = self._start_five()
        self._run_cron()
        units = self._units(self.bulk_product)
        self.assertEqual(sorted(units.move_id.ids), sorted(pickings.move_ids.ids))
        self.assertEqual(len(units), 5)
        self.assertRecordValues(
            job, [{"status": "done", "done_count": 5, "remaining_count": 0, "failed_count": 0}]
        )
        self.assertEqual(job.activity_ids.user_id, self.manager)
        self.assertIn("5 past deliveries", job.activity_ids.summary)

    def test_goes_on_without_who_started_it(self):
        """Nobody's job holds up those of others because its starter lost his rights."""
        pickings, job = self._start_five()
        self.manager.write({"group_ids": [Command.set(self.env.ref("base.group_user").ids)]})
        self._run_cron()
        self.assertEqual((job.status, job.failed_count), ("done", 0))
        self.assertEqual(self._units(self.bulk_product).move_id, pickings.move_ids)
        self.assertFalse(job.activity_ids, "not told: he may not read it any more")

    def test_cut_off_it_goes_on_where_it_stopped(self):
        pickings, job = self._start_five()
        self._run_cut_off()
        self.assertEqual(len(self._units(self.bulk_product)), 2)
        self.assertRecordValues(
            job, [{"status": "running", "looked_at_count": 2, "remaining_count": 3}]
        )
        self._run_cron()
        self.assertEqual(
            sorted(unit.move_id.id for unit in self._units(self.bulk_product)),
            sorted(pickings.move_ids.ids),
        )
        self.assertEqual((job.status, job.done_count), ("done", 5))

    def test_second_start_after_a_stop_makes_nothing_twice(self):
        pickings, __ = self._start_five()
        self._run_cut_off()
        wizard = self._preview()
        self.assertEqual((wizard.move_count, wizard.registered_count), (3, 2))
        wizard.action_register()
        self._run_cron()
        self.assertEqual(
            sorted(unit.move_id.id for unit in self._units(self.bulk_product)),
            sorted(pickings.move_ids.ids),
        )

    def test_one_bad_delivery_does_not_stop_the_rest(self):
        pickings, job = self._start_five()
        bad = pickings.move_ids[2]
        Unit = self.env.registry["aftersales.unit"]
        register = Unit._register_deliveries

        def refuse_one(units, moves):
            if bad in moves:
                raise ValueError("The scale is broken.")
            return register(units, moves)

        with patch.object(Unit, "_register_deliveries", refuse_one), mute_logger(JOBS):
            self._run_cron()
        self.assertEqual(len(self._units(self.bulk_product)), 4)
        self.assertRecordValues(job, [{"status": "done", "done_count": 4, "failed_count": 1}])
        self.assertIn(f"{bad.picking_id.name}, Fan: The scale is broken.", job.errors)
        # Corrected, only the one that is missing is taken.
        self.assertEqual(self._preview().move_count, 1)

    def test_sold_on_since_stays_with_its_later_owner(self):
        """Its older delivery, found later, does not take a serial back."""
        [first] = self._deliver_unregistered(self.serial_product, ["2025-02-01"])
        with freeze_time("2025-09-01 08:00:00"):
            lot = first.move_line_ids.lot_id
            self._move(self.serial_product, self.customers, self.warehouse.lot_stock_id, lot=lot)
            self._deliver(self.serial_product, partner=self.wang)
        wizard = self._preview()
        self.assertEqual((wizard.move_count, wizard.registered_count), (0, 2))
        self.assertUnits(self.serial_product, [(self.wang, lot.name, 1, "active")])

    def test_each_batch_costs_the_same(self):
        self._deliver_unregistered(
            self.bulk_product, [f"2026-05-{number:02}" for number in range(1, 11)]
        )
        self._patch_batch()
        action = self._preview().action_register()
        job = self.env["aftersales.unit.register.job"].browse(action["res_id"])
        queries = []
        for __ in range(5):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            job._run_batch()
            self.env.flush_all()
            queries.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(self._units(self.bulk_product)), 10)
        # The first one warms up; each later one finds more registered before it.
        self.assertEqual(len(set(queries[1:])), 1, queries)

    # === RIGHTS === #

    def test_managers_only(self):
        self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        for user in (self.agent, self.technician, self.storekeeper):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self._open(user=user)
                with self.assertRaises(AccessError):
                    self.env["aftersales.unit.register.job"].with_user(user).search([])

    def test_nobody_writes_the_progress(self):
        __, job = self._start_five()
        with self.assertRaises(AccessError):
            job.with_user(self.manager).write({"looked_at_count": 5})
        with self.assertRaises(AccessError):
            job.with_user(self.manager).unlink()
        with Form(job.with_user(self.manager)) as form:
            self.assertEqual(form.total_count, 5)

    def test_preview_is_its_makers(self):
        self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        wizard = self._preview()
        other = self._new_user("other", "aftersales_base.group_aftersales_manager")
        with self.assertRaises(AccessError):
            wizard.line_ids.with_user(other).read(["unit_count"])
        with self.assertRaises(AccessError):
            wizard.with_user(other).action_register()

    def test_other_company(self):
        """Deliveries of a company that is not the manager's are neither counted nor registered."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaises(AccessError):
            self._open(company_id=other.id)
        job = self.env["aftersales.unit.register.job"].create(
            {"company_id": other.id, "product_ids": [Command.set(self.bulk_product.ids)]}
        )
        jobs = self.env["aftersales.unit.register.job"].with_user(self.manager)
        self.assertNotIn(job, jobs.search([]))
        with self.assertRaises(AccessError):
            jobs.create({"company_id": other.id})
        self._deliver_unregistered(self.bulk_product, ["2026-05-02"])
        job._start()
        job._run_batch()
        self.assertEqual((job.total_count, job.unit_count), (0, 0))
        self.assertFalse(self._units(self.bulk_product))
