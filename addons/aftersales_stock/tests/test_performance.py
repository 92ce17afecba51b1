from odoo.tests import tagged

from .common import AftersalesStockCommon


@tagged("post_install", "-at_install")
class TestPerformance(AftersalesStockCommon):
    """A delivery of a hundred serials costs the queries of one."""

    def _delivered(self, count, tag):
        """Deliver serials that are not registered, because there is no policy yet.

        The policy has one term: a hundred warranties are one batch of rows.
        """
        self.serial_product.aftersales_policy_id = False
        for number in range(count):
            self._stock(self.serial_product, lot=f"{tag}{number}")
        moves = self._deliver(self.serial_product, count).move_ids
        self.serial_product.aftersales_policy_id = self.category_policy
        return moves

    def _count_queries(self, method, moves):
        self.env.flush_all()
        self.env.invalidate_all()
        moves = moves.with_user(self.storekeeper)
        before = self.env.cr.sql_log_count
        getattr(moves.env["aftersales.unit"], method)(moves)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_registering_costs_the_same_for_few_and_a_hundred(self):
        queries = {}
        for count in (1, 2, 100):
            moves = self._delivered(count, f"{count}-")
            self._count_queries("_register_deliveries", self._delivered(1, f"warm{count}-"))
            queries[count] = self._count_queries("_register_deliveries", moves)
            self.assertEqual(len(self._units(self.serial_product, move_id=moves.id)), count)
        self.assertEqual(queries[100], queries[2])
        # Units alike take the warranties of the first: a few queries more than for one.
        self.assertLess(queries[2] - queries[1], 10)
        self.assertLess(queries[1], 40)

    def test_closing_costs_the_same_for_one_and_a_hundred(self):
        queries = {}
        for count in (1, 2, 100):
            delivered = self._delivered(count, f"r{count}-")
            self.env["aftersales.unit"]._register_deliveries(delivered)
            self.serial_product.aftersales_policy_id = False
            # Taken in as for a repair, then said to be given back.
            incoming = self._return(delivered.picking_id, count, to_refund=False).move_ids
            queries[count] = self._count_queries("_close_returns", incoming)
            self.assertEqual(
                len(self._units(self.serial_product, return_move_id=incoming.id)), count
            )
        self.assertEqual(queries[100], queries[2])

    def test_a_transfer_reads_its_serials_together(self):
        """For each further serial Odoo locks a quant twice and makes one; it reads none alone."""
        self.serial_product.aftersales_policy_id = False
        queries = {}
        for count in (1, 3, 23):
            for number in range(count):
                self._stock(self.serial_product, lot=f"t{count}-{number}")
            picking = self._sell(self.serial_product, count).picking_ids
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._validate(picking)
            self.env.flush_all()
            queries[count] = self.env.cr.sql_log_count - before
            self.assertEqual(picking.state, "done")
        self.assertEqual(queries[23] - queries[3], 20 * 3)

    def test_a_delivery_knows_what_would_be_worked_out_before_a_row_is_made(self):
        """One field it does not name costs a draft of each unit: a fifth of registering it."""
        move = self._delivered(1, "known-").with_user(self.storekeeper).sudo()
        [vals] = move._prepare_aftersales_unit_vals_list(self.category_policy)
        unit_fields = self.env["aftersales.unit"]._fields
        precomputed = {fname for fname, field in unit_fields.items() if field.precompute}
        self.assertFalse(precomputed - vals.keys())

    def test_a_registered_unit_is_written_once(self):
        moves = self._delivered(3, "once-")
        self.serial_product.aftersales_policy_id = self.policy
        self.env.flush_all()
        units = self.env["aftersales.unit"]._register_deliveries(moves)
        self.assertEqual(len(units.warranty_ids), 6)
        before = self.env.cr.sql_log_count
        units.flush_model()
        self.assertEqual(self.env.cr.sql_log_count, before)
