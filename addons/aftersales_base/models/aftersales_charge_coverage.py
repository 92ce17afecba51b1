from odoo import api, fields, models


class AftersalesCharge(models.Model):
    """Who pays a charge: what coverage decided, why, and how much that is.

    Decisions follow every change until the charge is confirmed; then they are frozen.
    """

    _inherit = "aftersales.charge"

    coverage_rule = fields.Char(
        string="Decided By Rule", compute="_compute_coverage", store=True, precompute=True
    )
    coverage_facts = fields.Json(compute="_compute_coverage", store=True, precompute=True)
    covered_percent = fields.Float(
        string="Covered (%)",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        aggregator="avg",
        help="Share the customer does not pay, 0 to 100.",
    )
    bearer = fields.Selection(
        selection=[("customer", "Customer"), ("company", "Us"), ("partner", "Maker or Vendor")],
        string="Covered By",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index=True,
        help="Who bears the covered share.",
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    warranty_id = fields.Many2one(
        comodel_name="aftersales.warranty",
        compute="_compute_coverage",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    explanation = fields.Char(string="Why", compute="_compute_explanation")
    customer_amount = fields.Monetary(
        string="Customer Pays", compute="_compute_shares", store=True, precompute=True
    )
    covered_amount = fields.Monetary(
        string="Covered", compute="_compute_shares", store=True, precompute=True
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: self._get_coverage_depends())
    def _compute_coverage(self):
        """Decide who pays for the whole batch; confirmed charges keep their decision."""
        drafts = self.filtered(lambda charge: charge.state == "draft")
        decisions = self.env["aftersales.coverage"]._decide(drafts)
        for charge, decision in decisions.items():
            charge.update(self._prepare_coverage_vals(decision))

    @api.depends("coverage_rule", "covered_percent", "coverage_facts")
    @api.depends_context("lang")
    def _compute_explanation(self):
        coverage = self.env["aftersales.coverage"]
        for charge in self:
            charge.explanation = coverage.explain(
                charge.coverage_rule, charge.covered_percent, charge.coverage_facts
            )

    @api.depends("amount", "covered_percent", "currency_id")
    def _compute_shares(self):
        for charge in self:
            charge.covered_amount = charge.amount * charge.covered_percent / 100
            charge.customer_amount = charge.amount - charge.covered_amount

    # === BUSINESS METHODS === #

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "draft":
            self.modified(["override_bearer"])

    def _get_faults(self):
        """Return symptom and cause: a promise may be about one of them only."""
        self.ensure_one()
        return self.symptom_id | self.cause_id

    @api.model
    def _get_coverage_depends(self):
        """Return what a decision depends on."""
        return [
            "kind",
            "product_id",
            "unit_id",
            "cause_id.customer_fault",
            "date_fault",
            "service_type_id.covered_percent",
            "override_bearer",
            "override_reason",
            "symptom_id",
            "partner_id.commercial_partner_id.aftersales_level_id.covered_percent",
            "unit_id.proof_checked",
            "unit_id.reading_ids.value",
            "unit_id.reading_ids.date",
            "unit_id.warranty_ids.date_cover",
            "unit_id.warranty_ids.date_start",
            "unit_id.warranty_ids.fault_id",
            "unit_id.warranty_ids.excluded_category_ids",
            "unit_id.warranty_ids.proof_required",
            "unit_id.warranty_ids.usage_limit",
            "unit_id.warranty_ids.date_end",
            "unit_id.warranty_ids.kind",
            "unit_id.warranty_ids.percent",
            "unit_id.warranty_ids.component_category_id",
            "unit_id.warranty_ids.bearer_type",
            "unit_id.warranty_ids.bearer_partner_id",
            "unit_id.warranty_ids.close_reason",
        ]

    @api.model
    def _prepare_coverage_vals(self, decision):
        """Return what a decision of ``aftersales.coverage`` sets on the charge."""
        return {
            "coverage_rule": decision["rule"],
            "coverage_facts": decision["facts"],
            "covered_percent": decision["percent"],
            "bearer": decision["bearer"],
            "bearer_partner_id": decision["bearer_partner"],
            "warranty_id": decision["warranty"],
        }

    def _prepare_answer(self):
        """Return in plain values what the charge costs, who pays it and why."""
        self.ensure_one()
        bearers = dict(self._fields["bearer"]._description_selection(self.env))
        return {
            "name": self.name,
            "product_id": self.product_id.id,
            "kind": self.kind,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
            "amount": self.amount,
            "currency": self.currency_id.name,
            "covered_percent": self.covered_percent,
            "bearer": self.bearer,
            "bearer_name": self.bearer_partner_id.display_name or bearers.get(self.bearer) or "",
            "customer_amount": self.customer_amount,
            "covered_amount": self.covered_amount,
            "explanation": self.explanation,
        }
