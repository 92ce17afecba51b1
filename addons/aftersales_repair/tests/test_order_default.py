import re
from contextlib import contextmanager

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import warmup

from .common import RepairCommon

OURS = re.compile("aftersales_(job|order_default|service_type_job)")


@tagged("post_install", "-at_install")
class TestOrderDefault(RepairCommon):
    """A work order starts with the standard jobs of its service type."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diagnosis = cls._create_product(
            name="Diagnosis", type="service", lst_price=25.0, aftersales_charge_kind="fee"
        )
        cls.call_out = cls._make_job("Call at the customer's", [(cls.travel, 1)])
        cls.look = cls._make_job("First look", [(cls.diagnosis, 1), (cls.labour, 0.5)])
        cls.cleaning = cls._make_job("Cleaning", [(cls.filter_part, 2), (cls.labour, 1)])
        cls.type_onsite.job_ids = cls.call_out | cls.look
        cls.type_half.job_ids = cls.look | cls.cleaning

    # === HELPERS === #

    def _order(self, **vals):
        vals.setdefault("service_type_id", self.type_onsite.id)
        vals.setdefault("unit_id", self.unit.id)
        return self._make_order(parts=[], **vals)

    def _charged(self, order):
        """Return what stands on the order: ``[(product, quantity), …]``."""
        charges = order.charge_ids.sudo()
        return sorted((charge.product_id.name, charge.quantity) for charge in charges)

    def _charge(self, order, product):
        return order.charge_ids.filtered(lambda charge: charge.product_id == product)

    ONSITE = [("Diagnosis", 1), ("Labour Hour", 0.5), ("Travel Fee", 1)]
    HALF = [("Diagnosis", 1), ("Filter", 2), ("Labour Hour", 0.5), ("Labour Hour", 1)]

    # === A NEW ORDER === #

    def test_starts_with_jobs_of_its_type(self):
        order = self._order()
        self.assertEqual(self._charged(order), self.ONSITE)
        self.assertEqual(order.job_ids, self.call_out | self.look)
        self.assertEqual(order.planned_hours, 0.5)
        self.assertFalse(order.remedy_id, "nothing was done yet")
        travel = self._charge(order, self.travel)
        self.assertEqual((travel.price_unit, travel.partner_id), (50, self.customer))
        self.assertFalse(self._order(service_type_id=self.type_goodwill.id).charge_ids)

    def test_parts_are_movements(self):
        order = self._order(service_type_id=self.type_half.id)
        self.assertEqual(self._charged(order), self.HALF)
        self.assertEqual(order.move_ids.product_id, self.filter_part)
        self.assertEqual(order.move_ids.product_uom_qty, 2)
        self.assertEqual(order.move_ids.location_id, order.location_id)
        self._do(order)
        self.assertEqual(set(order.charge_ids.mapped("state")), {"confirmed"})

    def test_from_the_request(self):
        self.request.service_type_id = self.type_onsite
        for user in (self.agent, self.manager):
            action = self.request.with_user(user).action_create_work_order()
            order = self.env["repair.order"].browse(action["res_id"])
            self.assertEqual(self._charged(order), self.ONSITE)
            self.assertEqual(order.charge_ids.request_id, self.request)

    def test_typed_on_the_form(self):
        form = Form(self.env["repair.order"].with_user(self.agent))
        form.partner_id = self.customer
        form.product_id = self.compressor
        form.service_type_id = self.type_onsite
        order = form.save()
        self.assertEqual(self._charged(order), self.ONSITE)

    def test_made_and_changed_by_a_technician(self):
        order = self.env["repair.order"].with_user(self.technician)
        order = order.create({"unit_id": self.unit.id, "service_type_id": self.type_onsite.id})
        self.assertEqual(self._charged(order), self.ONSITE)
        order.service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.HALF)

    def test_several_units_taken_in_at_once(self):
        self._make_unit("RP2")
        intake = (
            self.env["aftersales.intake"]
            .with_user(self.agent)
            .create(
                {
                    "partner_id": self.customer.id,
                    "subject": "Does not cool",
                    "service_type_id": self.type_onsite.id,
                    "line_ids": [Command.create({"lookup": lookup}) for lookup in ("RP1", "RP2")],
                }
            )
        )
        intake.action_take_in()
        self.assertEqual(len(intake.line_ids.repair_id), 2)
        for order in intake.line_ids.repair_id.with_env(self.env):
            self.assertEqual(self._charged(order), self.ONSITE)
        intake.action_take_in()
        self.assertEqual(len(intake.line_ids.repair_id.with_env(self.env).charge_ids), 6)

    def test_what_is_on_it_already_is_not_put_twice(self):
        order = self._order(
            charge_ids=[Command.create({"product_id": self.travel.id, "job_id": self.call_out.id})]
        )
        self.assertEqual(self._charged(order), self.ONSITE)

    def test_copy(self):
        order = self._order(service_type_id=self.type_half.id).copy()
        self.assertEqual(self._charged(order), self.HALF)
        self.assertEqual(len(order.move_ids), 1)

    def test_included_jobs_come_along_once(self):
        service = self._make_job("Service", [(self.travel, 1)], included=self.look | self.cleaning)
        self.type_goodwill.job_ids = service | self.look
        order = self._order(service_type_id=self.type_goodwill.id)
        self.assertEqual(self._charged(order), sorted([*self.HALF, ("Travel Fee", 1)]))

    # === WHICH JOBS === #

    def test_for_its_product_alone(self):
        self.call_out.category_ids = self.category_parts
        self.look.product_ids = self.ac
        order = self._order()
        self.assertEqual(order.job_ids, self.look)
        order = self._order(unit_id=False, partner_id=self.customer.id, product_id=False)
        self.assertFalse(order.charge_ids)
        order.product_id = self.compressor
        self.assertEqual(order.job_ids, self.call_out)

    def test_archived_jobs_are_left_out(self):
        self.look.active = False
        self.assertEqual(self._charged(self._order()), [("Travel Fee", 1)])
        self.look.active = True
        self.assertEqual(self._charged(self._order()), self.ONSITE)

    def test_deleted_jobs_are_left_out(self):
        self.call_out.unlink()
        order = self._order()
        self.assertEqual(order.job_ids, self.look)

    def test_archived_products_are_left_out(self):
        self.travel.active = False
        order = self._order()
        self.assertEqual(self._charged(order), [("Diagnosis", 1), ("Labour Hour", 0.5)])

    def test_priced_by_the_service_prices(self):
        rules = self.env["aftersales.price.rule"]
        rules.create(
            {
                "kind": "travel",
                "service_type_id": self.type_onsite.id,
                "price_by": "flat",
                "price": 70,
            }
        )
        self.assertEqual(self._charge(self._order(), self.travel).price_unit, 70)

    def test_companies(self):
        """A type of all companies starts with what each of them charges."""
        shared = self.env["aftersales.service.type"].create({"name": "Everywhere"})
        theirs = self._make_job("Theirs", [], company_id=self.other_company.id)
        theirs.line_ids = [Command.create({"product_id": self.diagnosis.id})]
        ours = self._make_job("Ours", [(self.travel, 1)], company_id=self.company.id)
        shared.job_ids = theirs | ours
        order = self._order(service_type_id=shared.id)
        self.assertEqual(order.job_ids, ours)
        there = self.env["stock.warehouse"].search([("company_id", "=", self.other_company.id)])
        there = there or self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.other_company.id}
        )
        order = (
            self.env["repair.order"]
            .with_company(self.other_company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "service_type_id": shared.id,
                    "company_id": self.other_company.id,
                    "picking_type_id": there.repair_type_id.id,
                }
            )
        )
        self.assertEqual(self._charged(order), [("Diagnosis", 1)])
        self.assertEqual(order.charge_ids.company_id, self.other_company)

    def test_job_of_another_company(self):
        theirs = self._make_job("Theirs", [], company_id=self.other_company.id)
        with self.assertRaisesRegex(ValidationError, "Theirs"):
            self.type_onsite.job_ids = theirs

    def test_managers_say_what_it_starts_with(self):
        for user in (self.technician, self.agent):
            with self.assertRaises(AccessError):
                self.type_onsite.with_user(user).job_ids = self.look
        form = Form(self.type_onsite.with_user(self.manager))
        form.job_ids.remove(self.call_out.id)
        form.save()
        self.assertEqual(self._order().job_ids, self.look)

    # === ANOTHER SERVICE TYPE === #

    def test_another_type_exchanges_them(self):
        order = self._order()
        order.service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.HALF)
        self.assertEqual(order.planned_hours, 1.5)
        order.service_type_id = self.type_goodwill
        self.assertFalse(order.charge_ids or order.move_ids)
        self.assertEqual(order.planned_hours, 0)
        order.service_type_id = self.type_onsite
        self.assertEqual(self._charged(order), self.ONSITE)

    def test_changed_on_the_form(self):
        order = self._order()
        with Form(order.with_user(self.agent)) as form:
            form.service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.HALF)

    def test_changed_on_the_request(self):
        self.request.service_type_id = self.type_onsite
        order = self._make_order(parts=[])
        self.assertEqual(self._charged(order), self.ONSITE)
        self.request.with_user(self.agent).service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.HALF)

    def test_what_somebody_changed_stays(self):
        order = self._order()
        for product, vals in {
            self.travel: {"price_unit": 35},
            self.labour: {"quantity": 2},
            self.diagnosis: {"name": "Diagnosis, by phone"},
        }.items():
            self._charge(order, product).with_user(self.agent).write(vals)
        order.planned_hours = 4
        order.service_type_id = self.type_goodwill
        self.assertEqual(
            self._charged(order), [("Diagnosis", 1), ("Labour Hour", 2), ("Travel Fee", 1)]
        )
        self.assertEqual(self._charge(order, self.travel).price_unit, 35)
        self.assertEqual(order.planned_hours, 4)
        order.service_type_id = self.type_onsite
        self.assertEqual(len(order.charge_ids), 3, "it is there already")

    def test_what_is_changed_together_with_the_type_stays(self):
        order = self._order()
        with Form(order.with_user(self.agent)) as form:
            form.service_type_id = self.type_goodwill
            for index in range(len(form.charge_ids)):
                with form.charge_ids.edit(index) as line:
                    if line.product_id == self.labour:
                        line.quantity = 3
        self.assertEqual(self._charged(order), [("Labour Hour", 3)])

    def test_a_typed_price_stays_where_the_type_has_another(self):
        self.env["aftersales.price.rule"].create(
            {
                "kind": "travel",
                "service_type_id": self.type_goodwill.id,
                "price_by": "flat",
                "price": 70,
            }
        )
        order = self._order()
        self._charge(order, self.travel).with_user(self.agent).price_unit = 35
        order.service_type_id = self.type_goodwill
        self.assertEqual(self._charged(order), [("Travel Fee", 1)])

    def test_decided_by_hand_or_confirmed_stays(self):
        order = self._order()
        self._charge(order, self.travel).write(
            {"override_bearer": "company", "override_reason": "Our second trip"}
        )
        self._charge(order, self.diagnosis).action_confirm()
        order.service_type_id = self.type_goodwill
        self.assertEqual(self._charged(order), [("Diagnosis", 1), ("Travel Fee", 1)])

    def test_changed_parts_stay(self):
        order = self._order(service_type_id=self.type_half.id)
        order.move_ids.product_uom_qty = 3
        order.service_type_id = self.type_onsite
        self.assertEqual(order.move_ids.product_uom_qty, 3)
        self.assertEqual(self._charged(order), sorted([*self.ONSITE, ("Filter", 3)]))

    def test_what_was_taken_off_stays_off(self):
        order = self._order()
        self._charge(order, self.travel).unlink()
        order.write({"service_type_id": self.type_onsite.id, "unit_id": self.unit.id})
        self.assertEqual(self._charged(order), [("Diagnosis", 1), ("Labour Hour", 0.5)])
        self._charge(order, self.diagnosis).unlink()
        order.service_type_id = self.type_half
        self.assertNotIn("Diagnosis", order.charge_ids.product_id.mapped("name"))

    def test_what_somebody_added_stays(self):
        order = self._order()
        order._add_jobs(self.cleaning)
        order.service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.HALF)
        order.service_type_id = self.type_goodwill
        self.assertEqual(self._charged(order), [("Filter", 2), ("Labour Hour", 1)])

    def _replace_line(self, job, product):
        """Take a line off a job, and put one of twice its quantity in its place."""
        line = job.line_ids.filtered(lambda line: line.product_id == product)
        job.with_user(self.manager).line_ids = [
            Command.delete(line.id),
            Command.create({"product_id": product.id, "quantity": 2 * line.quantity}),
        ]

    def test_a_line_that_was_replaced_meanwhile(self):
        """What came from the old one goes with its type, hours and all."""
        order, same, parts = self._order(), self._order(), self._order()
        parts.service_type_id = self.type_half
        self._replace_line(self.look, self.labour)
        self._replace_line(self.cleaning, self.filter_part)
        order.service_type_id = self.type_goodwill
        self.assertFalse(order.charge_ids)
        self.assertEqual(order.planned_hours, 0)
        same.service_type_id = self.type_onsite
        self.assertEqual(
            self._charged(same), [("Diagnosis", 1), ("Labour Hour", 1), ("Travel Fee", 1)]
        )
        self.assertEqual(same.planned_hours, 1)
        parts.service_type_id = self.type_goodwill
        self.assertFalse(parts.charge_ids or parts.move_ids)

    def test_what_somebody_changed_stays_without_its_line(self):
        order = self._order()
        self._charge(order, self.labour).with_user(self.agent).quantity = 3
        self._replace_line(self.look, self.labour)
        order.write({"service_type_id": self.type_onsite.id})
        self.assertEqual(
            self._charged(order), [("Diagnosis", 1), ("Labour Hour", 3), ("Travel Fee", 1)]
        )
        order.service_type_id = self.type_goodwill
        self.assertEqual(self._charged(order), [("Labour Hour", 3)])

    def test_another_customer_keeps_them_as_they_came(self):
        order = self._order(unit_id=False, partner_id=self.customer.id)
        order.partner_id = self.other_customer
        order.service_type_id = self.type_goodwill
        self.assertFalse(order.charge_ids)

    def test_confirmed_work_keeps_what_it_has(self):
        order = self._order()
        order.action_validate()
        order.service_type_id = self.type_half
        self.assertEqual(self._charged(order), self.ONSITE)

    # === OUR OWN === #

    def _make_own_type(self):
        return self.env["aftersales.service.type"].create(
            {
                "name": "Make it new",
                "is_refurbish": True,
                "job_ids": [Command.set(self.cleaning.ids)],
            }
        )

    def test_refurbishing_takes_parts_alone(self):
        self.unit._close("returned", self.date_start)
        order = self._order(service_type_id=self._make_own_type().id)
        self.assertEqual(order.move_ids.product_id, self.filter_part)
        self.assertFalse(order.charge_ids)

    def test_from_a_customer_s_to_our_own(self):
        self.unit._close("returned", self.date_start)
        own = self._make_own_type()
        order = self._order(service_type_id=self.type_half.id)
        order.service_type_id = own
        self.assertEqual(order.move_ids.product_id, self.filter_part)
        self.assertFalse(order.charge_ids)
        order.action_repair_cancel()
        typed = self._order(service_type_id=self.type_half.id)
        self._charge(typed, self.diagnosis).name = "Diagnosis, by phone"
        with self.assertRaisesRegex(ValidationError, "nobody pays"):
            typed.service_type_id = own

    # === SPEED === #

    def _count(self, count, service_type):
        first = self.env["aftersales.unit"].search([], order="id desc", limit=1).id
        units = self.env["aftersales.unit"].concat(
            *(self._make_unit(f"SPEED{first + number}") for number in range(count + 1))
        )
        vals_list = [{"unit_id": unit.id, "service_type_id": service_type.id} for unit in units]
        # What is remembered of the standing data is read once.
        self.env["repair.order"].create(vals_list.pop())
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        orders = self.env["repair.order"].create(vals_list)
        self.env.flush_all()
        return orders, self.env.cr.sql_log_count - before

    @warmup
    def test_queries_do_not_grow_with_the_orders(self):
        """Labour and fees add as many queries for one order as for ten."""
        added = []
        for count in (1, 10):
            self.type_goodwill.job_ids = False
            __, without = self._count(count, self.type_goodwill)
            orders, queries = self._count(count, self.type_onsite)
            self.assertEqual(len(orders.charge_ids), 3 * count)
            added.append(queries - without)
        self.assertLessEqual(added[1], added[0] + 2)

    def test_a_type_that_starts_with_nothing_costs_nothing(self):
        self._order(service_type_id=self.type_goodwill.id)
        with contextmanager(self._patchExecute)([]) as queries:
            order = self._order(service_type_id=self.type_goodwill.id)
            self.env.flush_all()
        self.assertFalse(order.charge_ids)
        own = [query for query in queries if OURS.search(query)]
        self.assertFalse(own)
