"""Billing what contracts plan, against making the same invoices by hand."""

from scenarios import Scenario

from odoo.fields import Command

DAY = "2026-01-01"
AMOUNT = 100.0


class Instalments(Scenario):
    """An accountant's nightly job bills `n` contracts, one due instalment of each customer.

    Base makes the same draft invoices in one batch: one line, product, taxes and name as
    the suite's. The suite makes charges and settlements of them on the way.
    """

    groups = ("account.group_account_invoice",)
    groups_suite = (
        "aftersales_base.group_aftersales_manager",
        "aftersales_base.group_aftersales_settlement",
    )

    def _prepare(self, env):
        tax = env["account.tax"].search(
            [("type_tax_use", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
        )
        self.product_id = (
            env["product.product"]
            .create({"name": "Care", "type": "service", "taxes_id": [Command.set(tax.ids)]})
            .id
        )
        self.tax_ids = tax.ids
        self.partner_ids = (
            env["res.partner"]
            .create([{"name": f"Customer {number}"} for number in range(self.n)])
            .ids
        )
        self.journal_id = (
            env["account.journal"]
            .search([("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1)
            .id
        )
        self.currency_id = env.company.currency_id.id
        if self.is_suite:
            self._make_contracts(env)

    def _make_contracts(self, env):
        contracts = env["aftersales.contract"].create(
            [
                {
                    "partner_id": partner_id,
                    "date_start": DAY,
                    "date_end": DAY,
                    "line_ids": [Command.create({})],
                    "instalment_amount": AMOUNT,
                    "instalment_product_id": self.product_id,
                }
                for partner_id in self.partner_ids
            ]
        )
        contracts.action_start()
        self.instalment_ids = contracts.instalment_ids.ids

    def run(self, env):
        self.move_ids = (self._run_suite if self.is_suite else self._run_base)(env).ids

    def _run_suite(self, env):
        settlements = env["aftersales.contract.instalment"].browse(self.instalment_ids)._bill()
        settlements.action_confirm()
        return settlements._create_moves()

    def _run_base(self, env):
        return env["account.move"].create(
            [self._prepare_move(partner_id) for partner_id in self.partner_ids]
        )

    def _prepare_move(self, partner_id):
        return {
            "move_type": "out_invoice",
            "journal_id": self.journal_id,
            "partner_id": partner_id,
            "currency_id": self.currency_id,
            "invoice_origin": "AS/2026/00001",
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.product_id,
                        "name": f"Contract SC/2026/0001, instalment 1: {DAY} to {DAY}",
                        "quantity": 1.0,
                        "price_unit": AMOUNT,
                        "tax_ids": [Command.set(self.tax_ids)],
                    }
                )
            ],
        }

    def check(self, env):
        moves = env["account.move"].browse(self.move_ids)
        assert len(moves) == self.n, len(moves)
        assert set(moves.mapped("amount_untaxed")) == {AMOUNT}
        assert set(moves.mapped("state")) == {"draft"}
        if self.is_suite:
            instalments = env["aftersales.contract.instalment"].browse(self.instalment_ids)
            assert set(instalments.mapped("status")) == {"billed"}
