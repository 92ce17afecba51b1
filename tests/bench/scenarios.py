"""What is measured, the same with and without our modules."""

from odoo.fields import Command


class Scenario:
    """One piece of work on `n` records.

    `prepare` makes what it needs, as the superuser and for good; `run` is what counts, as
    `user_id`; `check` raises when the work was not done.
    """

    groups = ()
    groups_suite = ()

    def __init__(self, n):
        self.n = n
        self.user_id = None
        self.is_suite = False

    def prepare(self, env):
        self.is_suite = "aftersales.unit" in env
        self.user_id = self._make_user(env).id
        self.company_id = env.company.id
        self.customer_id = env["res.partner"].create({"name": "Customer"}).id
        self._prepare(env)

    def _make_user(self, env):
        """Make a user with the least rights that do."""
        groups = self.groups + (self.groups_suite if self.is_suite else ())
        login = f"{type(self).__name__.lower()}-{self.n}"
        return env["res.users"].create(
            {
                "name": login,
                "login": login,
                "group_ids": [Command.set([env.ref(group).id for group in groups])],
            }
        )

    def _make_product(self, env):
        """Make a product with serial numbers; with the suite it has a warranty of three terms."""
        vals = {"name": "Air conditioner", "is_storable": True, "tracking": "serial"}
        if self.is_suite:
            policy = env["aftersales.warranty.policy"].create(
                {
                    "name": "Air conditioners",
                    "term_ids": [
                        Command.create({"kind": "part", "duration": 36}),
                        Command.create({"kind": "labour", "duration": 12}),
                        Command.create({"kind": "travel", "duration": 6}),
                    ],
                }
            )
            vals["aftersales_policy_id"] = policy.id
        return env["product.product"].create(vals)

    def _make_lots(self, env, product):
        """Make `n` serial numbers that lie in the store."""
        lots = env["stock.lot"].create(
            [
                {"name": f"{product.id}-{number:06}", "product_id": product.id}
                for number in range(self.n)
            ]
        )
        self._put_in_store(env, [{"product_id": product.id, "lot_id": lot.id} for lot in lots])
        return lots

    def _put_in_store(self, env, goods, quantity=1):
        location = self._warehouse(env).lot_stock_id
        vals = {"location_id": location.id, "inventory_quantity": quantity}
        env["stock.quant"].create([{**good, **vals} for good in goods]).action_apply_inventory()

    def _warehouse(self, env):
        return env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)


class Delivery(Scenario):
    """A storekeeper validates the delivery of a sales order of `n` serial numbers."""

    groups = ("stock.group_stock_user",)

    def _prepare(self, env):
        product = self._make_product(env)
        self._make_lots(env, product)
        order = env["sale.order"].create(
            {
                "partner_id": self.customer_id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": self.n})
                ],
            }
        )
        order.action_confirm()
        order.picking_ids.action_assign()
        self.picking_id = order.picking_ids.id

    def run(self, env):
        picking = env["stock.picking"].browse(self.picking_id)
        picking.move_ids.picked = True
        picking.with_context(skip_sms=True).button_validate()

    def check(self, env):
        picking = env["stock.picking"].browse(self.picking_id)
        assert picking.state == "done", picking.state
        if self.is_suite:
            lots = picking.move_line_ids.lot_id
            units = env["aftersales.unit"].sudo().search([("lot_id", "in", lots.ids)])
            assert len(units) == self.n, len(units)
            assert len(units.warranty_ids) == 3 * self.n, len(units.warranty_ids)


class Repair(Scenario):
    """A storekeeper takes in `n` products, repairs each with one part, and is done.

    With the suite, each product is an installed product in warranty, and each part is a
    charge whose bearer is decided.
    """

    groups = ("stock.group_stock_user",)
    groups_suite = ("aftersales_base.group_aftersales_technician",)

    def _prepare(self, env):
        product = self._make_product(env)
        part = env["product.product"].create({"name": "Compressor", "is_storable": True})
        self._put_in_store(env, [{"product_id": part.id}], quantity=10 * self.n)
        lots = self._make_lots(env, product)
        if self.is_suite:
            units = env["aftersales.unit"].create([self._prepare_unit_vals(lot) for lot in lots])
            served = [{"unit_id": unit.id} for unit in units]
        else:
            served = [{"product_id": product.id, "lot_id": lot.id} for lot in lots]
        self.part_id = part.id
        self.vals_list = [{**vals, "partner_id": self.customer_id} for vals in served]

    def _prepare_unit_vals(self, lot):
        return {
            "product_id": lot.product_id.id,
            "lot_id": lot.id,
            "serial": lot.name,
            "partner_id": self.customer_id,
            "date_start": "2026-01-01",
        }

    def run(self, env):
        self.repair_ids = []
        for vals in self.vals_list:
            repair = env["repair.order"].create({**vals, "move_ids": [self._prepare_part()]})
            repair.action_validate()
            repair.action_repair_start()
            repair.move_ids.write({"quantity": 1, "picked": True})
            repair.action_repair_end()
            self.repair_ids.append(repair.id)

    def _prepare_part(self):
        return Command.create(
            {"product_id": self.part_id, "product_uom_qty": 1, "repair_line_type": "add"}
        )

    def check(self, env):
        repairs = env["repair.order"].browse(self.repair_ids)
        assert set(repairs.mapped("state")) == {"done"}, set(repairs.mapped("state"))
        assert all(repair.lot_id and repair.move_id for repair in repairs)
        if self.is_suite:
            charges = repairs.sudo().charge_ids
            assert len(charges) == self.n, len(charges)
            assert set(charges.mapped("state")) == {"confirmed"}, set(charges.mapped("state"))


SCENARIOS = {"delivery": Delivery, "repair": Repair}
