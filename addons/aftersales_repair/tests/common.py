from lxml import etree

from odoo.fields import Command

from odoo.addons.aftersales_base.tests.common import AftersalesCommon


class RepairCommon(AftersalesCommon):
    """A unit under warranty, a request of it, and parts on the shelf.

    Reported on 1 June 2025: the maker bears parts, we bear labour, the customer pays the trip.
    The request is assigned to ``technician`` and belongs to team A. ``storekeeper`` has no
    after-sales role.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.storekeeper = cls._new_user("storekeeper", "stock.group_stock_user")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.stock_location = cls.warehouse.lot_stock_id
        cls.unit = cls._make_unit("RP1")
        cls._put_in_stock(cls.ac, 1, lot=cls.unit.lot_id)
        cls._put_in_stock(cls.compressor, 1000)
        cls._put_in_stock(cls.filter_part, 1000)
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            date_reported="2025-06-01 08:00:00",
        )

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    # === FACTORIES === #

    @classmethod
    def _put_in_stock(cls, product, quantity, lot=None, location=None):
        quants = cls.env["stock.quant"].with_context(inventory_mode=True)
        quants.create(
            {
                "product_id": product.id,
                "lot_id": lot.id if lot else False,
                "location_id": (location or cls.stock_location).id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()

    @classmethod
    def _part(cls, product=None, quantity=1.0, line_type="add"):
        """Return the command that puts a part on an order."""
        return Command.create(
            {
                "product_id": (product or cls.compressor).id,
                "product_uom_qty": quantity,
                "repair_line_type": line_type,
            }
        )

    @classmethod
    def _make_order(cls, parts=None, charges=(), **vals):
        """Make a work order of the request, by default with one compressor.

        :param parts: commands of :meth:`_part`
        :param charges: products charged beside the parts
        """
        if not {"request_id", "unit_id", "partner_id"} & vals.keys():
            vals["request_id"] = cls.request.id
        return cls.env["repair.order"].create(
            {
                "move_ids": [cls._part()] if parts is None else parts,
                "charge_ids": [Command.create({"product_id": product.id}) for product in charges],
                **vals,
            }
        )

    @classmethod
    def _make_job(cls, name, lines, included=(), remedy=None, **vals):
        """Make a standard job.

        :param list lines: ``(product, quantity)``
        """
        return cls.env["aftersales.job"].create(
            {
                "name": name,
                "remedy_id": remedy.id if remedy else False,
                "included_ids": [Command.link(job.id) for job in included],
                "line_ids": [
                    Command.create({"product_id": product.id, "quantity": quantity})
                    for product, quantity in lines
                ],
                **vals,
            }
        )

    @classmethod
    def _do(cls, orders):
        """Confirm, start and end the work, all parts used as planned."""
        for order in orders:
            order.action_validate()
        orders.action_repair_start()
        for move in orders.move_ids:
            move.quantity = move.product_uom_qty
        orders.action_repair_end()
        return orders

    def _open_view(self, orders, view_type, xmlid=None):
        """Read what a screen shows of the orders, as its web client does."""
        orders.invalidate_recordset()
        view = self.env.ref(xmlid) if xmlid else None
        arch = etree.fromstring(orders.get_view(view and view.id, view_type)["arch"])
        shown = arch.xpath("//field[not(ancestor::field)]")
        orders.read([node.get("name") for node in shown])
        for node in shown:
            if columns := node.xpath("./list/field/@name"):
                orders[node.get("name")].read(columns)

    def _part_charge(self, order, product=None):
        """Return the charge of a part on the order."""
        return order.charge_ids.filtered(
            lambda charge: charge.product_id == (product or self.compressor)
        )
