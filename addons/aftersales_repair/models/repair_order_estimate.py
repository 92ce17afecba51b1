import hashlib
import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.sql import column_exists

from .repair_order import ENDED

# Written by telling an estimate and by answering it, by nothing else.
TOLD_FACTS = {
    "estimate_date",
    "estimate_amount",
    "estimate_currency_id",
    "estimate_key",
    "estimate_fee_amount",
    "estimate_advance_amount",
    "estimate_valid_until",
}
ANSWER_FACTS = {
    "estimate_answer",
    "estimate_answer_date",
    "estimate_answer_channel",
    "estimate_answered_by",
    "estimate_answer_user_id",
    "estimate_signature",
}
AGREED_FACTS = {"estimate_agreed_amount", "estimate_agreed_date"}
ESTIMATE_FACTS = TOLD_FACTS | ANSWER_FACTS | AGREED_FACTS


class RepairOrder(models.Model):
    """What the work will cost the customer: told, answered, and kept to (WS6, IN19, SA4).

    What he agreed to is an amount. It stays agreed until he refuses before the work starts;
    while his share is above it, the order needs a new consent.
    """

    _inherit = "repair.order"

    estimate_date = fields.Datetime(string="Estimate Told", readonly=True, copy=False)
    estimate_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Currency of the Estimate", readonly=True, copy=False
    )
    estimate_amount = fields.Monetary(
        string="Estimated for the Customer",
        currency_field="estimate_currency_id",
        readonly=True,
        copy=False,
    )
    estimate_fee_amount = fields.Monetary(
        string="Diagnosis Fee if Refused",
        currency_field="estimate_currency_id",
        readonly=True,
        copy=False,
        help="What the customer pays for the diagnosis when he does not want the work.",
    )
    estimate_valid_until = fields.Date(
        string="Valid Until",
        readonly=True,
        copy=False,
        help="The last day on which the customer can accept. Empty: no end.",
    )
    estimate_key = fields.Char(
        readonly=True, copy=False, help="Tells whether the charges changed since it was told."
    )
    estimate_answer = fields.Selection(
        selection=[("accepted", "Accepted"), ("refused", "Refused")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    estimate_answer_date = fields.Datetime(string="Answered On", readonly=True, copy=False)
    estimate_answer_channel = fields.Selection(
        selection=[("portal", "By the Customer, Online"), ("agent", "Noted by Us")],
        string="Answer Came",
        readonly=True,
        copy=False,
    )
    estimate_answered_by = fields.Char(
        string="Answered By", readonly=True, copy=False, help="The name the customer signed with."
    )
    estimate_answer_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Answer Noted By",
        readonly=True,
        copy=False,
    )
    estimate_signature = fields.Binary(
        string="Signature of the Estimate", readonly=True, copy=False, attachment=True
    )
    estimate_refusal_reason = fields.Text(
        string="Why Refused", copy=False, help="In the words of the customer."
    )
    estimate_agreed_amount = fields.Monetary(
        string="Amount Agreed",
        currency_field="estimate_currency_id",
        readonly=True,
        copy=False,
        help="What the customer agreed to pay, before taxes not in the prices.",
    )
    estimate_agreed_date = fields.Datetime(string="Agreed On", readonly=True, copy=False)

    def _init_column(self, column_name):
        """Let estimates of an earlier version be in the company's currency, and what was accepted
        be agreed.

        On a first install there are no estimates yet, nor all of their columns.
        """
        upgrades = self._get_estimate_upgrades()
        if column_name not in upgrades:
            super()._init_column(column_name)
        elif column_exists(self.env.cr, self._table, "estimate_date"):
            self.env.cr.execute(upgrades[column_name])

    def _get_estimate_upgrades(self):
        """Return ``{column: SQL}``: what a new column says of estimates told before it came."""
        return {
            "estimate_currency_id": SQL(
                """
                UPDATE repair_order SET estimate_currency_id = company.currency_id
                  FROM res_company company
                 WHERE company.id = repair_order.company_id
                   AND repair_order.estimate_date IS NOT NULL
                """
            ),
            "estimate_agreed_amount": SQL(
                """
                UPDATE repair_order SET estimate_agreed_amount = estimate_amount
                 WHERE estimate_answer = 'accepted'
                """
            ),
        }

    # === ACTION METHODS === #

    def action_tell_estimate(self):
        """Note that the customer was told what the work will cost him, and print it.

        :raises UserError: when the work is over
        """
        self._tell_estimate()
        return self.env.ref("aftersales_repair.action_report_repair_estimate").report_action(self)

    def action_send_estimate(self):
        """Tell the estimate by mail, with a link on which the customer answers.

        :raises UserError: when the work is over, or the customer has no mail address
        """
        unreachable = self.filtered(lambda repair: not repair.partner_id.email)[:1]
        if unreachable:
            raise UserError(
                self.env._(
                    "The customer of %(order)s has no mail address. Enter one, or print the "
                    "estimate.",
                    order=unreachable.display_name,
                )
            )
        self._tell_estimate()
        for repair in self:
            repair._mail_estimate()

    def action_accept_estimate(self):
        """Note that the customer agreed.

        :raises UserError: when nothing was told, it is no longer valid, or it changed since
        """
        return self._answer_estimate("accepted")

    def action_refuse_estimate(self):
        """Note that the customer does not want the work at this price.

        :raises UserError: when nothing was told, or the work is over
        """
        return self._answer_estimate("refused")

    # === DOORS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | ESTIMATE_FACTS

    def _check_guarded(self, vals):
        super()._check_guarded(vals)
        if not self.env.su and "estimate_refusal_reason" in vals:
            self._check_reason_ours()

    def _before_transition(self, target):
        super()._before_transition(target)
        if target == "cancel":
            self._confirm_diagnosis()

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "under_repair":
            message = self._refused_error_message()
        if not message and target in ("under_repair", "done"):
            message = self._consent_error_message()
        return message

    # === TELLING === #

    def _tell_estimate(self):
        ended = self.filtered(lambda repair: not repair._is_open())[:1]
        if ended:
            raise UserError(
                self.env._(
                    "%(order)s is closed. An estimate is told before the work ends.",
                    order=ended.display_name,
                )
            )
        self.check_access("write")
        # The facts are not written by hand; this is the door.
        for repair_sudo in self.sudo():
            repair_sudo._waive_diagnosis()
            repair_sudo.write(repair_sudo._prepare_estimate_vals(fields.Datetime.now()))

    def _prepare_estimate_vals(self, moment):
        """Return the facts of an estimate told now; no answer is left of an earlier one."""
        self.ensure_one()
        days = self.company_id.aftersales_estimate_days
        today = self.company_id._get_aftersales_day()
        return {
            **dict.fromkeys(ANSWER_FACTS, False),
            "estimate_refusal_reason": False,
            "estimate_date": moment,
            "estimate_amount": self.customer_amount,
            "estimate_currency_id": self.currency_id.id,
            "estimate_agreed_amount": self._get_agreed_amount(self.currency_id),
            "estimate_key": self._get_estimate_key(moment),
            "estimate_fee_amount": self._get_diagnosis_amount(),
            "estimate_valid_until": today + timedelta(days=days) if days else False,
        }

    def _get_estimate_key(self, moment):
        """Return what tells this estimate from any other: when it was told, and each charge
        the customer pays for."""
        self.ensure_one()
        charges = self.charge_ids.filtered(
            lambda charge: (
                charge.state != "cancelled"
                and charge.customer_amount
                and not charge.is_diagnosis_fee
            )
        )
        lines = sorted(
            (
                charge.product_id.id,
                charge.name,
                charge.quantity,
                charge.currency_id.name,
                charge.currency_id.round(charge.customer_amount),
            )
            for charge in charges
        )
        text = json.dumps([fields.Datetime.to_string(moment), lines])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _is_estimate_current(self):
        """Return whether the charges are still what was told."""
        self.ensure_one()
        # Told before there were keys: what was told is not known any more.
        if not self.estimate_key:
            return True
        return self.estimate_key == self.sudo()._get_estimate_key(self.estimate_date)

    def _is_estimate_expired(self):
        self.ensure_one()
        last_day = self.estimate_valid_until
        return bool(last_day) and last_day < self.company_id._get_aftersales_day()

    def _mail_estimate(self):
        """Send the estimate in the customer's language, and keep on record what he got."""
        self.ensure_one()
        attachment = self._make_estimate_document()
        template = self.env.ref(
            "aftersales_repair.mail_template_estimate", raise_if_not_found=False
        )
        if template:
            # Who tells an estimate need have no right on mail templates.
            template.sudo().send_mail(
                self.id,
                email_layout_xmlid="mail.mail_notification_light",
                email_values={"attachment_ids": attachment.ids},
            )
        self.message_post(
            body=self.env._(
                "Estimate of %(amount)s sent to %(address)s.",
                amount=self._format_estimate(self.estimate_amount),
                address=self.partner_id.email,
            ),
            attachment_ids=attachment.ids,
            subtype_xmlid="mail.mt_note",
        )

    def _make_estimate_document(self):
        """Return the printed estimate as an attachment; none where nothing can be printed."""
        self.ensure_one()
        report_sudo = self.env["ir.actions.report"].sudo()
        if report_sudo.get_wkhtmltopdf_state() not in ("ok", "upgrade"):
            return self.env["ir.attachment"]
        content, ending = report_sudo._render_qweb_pdf(
            "aftersales_repair.action_report_repair_estimate", self.ids
        )
        return self.env["ir.attachment"].create(
            {
                "name": f"{self._get_report_base_filename()}.{ending}",
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _format_estimate(self, amount):
        """Return an amount of the estimate in words a person reads."""
        self.ensure_one()
        return format_amount(self.env, amount, self.estimate_currency_id or self.currency_id)

    # === ANSWERING === #

    def _answer_estimate(self, answer, **facts):
        """Note the answer once.

        :param str answer: ``accepted`` or ``refused``
        :param facts: of :meth:`_prepare_answer_vals`
        :raises UserError: saying why it cannot be answered so
        """
        self.check_access("write")
        for repair in self:
            if message := repair._get_answer_obstacle(answer):
                raise UserError(message)
        unanswered = self.filtered(lambda repair: repair.estimate_answer != answer)
        # The facts are not written by hand; this is the door.
        for repair_sudo in unanswered.sudo():
            repair_sudo.write(repair_sudo._prepare_answer_vals(answer, **facts))
        if answer == "refused":
            unanswered.sudo()._charge_diagnosis()
        else:
            unanswered.sudo()._waive_diagnosis()
        return True

    def _get_answer_obstacle(self, answer):
        """Return why the estimate cannot be answered so, or an empty text."""
        self.ensure_one()
        if not self.estimate_date:
            return self.env._(
                "The customer has no estimate of %(order)s yet. Tell it first.",
                order=self.display_name,
            )
        if not self._is_open():
            return self.env._(
                "%(order)s is closed, so its estimate is no longer answered.",
                order=self.display_name,
            )
        if answer != "accepted":
            return ""
        if self._is_estimate_expired():
            return self.env._(
                "The estimate of %(order)s was valid until %(day)s. Tell a new one.",
                order=self.display_name,
                day=format_date(self.env, self.estimate_valid_until),
            )
        if not self._is_estimate_current():
            return self.env._(
                "The charges of %(order)s changed since the estimate was told. Tell a new one.",
                order=self.display_name,
            )
        return ""

    def _prepare_answer_vals(
        self, answer, channel="agent", name=False, signature=False, reason=False
    ):
        """Return the facts of an answer given now.

        :param str channel: ``portal`` or ``agent``
        :param str name: the customer signed with
        :param signature: image he signed with
        :param str reason: why he refused
        """
        self.ensure_one()
        now = fields.Datetime.now()
        vals = {
            "estimate_answer": answer,
            "estimate_answer_date": now,
            "estimate_answer_channel": channel,
            "estimate_answered_by": name,
            "estimate_answer_user_id": self.env.uid,
            "estimate_signature": signature,
            "estimate_refusal_reason": reason,
        }
        if answer == "accepted":
            vals |= {
                "estimate_agreed_amount": self.estimate_amount,
                "estimate_agreed_date": now,
            }
        elif self.state != "under_repair":
            # Nothing was done yet: he agrees to nothing any more.
            vals |= dict.fromkeys(AGREED_FACTS, False)
        return vals

    def _check_reason_ours(self):
        """Refuse to change what the customer wrote himself.

        :raises UserError: naming the order
        """
        his = self.filtered(lambda repair: repair.estimate_answer_channel == "portal")[:1]
        if his:
            raise UserError(
                self.env._(
                    "The customer of %(order)s wrote himself why he refused, and it stays so.",
                    order=his.display_name,
                )
            )

    # === CONSENT === #

    def _get_agreed_amount(self, currency):
        """Return what the customer agreed to, in ``currency``."""
        self.ensure_one()
        agreed = self.estimate_agreed_amount
        origin = self.estimate_currency_id
        if not agreed or not origin or origin == currency:
            return agreed
        return origin._convert(agreed, currency, self.company_id, self.estimate_agreed_date)

    def _exceeds_agreed(self):
        """Return whether the customer would pay more than he agreed to, beyond the tolerance."""
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        bound = self._get_agreed_amount(self.currency_id)
        bound *= 1 + company_sudo._get_aftersales_setting("aftersales_consent_tolerance") / 100
        return self.currency_id.compare_amounts(self.customer_amount, bound) > 0

    def _needs_new_consent(self):
        """Return whether the customer agreed once, and would pay more than that by now."""
        self.ensure_one()
        if not self.estimate_agreed_date or not self._is_open():
            return False
        answered = self.estimate_answer == "accepted" or self.state == "under_repair"
        return answered and self._exceeds_agreed()

    def _get_progress(self):
        progress = super()._get_progress()
        if progress in ("agreed", "in_work") and self._needs_new_consent():
            return "consent"
        if progress == "cancelled" and self.estimate_answer == "refused":
            return "unrepaired"
        return progress

    def _refused_error_message(self):
        """Return that the customer does not want the work, or an empty text."""
        self.ensure_one()
        if self.estimate_answer != "refused":
            return ""
        return self.env._(
            "The customer refused the estimate of %(order)s. Tell a new one, or cancel the order.",
            order=self.display_name,
        )

    def _consent_error_message(self):
        """Return that the work costs more than the company's limit and the customer did not agree
        to it, or an empty text (IN19)."""
        self.ensure_one()
        # Company policy binds whoever works; without a limit no charge is read.
        repair_sudo = self.sudo()
        limit = repair_sudo.company_id._get_aftersales_setting("aftersales_consent_limit")
        if not limit or not repair_sudo._lacks_consent(limit):
            return ""
        return repair_sudo._get_consent_message()

    def _lacks_consent(self, limit):
        """Return whether the customer pays more than ``limit`` (in the company's currency) and
        more than he agreed to."""
        self.ensure_one()
        currency = self.company_id.currency_id
        day = self.date_fault or self.company_id._get_aftersales_day()
        amount = self.currency_id._convert(self.customer_amount, currency, self.company_id, day)
        return currency.compare_amounts(amount, limit) > 0 and self._exceeds_agreed()

    def _get_consent_message(self):
        self.ensure_one()
        if self.estimate_agreed_date:
            return self.env._(
                "The customer of %(order)s agreed to %(agreed)s and would pay %(amount)s. Tell "
                "him a new estimate and note his answer first.",
                order=self.display_name,
                agreed=self._format_estimate(self.estimate_agreed_amount),
                amount=format_amount(self.env, self.customer_amount, self.currency_id),
            )
        return self.env._(
            "The customer of %(order)s would pay %(amount)s and did not agree to it. Tell him "
            "the estimate and note his answer first.",
            order=self.display_name,
            amount=format_amount(self.env, self.customer_amount, self.currency_id),
        )

    # === DIAGNOSIS FEE === #

    def _may_be_settled(self):
        # Goods that go back unrepaired leave the fee behind.
        unrepaired = self.state == "cancel" and self.estimate_answer == "refused"
        return unrepaired or super()._may_be_settled()

    def _prepare_diagnosis_charge_vals(self):
        """Return the values of the fee a customer pays who refuses the work (SA4)."""
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        product_sudo = company_sudo._get_aftersales_setting("aftersales_diagnosis_product_id")
        return {
            "repair_id": self.id,
            "company_id": self.company_id.id,
            "product_id": product_sudo.id,
            "quantity": 1,
            "is_diagnosis_fee": True,
        }

    def _get_diagnosis_amount(self):
        """Return what the customer would pay for the diagnosis; coverage may bear it."""
        self.ensure_one()
        vals = self._prepare_diagnosis_charge_vals()
        if not vals["product_id"]:
            return 0.0
        charge = self.env["aftersales.charge"].new(vals)
        amount = charge.customer_amount
        # What was only asked for is not on the order.
        self.invalidate_recordset(["charge_ids"], flush=False)
        return amount

    def _charge_diagnosis(self):
        """Charge the fee where the customer was told of one, once an order."""
        charged = self.charge_ids.filtered(
            lambda charge: charge.is_diagnosis_fee and charge.state != "cancelled"
        ).repair_id
        self.env["aftersales.charge"].create(
            [
                repair._prepare_diagnosis_charge_vals()
                for repair in self - charged
                if repair.estimate_fee_amount
                and repair.company_id._get_aftersales_setting("aftersales_diagnosis_product_id")
            ]
        )

    def _confirm_diagnosis(self):
        """Owe the fee for finding out what is wrong, also for work that is not done."""
        # Cancelling refused work is enough for it.
        refused_sudo = self.sudo().filtered(lambda repair: repair.estimate_answer == "refused")
        refused_sudo.charge_ids.filtered(
            lambda charge: charge.is_diagnosis_fee and charge.state == "draft"
        ).action_confirm()

    def _waive_diagnosis(self):
        """Take the fee back: the customer has the work done, or is asked anew."""
        self.charge_ids.filtered(
            lambda charge: charge.is_diagnosis_fee and charge.state != "cancelled"
        ).action_cancel()

    @api.model
    def _get_estimate_open_domain(self):
        """Return the domain of orders whose estimate waits for the customer's answer."""
        return (
            Domain("estimate_date", "!=", False)
            & Domain("estimate_answer", "=", False)
            & Domain("state", "not in", ENDED)
        )
