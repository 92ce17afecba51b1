from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.aftersales_base.tools.jobs import attempt_together, each_batch, tell

# Written by handing over and by taking it back, by nothing else.
HANDOVER_FIELDS = {
    "date_handed_over",
    "handed_over_to",
    "handed_over_by_id",
    "handover_signature",
    "pickup_reminded_on",
}
MANAGER = "aftersales_base.group_aftersales_manager"


class RepairOrder(models.Model):
    """Goods that come in and go back: what was brought along, who got it when, and what waits
    to be picked up (IN6, IN10, WS8, WS11, WS16).
    """

    _inherit = "repair.order"

    accessory_ids = fields.One2many(
        comodel_name="aftersales.accessory", inverse_name="repair_id", string="Brought Along"
    )
    unit_condition = fields.Char(
        string="Condition", help="How the unit itself looked when it came in.", copy=False
    )
    sale_phase = fields.Selection(
        selection=[("after", "After the Sale"), ("before", "Before the Sale")],
        default="after",
        help="Goods of a customer, or goods that are still to be sold.",
    )
    consent_data = fields.Boolean(
        string="Data May Be Lost",
        copy=False,
        tracking=True,
        help="The customer was told to save his data and agrees that they may be lost.",
    )
    consent_remote = fields.Boolean(
        string="Remote Work Allowed",
        copy=False,
        tracking=True,
        help="The customer agrees that we reach his unit from afar to work on it.",
    )
    date_handed_over = fields.Datetime(
        string="Handed Over On", readonly=True, copy=False, index="btree_not_null", tracking=True
    )
    handed_over_to = fields.Char(readonly=True, copy=False, tracking=True)
    handed_over_by_id = fields.Many2one(comodel_name="res.users", readonly=True, copy=False)
    handover_signature = fields.Binary(
        string="Signature of the Hand-over", readonly=True, copy=False, attachment=True
    )
    pickup_reminded_on = fields.Date(
        string="Reminded On",
        readonly=True,
        copy=False,
        help="The last time the customer was asked to pick it up.",
    )
    pickup_status = fields.Selection(
        selection=[("ready", "Ready for Pick-up"), ("collected", "Handed Over")],
        compute="_compute_pickup_status",
        search="_search_pickup_status",
        help="Work done on goods that stand here waits to be picked up.",
    )
    pickup_days = fields.Integer(
        string="Waits (Days)",
        compute="_compute_pickup_status",
        help="Days since the work was done and nobody picked it up.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "date_done",
        "date_handed_over",
        "partner_id",
        "product_location_src_id",
        "estimate_answer",
    )
    def _compute_pickup_status(self):
        for repair in self:
            repair.pickup_days = 0
            repair.pickup_status = "collected" if repair.date_handed_over else False
            if repair._waits_for_pickup():
                repair.pickup_status = "ready"
                today = repair.company_id._get_aftersales_day()
                repair.pickup_days = (today - repair._get_ready_day()).days

    def _search_pickup_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        ready, collected = self._get_pickup_domain(), Domain("date_handed_over", "!=", False)
        domains = {"ready": ready, "collected": collected, False: ~ready & ~collected}
        return Domain.OR(domains[status] for status in value if status in domains)

    # === CRON METHODS === #

    @api.model
    def _cron_remind_of_pickup(self, batch_size=100):
        """Ask customers to pick up what is ready, every so many days as the company says; one who
        cannot be asked keeps no other from it, and his order says why."""
        for company in self.env["res.company"].search([("aftersales_pickup_days", ">", 0)]):
            orders = self.with_company(company)
            domain = orders._get_pickup_reminder_domain(company)
            for batch in each_batch(orders, domain, batch_size):
                __, errors = attempt_together(self.env, batch, lambda due: due._remind_of_pickup())
                for order, error in errors.items():
                    tell(
                        order,
                        self.env._(
                            "The customer was not asked to pick it up: %(error)s", error=error
                        ),
                    )

    # === ACTION METHODS === #

    def action_undo_hand_over(self):
        """Take a hand-over back that was noted on the wrong order; for managers.

        :raises AccessError: when the user is no manager
        """
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("A hand-over is taken back by a manager."))
        self.check_access("write")
        # The facts of a hand-over are not written by hand; this is the door back.
        handed_over_sudo = self.sudo().filtered("date_handed_over")
        handed_over_sudo.write(dict.fromkeys(HANDOVER_FIELDS - {"pickup_reminded_on"}, False))
        handed_over_sudo.accessory_ids.given_back = False

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | HANDOVER_FIELDS

    def _get_guarded_message(self, fnames):
        if not HANDOVER_FIELDS & fnames:
            return super()._get_guarded_message(fnames)
        return self.env._(
            "%(orders)s: who got the goods is said by handing them back, and stays as it was "
            "signed for.",
            orders=", ".join(self.mapped("display_name")),
        )

    def _waits_for_pickup(self):
        """Return whether goods of a customer stand here, repaired or refused to be."""
        self.ensure_one()
        refused = self.state == "cancel" and self.estimate_answer == "refused"
        return (
            (self.state == "done" or refused)
            and bool(self.partner_id)
            and not self.date_handed_over
            and self.product_location_src_id.usage != "customer"
        )

    def _get_ready_day(self):
        """Return the day on which the goods could be picked up."""
        self.ensure_one()
        if self.date_done or not self.estimate_answer_date:
            return self.date_done or self.company_id._get_aftersales_day()
        return self.company_id._get_aftersales_day(self.estimate_answer_date)

    @api.model
    def _get_pickup_domain(self):
        """Return the domain of goods of customers that stand here, repaired or refused to be."""
        refused = Domain("state", "=", "cancel") & Domain("estimate_answer", "=", "refused")
        return (
            (Domain("state", "=", "done") | refused)
            & Domain("partner_id", "!=", False)
            & Domain("date_handed_over", "=", False)
            & Domain("product_location_src_id.usage", "!=", "customer")
        )

    def _get_handover_obstacle(self):
        """Return why the goods cannot go back yet, or an empty text.

        Hook for what was lent to the customer meanwhile: whoever lends says what must come back
        first.
        """
        self.ensure_one()
        return ""

    @api.model
    def _get_pickup_reminder_domain(self, company):
        """Return the domain of goods whose customer is to be reminded today."""
        before = company._get_aftersales_day() - timedelta(days=company.aftersales_pickup_days)
        answered = Domain("estimate_answer_date", "<=", company._get_aftersales_last_moment(before))
        refused = Domain("date_done", "=", False) & answered
        return (
            self._get_pickup_domain()
            & Domain("company_id", "=", company.id)
            & (Domain("date_done", "<=", before) | refused)
            & (
                Domain("pickup_reminded_on", "=", False)
                | Domain("pickup_reminded_on", "<=", before)
            )
        )

    def _remind_of_pickup(self):
        """Write to the customers, and note that it was done."""
        template = self.env.ref("aftersales_repair.mail_template_pickup", raise_if_not_found=False)
        if template:
            template.send_mail_batch(self.ids)
        for company, orders in self.grouped("company_id").items():
            orders.sudo().pickup_reminded_on = company._get_aftersales_day()

    def _hand_over(self, to, accessories, signature=False):
        """Note who got the goods, with which accessories.

        :param str to: name of the one who took them
        :param accessories: those of the order he got
        :param signature: image he signed with
        :raises UserError: when the work is not done or not paid, or they are handed over already
        :raises AccessError: when the user may not change the order
        """
        self.ensure_one()
        self.check_access("write")
        self._check_may_be_handed_over()
        # Only here: the facts of a hand-over are not written by hand.
        repair_sudo = self.sudo()
        (repair_sudo.accessory_ids & accessories.sudo()).given_back = True
        repair_sudo.write(
            {
                "date_handed_over": fields.Datetime.now(),
                "handed_over_to": to,
                "handed_over_by_id": self.env.uid,
                "handover_signature": signature,
            }
        )

    def _check_may_be_handed_over(self):
        """Raise when the goods do not go back now; see :meth:`_hand_over`."""
        self.ensure_one()
        if self._is_open():
            raise UserError(
                self.env._(
                    "%(order)s is not done yet. End the work, or cancel it, before the goods go "
                    "back.",
                    order=self.display_name,
                )
            )
        if self.date_handed_over:
            raise UserError(
                self.env._(
                    "%(order)s was handed over to %(name)s already.",
                    order=self.display_name,
                    name=self.handed_over_to,
                )
            )
        if obstacle := self._get_handover_obstacle():
            raise UserError(obstacle)
        self._check_released()

    def _check_released(self):
        """Raise when the goods stay here until they are paid.

        :raises UserError: naming what is not paid
        """
        self.ensure_one()
        kept = self.company_id._get_aftersales_setting("aftersales_release_paid")
        if not kept or self.env.user.has_group(MANAGER):
            return
        if unpaid := self._get_unpaid_charges():
            raise UserError(
                self.env._(
                    "%(order)s is not paid yet: %(charges)s. Settle it and take the payment, or "
                    "have a manager hand the goods back.",
                    order=self.display_name,
                    charges=", ".join(unpaid.mapped("display_name")),
                )
            )

    def _get_unpaid_charges(self):
        """Return the charges of which the customer owes something, in superuser mode."""
        # sudo: whoever stands at the counter reads no settlements.
        return self.sudo().charge_ids.filtered(
            lambda charge: (
                charge.state != "cancelled"
                and not charge.billed_elsewhere
                and not charge._is_settled_monthly()
                and charge._is_unpaid_by_customer()
            )
        )

    def _get_storage_days(self):
        """Return how many days of storage the customer pays for: beyond the free ones."""
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        product = company_sudo._get_aftersales_setting("aftersales_storage_product_id")
        if not product:
            return 0
        # What was charged before a hand-over was taken back is not charged again.
        charged_sudo = self.sudo().charge_ids.filtered(
            lambda charge: charge.product_id == product and charge.state != "cancelled"
        )
        days = self.pickup_days - company_sudo.aftersales_storage_free_days
        return max(days - int(sum(charged_sudo.mapped("quantity"))), 0)

    def _prepare_storage_charge_vals(self, days):
        """Return the values of the charge for ``days`` of storage."""
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        product_sudo = company_sudo._get_aftersales_setting("aftersales_storage_product_id")
        return {
            "repair_id": self.id,
            "company_id": self.company_id.id,
            "product_id": product_sudo.id,
            "quantity": days,
        }
