"""The later steps of the main job: a service contract, its money and visits, and a complaint."""

import datetime

CONTRACT = "CONTRACT"
THIRD_CUSTOMER = "Blue Door Café (demo)"


class AgreementSteps:
    """Steps 5 to 8; mixed into :class:`tools.main_job.MainJob`, whose tools they use."""

    def agree(self):
        """A customer buys care for an old unit: two visits, and an instalment a quarter."""
        unit = self._install_old_unit()
        today = datetime.date.today()
        customer = self._one(self.agent, "res.partner", [("name", "=", THIRD_CUSTOMER)])["id"]
        contract = self.agent.create(
            "aftersales.contract",
            title="Climate care",
            partner_id=customer,
            date_start=str(today - datetime.timedelta(days=30)),
            date_end=str(today + datetime.timedelta(days=334)),
            instalment_amount=150,
            instalment_interval=3,
            instalment_product_id=self._product(CONTRACT),
            line_ids=[[0, 0, {"unit_id": unit, "kind": "labour", "visit_quota": 2}]],
        )
        self._plan_cleaning(contract)
        self.manager.call("aftersales.contract", "action_start", ids=contract)
        agreed = self._contract(contract, ["name", "status"])
        assert agreed["status"] == "running", agreed
        self._row("Agree", agreed["name"], "running", None, f"service-contracts/{contract}")
        return contract

    def _install_old_unit(self):
        """Register a unit that was sold five years ago, so that no warranty answers."""
        self.old_serial = f"PA35-{self.run}-3"
        product = self.products["PA-35"]
        lot = self.storekeeper.create("stock.lot", name=self.old_serial, product_id=product)
        customer = self._one(self.agent, "res.partner", [("name", "=", THIRD_CUSTOMER)])["id"]
        sold = datetime.date.today() - datetime.timedelta(days=5 * 365)
        return self.agent.create(
            "aftersales.unit",
            product_id=product,
            lot_id=lot,
            partner_id=customer,
            date_start=str(sold),
        )

    def _plan_cleaning(self, contract):
        """A cleaning every thirty days: the first one is due today."""
        line = self._one(self.agent, "aftersales.contract.line", [("contract_id", "=", contract)])[
            "id"
        ]
        self.agent.create(
            "aftersales.maintenance.rule",
            name="Cleaning",
            line_id=line,
            interval=30,
            interval_unit="day",
            service_type_id=self._onsite(),
        )

    def serve_under_contract(self):
        """The contract bears the labour and counts the visit; the customer pays the part."""
        repair = self._serve(self.old_serial, "Drips water", [("LAB", 1)])
        charges = {charge["kind"]: charge for charge in self._charges(repair)}
        labour, part = charges["labour"], charges["part"]
        assert (labour["bearer"], labour["covered_amount"]) == ("contract", 100.0), labour
        assert "1 of 2 visits left" in labour["explanation"], labour
        assert (part["bearer"], part["customer_amount"]) == ("customer", 320.0), part
        for charge in charges.values():
            self._row("Decide", charge["name"], charge["explanation"], charge["amount"])
        settlements = self._settle(repair)
        assert list(settlements) == ["customer"], settlements
        self._assert_total(settlements["customer"], 361.60)
        self._settlement_row("Settle", settlements["customer"])

    def bill_instalment(self, contract):
        """What is due becomes a charge, a settlement, an invoice and is paid."""
        self.agent.call("aftersales.contract", "action_bill", ids=contract)
        settlement = self._one(
            self.agent,
            "aftersales.settlement",
            [("line_ids.charge_id.contract_id", "=", contract)],
            ["name", "kind", "partner_id", "amount_total"],
        )
        self._assert_total(settlement, 169.50)
        self._settlement_row("Instalment", settlement)
        self._invoice_and_pay(settlement)

    def release_visit(self, contract):
        """The cleaning that is due today becomes a request with a work order, and is done."""
        plan = self._one(
            self.agent,
            "aftersales.maintenance.plan",
            [("contract_id", "=", contract), ("date_due", "=", str(datetime.date.today()))],
            ["status"],
        )
        if plan["status"] == "planned":
            self.agent.call("aftersales.maintenance.plan", "action_release", ids=plan["id"])
        released = self._plan_of(plan["id"])
        repair = released["repair_id"][0]
        self._row(
            "Visit", released["repair_id"][1], released["status"], None, f"work-orders/{repair}"
        )
        technician = self._one(self.agent, "res.users", [("login", "=", "technician")])["id"]
        self.agent.write("repair.order", repair, technician_id=technician)
        self._do(repair)
        done = self._plan_of(plan["id"])
        assert done["status"] == "done", done

    def _plan_of(self, plan):
        return self._one(
            self.agent, "aftersales.maintenance.plan", [("id", "=", plan)], ["status", "repair_id"]
        )

    def compensate(self):
        """The customer complains about lateness; he is answered and gets money back."""
        request = self._repair(self.repair, ["request_id"])["request_id"][0]
        agent = self._one(self.agent, "res.users", [("login", "=", "agent")])["id"]
        complaint = self.agent.create(
            "aftersales.complaint",
            subject="The technician came a day late",
            target_kind="service",
            request_id=request,
            handler_id=agent,
            outcome="compensation",
            compensation_amount=30,
            answer="<p>We are sorry and give you 30 back.</p>",
        )
        self.agent.call("aftersales.complaint", "action_start", ids=complaint)
        self.manager.call("aftersales.complaint", "action_approve_compensation", ids=complaint)
        self.agent.call("aftersales.complaint", "action_settle_compensation", ids=complaint)
        settlement = self._one(
            self.agent,
            "aftersales.settlement",
            [("line_ids.charge_id.complaint_id", "=", complaint)],
            ["name", "kind", "partner_id", "amount_total"],
        )
        self._assert_total(settlement, -30.0)
        self._settlement_row("Compensate", settlement)
        self._credit(settlement)
        self.agent.call("aftersales.complaint", "action_answer", ids=complaint)
        self.manager.call("aftersales.complaint", "action_verify", ids=complaint)
        self.agent.call("aftersales.complaint", "action_close", ids=complaint)
        closed = self._one(
            self.agent, "aftersales.complaint", [("id", "=", complaint)], ["name", "state"]
        )
        assert closed["state"] == "closed", closed
        self._row("Close", closed["name"], "complaint closed", None, f"complaints/{complaint}")

    def _credit(self, settlement):
        """The accountant turns the settlement into a posted credit note."""
        self.accountant.call("aftersales.settlement", "action_confirm", ids=settlement["id"])
        self.accountant.call("aftersales.settlement", "action_create_invoice", ids=settlement["id"])
        move = self._settlement(settlement, ["move_id"])["move_id"][0]
        self.accountant.call("account.move", "action_post", ids=move)
        note = self._one(
            self.accountant,
            "account.move",
            [("id", "=", move)],
            ["name", "move_type", "amount_total", "state"],
        )
        assert (note["move_type"], note["amount_total"]) == ("out_refund", 30.0), note
        self._row("Credit note", note["name"], note["state"], -30.0, f"invoicing/{move}")

    def _contract(self, contract, fields):
        return self._one(self.agent, "aftersales.contract", [("id", "=", contract)], fields)
