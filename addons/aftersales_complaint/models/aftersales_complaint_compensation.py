from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_complaint import ENDED, MANAGER

COMPENSATION_FIELDS = {
    "outcome",
    "compensation_amount",
    "currency_id",
    "partner_id",
    "unit_id",
    "company_id",
}


class AftersalesComplaint(models.Model):
    """The money side of a complaint: what the customer gets for his trouble.

    A manager approves it and so makes one confirmed negative charge; settlement turns it
    into a credit note like any other charge. Where it stands is read from there.
    """

    _inherit = "aftersales.complaint"

    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    compensation_amount = fields.Monetary(string="Compensation", copy=False, tracking=True)
    charge_ids = fields.One2many(
        comodel_name="aftersales.charge",
        inverse_name="complaint_id",
        string="Charges",
    )
    compensation_status = fields.Selection(
        selection=[
            ("none", "No Compensation"),
            ("to_approve", "To Approve"),
            ("approved", "Approved"),
            ("credited", "Credited"),
            ("paid_out", "Paid Out"),
        ],
        compute="_compute_compensation_status",
        store=True,
        index=True,
        help="Approved by a manager; credited when the credit note is posted.",
    )
    credit_note_name = fields.Char(
        string="Credit Note",
        compute="_compute_credit_note_name",
        compute_sudo=True,
    )
    compensation_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Approved By",
        readonly=True,
        copy=False,
        tracking=True,
    )

    _compensation_positive = models.Constraint(
        "CHECK(compensation_amount >= 0)", "A compensation is zero or more."
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "outcome",
        "charge_ids.state",
        "charge_ids.settlement_status",
        "charge_ids.settlement_line_ids.is_living",
        "charge_ids.settlement_line_ids.settlement_id.status",
        "charge_ids.settlement_line_ids.settlement_id.move_id.state",
    )
    def _compute_compensation_status(self):
        for complaint in self:
            complaint.compensation_status = complaint._get_compensation_status()

    @api.depends("charge_ids.settlement_line_ids.settlement_id.move_id.name")
    def _compute_credit_note_name(self):
        for complaint in self:
            complaint.credit_note_name = complaint._get_compensation_move().name

    # === CRUD METHODS === #

    def write(self, vals):
        if COMPENSATION_FIELDS & vals.keys():
            self._check_compensation_open(vals)
        return super().write(vals)

    # === ACTION METHODS === #

    def action_approve_compensation(self):
        """Promise the compensation: one confirmed negative charge for each complaint.

        Approving what is approved changes nothing.

        :raises UserError: when the user is no manager, or the complaint is not ready
        """
        self.check_access("write")
        for complaint in self:
            if message := complaint._approval_error_message():
                raise UserError(message)
        for complaint in self.filtered(lambda record: record.compensation_status == "to_approve"):
            complaint._confirm_compensation()
        return True

    def action_withdraw_compensation(self):
        """Take an approved compensation back, as long as it is not on a settlement.

        :raises UserError: when the user is no manager, or it is being settled
        """
        self.check_access("write")
        for complaint in self:
            charge = complaint._get_compensation_charge()
            if not charge:
                continue
            charge.action_cancel()
            complaint.message_post(
                body=self.env._("The compensation is withdrawn."), subtype_xmlid="mail.mt_note"
            )
        return True

    def action_settle_compensation(self):
        """Gather the approved compensations on settlements, one a customer.

        :return: an action that shows the settlements
        :raises UserError: when nothing is to be settled, saying why
        """
        return self._get_compensation_charge().action_settle()

    def action_view_compensation(self):
        """Open the charge of the compensation."""
        return self.charge_ids._get_records_action(name=self.env._("Compensation"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"compensation_user_id"}

    def _get_compensation_charge(self):
        """Return the living compensations of these complaints, at most one each."""
        return self.charge_ids.filtered(
            lambda charge: charge.kind == "compensation" and charge.state != "cancelled"
        )

    def _get_compensation_move(self):
        """Return the credit note that pays the compensation, if there is one."""
        lines = self._get_compensation_charge().settlement_line_ids.filtered("is_living")
        return lines.settlement_id.move_id[:1]

    def _get_compensation_status(self):
        self.ensure_one()
        # A handler sees where the compensation stands, not the settlement and the entry.
        charge_sudo = self.sudo()._get_compensation_charge()
        if charge_sudo.state != "confirmed":
            return "to_approve" if self.outcome == "compensation" else "none"
        if charge_sudo.settlement_status in ("paid", "written_off"):
            return "paid_out"
        settlement_sudo = charge_sudo.settlement_line_ids.filtered("is_living").settlement_id[:1]
        posted = settlement_sudo.move_id.state == "posted"
        if posted and settlement_sudo.status in ("invoiced", "partial", "paid", "written_off"):
            return "credited"
        return "approved"

    def _compensation_error_message(self):
        """Return what of a compensation stands in the way of closing, or an empty text."""
        status = self._get_compensation_status()
        if status == "to_approve":
            return self.env._(
                "The compensation of %(complaint)s is not approved. Have a manager approve it, or "
                "choose another outcome.",
                complaint=self.display_name,
            )
        if status == "approved":
            return self.env._(
                "The compensation of %(complaint)s is not credited yet. Settle and post it, or "
                "have a manager withdraw it.",
                complaint=self.display_name,
            )
        return ""

    def _approval_error_message(self):
        """Return why the current user cannot approve the compensation, or an empty text."""
        self.ensure_one()
        if not self.env.su and not self.env.user.has_group(MANAGER):
            return self.env._(
                "Only a manager approves the compensation of %(complaint)s.",
                complaint=self.display_name,
            )
        if message := self._get_editor_error():
            return message
        if self.compensation_status not in ("none", "to_approve"):
            return ""
        if self.outcome != "compensation" or self.currency_id.is_zero(self.compensation_amount):
            return self.env._(
                "%(complaint)s has no compensation to approve. Choose that outcome and enter the "
                "amount.",
                complaint=self.display_name,
            )
        if not self.partner_id:
            return self.env._(
                "%(complaint)s has no customer. Name who is compensated.",
                complaint=self.display_name,
            )
        if self.state in ("new", *ENDED):
            return self.env._(
                "%(complaint)s is not being handled. Start or reopen it before approving.",
                complaint=self.display_name,
            )
        return ""

    def _confirm_compensation(self):
        """Make the charge, or bring one that was reopened up to date, and confirm it."""
        self.ensure_one()
        charge = self._get_compensation_charge()
        vals = self._prepare_compensation_vals()
        if charge:
            charge.write({key: vals[key] for key in ("price_unit", "quantity", "product_id")})
        else:
            # The link to the complaint is guarded; a manager who may approve makes it here.
            charge = self.env["aftersales.charge"].sudo().create(vals).sudo(self.env.su)
        charge.action_confirm()
        # Who approved is guarded as well: nobody types it.
        self.sudo().compensation_user_id = self.env.user
        self.message_post(
            body=self.env._(
                "Compensation of %(amount)s approved.",
                amount=self.currency_id.format(self.compensation_amount),
            ),
            subtype_xmlid="mail.mt_note",
        )

    def _prepare_compensation_vals(self):
        """Return the values of the charge: we owe, so it is negative."""
        self.ensure_one()
        env = self.with_context(lang=self.partner_id.lang).env
        product = self.company_id._get_aftersales_setting("aftersales_compensation_product_id")
        return {
            "complaint_id": self.id,
            "company_id": self.company_id.id,
            "kind": "compensation",
            "name": env._("Compensation"),
            "product_id": product.id,
            "quantity": 1.0,
            "price_unit": -self.compensation_amount,
            "currency_id": self.currency_id.id,
        }

    def _check_compensation_open(self, vals):
        """Raise when what was approved would change."""
        approved = self.filtered(
            lambda complaint: (
                complaint._get_compensation_status() in ("approved", "credited", "paid_out")
            )
        )
        for complaint in approved:
            changed = [
                fname
                for fname in COMPENSATION_FIELDS & vals.keys()
                if complaint._fields[fname].convert_to_write(complaint[fname], complaint)
                != vals[fname]
            ]
            if changed:
                raise UserError(
                    self.env._(
                        "The compensation of %(complaint)s is approved. Withdraw it before you "
                        "change it or whom it is for.",
                        complaint=complaint.display_name,
                    )
                )
