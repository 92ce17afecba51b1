from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.periods import get_last_day

START_BASES = [
    ("delivery", "Delivery"),
    ("handover", "Hand-Over to the End User"),
    ("invoice", "Invoice Date"),
    ("installation", "Installation or Acceptance"),
    ("registration", "Registration"),
    ("purchase", "Proof of Purchase"),
    ("fixed", "Fixed Date"),
]


class AftersalesWarrantyPolicy(models.Model):
    """The promise sold with a product: one term per kind of charge or component.

    A delivery of a product with a policy registers an installed product and gives it one
    warranty per term. A warranty once given keeps its dates and percent: changing the
    policy changes only what is given later.
    """

    _name = "aftersales.warranty.policy"
    _description = "Warranty Policy"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    note = fields.Html(
        string="Conditions",
        translate=True,
        help="What the customer reads: scope, exclusions, how to claim.",
    )
    start_basis = fields.Selection(
        selection=START_BASES,
        string="Runs From",
        required=True,
        default="delivery",
        help="The event that starts the periods of the terms.",
    )
    start_date = fields.Date(string="Starts On", help="First day, when it is a fixed date.")
    start_limit_days = fields.Integer(
        string="At the Latest (Days)",
        help="The period starts this many days after delivery even if the event has not come. "
        "0: it waits for the event.",
    )
    cover_before_start = fields.Boolean(
        string="Cover Until Then",
        default=True,
        help="From delivery until the event comes, the unit is covered as well.",
    )
    proof_required = fields.Boolean(
        string="Proof of Purchase Needed",
        help="Without a proof of purchase on the unit the customer pays.",
    )
    deduct_downtime = fields.Boolean(
        string="Downtime Does Not Count",
        default=True,
        help="Days in repair or exchange are added to the end of the warranty.",
    )
    transferable = fields.Boolean(
        default=True, help="The warranty goes with the unit to a new owner."
    )
    repair_only = fields.Boolean(
        help="Repaired under warranty, neither exchanged nor refunded: campaign goods."
    )
    replacement_mode = fields.Selection(
        selection=[
            ("restart", "Starts Anew"),
            ("rest", "Keeps the Rest"),
            ("rest_minimum", "Keeps the Rest, With a Minimum"),
        ],
        string="After an Exchange",
        required=True,
        default="restart",
        help="What the replacement unit is promised.",
    )
    replacement_minimum_days = fields.Integer(string="Minimum (Days)")
    repair_months = fields.Integer(
        string="Warranty on Repairs (Months)",
        help="What was repaired is covered again for so long, at our cost. 0: not at all.",
    )
    exchange_after_repairs = fields.Integer(
        help="The same fault repaired so many times entitles to an exchange. 0: never.",
    )
    depreciation_percent = fields.Float(
        string="Depreciation per Year (%)",
        help="Taken off a refund for each year of use, a started year counted whole.",
    )
    refund_price_basis = fields.Selection(
        selection=[("paid", "Price Paid"), ("lower", "Lower of Paid and Current Price")],
        required=True,
        default="paid",
    )
    term_ids = fields.One2many(
        comodel_name="aftersales.warranty.term", inverse_name="policy_id", copy=True
    )
    warranty_count = fields.Integer(compute="_compute_warranty_count")

    _days_not_negative = models.Constraint(
        "CHECK(start_limit_days >= 0 AND replacement_minimum_days >= 0 AND repair_months >= 0 "
        "AND exchange_after_repairs >= 0)",
        "Days, months and numbers of repairs in a policy are not below zero.",
    )
    _depreciation_range = models.Constraint(
        "CHECK(depreciation_percent BETWEEN 0 AND 100)",
        "The depreciation of a year lies between 0 and 100.",
    )

    def _compute_warranty_count(self):
        counts = dict(
            self.env["aftersales.warranty"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.warranty_count = counts.get(policy, 0)

    @api.constrains("start_basis", "start_date")
    def _check_start_date(self):
        for policy in self:
            if policy.start_basis == "fixed" and not policy.start_date:
                raise ValidationError(
                    self.env._(
                        "%(policy)s runs from a fixed date. Enter the date.",
                        policy=policy.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.filtered("warranty_count")[:1]
        if used:
            raise UserError(
                self.env._(
                    "%(policy)s was promised to customers and stays on record. Archive it instead.",
                    policy=used.display_name,
                )
            )

    def action_view_warranties(self):
        """Open the warranties given under this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_warranty_action"
        )
        action["domain"] = [("policy_id", "=", self.id)]
        return action

    def _prepare_warranty_vals(self):
        """Return what each warranty of this policy takes from it, to keep it for good."""
        self.ensure_one()
        # Other bases follow from the unit; the day itself is all a fixed one has.
        fixed = {"date_start": self.start_date} if self.start_basis == "fixed" else {}
        return {
            **fixed,
            "start_basis": self.start_basis,
            "start_limit_days": self.start_limit_days,
            "cover_before_start": self.cover_before_start and self.start_basis != "delivery",
            "proof_required": self.proof_required,
            "deduct_downtime": self.deduct_downtime,
            "transferable": self.transferable,
        }

    def _prepare_unit_vals(self, day):
        """Return what a unit handed over on ``day`` shows of the warranties it will get.

        Computed from its warranties as well; known beforehand, each row is written once.

        :param date day: first day of service; no other event of the unit is known yet
        """
        self.ensure_one()
        start = self._get_start_on_delivery(day)
        last_days = [
            get_last_day(start, term.duration, term.duration_unit)
            for term in self.term_ids
            if start
        ]
        return {
            "warranty_end": max(filter(None, last_days), default=False),
            "has_lifetime_warranty": not all(last_days),
        }

    def _get_start_on_delivery(self, day):
        """Return the first day of the periods when only the delivery is known, or ``False``."""
        self.ensure_one()
        if self.start_basis == "delivery":
            return day
        if self.start_basis == "fixed":
            return self.start_date
        return self.start_limit_days and day + timedelta(days=self.start_limit_days)
