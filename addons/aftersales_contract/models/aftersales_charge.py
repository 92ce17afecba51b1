from odoo import api, fields, models


class AftersalesCharge(models.Model):
    _inherit = "aftersales.charge"

    kind = fields.Selection(
        selection_add=[("instalment", "Instalment"), ("compensation",)],
        # Without contracts, what was agreed on for one is a fee.
        ondelete={"instalment": "set fee"},
    )
    bearer = fields.Selection(
        selection_add=[("contract", "Contract")],
        # Without contracts, what they bore is borne by us.
        ondelete={"contract": "set company"},
    )
    contract_line_id = fields.Many2one(
        comodel_name="aftersales.contract.line",
        string="Contract Cover",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The promise that covers this charge.",
    )
    contract_use_id = fields.Many2one(
        comodel_name="aftersales.contract.use",
        string="Contract Visit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    contract_id = fields.Many2one(
        comodel_name="aftersales.contract",
        string="Billed Contract",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The contract this instalment belongs to.",
    )
    instalment_id = fields.Many2one(
        comodel_name="aftersales.contract.instalment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _instalment_uniq = models.UniqueIndex(
        "(instalment_id) WHERE instalment_id IS NOT NULL AND state != 'cancelled'",
        "This instalment is billed already.",
    )

    # === BUSINESS METHODS === #

    def _get_origin(self):
        return self.contract_id or super()._get_origin()

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"contract_use_id", "contract_id", "instalment_id"}

    @api.model
    def _get_coverage_depends(self):
        return super()._get_coverage_depends() + [
            "company_id",
            "partner_id.commercial_partner_id",
            "unit_id.product_id",
            "repair_id",
            "request_id",
        ]

    @api.model
    def _prepare_coverage_vals(self, decision):
        vals = super()._prepare_coverage_vals(decision)
        return {**vals, "contract_line_id": decision["contract_line"]}

    @api.model
    def _get_agreed_kinds(self):
        return super()._get_agreed_kinds() | {"instalment"}

    def _escapes_list(self):
        return not self.contract_id and super()._escapes_list()

    def _get_visit_key(self):
        """Charges of the same job share one visit."""
        self.ensure_one()
        return self.repair_id or self.request_id

    def _before_transition(self, target):
        super()._before_transition(target)
        contracted = self.filtered(
            lambda charge: charge.state == "draft" and charge.contract_line_id
        )
        if target == "confirmed" and contracted:
            contracted._decide_in_turn()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "confirmed":
            self._take_contract_visits()
        elif origin == "confirmed":
            # Read before the link goes: the visits may be free now.
            uses = self.contract_use_id
            self.sudo().contract_use_id = False
            uses._release()

    def _decide_in_turn(self):
        """Decide with the visits of the lines held, so that nobody takes the last one twice."""
        held = self.env["aftersales.contract.line"]
        while lines := self.contract_line_id - held:
            lines._hold()
            held |= lines
            # What was read before waiting may be gone. Decisions are the rules' to write.
            self.sudo()._compute_coverage()

    def _decide_anew(self):
        """Have coverage decide again, first charge first."""
        self.modified(["override_bearer"])

    def _take_contract_visits(self):
        """Take one visit per line and job for the confirmed charges."""
        contracted = self.filtered("contract_line_id")
        jobs = contracted.grouped(
            lambda charge: (charge.contract_line_id, charge._get_visit_key() or charge)
        )
        for (line, __), charges in jobs.items():
            charges.sudo().contract_use_id = self.env["aftersales.contract.use"]._take(
                line, charges
            )
        contracted.contract_line_id._refresh_charges()
