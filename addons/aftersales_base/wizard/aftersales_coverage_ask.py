from odoo import api, fields, models

from ..models.aftersales_unit_coverage import ASKED_KINDS

# What an answer takes over from the charge that stands for the question.
ANSWER_FIELDS = (
    "price_unit",
    "amount",
    "currency_id",
    "covered_percent",
    "bearer",
    "bearer_partner_id",
    "customer_amount",
    "covered_amount",
    "explanation",
    "price_explanation",
)


class AftersalesCoverageAsk(models.TransientModel):
    """Who would pay? Answered on the phone, before there is a request or a charge."""

    _name = "aftersales.coverage.ask"
    _description = "Who Pays?"

    unit_id = fields.Many2one(
        comodel_name="aftersales.unit", string="Installed Product", required=True
    )
    partner_id = fields.Many2one(
        related="unit_id.partner_id", related_sudo=False, string="Customer"
    )
    company_id = fields.Many2one(related="unit_id.company_id", related_sudo=False)
    warranty_status = fields.Selection(
        related="unit_id.warranty_status", related_sudo=False, string="Today"
    )
    date_fault = fields.Date(
        string="Reported On",
        required=True,
        default=lambda self: self.env.company._get_aftersales_day(),
        help="The day that decides who pays.",
    )
    symptom_id = fields.Many2one(
        comodel_name="aftersales.fault", domain="[('kind', '=', 'symptom')]"
    )
    cause_id = fields.Many2one(comodel_name="aftersales.fault", domain="[('kind', '=', 'cause')]")
    service_type_id = fields.Many2one(comodel_name="aftersales.service.type")
    date_work = fields.Datetime(
        string="Work Begins", help="Prices may depend on the time. Empty: in working hours."
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.coverage.ask.line", inverse_name="ask_id", string="What It Takes"
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    amount_customer = fields.Monetary(string="Customer Pays", compute="_compute_amounts")
    amount_covered = fields.Monetary(string="Covered", compute="_compute_amounts")

    @api.depends("line_ids.customer_amount", "line_ids.covered_amount", "date_fault")
    def _compute_amounts(self):
        for ask in self:
            ask.amount_customer = ask._get_total("customer_amount")
            ask.amount_covered = ask._get_total("covered_amount")

    def action_new_request(self):
        """Open a request about the unit, with what was said on the phone."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.request",
            "view_mode": "form",
            "context": {
                "default_unit_id": self.unit_id.id,
                "default_partner_id": self.partner_id.id,
                "default_symptom_id": self.symptom_id.id,
                "default_cause_id": self.cause_id.id,
                "default_service_type_id": self.service_type_id.id,
            },
        }

    def _get_total(self, fname):
        """Return the sum of an amount of the lines, in the currency of the company."""
        self.ensure_one()
        day = self.date_fault or self.company_id._get_aftersales_day()
        return sum(
            line.currency_id._convert(line[fname], self.currency_id, self.company_id, day)
            for line in self.line_ids
            if line.currency_id and self.currency_id
        )

    def _prepare_question_vals(self):
        """Return what all lines have in common."""
        self.ensure_one()
        return {
            "date_fault": self.date_fault,
            "symptom_id": self.symptom_id.id,
            "cause_id": self.cause_id.id,
            "service_type_id": self.service_type_id.id,
            "date_work": self.date_work,
        }


class AftersalesCoverageAskLine(models.TransientModel):
    """One part, hour or trip it would take, and who would pay it."""

    _name = "aftersales.coverage.ask.line"
    _description = "Who Pays? Line"

    ask_id = fields.Many2one(
        comodel_name="aftersales.coverage.ask", required=True, ondelete="cascade", index=True
    )
    product_id = fields.Many2one(comodel_name="product.product")
    kind = fields.Selection(
        selection=ASKED_KINDS,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    price_unit = fields.Float(
        string="Unit Price", compute="_compute_answer", digits="Product Price"
    )
    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_answer")
    amount = fields.Monetary(compute="_compute_answer")
    covered_percent = fields.Float(string="Covered (%)", compute="_compute_answer")
    bearer = fields.Selection(
        selection="_selection_bearer", string="Covered By", compute="_compute_answer"
    )
    bearer_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Maker or Vendor", compute="_compute_answer"
    )
    customer_amount = fields.Monetary(string="Customer Pays", compute="_compute_answer")
    covered_amount = fields.Monetary(string="Covered", compute="_compute_answer")
    explanation = fields.Char(string="Why", compute="_compute_answer")
    price_explanation = fields.Char(string="Price", compute="_compute_answer")

    @api.model
    def _selection_bearer(self):
        return self.env["aftersales.charge"]._fields["bearer"]._description_selection(self.env)

    @api.depends("product_id")
    def _compute_kind(self):
        kinds = dict(ASKED_KINDS)
        for line in self:
            kind = line.product_id.aftersales_charge_kind
            line.kind = kind if kind in kinds else line.kind or "part"

    @api.depends(
        "product_id",
        "kind",
        "quantity",
        "ask_id.unit_id",
        "ask_id.date_fault",
        "ask_id.symptom_id",
        "ask_id.cause_id",
        "ask_id.service_type_id",
        "ask_id.date_work",
    )
    def _compute_answer(self):
        for ask, lines in self.grouped("ask_id").items():
            charges = lines._get_charges(ask)
            for line, charge in zip(lines, charges, strict=True):
                line.update({fname: charge[fname] for fname in ANSWER_FIELDS})

    def _get_charges(self, ask):
        """Return charges that live in memory only, one a line, decided as one batch."""
        unit = ask.unit_id._origin
        if not unit:
            return [self.env["aftersales.charge"].new() for __ in self]
        return unit._get_asked_charges(
            [
                {
                    **ask._prepare_question_vals(),
                    "product_id": line.product_id.id,
                    "kind": line.kind,
                    "quantity": line.quantity,
                }
                for line in self
            ]
        )
