from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

EVIDENCE = ("photo", "serial", "fault", "cause", "proof", "old_part")


class AftersalesClaimTerms(models.Model):
    """What a maker or vendor pays when he bears a charge, and what he wants to see (SA9, WA14).

    The terms set what is asked for on a claim, never the price of the charge: that is what the
    customer would have paid. They are read when a line is put on a claim.

    ==========  ==================================================================
    charge      ways to ask
    ==========  ==================================================================
    part        our price, or cost plus handling
    labour      our price, the maker's hourly rate, a flat amount by repair level
    travel      our price, the maker's rate, nothing
    other       our price
    ==========  ==================================================================
    """

    _name = "aftersales.claim.terms"
    _description = "Claim Terms"
    _inherit = ["mail.thread", "aftersales.standing.mixin"]
    _order = "partner_id, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Maker or Vendor",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        tracking=True,
        help="The company itself: the terms hold for its people and branches, too.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        tracking=True,
        help="Claims on him are made out in this currency.",
    )
    parts_by = fields.Selection(
        selection=[("price", "Our Price"), ("cost", "Cost and Handling")],
        string="Parts",
        required=True,
        default="price",
        tracking=True,
    )
    handling_percent = fields.Float(
        string="Handling (%)", digits="Discount", tracking=True, help="Added to the cost of a part."
    )
    labour_by = fields.Selection(
        selection=[
            ("price", "Our Price"),
            ("hour", "His Hourly Rate"),
            ("level", "Flat by Repair Level"),
        ],
        string="Labour",
        required=True,
        default="price",
        tracking=True,
        help="A flat amount is for the whole job: one line of labour carries it, and the rest of "
        "the labour is answered and decided like that line.",
    )
    labour_rate = fields.Monetary(string="Hourly Rate", tracking=True)
    level_ids = fields.One2many(
        comodel_name="aftersales.claim.terms.level",
        inverse_name="terms_id",
        string="Flat Amounts",
        copy=True,
    )
    travel_by = fields.Selection(
        selection=[("price", "Our Price"), ("rate", "His Rate"), ("none", "Not Paid")],
        string="Travel",
        required=True,
        default="price",
        tracking=True,
    )
    travel_rate = fields.Monetary(
        tracking=True, help="For each unit of the charge: a trip, a kilometre, an hour."
    )
    answer_first = fields.Boolean(
        string="Invoice After His Answer",
        default=True,
        tracking=True,
        help="A claim is invoiced when each of its lines is answered: only what he accepted.",
    )
    deadline_days = fields.Integer(
        string="Claim Within (days)",
        tracking=True,
        help="Counted from the end of the repair, without one from the first time the charge was "
        "confirmed. 0: any time.",
    )
    need_photo = fields.Boolean(
        string="Photo", help="A picture among the files of the request or work order."
    )
    need_serial = fields.Boolean(string="Serial")
    need_fault = fields.Boolean(string="Fault Code", help="The symptom.")
    need_cause = fields.Boolean(string="Cause")
    need_proof = fields.Boolean(
        string="Proof of Purchase", help="On the installed product, or noted there as checked."
    )
    need_old_part = fields.Boolean(
        string="Old Part Returned", help="For parts: the old one is on its way to the maker."
    )
    note = fields.Text(help="How he wants his claims: portal, forms, whom to call.")

    _partner_company_uniq = models.UniqueIndex(
        "(company_id, partner_id) WHERE active",
        "There are terms of this maker or vendor in this company already.",
    )
    _amounts_check = models.Constraint(
        "CHECK(handling_percent >= 0 AND labour_rate >= 0 AND travel_rate >= 0"
        " AND deadline_days >= 0)",
        "Percent, rates and days of claim terms are not negative.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("partner_id")
    def _check_partner(self):
        for terms in self:
            if terms.partner_id != terms.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(partner)s belongs to %(company)s. Terms are made with the company.",
                        partner=terms.partner_id.display_name,
                        company=terms.partner_id.commercial_partner_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        terms = super().create(vals_list)
        terms._get_waiting_charges().modified(["bearer_partner_id"])
        return terms

    def write(self, vals):
        if not {"deadline_days", "partner_id", "company_id", "active"} & vals.keys():
            return super().write(vals)
        charges = self._get_waiting_charges()
        result = super().write(vals)
        (charges | self._get_waiting_charges()).modified(["bearer_partner_id"])
        return result

    def unlink(self):
        charges = self._get_waiting_charges()
        result = super().unlink()
        charges.modified(["bearer_partner_id"])
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, pairs):
        """Return ``{(company, partner): terms}`` of those who have some.

        :param pairs: companies and the partners who bear something
        """
        found = {}
        for company, partner in {pair for pair in pairs if all(pair)}:
            if terms := self._find_id(company.id, partner.commercial_partner_id.id):
                # sudo: what is claimed does not depend on who makes the claim.
                found[company, partner] = self.sudo().browse(terms)
        return found

    @api.model
    @tools.ormcache("company_id", "partner_id")
    def _find_id(self, company_id, partner_id):
        """Return the id of the terms of a maker, or nothing; a branch that has none with him
        claims by those of the nearest company above."""
        line = self.env["res.company"].browse(company_id)._get_aftersales_line()
        domain = [("company_id", "in", line.ids), ("partner_id", "=", partner_id)]
        agreed = self.sudo().search(domain).grouped("company_id")
        return next((agreed[company].id for company in line if company in agreed), False)

    def _get_waiting_charges(self):
        """Return what these makers bear and have not paid, in superuser mode."""
        borne = Domain.OR(
            Domain("company_id", "child_of", terms.company_id.id)
            & Domain("bearer_partner_id", "child_of", terms.partner_id.id)
            for terms in self
        )
        waiting = Domain("settlement_status", "in", ("to_settle", "settled", "partial", "reversed"))
        return self.env["aftersales.charge"].sudo().search(borne & waiting)

    def _is_our_price(self):
        """Return whether the maker pays what the customer would have paid, whatever was done."""
        self.ensure_one()
        return self.parts_by == self.labour_by == self.travel_by == "price"

    def _get_asked_amount(self, charge, currency, level=None, carries_flat=True, covered=None):
        """Return what the maker is asked for of a charge.

        :param currency: that of the claim
        :param level: repair level of the work
        :param bool carries_flat: the flat amount of the job stands on this charge
        :param float covered: the covered share with the maker's taxes, where they are known
        """
        self.ensure_one()
        full = self._get_full_amount(charge, level, carries_flat)
        if full is None:
            amount = charge.covered_amount if covered is None else covered
            own = charge.currency_id
        else:
            amount, own = full * charge.covered_percent / 100, self.currency_id
        return own._convert(amount, currency, charge.company_id, charge._get_claim_day())

    def _get_full_amount(self, charge, level=None, carries_flat=True):
        """Return what the maker pays were all of a charge his, or None: our price.

        :param charge: what was done
        :param level: repair level of the work
        :param bool carries_flat: the flat amount of the job stands on this charge
        :return: amount in the currency of the terms, not rounded
        """
        self.ensure_one()
        if charge.kind == "part" and self.parts_by == "cost":
            cost = self.company_id.currency_id._convert(
                charge._get_claim_cost(),
                self.currency_id,
                self.company_id,
                charge._get_claim_day(),
                round=False,
            )
            return cost * (1 + self.handling_percent / 100)
        if charge.kind == "labour" and self.labour_by == "hour":
            return charge.quantity * self.labour_rate
        if charge.kind == "labour" and self.labour_by == "level":
            return self._get_flat_amount(level) if carries_flat else 0.0
        if charge.kind == "travel" and self.travel_by != "price":
            return charge.quantity * self.travel_rate if self.travel_by == "rate" else 0.0
        return None

    def _get_flat_amount(self, level):
        """Return what is paid for a repair of this level, or None when nothing is agreed."""
        flat = self.level_ids.filtered(lambda flat: flat.level_id == level)
        return flat.amount if level and flat else None

    def _get_needed_evidence(self, charge):
        """Return the names of what the maker wants to see for a charge, in the order asked."""
        self.ensure_one()
        needed = [name for name in EVIDENCE if self[f"need_{name}"]]
        if charge.kind != "part" and "old_part" in needed:
            needed.remove("old_part")
        if charge.kind == "labour" and self.labour_by == "level":
            needed.append("level")
        return needed

    @api.model
    def _get_evidence_labels(self):
        """Return what each piece of evidence is called in a sentence."""
        return {
            "photo": self.env._("photo"),
            "serial": self.env._("serial"),
            "fault": self.env._("fault code"),
            "cause": self.env._("cause"),
            "proof": self.env._("proof of purchase"),
            "old_part": self.env._("old part returned"),
            "level": self.env._("repair level"),
        }
