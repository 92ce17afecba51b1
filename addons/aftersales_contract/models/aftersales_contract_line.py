from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.aftersales_base.models.aftersales_warranty_term import TERM_KINDS


class AftersalesContractLine(models.Model):
    """One promise of a contract: what it covers, how much of it, and on how many visits.

    It covers one installed product, every unit of a product, or everything the customer
    has. One visit is one work order, however many charges it has.
    """

    _name = "aftersales.contract.line"
    _description = "Contract Line"
    _order = "contract_id, sequence, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        comodel_name="aftersales.contract", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    sequence = fields.Integer(default=10)
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Only this unit. Empty: every unit of the product, or everything.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Every unit of this product. Empty: everything the customer has.",
    )
    kind = fields.Selection(selection=TERM_KINDS, string="Covers", required=True, default="all")
    percent = fields.Float(
        string="Covered (%)",
        required=True,
        default=100.0,
        help="Share of the charge, above 0 to 100, that the contract bears.",
    )
    visit_quota = fields.Integer(
        string="Visits", help="How many visits are covered in the period. 0: as many as needed."
    )
    rule_ids = fields.One2many(comodel_name="aftersales.maintenance.rule", inverse_name="line_id")
    use_ids = fields.One2many(comodel_name="aftersales.contract.use", inverse_name="line_id")
    visits_used = fields.Integer(compute="_compute_visits")
    visits_left = fields.Char(string="Left", compute="_compute_visits")

    _percent_range = models.Constraint(
        "CHECK(percent > 0 AND percent <= 100)",
        "The covered share of a contract line lies above 0 and up to 100.",
    )
    _quota_not_negative = models.Constraint(
        "CHECK(visit_quota >= 0)", "A number of visits is not below zero."
    )

    # === COMPUTE METHODS === #

    @api.depends("use_ids", "visit_quota")
    def _compute_visits(self):
        used = self._get_visits_used()
        for line in self:
            line.visits_used = used.get(line, 0)
            line.visits_left = (
                self.env._(
                    "%(left)s of %(quota)s",
                    left=max(0, line.visit_quota - line.visits_used),
                    quota=line.visit_quota,
                )
                if line.visit_quota
                else self.env._("no limit")
            )

    @api.depends("contract_id.name", "unit_id", "product_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            scope = line.unit_id.display_name or line.product_id.display_name
            parts = [line.contract_id.name, scope, kinds.get(line.kind)]
            line.display_name = " · ".join(part for part in parts if part)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.contract_id._check_may_change_agreed()
        lines._follow_contract()
        return lines

    def write(self, vals):
        self.contract_id._check_may_change_agreed()
        if {"kind", "percent", "unit_id", "product_id", "contract_id"} & vals.keys():
            self._check_unused()
        result = super().write(vals)
        if "contract_id" in vals:
            self.contract_id._check_may_change_agreed()
        if vals.keys() - {"sequence"}:
            self._follow_contract()
        return result

    def unlink(self):
        # Through the rules' own door: what they released stays on record.
        self.with_context(active_test=False).rule_ids.unlink()
        contracts = self.contract_id
        result = super().unlink()
        contracts._follow_lines()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.contract_id._check_may_change_agreed()
        self._check_unused()

    # === BUSINESS METHODS === #

    def _follow_contract(self):
        """Let a contract that is in force cover and look after what its lines say now."""
        self.contract_id._follow_lines()

    def _hold(self):
        """Let only one transaction at a time count the visits of these lines.

        An update, unlike a lock, makes the one who waited start over with what the other
        one left: Odoo repeats the call, and the last visit is seen as taken.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_contract_line SET write_date = write_date WHERE id IN %s",
                tuple(sorted(self.ids)),
            )
        )

    def _refresh_charges(self):
        """Have coverage decide anew for open charges that count on visits of these lines."""
        limited = self.filtered("visit_quota")
        limited.contract_id._refresh_charges()

    def _get_visits_used(self):
        """Return ``{line: number of visits taken}`` in one query."""
        return dict(
            self.env["aftersales.contract.use"]
            .sudo()
            ._read_group([("line_id", "in", self.ids)], ["line_id"], ["__count"])
        )

    def _check_unused(self):
        """Raise when a line that paid for work already would promise something else."""
        used = self._get_visits_used()
        for line in self:
            if used.get(line):
                raise UserError(
                    self.env._(
                        "%(line)s has covered work already and stays as it is. Add another line.",
                        line=line.display_name,
                    )
                )

    def _covers(self, charge):
        """Return whether the line answers for a charge, quota aside."""
        self.ensure_one()
        if self.kind not in ("all", charge.kind):
            return False
        if self.unit_id and self.unit_id != charge.unit_id._origin:
            return False
        if self.product_id and self.product_id != charge.unit_id.product_id:
            return False
        return bool(charge.date_fault) and self.contract_id._covers_on(charge.date_fault)

    def _get_rank(self):
        """The narrowest line answers first, then the most generous."""
        self.ensure_one()
        return (
            bool(self.unit_id),
            bool(self.product_id),
            self.kind != "all",
            self.percent,
            -self.sequence,
            self.id,
        )

    def _looks_after(self, unit):
        """Return whether the line is about this unit of the contract's customer."""
        self.ensure_one()
        return self.unit_id in (unit, self.unit_id.browse()) and self.product_id in (
            unit.product_id,
            self.product_id.browse(),
        )
