from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesSettlementLine(models.Model):
    """What the maker answers to a line of a claim, and what becomes of what he refuses.

    Number, answer and decision are facts: :meth:`_submit`, :meth:`_answer` and :meth:`_decide`
    write them, nothing else may.

    ========================  ==========  =======
    what is not accepted      settlement  manager
    ========================  ==========  =======
    we bear it                yes         yes
    claimed a second time     yes         yes
    the customer pays it      no          yes
    ========================  ==========  =======
    """

    _inherit = "aftersales.settlement.line"
    _rec_names_search = ["claim_number", "charge_id.name"]

    partner_id = fields.Many2one(related="settlement_id.partner_id", string="Maker or Vendor")
    claim_number = fields.Char(readonly=True, copy=False, index="trigram")
    claim_state = fields.Selection(
        selection=[
            ("draft", "To Submit"),
            ("submitted", "Submitted"),
            ("accepted", "Accepted"),
            ("reduced", "Reduced"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_claim_state",
        store=True,
        index="btree_not_null",
    )
    date_submitted = fields.Date(string="Submitted On", readonly=True, copy=False)
    date_answered = fields.Date(string="Answered On", readonly=True, copy=False)
    amount_answered = fields.Monetary(
        string="Theirs",
        compute="_compute_amount_answered",
        store=True,
        help="What the maker accepted; nothing as long as he has not answered.",
    )
    amount_difference = fields.Monetary(
        string="Difference",
        compute="_compute_amount_answered",
        store=True,
        help="What he did not accept of what was claimed.",
    )
    answer = fields.Selection(
        selection=[("accepted", "Accepted"), ("reduced", "Reduced"), ("refused", "Refused")],
        readonly=True,
        copy=False,
    )
    decision = fields.Selection(
        selection=[
            ("company", "We Bear It"),
            ("resubmit", "Claimed Again"),
            ("customer", "Customer Pays"),
        ],
        readonly=True,
        copy=False,
        help="What became of the part that was not accepted.",
    )
    decision_reason = fields.Char(string="Decided Because", readonly=True, copy=False)
    decision_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Decided By",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    first_line_id = fields.Many2one(
        comodel_name="aftersales.settlement.line",
        string="First Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The refused line this one claims again.",
    )

    _claim_number_uniq = models.UniqueIndex(
        "(company_id, claim_number) WHERE claim_number IS NOT NULL",
        "A claim number is given once in a company.",
    )

    # === COMPUTE METHODS === #

    @api.depends("settlement_id.state", "settlement_id.kind", "answer")
    def _compute_claim_state(self):
        for line in self:
            settlement = line.settlement_id
            if settlement.kind != "claim":
                line.claim_state = False
            elif settlement.state == "confirmed":
                line.claim_state = line.answer or "submitted"
            else:
                line.claim_state = settlement.state

    @api.depends("answer", "amount_claimed", "amount_accepted")
    def _compute_amount_answered(self):
        for line in self:
            line.amount_answered = line.amount_accepted if line.answer else 0.0
            line.amount_difference = (
                line.amount_claimed - line.amount_accepted if line.answer else 0.0
            )

    @api.depends("decision")
    def _compute_is_living(self):
        """A refused share that is claimed again lives on the second claim."""
        super()._compute_is_living()
        self.filtered(lambda line: line.decision == "resubmit").is_living = False

    @api.depends("claim_number")
    def _compute_display_name(self):
        super()._compute_display_name()
        for line in self.filtered("claim_number"):
            line.display_name = f"{line.claim_number} {line.display_name}"

    # === ACTION METHODS === #

    def action_enter_answer(self):
        """Open the dialog in which the maker's answer is entered, line by line."""
        return self.env["aftersales.claim.answer"]._open_for(self)

    def action_decide_refused(self):
        """Open the dialog that asks what becomes of what was not accepted."""
        return self.env["aftersales.claim.decide"]._open_for(self)

    def action_view_settlement(self):
        """Open the settlement the line is on."""
        return self.settlement_id._get_records_action()

    def action_undo_decision(self):
        """Take a decision back, as long as nothing came of it.

        :raises UserError: when the share is on another settlement by now
        """
        lines = self._get_lines_decided_together()
        for line in lines:
            line._check_may_decide(line.decision)
            if message := line._undo_error_message():
                raise UserError(message)
        for line in lines.filtered("decision"):
            line._log_claim(self.env._("the decision is taken back"))
        passed_on = lines.filtered(lambda line: line.decision == "customer")
        # sudo: what follows from a decision is guarded, and so is its end.
        passed_on.charge_id.sudo().write({"refused_amount": 0})
        lines.sudo().write({"decision": False, "decision_reason": False, "decision_user_id": False})
        lines.flush_recordset(["is_living"])
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "claim_number",
            "date_submitted",
            "date_answered",
            "answer",
            "decision",
            "decision_reason",
            "decision_user_id",
            "first_line_id",
        }

    @api.model
    def _get_fields_after_closing(self):
        return super()._get_fields_after_closing() | {
            "claim_number",
            "date_submitted",
            "date_answered",
            "answer",
            "amount_accepted",
            "difference_reason",
            "decision",
            "decision_reason",
            "decision_user_id",
            "first_line_id",
        }

    def _submit(self):
        """Give each line its number, once, and note the day."""
        for company, lines in self.grouped("company_id").items():
            nameless = lines.filtered(lambda line: not line.claim_number)
            mixin = self.env["aftersales.number.mixin"].with_company(company)
            numbers = mixin._next_numbers("aftersales.claim", len(nameless))
            for line, number in zip(nameless, numbers, strict=True):
                # sudo: numbers are given by the rules.
                line.sudo().claim_number = number
            # sudo: and so is the day.
            lines.sudo().write({"date_submitted": company._get_aftersales_day()})
        self._follow_flat()

    def _take_back(self):
        """Forget what was answered: the claim asks for all of it again, open for changes."""
        # sudo: facts of the claim end with it.
        for line in self.sudo().filtered("answer"):
            line.write({"amount_accepted": line.amount_claimed, "difference_reason": False})
        self.sudo().write(
            {
                "date_submitted": False,
                "date_answered": False,
                "answer": False,
                "decision": False,
                "decision_reason": False,
                "decision_user_id": False,
            }
        )

    # === BUSINESS METHODS: ANSWER === #

    @api.model
    def _answer(self, answers):
        """Note what the maker says to each line.

        :param dict answers: ``{line: (accepted amount, reason)}``
        :raises UserError: when a line cannot be answered so, saying why
        """
        if not self.env.su and not self.env.user.has_group(SETTLEMENT):
            raise AccessError(self.env._("Only who settles enters what the maker answers."))
        lines = self.union(*answers)
        lines.check_access("write")
        for line, (amount, reason) in answers.items():
            if message := line._get_answer_error(amount, reason):
                raise UserError(message)
        for line, (amount, reason) in answers.items():
            today = line.company_id._get_aftersales_day()
            vals = line._prepare_answer_vals(amount, reason, today)
            if not line._is_answered_so(vals):
                # sudo: a submitted claim is closed but for its answer.
                line.sudo().write(vals)
        (lines | lines._get_open_riders())._follow_flat()

    def _prepare_answer_vals(self, amount, reason, day):
        """Return the values of an answer: an amount is one of accepted, reduced, refused. Where
        nothing is asked for, it is refused when there is a reason."""
        self.ensure_one()
        in_full = self.currency_id.compare_amounts(amount, self.amount_claimed) == 0
        asked = not self.currency_id.is_zero(self.amount_claimed)
        if in_full and (asked or not (reason or "").strip()):
            answer = "accepted"
        else:
            answer = "refused" if self.currency_id.is_zero(amount) else "reduced"
        return {
            "answer": answer,
            "date_answered": day,
            "amount_accepted": self.currency_id.round(amount),
            "difference_reason": (reason or "").strip() or False,
        }

    def _is_answered_so(self, vals):
        """Return whether the maker said just this before; the day of his answer stays then."""
        self.ensure_one()
        same = self.currency_id.compare_amounts(self.amount_accepted, vals["amount_accepted"]) == 0
        return same and all(self[fname] == vals[fname] for fname in ("answer", "difference_reason"))

    def _get_answer_error(self, amount, reason):
        """Return why this cannot be the answer, or an empty text."""
        self.ensure_one()
        number, compare = self.display_name, self.currency_id.compare_amounts
        low, high = sorted((0.0, self.amount_claimed))
        if self.claim_state in (False, "draft", "cancelled"):
            return self.env._("%(claim)s is not submitted. Confirm the claim first.", claim=number)
        if move := self.settlement_id._get_living_move():
            return self.env._(
                "%(claim)s is invoiced as %(invoice)s. Cancel the invoice to enter another answer.",
                claim=number,
                invoice=move.sudo().display_name,
            )
        if self.decision:
            return self.env._(
                "%(claim)s: it is decided already what becomes of what was refused. Take the "
                "decision back first.",
                claim=number,
            )
        if compare(amount, low) < 0 or compare(amount, high) > 0:
            return self.env._(
                "%(claim)s: the accepted amount lies between nothing and what was claimed.",
                claim=number,
            )
        if compare(amount, self.amount_claimed) and not (reason or "").strip():
            return self.env._(
                "%(claim)s is not accepted in full. Write the maker's reason.", claim=number
            )
        return ""

    # === BUSINESS METHODS: DECISION === #

    def _decide(self, decision, reason):
        """Decide what becomes of what the maker did not accept, and of what follows these lines.

        :param str decision: ``company``, ``resubmit`` or ``customer``
        :param str reason: goes into the history of the claim
        :return: the settlements that were made
        :raises UserError: when a line cannot be decided so, saying why
        """
        lines = self._get_lines_to_decide()
        lines.check_access("write")
        self._check_may_decide(decision)
        for line in lines:
            if message := line._get_decision_error(decision, reason):
                raise UserError(message)
        # sudo: decisions are guarded, whoever may take one takes it here.
        lines.sudo().write(
            {
                "decision": decision,
                "decision_reason": reason.strip(),
                "decision_user_id": self.env.uid,
            }
        )
        # The index on living shares has to see what is released at once.
        lines.flush_recordset(["is_living"])
        labels = dict(self._fields["decision"]._description_selection(self.env))
        for line in lines:
            line._log_claim(f"{labels[decision]}. {reason.strip()}")
        follow = {"resubmit": lines._claim_again, "customer": lines._pass_on}
        return follow[decision]() if decision in follow else self.settlement_id.browse()

    def _check_may_decide(self, decision):
        """Raise unless the user may take this decision.

        :raises AccessError: naming who may
        """
        user = self.env.user
        if self.env.su or user.has_group(MANAGER):
            return
        if decision == "customer":
            raise AccessError(
                self.env._("Only a manager lets the customer pay what a maker refused.")
            )
        if not user.has_group(SETTLEMENT):
            raise AccessError(self.env._("Only who settles decides on what a maker refused."))

    def _get_decision_error(self, decision, reason):
        """Return why this cannot be decided, or an empty text."""
        self.ensure_one()
        claim = self.display_name
        if decision not in dict(self._fields["decision"].selection):
            return self.env._("Choose what becomes of %(claim)s.", claim=claim)
        if self.claim_state not in ("reduced", "refused"):
            return self.env._(
                "%(claim)s: the maker refused nothing. There is nothing to decide.", claim=claim
            )
        if self.decision:
            return self.env._("%(claim)s is decided already.", claim=claim)
        if not (reason or "").strip():
            return self.env._("%(claim)s: write why it is decided so.", claim=claim)
        if decision == "resubmit" and self.claim_state != "refused":
            return self.env._(
                "%(claim)s is accepted in part. Only what was refused in full is claimed again: "
                "ask the maker for the rest, and enter his new answer over this one before it is "
                "invoiced.",
                claim=claim,
            )
        if decision == "customer" and not self.charge_id.partner_id:
            return self.env._("%(claim)s has no customer who could pay.", claim=claim)
        return ""

    def _claim_again(self):
        """Make a second claim of refused lines for each claim they are on; return them."""
        claims = self.env["aftersales.settlement"]
        for first, lines in self.grouped("settlement_id").items():
            claim = claims.create(lines._prepare_second_claim_vals())
            # sudo: links between claims are guarded.
            claim.sudo().first_settlement_id = first
            for again, line in zip(claim.line_ids.sorted("id"), lines, strict=True):
                again.sudo().first_line_id = line
            claims |= claim
        return claims

    def _prepare_second_claim_vals(self):
        """Return the values of the claim that asks for these lines again."""
        first = self.settlement_id
        return {
            "company_id": first.company_id.id,
            "kind": "claim",
            "partner_id": first.partner_id.id,
            "partner_ref": first.partner_ref,
            "currency_id": first.currency_id.id,
            "fiscal_position_id": first.fiscal_position_id.id,
            "line_ids": [
                Command.create(
                    {
                        "charge_id": line.charge_id.id,
                        "share": line.share,
                        "repair_level_id": line.repair_level_id.id,
                        "old_part_returned": line.old_part_returned,
                    }
                )
                for line in self
            ],
        }

    def _pass_on(self):
        """Make the customers owe what was refused; return the draft settlements."""
        for line in self:
            # sudo: what is passed on is guarded.
            line.charge_id.sudo().refused_amount = line._get_amount_to_pass_on()
        shares = [share for share in self.charge_id._get_open_shares() if share[1] == "refused"]
        return self.env["aftersales.charge"]._settle_shares(shares)

    def _get_amount_to_pass_on(self):
        """Return what the customer pays: our price of what was covered, as far as refused."""
        self.ensure_one()
        charge = self.charge_id
        return charge.currency_id.round(charge.covered_amount * self.refused_part)

    def _undo_error_message(self):
        """Return why the decision stands, or an empty text."""
        self.ensure_one()
        share = {"customer": "refused", "resubmit": self.share}.get(self.decision)
        other = self.charge_id.sudo().settlement_line_ids.filtered(
            lambda line: line.is_living and line.share == share
        )
        if not other:
            return ""
        return self.env._(
            "%(claim)s is on settlement %(settlement)s by that decision. Cancel that settlement "
            "or take the line off it first.",
            claim=self.display_name,
            settlement=other.settlement_id.display_name,
        )

    def _log_claim(self, text):
        """Write down in the history of the claim what happened to this line."""
        self.ensure_one()
        self.settlement_id._message_log(body=f"{self.display_name}: {text}")
