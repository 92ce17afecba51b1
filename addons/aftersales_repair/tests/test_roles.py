from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import RepairCommon


@tagged("post_install", "-at_install")
class TestRepairRoles(RepairCommon):
    """A technician does his day without stock, sales or accounting rights, and no other's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._make_order(charges=[cls.travel])
        cls.mine = cls.order.with_user(cls.technician)

    def test_whole_day_by_form(self):
        onsite = self.env.ref("aftersales_base.aftersales_service_type_onsite")
        with Form(self.mine) as form:
            form.service_type_id = onsite
            form.cause_id = self.cause_wear
            form.remedy_id = self.remedy
            with form.move_ids.edit(0) as line:
                line.product_uom_qty = 2
            with form.move_ids.new() as line:
                line.product_id = self.filter_part
                line.product_uom_qty = 1
            with form.charge_ids.new() as line:
                line.product_id = self.labour
                line.quantity = 1.5
        self.mine.action_validate()
        self.mine.action_repair_start()
        with Form(self.mine) as form:
            with form.move_ids.edit(0) as line:
                line.quantity = 1
            with form.move_ids.edit(1) as line:
                line.quantity = 1
        self.mine.action_repair_end()
        self.assertEqual(self.order.state, "done")
        self.assertEqual(set(self.order.move_ids.mapped("state")), {"done"})
        self.assertEqual(
            {charge.product_id: charge.amount for charge in self.order.charge_ids},
            {self.compressor: 800, self.filter_part: 60, self.labour: 225, self.travel: 50},
        )
        self.assertEqual(set(self.order.charge_ids.mapped("state")), {"confirmed"})

    def test_whole_day_by_write(self):
        self.mine.write({"move_ids": [self._part(self.filter_part, 2)]})
        part = self.mine.move_ids.filtered(lambda move: move.product_id == self.filter_part)
        part.write({"product_uom_qty": 3})
        self.mine.write({"move_ids": [Command.delete(part.id)]})
        self.mine.write({"charge_ids": [Command.create({"product_id": self.labour.id})]})
        for action in ("action_validate", "action_repair_start"):
            self._call(self.technician, self.order, action)
        self.mine.move_ids.quantity = 1
        self._call(self.technician, self.order, "action_repair_end")
        self.assertEqual(self.order.state, "done")
        self.assertEqual(len(self.order.charge_ids), 3)

    def test_makes_an_order_of_his_request(self):
        order = (
            self.env["repair.order"]
            .with_user(self.technician)
            .create({"request_id": self.request.id, "move_ids": [self._part()]})
        )
        self.assertEqual(order.technician_id, self.technician)
        self.assertEqual(order.charge_ids.amount, 800)

    def test_confirms_a_unit_that_is_not_in_stock(self):
        unit = self._make_unit("RP-AWAY")
        self.order.request_id = False
        self.order.unit_id = unit
        action = self._call(self.technician, self.order, "action_validate")
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.technician)
            .with_context(**action["context"])
            .create({})
        )
        wizard.action_done()
        self.assertEqual(self.order.state, "confirmed")

    def test_serial_tracked_part(self):
        part = self._create_product(
            name="Control Board", type="consu", is_storable=True, tracking="serial", lst_price=200
        )
        lot = self.env["stock.lot"].create({"name": "CB1", "product_id": part.id})
        self._put_in_stock(part, 1, lot=lot)
        self.mine.write({"move_ids": [self._part(part)]})
        self.mine.action_validate()
        self.mine.action_repair_start()
        self.mine.move_ids.picked = True
        self._call(self.technician, self.order, "action_repair_end")
        moved = self.order.move_ids.filtered(lambda move: move.product_id == part)
        self.assertEqual(moved.lot_ids, lot)
        self.assertEqual(self._part_charge(self.order, part).state, "confirmed")

    def test_reserves_and_unreserves(self):
        self.mine.action_validate()
        self.mine.action_unreserve()
        self.assertEqual(self.order.move_ids.state, "confirmed")
        self.mine.action_assign()
        self.assertEqual(self.order.move_ids.state, "assigned")

    def test_cancels_and_brings_back(self):
        self.mine.action_validate()
        self.mine.action_repair_cancel()
        self.mine.action_repair_cancel_draft()
        self.assertEqual(self.order.state, "draft")
        self.assertEqual(set(self.order.charge_ids.mapped("state")), {"draft"})

    def test_estimate(self):
        self.mine.action_tell_estimate()
        self.mine.action_accept_estimate()
        self.assertEqual(self.order.estimate_answer, "accepted")

    def test_request_of_a_colleague(self):
        self.request.user_id = self.other_technician
        self.mine.action_repair_start()
        self.assertEqual(self.request.state, "in_progress")
        self.assertEqual(self.request.user_id, self.other_technician)

    def test_reads_the_request_of_a_colleague(self):
        self.request.user_id = self.other_technician
        request = self.request.with_user(self.technician)
        self.assertEqual(request.subject, "No cold air")
        with self.assertRaises(AccessError):
            request.write({"subject": "Cold air"})
        html, __ = (
            self.env["ir.actions.report"]
            .with_user(self.technician)
            ._render_qweb_html("aftersales_repair.action_report_repair_estimate", self.order.ids)
        )
        self.assertIn(self.request.name, html.decode())

    def test_colleague_sees_and_writes_nothing(self):
        self.team_a.member_ids = [Command.create({"user_id": self.other_technician.id})]
        self._check_closed_to(self.other_technician)

    def test_other_team_sees_and_writes_nothing(self):
        self._check_closed_to(self.other_agent)

    def _check_closed_to(self, user):
        order = self.order.with_user(user)
        part = self.order.move_ids.with_user(user)
        charge = self._part_charge(self.order).with_user(user)
        self.assertFalse(order.search([("id", "=", order.id)]))
        self.assertFalse(charge.search([("repair_id", "=", order.id)]))
        attempts = [
            lambda: order.read(["name"]),
            lambda: order.write({"internal_notes": "x"}),
            lambda: order.action_repair_start(),
            lambda: order.action_tell_estimate(),
            lambda: part.write({"product_uom_qty": 9}),
            lambda: part.unlink(),
            lambda: charge.write({"discount": 100}),
            lambda: charge.unlink(),
            lambda: charge.create({"repair_id": order.id, "product_id": self.travel.id}),
            lambda: charge.create(
                {"repair_id": order.id, "product_id": self.travel.id, "user_id": user.id}
            ),
            lambda: part.create(
                {
                    "repair_id": order.id,
                    "product_id": self.filter_part.id,
                    "product_uom_qty": 1,
                    "repair_line_type": "add",
                }
            ),
        ]
        for number, attempt in enumerate(attempts):
            with self.subTest(attempt=number), self.assertRaises(AccessError):
                with self.env.cr.savepoint():
                    attempt()
                    self.env.flush_all()

    def test_technician_moves_no_other_goods(self):
        move = self.env["stock.move"].create(
            {
                "product_id": self.filter_part.id,
                "product_uom_qty": 1,
                "location_id": self.stock_location.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        for user in (self.technician, self.agent, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                move.with_user(user).write({"product_uom_qty": 5})

    def test_agent_with_sales_rights_moves_goods_as_before(self):
        self.agent.group_ids += self.env.ref("sales_team.group_sale_salesman")
        sale = (
            self.env["sale.order"]
            .with_user(self.agent)
            .create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [Command.create({"product_id": self.filter_part.id})],
                }
            )
        )
        sale.action_confirm()
        sale._action_cancel()
        self.assertEqual(sale.picking_ids.state, "cancel")

    def test_agent_works_on_orders_of_his_team(self):
        order = self.order.with_user(self.agent)
        order.write({"move_ids": [self._part(self.filter_part)], "technician_id": self.agent.id})
        self.assertEqual(len(order.charge_ids), 3)

    def test_agent_makes_an_order_without_team(self):
        order = (
            self.env["repair.order"]
            .with_user(self.agent)
            .create({"unit_id": self.unit.id, "move_ids": [self._part()], "user_id": False})
        )
        order.move_ids.product_uom_qty = 2
        self.assertEqual(order.charge_ids.quantity, 2)

    def test_manager_sees_all_teams(self):
        self.assertTrue(self.order.with_user(self.manager).has_access("write"))

    def test_settler_reads_only(self):
        order = self.order.with_user(self.settler)
        self.assertEqual(order.customer_amount, 50)
        with self.assertRaises(AccessError):
            order.write({"internal_notes": "x"})

    def test_screens_open_for_every_role(self):
        self._do(self.order)
        self.order.action_settle()
        views = [
            ("repair.view_repair_order_form", "form"),
            ("aftersales_repair.repair_order_view_list", "list"),
            ("aftersales_repair.repair_order_view_kanban", "kanban"),
            ("aftersales_repair.repair_order_view_calendar", "calendar"),
            ("aftersales_repair.repair_order_view_pivot", "pivot"),
            ("aftersales_repair.repair_order_view_graph", "graph"),
        ]
        for user in (self.technician, self.agent, self.manager, self.settler, self.storekeeper):
            for xmlid, view_type in views:
                with self.subTest(user=user.login, view=xmlid):
                    self._open_view(self.order.with_user(user), view_type, xmlid)

    def test_store_finds_its_lists(self):
        """Below Inventory, with all that they show."""
        order = self._make_order(unit_id=self.unit.id)
        case = self.env["aftersales.send.out"].create(
            {"repair_id": order.id, "partner_id": self.storekeeper.partner_id.id}
        )
        visible = self.env["ir.ui.menu"].with_user(self.storekeeper)._visible_menu_ids()
        module = "aftersales_repair"
        for menu, records, views in [
            ("stock_move_menu_missing_store", order.move_ids, ["stock_move_view_list_missing"]),
            ("stock_move_menu_old_part_store", order.move_ids, ["stock_move_view_list_old_part"]),
            (
                "aftersales_send_out_menu_store",
                case,
                ["aftersales_send_out_view_list", "aftersales_send_out_view_form"],
            ),
        ]:
            with self.subTest(menu=menu):
                menu = self.env.ref(f"{module}.{menu}")
                self.assertIn(menu.id, visible)
                operations = self.env.ref("stock.menu_stock_warehouse_mgmt")
                self.assertEqual(menu.parent_id.parent_id, operations)
                for view in views:
                    view_type = self.env.ref(f"{module}.{view}").type
                    as_store = records.with_user(self.storekeeper)
                    self._open_view(as_store, view_type, f"{module}.{view}")
                    as_store.mapped("display_name")
