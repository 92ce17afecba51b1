"""The main job: a sale becomes installed products, a request, a work order, charges,
settlements and paid invoices; then comes a contract with its money and visits, and a complaint.

Done over JSON-2 by the users of the demo data, each with his own rights. `perform` prints what
it does, checks every amount to the cent and returns one row per step.
"""

import time

from .json2 import CallError
from .main_job_agreements import AgreementSteps

AIR_CONDITIONER = "PA-35"
OVEN = "HE-60"
COMPRESSOR = "PA-CMP"
LABOUR = "LAB"
TRAVEL = "TRV"
OLD_SERIAL = "PA35-2021-0007"
CUSTOMER = "Riverside Apartments (demo)"
ONSITE = "On-site Service"


def perform(client, base_url, report):
    """Do the whole job.

    :param client: function of a login that returns a :class:`tools.json2.Client`
    :param base_url: where the server is, for the links
    :param report: function that prints a line
    :return: rows ``(step, document, result, amount)``
    :raises AssertionError: when a result is not what it must be
    """
    return MainJob(client, base_url, report).perform()


class MainJob(AgreementSteps):
    """One run of the main job; serial numbers carry its time, so it can be run again."""

    def __init__(self, client, base_url, report):
        for login in ("agent", "storekeeper", "technician", "accountant", "manager"):
            user = client(login)
            # Names are looked up and sentences checked in English, whatever the users speak.
            user.context = {"lang": "en_US"}
            setattr(self, login, user)
        self.base_url = base_url
        self.report = report
        self.rows = []
        self.run = time.strftime("%m%d%H%M%S")
        self.products = self._products()

    def perform(self):
        order = self.sell_and_deliver()
        self.serve_in_warranty()
        self.serve_out_of_warranty()
        self.refuse_second_bill()
        self.take_back(order)
        contract = self.agree()
        self.serve_under_contract()
        self.bill_instalment(contract)
        self.release_visit(contract)
        self.compensate()
        return self.rows

    # === 1. SALE AND DELIVERY === #

    def sell_and_deliver(self):
        """Sell two air conditioners and an oven; the delivery registers three units."""
        self.serials = [f"PA35-{self.run}-1", f"PA35-{self.run}-2", f"HE60-{self.run}-1"]
        self._receive(zip((AIR_CONDITIONER, AIR_CONDITIONER, OVEN), self.serials, strict=True))
        order = self.agent.create(
            "sale.order",
            partner_id=self._one(self.agent, "res.partner", [("name", "=", CUSTOMER)])["id"],
            order_line=[
                [0, 0, {"product_id": self.products[AIR_CONDITIONER], "product_uom_qty": 2}],
                [0, 0, {"product_id": self.products[OVEN], "product_uom_qty": 1}],
            ],
        )
        self.agent.call("sale.order", "action_confirm", ids=order)
        sold = self._one(self.agent, "sale.order", [("id", "=", order)], ["name", "amount_total"])
        self._row("Sell", sold["name"], "order confirmed", sold["amount_total"], f"sales/{order}")
        picking = self._one(
            self.storekeeper, "stock.picking", [("origin", "=", sold["name"])], ["name"]
        )
        self._choose_serials(picking["id"])
        self._validate(picking["id"])
        units = self._units(self.serials)
        assert len(units) == 3, f"3 installed products expected, not {len(units)}"
        warranties = [len(units[serial]["warranty_ids"]) for serial in self.serials]
        assert warranties == [2, 2, 1], f"each unit has the warranties of its policy: {warranties}"
        for serial in self.serials:
            unit = units[serial]
            self._row(
                "Deliver",
                unit["display_name"],
                f"in warranty until {unit['warranty_end']}",
                None,
                f"installed-products/{unit['id']}",
            )
        return {"id": order, "name": sold["name"], "picking": picking["id"]}

    def _receive(self, goods):
        """Put serial numbers into the store, as a storekeeper counts them in."""
        quants = []
        for code, serial in goods:
            lot = self.storekeeper.create("stock.lot", name=serial, product_id=self.products[code])
            quants += self.storekeeper.call(
                "stock.quant",
                "create",
                context={"inventory_mode": True},
                vals_list=[
                    {
                        "product_id": self.products[code],
                        "lot_id": lot,
                        "location_id": self._stock_location(),
                        "inventory_quantity": 1,
                    }
                ],
            )
        self.storekeeper.call(
            "stock.quant", "action_apply_inventory", ids=quants, context={"inventory_mode": True}
        )

    def _choose_serials(self, picking):
        """Deliver the serial numbers of this run, whatever was reserved."""
        by_product = {
            self.products[AIR_CONDITIONER]: self.serials[:2],
            self.products[OVEN]: self.serials[2:],
        }
        moves = self.storekeeper.search_read(
            "stock.move", [("picking_id", "=", picking)], ["product_id"]
        )
        for move in moves:
            product = move["product_id"][0]
            lots = self.storekeeper.search_read(
                "stock.lot",
                [("name", "in", by_product[product]), ("product_id", "=", product)],
                ["id"],
            )
            self.storekeeper.write(
                "stock.move", move["id"], lot_ids=[[6, 0, [lot["id"] for lot in lots]]]
            )
        self.storekeeper.call("stock.picking", "action_assign", ids=picking)

    def _validate(self, picking):
        """Validate a transfer; no text message to the customer is sent for it."""
        self.storekeeper.call(
            "stock.picking", "button_validate", ids=picking, context={"skip_sms": True}
        )
        done = self._one(self.storekeeper, "stock.picking", [("id", "=", picking)], ["state"])
        assert done["state"] == "done", done

    # === 2. SERVICE IN WARRANTY === #

    def serve_in_warranty(self):
        """The maker pays the part, we the labour, the customer the way."""
        self.repair = self._serve(
            self.serials[0], "Does not cool since yesterday", [(LABOUR, 1), (TRAVEL, 1)]
        )
        bearers = {
            charge["kind"]: (charge["bearer"], charge["customer_amount"], charge["covered_amount"])
            for charge in self._charges(self.repair)
        }
        assert bearers == {
            "part": ("partner", 0.0, 320.0),
            "labour": ("company", 0.0, 100.0),
            "travel": ("customer", 45.0, 0.0),
        }, bearers
        for charge in self._charges(self.repair):
            self._row("Decide", charge["name"], charge["explanation"], charge["amount"])
        settlements = self._settle(self.repair)
        assert sorted(settlements) == ["claim", "customer"], settlements
        self._assert_total(settlements["customer"], 50.85)
        self._assert_total(settlements["claim"], 361.60)
        for settlement in settlements.values():
            self._settlement_row("Settle", settlement)
        self._report_borne_labour()
        for settlement in settlements.values():
            self._invoice_and_pay(settlement)

    def _report_borne_labour(self):
        """What we bear is on no settlement but in the pivot."""
        groups = self.agent.call(
            "aftersales.charge",
            "formatted_read_group",
            domain=[("repair_id", "=", self.repair), ("bearer", "=", "company")],
            groupby=["kind"],
            aggregates=["covered_amount:sum"],
        )
        borne = {group["kind"]: group["covered_amount:sum"] for group in groups}
        assert borne == {"labour": 100.0}, borne
        self._row("Report", "Labour", "borne by us, seen in the pivot", borne["labour"])

    # === 3. SERVICE OUT OF WARRANTY === #

    def serve_out_of_warranty(self):
        """The customer agrees to an estimate, pays part and labour, and it shows."""
        repair = self._plan(OLD_SERIAL, "Stopped cooling", [(LABOUR, 1)])
        self.technician.call("repair.order", "action_tell_estimate", ids=repair)
        told = self._repair(repair, ["name", "estimate_amount", "progress"])
        assert (told["estimate_amount"], told["progress"]) == (420.0, "estimated"), told
        self._row("Estimate", told["name"], "told to the customer", told["estimate_amount"])
        self.agent.call("repair.order", "action_accept_estimate", ids=repair)
        self._do(repair)
        settlements = self._settle(repair)
        assert list(settlements) == ["customer"], settlements
        self._assert_total(settlements["customer"], 474.60)
        self._settlement_row("Settle", settlements["customer"])
        self._invoice_and_pay(settlements["customer"])
        done = self._repair(repair, ["name", "progress"])
        assert done["progress"] == "paid", done
        self._row("Follow up", done["name"], "work order shows paid", None, f"work-orders/{repair}")

    # === 4. WHAT MUST NOT HAPPEN === #

    def refuse_second_bill(self):
        """Settling the same work again is refused in words."""
        try:
            self.agent.call("repair.order", "action_settle", ids=self.repair)
        except CallError as refusal:
            assert "already" in refusal.message, refusal.message
            self._row("Settle again", "refused", refusal.message)
        else:
            raise AssertionError("the same work was settled twice")

    def take_back(self, order):
        """The oven comes back: its warranty is closed."""
        wizard = self.storekeeper.call(
            "stock.return.picking",
            "create",
            vals_list=[{"picking_id": order["picking"]}],
        )[0]
        line = self._one(
            self.storekeeper,
            "stock.return.picking.line",
            [("wizard_id", "=", wizard), ("product_id", "=", self.products[OVEN])],
        )
        self.storekeeper.write("stock.return.picking.line", line["id"], quantity=1)
        action = self.storekeeper.call("stock.return.picking", "action_create_returns", ids=wizard)
        self._validate(action["res_id"])
        unit = self._units(self.serials)[self.serials[2]]
        warranties = self.agent.search_read(
            "aftersales.warranty", [("unit_id", "=", unit["id"])], ["status"]
        )
        assert unit["state"] == "returned", unit
        assert {warranty["status"] for warranty in warranties} == {"closed"}, warranties
        self._row(
            "Take back",
            unit["display_name"],
            "returned, warranty closed",
            None,
            f"installed-products/{unit['id']}",
        )

    # === WORK === #

    def _serve(self, serial, subject, services):
        """Take a request by serial and do the work."""
        repair = self._plan(serial, subject, services)
        self._do(repair)
        return repair

    def _plan(self, serial, subject, services):
        """Make request and work order; the technician plans a compressor and services."""
        technician = self._one(self.agent, "res.users", [("login", "=", "technician")])
        request = self.agent.create(
            "aftersales.request",
            lookup=serial,
            subject=subject,
            service_type_id=self._onsite(),
            user_id=technician["id"],
        )
        taken = self._one(
            self.agent, "aftersales.request", [("id", "=", request)], ["name", "partner_id"]
        )
        self._row(
            "Request", taken["name"], taken["partner_id"][1], None, f"service-requests/{request}"
        )
        action = self.agent.call("aftersales.request", "action_create_work_order", ids=request)
        repair = action["res_id"]
        self.technician.write(
            "repair.order",
            repair,
            move_ids=[
                [
                    0,
                    0,
                    {
                        "product_id": self.products[COMPRESSOR],
                        "product_uom_qty": 1,
                        "repair_line_type": "add",
                    },
                ]
            ],
            charge_ids=[
                [0, 0, {"product_id": self.products[code], "quantity": quantity}]
                for code, quantity in services
            ],
        )
        return repair

    def _do(self, repair):
        """The technician confirms, starts and ends the work."""
        for method in ("action_validate", "action_repair_start"):
            self.technician.call("repair.order", method, ids=repair)
        moves = self.technician.search_read(
            "stock.move", [("repair_id", "=", repair), ("repair_line_type", "=", "add")], ["id"]
        )
        for move in moves:
            self.technician.write("stock.move", move["id"], quantity=1, picked=True)
        self.technician.call("repair.order", "action_repair_end", ids=repair)
        done = self._repair(repair, ["name", "state", "customer_amount"])
        assert done["state"] == "done", done
        self._row("Work", done["name"], "done", done["customer_amount"], f"work-orders/{repair}")

    # === MONEY === #

    def _settle(self, repair):
        """Gather the work's charges; return the settlements by kind."""
        self.agent.call("repair.order", "action_settle", ids=repair)
        settlements = self.agent.search_read(
            "aftersales.settlement",
            [("line_ids.charge_id.repair_id", "=", repair)],
            ["name", "kind", "partner_id", "amount_total"],
        )
        return {settlement["kind"]: settlement for settlement in settlements}

    def _invoice_and_pay(self, settlement):
        """The accountant confirms, invoices, posts and registers the payment."""
        self.accountant.call("aftersales.settlement", "action_confirm", ids=settlement["id"])
        self.accountant.call("aftersales.settlement", "action_create_invoice", ids=settlement["id"])
        move = self._settlement(settlement, ["move_id"])["move_id"][0]
        self.accountant.call("account.move", "action_post", ids=move)
        invoice = self._one(
            self.accountant, "account.move", [("id", "=", move)], ["name", "amount_total"]
        )
        assert invoice["amount_total"] == settlement["amount_total"], invoice
        self._row(
            "Invoice", invoice["name"], "posted", invoice["amount_total"], f"invoicing/{move}"
        )
        context = {"active_model": "account.move", "active_ids": [move]}
        wizard = self.accountant.call(
            "account.payment.register", "create", context=context, vals_list=[{}]
        )
        self.accountant.call(
            "account.payment.register", "action_create_payments", ids=wizard, context=context
        )
        paid = self._settlement(settlement, ["name", "status", "amount_total"])
        assert paid["status"] == "paid", paid
        self._settlement_row("Pay", settlement, "paid")

    # === READING === #

    def _products(self):
        codes = (AIR_CONDITIONER, OVEN, COMPRESSOR, LABOUR, TRAVEL)
        found = self.agent.search_read(
            "product.product", [("default_code", "in", codes)], ["default_code"]
        )
        return {product["default_code"]: product["id"] for product in found}

    def _product(self, code):
        return self._one(self.agent, "product.product", [("default_code", "=", code)])["id"]

    def _onsite(self):
        return self._one(self.agent, "aftersales.service.type", [("name", "=", ONSITE)])["id"]

    def _stock_location(self):
        warehouse = self._one(
            self.storekeeper, "stock.warehouse", [], ["lot_stock_id"], order="sequence, id"
        )
        return warehouse["lot_stock_id"][0]

    def _units(self, serials):
        fields = ["display_name", "serial", "state", "warranty_ids", "warranty_end"]
        units = self.agent.search_read("aftersales.unit", [("serial", "in", serials)], fields)
        return {unit["serial"]: unit for unit in units}

    def _charges(self, repair):
        fields = ["name", "kind", "amount", "bearer", "customer_amount", "covered_amount"]
        return self.technician.search_read(
            "aftersales.charge",
            [("repair_id", "=", repair)],
            [*fields, "explanation"],
            order="id",
        )

    def _repair(self, repair, fields):
        return self._one(self.agent, "repair.order", [("id", "=", repair)], fields)

    def _settlement(self, settlement, fields):
        domain = [("id", "=", settlement["id"])]
        return self._one(self.accountant, "aftersales.settlement", domain, fields)

    def _one(self, client, model, domain, fields=("id",), **options):
        records = client.search_read(model, domain, list(fields), limit=1, **options)
        assert records, f"no {model} found by {domain}"
        return records[0]

    def _assert_total(self, settlement, amount):
        assert settlement["amount_total"] == amount, (
            f"{settlement['name']} is {settlement['amount_total']}, not {amount}"
        )

    # === TELLING === #

    def _settlement_row(self, step, settlement, result=None):
        self._row(
            step,
            settlement["name"],
            result or f"{settlement['kind']}: {settlement['partner_id'][1]}",
            settlement["amount_total"],
            f"settlements/{settlement['id']}",
        )

    def _row(self, step, document, result, amount=None, path=None):
        shown = "" if amount is None else f"{amount:,.2f}"
        link = f"  {self.base_url}/odoo/{path}" if path else ""
        self.report(f"{step:<13} {document}: {result} {shown}{link}".rstrip())
        self.rows.append((step, document, result, shown))
