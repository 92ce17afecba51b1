from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesCharge(models.Model):
    _inherit = "aftersales.charge"

    bearer = fields.Selection(selection_add=[("contract", "Contract")])
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
    def _prepare_coverage_vals(self, decision):
        vals = super()._prepare_coverage_vals(decision)
        return {**vals, "contract_line_id": decision["contract_line"]}

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
            contracted._lock_contract_lines()
            contracted._compute_coverage()

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "confirmed":
            self._take_contract_visits()
        elif origin == "confirmed":
            # Read before the link goes: the visits may be free now.
            uses = self.contract_use_id
            self.sudo().contract_use_id = False
            uses._release()

    def _lock_contract_lines(self):
        """Let only one transaction at a time count the visits of these lines.

        An update, unlike a lock, makes the one who waited start over with what the other
        one left: Odoo repeats the call, and the last visit is seen as taken.
        """
        lines = self.contract_line_id
        lines.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_contract_line SET write_date = write_date WHERE id IN %s",
                tuple(sorted(lines.ids)),
            )
        )

    def _take_contract_visits(self):
        """Take one visit per line and job for the confirmed charges."""
        Use = self.env["aftersales.contract.use"]
        contracted = self.filtered("contract_line_id")
        jobs = contracted.grouped(
            lambda charge: (charge.contract_line_id, charge._get_visit_key() or charge)
        )
        for (line, __), charges in jobs.items():
            charges.sudo().contract_use_id = Use._take(line, charges)
