from odoo import api, fields, models


class AftersalesSettlement(models.Model):
    """A settlement with a maker or vendor, by his terms."""

    _inherit = "aftersales.settlement"

    claim_deadline = fields.Date(
        string="Claim Until",
        compute="_compute_claim_deadline",
        compute_sudo=True,
        help="The earliest deadline of its lines.",
    )
    evidence_missing_count = fields.Integer(
        string="Lines Lacking Evidence",
        compute="_compute_evidence_missing_count",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.claim_deadline")
    def _compute_claim_deadline(self):
        for settlement in self:
            days = settlement.line_ids.filtered("claim_deadline").mapped("claim_deadline")
            settlement.claim_deadline = min(days, default=False)

    @api.depends("kind", "line_ids.is_evidence_missing", "line_ids.evidence_waiver")
    def _compute_evidence_missing_count(self):
        for settlement in self:
            settlement.evidence_missing_count = len(settlement._get_lines_lacking_evidence())

    # === ACTION METHODS === #

    def action_apply_claim_terms(self):
        """Work out the claim anew by the terms as they are now."""
        self._check_draft()
        self.line_ids.modified(["repair_level_id"])
        return True

    # === BUSINESS METHODS === #

    def _get_lines_lacking_evidence(self):
        """Return the lines that cannot be claimed yet."""
        if self.kind != "claim":
            return self.line_ids.browse()
        return self.line_ids.filtered(
            lambda line: line.is_evidence_missing and not (line.evidence_waiver or "").strip()
        )

    def _transition_error_message(self, target):
        if target == "confirmed" and (line := self._get_lines_lacking_evidence()[:1]):
            return self.env._(
                "%(settlement)s: %(maker)s wants to see for %(charge)s what is not there: "
                "%(missing)s. Add it, or have a manager write on the line why it goes without.",
                settlement=self.display_name,
                maker=self.partner_id.display_name,
                charge=line.display_name,
                missing=line.evidence_missing,
            )
        return super()._transition_error_message(target)

    @api.model
    def _get_grouping_key(self, charge, share, payer, amount):
        company, kind, payer, currency, *rest = super()._get_grouping_key(
            charge, share, payer, amount
        )
        if share == "covered":
            found = self.env["aftersales.claim.terms"]._find([(company, payer)])
            currency = found[company, payer].currency_id if found else currency
        return (company, kind, payer, currency, *rest)
