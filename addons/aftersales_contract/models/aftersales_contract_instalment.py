from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.aftersales_base.tools.jobs import attempt_together, each_batch, tell

BATCH = 200
# A closed contract bills what it owes for periods that had begun.
BILLING = ("active", "closed")


class AftersalesContractInstalment(models.Model):
    """One period of a contract to be billed once.

    The charge it becomes is unique in the database, so billing twice, by two people or by
    a job that was cut off, makes nothing twice.
    """

    _name = "aftersales.contract.instalment"
    _description = "Contract Instalment"
    _order = "date_due, contract_id, number"
    _check_company_auto = True

    contract_id = fields.Many2one(
        comodel_name="aftersales.contract", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="contract_id.partner_id",
        string="Customer",
        store=True,
        index=True,
        precompute=True,
    )
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True, precompute=True)
    number = fields.Integer(required=True)
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", required=True)
    date_due = fields.Date(string="Due", required=True, index=True)
    amount = fields.Monetary(required=True)
    charge_ids = fields.One2many(comodel_name="aftersales.charge", inverse_name="instalment_id")
    is_billed = fields.Boolean(compute="_compute_is_billed", store=True, precompute=True)
    status = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("due", "Due"),
            ("billed", "Billed"),
            ("paid", "Paid"),
        ],
        compute="_compute_status",
    )

    _number_uniq = models.Constraint(
        "unique(contract_id, number)", "A contract has each instalment once."
    )
    _unbilled_idx = models.Index("(date_due) WHERE is_billed IS NOT TRUE")

    # === COMPUTE METHODS === #

    @api.depends("charge_ids.state")
    def _compute_is_billed(self):
        for instalment in self:
            instalment.is_billed = any(
                charge.state != "cancelled" for charge in instalment.charge_ids
            )

    @api.depends("is_billed", "date_due", "charge_ids.settlement_status")
    def _compute_status(self):
        for instalment in self:
            charges = instalment.sudo().charge_ids.filtered(
                lambda charge: charge.state != "cancelled"
            )
            if charges:
                paid = set(charges.mapped("settlement_status")) <= {"paid", "written_off"}
                instalment.status = "paid" if paid else "billed"
            else:
                today = instalment.company_id._get_aftersales_day()
                instalment.status = "due" if instalment.date_due <= today else "planned"

    @api.depends("contract_id.name", "number")
    def _compute_display_name(self):
        for instalment in self:
            instalment.display_name = f"{instalment.contract_id.name} / {instalment.number}"

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        billed = self.filtered("is_billed")[:1]
        if billed:
            raise UserError(
                self.env._(
                    "Instalment %(instalment)s is billed and stays on record.",
                    instalment=billed.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_bill(self):
        """Bill the chosen instalments, due or not.

        :raises UserError: when one is billed already or its contract is not active
        """
        # The right to change contracts is the right to bill what they plan.
        self.contract_id.check_access("write")
        if billed := self.filtered("is_billed")[:1]:
            raise UserError(
                self.env._(
                    "Instalment %(instalment)s is billed already.", instalment=billed.display_name
                )
            )
        if idle := self.contract_id.filtered(lambda contract: contract.state not in BILLING)[:1]:
            raise UserError(
                self.env._(
                    "%(contract)s is not active and bills nothing.", contract=idle.display_name
                )
            )
        return self._bill()._get_records_action(name=self.env._("Settlements"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self):
        """Return the domain of what has to be billed today."""
        due = self.env["res.company"]._get_aftersales_day_domain(
            lambda today: Domain("date_due", "<=", today)
        )
        return Domain("is_billed", "=", False) & due & Domain("contract_id.state", "in", BILLING)

    def _get_settled_past(self):
        """Return the billed instalments and those planned before the last billed one."""
        billed = self.filtered("is_billed")
        last = {
            contract: max(instalments.mapped("date_to"))
            for contract, instalments in billed.grouped("contract_id").items()
        }
        return self.filtered(
            lambda instalment: (
                instalment.contract_id in last
                and instalment.date_from <= last[instalment.contract_id]
            )
        )

    def _bill(self):
        """Make one confirmed charge per instalment and draft settlements of them.

        :return: the settlements
        """
        # The index on living charges has to see the cancelled ones.
        self.env["aftersales.charge"].flush_model(["state"])
        # Whoever may bill makes the charges with it: all values come from the plan.
        charges_sudo = (
            self.env["aftersales.charge"]
            .sudo()
            .create([instalment._prepare_charge_vals() for instalment in self])
        )
        charges_sudo.action_confirm()
        # The plan says where they come from, and nobody follows what a job makes.
        quiet = {"mail_create_nolog": True, "mail_create_nosubscribe": True}
        return charges_sudo.with_context(**quiet)._create_settlements().with_env(self.env)

    def _prepare_charge_vals(self):
        """Return the values of the charge this instalment becomes."""
        self.ensure_one()
        contract = self.contract_id
        return {
            "kind": "instalment",
            "contract_id": contract.id,
            "instalment_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": contract.partner_id.id,
            "currency_id": self.currency_id.id,
            "product_id": contract.instalment_product_id.id,
            "uom_id": contract.instalment_product_id.uom_id.id,
            "name": self._get_charge_name(),
            "quantity": 1.0,
            "price_unit": self.amount,
        }

    def _get_charge_name(self):
        """Return what the customer reads on the invoice, in his language."""
        self.ensure_one()
        env = self.with_context(lang=self.partner_id.lang).env
        return env._(
            "Contract %(contract)s, instalment %(number)s: %(start)s to %(end)s",
            contract=self.contract_id.display_name,
            number=self.number,
            start=format_date(env, self.date_from),
            end=format_date(env, self.date_to),
        )

    # === CRON === #

    @api.model
    def _cron_bill(self):
        """Bill what is due, in batches; one bad contract does not stop the others."""
        for batch in each_batch(self, self._get_due_domain(), BATCH):
            contracts = batch.grouped("contract_id").values()
            __, errors = attempt_together(self.env, contracts, lambda due: due._bill())
            for instalments, error in errors.items():
                instalments._tell_not_billed(error)

    def _tell_not_billed(self, error):
        """Say on the contract why these instalments of it could not be billed."""
        tell(
            self.contract_id,
            self.env._("The instalments could not be billed: %(error)s", error=error),
        )
