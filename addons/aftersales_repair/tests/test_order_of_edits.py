from contextlib import suppress
from unittest import skipUnless

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RepairCommon

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError:  # where only Odoo's own requirements are installed
    st = None

EDITS = ("add", "quantity", "product", "type", "remove", "cancel", "pay", "use", "start", "reset")


class _UndoError(Exception):
    """Leaves the savepoint of an example."""


def _given_edits(test):
    """Try the test with many orders of edits, the same ones each time."""
    if st is None:
        return skipUnless(False, "hypothesis is not installed")(test)
    edit = st.tuples(st.sampled_from(EDITS), st.integers(0, 5), st.integers(0, 4))
    relaxed = settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    return relaxed(given(edits=st.lists(edit, max_size=10))(test))


@tagged("post_install", "-at_install")
class TestOrderOfEdits(RepairCommon):
    """Whatever is edited on an order, in whatever order: charges, moves and stock value agree."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.compressor.standard_price = 500
        cls.filter_part.standard_price = 20
        cls.products = [cls.compressor, cls.filter_part]

    @_given_edits
    def test_everything_agrees_at_the_end(self, edits):
        with suppress(_UndoError), self.env.cr.savepoint():
            self._try(edits)
            raise _UndoError
        self.env.invalidate_all()

    def _try(self, edits):
        stock = self._get_stock()
        order = self._make_order(charges=[self.labour])
        for name, which, number in edits:
            # What is refused changes nothing, and the next edit is made all the same.
            with suppress(UserError), self.env.cr.savepoint():
                getattr(self, f"_edit_{name}")(order, which, number)
        self._end(order)
        self._check_charges(order)
        self._check_stock(order, stock)
        self._check_settlements(order)

    # === EDITS === #

    def _pick(self, records, which):
        return records.sorted("id")[which % len(records)] if records else records

    def _edit_add(self, order, which, number):
        order.write({"move_ids": [self._part(self.products[which % 2], number + 1)]})

    def _edit_quantity(self, order, which, number):
        self._pick(order.move_ids, which).product_uom_qty = number + 1

    def _edit_product(self, order, which, number):
        self._pick(order.move_ids, which).product_id = self.products[number % 2]

    def _edit_type(self, order, which, number):
        line_type = ("add", "remove", "recycle")[number % 3]
        self._pick(order.move_ids, which).repair_line_type = line_type

    def _edit_remove(self, order, which, number):
        self._pick(order.move_ids, which).unlink()

    def _edit_cancel(self, order, which, number):
        self._pick(order.charge_ids, which).action_cancel()

    def _edit_pay(self, order, which, number):
        self._pick(order.charge_ids, which).write(
            {
                "override_bearer": ("customer", "company", False)[number % 3],
                "override_reason": "as agreed",
            }
        )

    def _edit_use(self, order, which, number):
        self._pick(order.move_ids, which).quantity = number

    def _edit_start(self, order, which, number):
        if order.state == "draft":
            order.action_validate()
        order.action_repair_start()

    def _edit_reset(self, order, which, number):
        order.action_repair_cancel()
        order.action_repair_cancel_draft()

    def _end(self, order):
        if order.state == "draft":
            order.action_validate()
        if order.state != "under_repair":
            order.action_repair_start()
        order.action_repair_end()

    # === WHAT MUST HOLD === #

    def _get_stock(self):
        self.env.invalidate_all()
        return {
            product: self.env["stock.quant"]._get_available_quantity(product, self.stock_location)
            for product in self.products
        }

    def _check_charges(self, order):
        """Each part used is charged once with what was used, or its charge was cancelled."""
        used = order.move_ids.filtered(lambda m: m.state == "done" and m.repair_line_type == "add")
        charges = order.charge_ids.filtered("move_id")
        self.assertEqual(charges.move_id & used, used, "each used part has its charge")
        self.assertEqual(len(charges), len(charges.move_id), "no part is charged twice")
        living = charges.filtered(lambda charge: charge.state != "cancelled")
        self.assertLessEqual(living.move_id, used, "nothing is charged that was not used")
        for charge in living:
            self.assertEqual(charge.state, "confirmed")
            self.assertEqual(charge.product_id, charge.move_id.product_id)
            self.assertEqual(charge.quantity, charge.move_id.quantity)
            self.assertAlmostEqual(charge.amount, charge.quantity * charge.product_id.lst_price)
            self.assertAlmostEqual(charge.customer_amount + charge.covered_amount, charge.amount)
        self.assertAlmostEqual(
            sum(living.mapped("amount")),
            sum(move.quantity * move.product_id.lst_price for move in living.move_id),
        )

    def _check_stock(self, order, before):
        """What left the shelf, and its value, is what the moves say."""
        done = order.move_ids.filtered(lambda move: move.state == "done")
        for product, quantity in self._get_stock().items():
            moved = done.filtered(lambda move, product=product: move.product_id == product)
            signs = {"add": -1, "recycle": 1, "remove": 0}
            change = sum(signs[move.repair_line_type] * move.quantity for move in moved)
            back = moved.filtered(lambda m: m.location_dest_id != self.stock_location)
            change -= sum(m.quantity for m in back if m.repair_line_type == "recycle")
            self.assertEqual(quantity - before[product], change, product.name)
        for move in done.filtered(lambda move: move.repair_line_type == "add"):
            self.assertAlmostEqual(abs(move.value), move.quantity * move.product_id.standard_price)
        self.assertFalse(
            sum(done.filtered(lambda m: m.repair_line_type == "remove").mapped("value")),
            "what is taken out and thrown away has no value",
        )

    def _check_settlements(self, order):
        """What is owed is settled once, to the cent; a second time nothing is left."""
        charges = order.charge_ids.filtered(lambda charge: charge.state == "confirmed")
        due = sum(charge.customer_amount for charge in charges) + sum(
            charge.covered_amount for charge in charges if charge.bearer == "partner"
        )
        if not charges or not due:
            return
        order.action_settle()
        lines = charges.settlement_line_ids.filtered("is_living")
        self.assertEqual(len(lines), len({(line.charge_id, line.share) for line in lines}))
        self.assertAlmostEqual(sum(lines.mapped("amount_claimed")), due)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_settle()
