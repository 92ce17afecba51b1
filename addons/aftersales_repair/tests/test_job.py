from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import warmup

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestStandardJob(RepairCommon):
    """Jobs done again and again: picked once, they bring labour and parts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.swap = cls._make_job(
            "Replace the compressor", [(cls.compressor, 1), (cls.labour, 2)], remedy=cls.remedy
        )
        cls.clean = cls._make_job("Clean the filter", [(cls.filter_part, 2), (cls.labour, 0.5)])
        cls.service = cls._make_job("Big service", [(cls.travel, 1)], included=cls.swap | cls.clean)
        cls.order = cls._make_order(parts=[])

    def _open(self, order=None, user=None):
        Wizard = self.env["aftersales.job.add"].with_user(user or self.technician)
        return Form(Wizard.with_context(default_repair_id=(order or self.order).id))

    def _add(self, *jobs, order=None, user=None):
        form = self._open(order, user)
        for job in jobs:
            form.job_ids.add(job)
        form.save().action_add()

    def _charged(self, order=None):
        order = order or self.order
        return {charge.product_id: charge.quantity for charge in order.charge_ids}

    # === ADDING === #

    def test_one_job(self):
        self._add(self.swap)
        self.assertEqual(self.order.move_ids.product_id, self.compressor)
        self.assertEqual(self.order.move_ids.repair_line_type, "add")
        self.assertEqual(self._charged(), {self.compressor: 1, self.labour: 2})
        self.assertEqual(self.order.charge_ids.job_id, self.swap)
        self.assertEqual(self.order.job_ids, self.swap)
        self.assertEqual(self.order.remedy_id, self.remedy)
        part = self._part_charge(self.order)
        self.assertEqual((part.bearer, part.customer_amount), ("partner", 0))

    def test_group_brings_each_included_job_once(self):
        form = self._open()
        form.job_ids.add(self.service)
        form.job_ids.add(self.clean)
        self.assertEqual(form.hours, 2.5)
        self.assertEqual(len(form.line_ids), 5)
        self.assertFalse(form.repeated)
        form.save().action_add()
        charges = self.order.charge_ids
        self.assertEqual(charges.job_id, self.swap | self.clean | self.service)
        self.assertEqual(len(charges), 5)
        labour = charges.filtered(lambda charge: charge.product_id == self.labour)
        self.assertEqual(sorted(labour.mapped("quantity")), [0.5, 2])

    def test_standard_time(self):
        day = self._create_product(
            name="Labour Day",
            type="service",
            aftersales_charge_kind="labour",
            uom_id=self.env.ref("uom.product_uom_day").id,
        )
        jobs = self.swap | self._make_job("Overhaul", [(day, 0.5)]) | self.service
        self.assertEqual(jobs.mapped("hours"), [2, 4, 2.5])
        self.assertEqual(self._make_job("Nothing yet", []).hours, 0)

    def test_what_stands_there_already_is_said(self):
        self._add(self.swap)
        form = self._open()
        form.job_ids.add(self.service)
        self.assertIn("Replace the compressor", form.repeated)
        form.save().action_add()
        self.assertEqual(self.order.job_ids, self.swap | self.clean | self.service)
        self.assertEqual(len(self.order.move_ids), 3)

    def test_used_parts_keep_their_job(self):
        self._add(self.clean)
        self._do(self.order)
        part = self._part_charge(self.order, self.filter_part)
        self.assertEqual((part.state, part.quantity, part.job_id), ("confirmed", 2, self.clean))

    def test_remedy_found_by_the_technician_stays(self):
        other = self.env["aftersales.fault"].create(
            {"name": "Cleaned", "code": "TR2", "kind": "remedy"}
        )
        self.order.remedy_id = other
        self._add(self.swap)
        self.assertEqual(self.order.remedy_id, other)

    # === WHICH JOBS === #

    def test_offered_by_product(self):
        by_product = self._make_job("Gas", [], product_ids=[Command.link(self.ac.id)])
        above = self.category_ac.parent_id or self.category_ac
        by_category = self._make_job("Fan", [], category_ids=[Command.link(above.id)])
        for_parts = self._make_job(
            "Rewind", [], category_ids=[Command.link(self.category_parts.id)]
        )
        offered = self._open().fitting_ids[:]
        for job, expected in ((by_product, True), (by_category, True), (for_parts, False)):
            self.assertEqual(job.id in offered.ids, expected, job.name)
        self.assertIn(self.swap.id, offered.ids, "for all products")
        self.swap.active = False
        self.assertNotIn(self.swap.id, self._open().fitting_ids.ids)

    # === FORBIDDEN === #

    def test_nothing_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose the jobs"):
            self._open().save().action_add()

    def test_closed_order(self):
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "is closed"):
            self._add(self.swap)

    def test_order_of_a_colleague(self):
        with self.assertRaises(AccessError):
            self._add(self.swap, user=self.other_technician)
        self.assertFalse(self.order.charge_ids)

    def test_circle(self):
        with self.assertRaisesRegex(ValidationError, "cannot include itself"):
            self.swap.included_ids = self.service

    def test_managers_keep_the_list(self):
        for user in (self.technician, self.agent):
            with self.assertRaises(AccessError):
                self.swap.with_user(user).name = "Mine"
        self.swap.with_user(self.manager).name = "Swap the compressor"

    def test_other_company(self):
        theirs = self._make_job("Theirs", [], company_id=self.other_company.id)
        self.assertNotIn(theirs.id, self._open().fitting_ids.ids)
        self.assertFalse(
            self.env["aftersales.job"].with_user(self.manager).search([("id", "=", theirs.id)])
        )
        theirs.line_ids = [Command.create({"product_id": self.labour.id})]
        with self.assertRaisesRegex(UserError, "Theirs"):
            self.order._add_jobs(theirs)

    def test_job_of_a_confirmed_charge_stays(self):
        self._add(self.clean)
        self._do(self.order)
        with self.assertRaisesRegex(UserError, "is confirmed"):
            self.order.charge_ids[0].with_user(self.agent).job_id = self.swap

    # === SPEED === #

    @warmup
    def test_queries_do_not_grow_with_the_jobs(self):
        counts = []
        for jobs in (self.clean, self.service):
            order = self._make_order(parts=[])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            jobs._get_all_lines().mapped("hours")
            counts.append(self.env.cr.sql_log_count - before)
            order._add_jobs(jobs)
        # One level of included jobs more, and what it includes.
        self.assertLessEqual(counts[1], counts[0] + 3)
