from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesSettlementLine(models.Model):
    """A line of a claim: what the maker's terms make of a charge, and what he wants to see."""

    _inherit = "aftersales.settlement.line"

    repair_level_id = fields.Many2one(
        comodel_name="aftersales.repair.level",
        compute="_compute_repair_level_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="How big the repair was; some makers pay a flat amount for it.",
    )
    claim_deadline = fields.Date(related="charge_id.claim_deadline")
    evidence_missing = fields.Char(
        string="Missing",
        compute="_compute_evidence_missing",
        compute_sudo=True,
        help="What the maker wants to see and is not there.",
    )
    is_evidence_missing = fields.Boolean(
        compute="_compute_evidence_missing",
        compute_sudo=True,
        search="_search_is_evidence_missing",
    )
    old_part_returned = fields.Boolean(
        string="Old Part Is Back",
        help="The old part is on its way to the maker without a delivery of ours.",
    )
    evidence_waiver = fields.Char(
        string="Goes Without, Because",
        copy=False,
        help="A manager says why the claim is made although something is missing.",
    )

    # === COMPUTE METHODS === #

    @api.depends("charge_id", "share")
    def _compute_repair_level_id(self):
        for line in self:
            level = line.charge_id.repair_level_id
            line.repair_level_id = level if line.share == "covered" else False

    @api.depends("repair_level_id", "flat_charge_id", "settlement_id.currency_id")
    def _compute_amount_claimed(self):
        covered = self.filtered(lambda line: line.share == "covered")
        terms = covered._get_terms()
        claimed = covered.filtered(lambda line: line in terms)
        super(AftersalesSettlementLine, self - claimed)._compute_amount_claimed()
        for line in claimed:
            line.amount_claimed = line._get_claim_amount(terms[line], not line.flat_charge_id)

    @api.depends(
        "settlement_id.partner_id",
        "repair_level_id",
        "old_part_returned",
        "charge_id.symptom_id",
        "charge_id.cause_id",
        "charge_id.unit_id.serial",
        "charge_id.unit_id.proof_checked",
    )
    @api.depends_context("lang")
    def _compute_evidence_missing(self):
        terms = self._get_terms()
        claimed = self.filtered(lambda line: line.share == "covered" and line in terms)
        evidence = claimed.charge_id._get_evidence()
        labels = self.env["aftersales.claim.terms"]._get_evidence_labels()
        for line in self:
            missing = []
            if line in claimed:
                there = line._list_evidence(evidence[line.charge_id], terms[line])
                needed = terms[line]._get_needed_evidence(line.charge_id)
                missing = [labels[name] for name in needed if name not in there]
            line.evidence_missing = ", ".join(missing)
            line.is_evidence_missing = bool(missing)

    @api.model
    def _search_is_evidence_missing(self, operator, value):
        """Look through what may still be completed: the lines of drafts for makers who ask."""
        if operator != "in":
            return NotImplemented
        # sudo: what is claimed does not depend on who looks.
        terms_sudo = self.env["aftersales.claim.terms"].sudo()
        ours = [("company_id", "in", self.env.companies.parent_ids.ids)]
        drafts = self.search(
            [
                ("settlement_id.state", "=", "draft"),
                ("settlement_id.kind", "=", "claim"),
                ("settlement_id.partner_id", "child_of", terms_sudo.search(ours).partner_id.ids),
            ]
        )
        missing = Domain("id", "in", drafts.filtered("is_evidence_missing").ids)
        if set(value) == {True}:
            return missing
        return ~missing if set(value) == {False} else Domain.TRUE

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("evidence_waiver") for vals in vals_list):
            self._check_may_waive()
        lines = super().create(vals_list)
        lines.filtered("evidence_waiver")._log_waiver()
        return lines

    def write(self, vals):
        if "evidence_waiver" not in vals:
            return super().write(vals)
        self._check_may_waive()
        result = super().write(vals)
        self._log_waiver()
        return result

    # === BUSINESS METHODS === #

    def _get_terms(self):
        """Return ``{line: terms}`` of those who have some, with one query."""
        found = self.env["aftersales.claim.terms"]._find(
            (line.company_id, line.charge_id.bearer_partner_id) for line in self
        )
        keys = {line: (line.company_id, line.charge_id.bearer_partner_id) for line in self}
        return {line: found[key] for line, key in keys.items() if key in found}

    def _get_claim_amount(self, terms, carries_flat=True):
        """Return what is asked for on the claim, in its currency.

        :param terms: those of the maker or vendor
        :param bool carries_flat: the flat amount of the job stands on this line
        """
        self.ensure_one()
        currency = self.settlement_id.currency_id or terms.currency_id
        return terms._get_asked_amount(
            self.charge_id,
            currency,
            self.repair_level_id,
            carries_flat,
            covered=self._get_share_amount(),
        )

    def _list_evidence(self, there, terms):
        """Return the set of the evidence there is, with what is known on the line only."""
        there = set(there)
        if self.old_part_returned:
            there.add("old_part")
        if terms._get_flat_amount(self.repair_level_id) is not None:
            there.add("level")
        return there

    def _get_currency_error(self):
        """Claims are made out in the currency of the maker's terms."""
        terms = self._get_terms().get(self) if self.share == "covered" else None
        if not terms:
            return super()._get_currency_error()
        if terms.currency_id == self.settlement_id.currency_id:
            return ""
        return self.env._(
            "%(charge)s is claimed in %(currency)s, the currency agreed with %(maker)s.",
            charge=self.charge_id.display_name,
            currency=terms.currency_id.name,
            maker=terms.partner_id.display_name,
        )

    def _check_may_waive(self):
        """Raise unless the user may let a claim go without evidence.

        :raises AccessError: for all but managers
        """
        if not self.env.su and not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Only a manager lets a claim go without what the maker wants to see.")
            )

    def _log_waiver(self):
        """Say on the claim who let which line go without what."""
        for line in self:
            line.settlement_id._message_log(
                body=self.env._(
                    "%(charge)s goes without %(missing)s: %(reason)s",
                    charge=line.display_name,
                    missing=line.evidence_missing or "-",
                    reason=line.evidence_waiver or "-",
                )
            )
