from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from .aftersales_charge import MANAGER

OVERRIDE_FIELDS = {"override_bearer", "override_reason"}


class AftersalesCharge(models.Model):
    """The last word of the one who saw the unit: decided by hand, with a reason, up to a limit."""

    _inherit = "aftersales.charge"

    override_bearer = fields.Selection(
        selection=[("customer", "Customer Pays"), ("company", "We Bear It")],
        string="Decide Otherwise",
        copy=False,
        help="The last word of the one who saw the unit; it needs a reason.",
    )
    override_reason = fields.Char(string="Reason", copy=False)
    override_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Decided By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who decided otherwise.",
    )
    override_approved = fields.Boolean(
        string="Approved by a Manager",
        readonly=True,
        copy=False,
        help="A manager decided otherwise, or changed the charge since.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("override_bearer", "override_reason")
    def _check_override_reason(self):
        for charge in self:
            if charge.override_bearer and not (charge.override_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(charge)s is decided by hand. Write the reason beside it.",
                        charge=charge.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        charges = super().create(vals_list)
        charges._note_override()
        charges._log_override()
        return charges

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"override_user_id", "override_approved"}

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | OVERRIDE_FIELDS

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "confirmed" and self._exceeds_override_limit():
            return self._get_override_limit_message()
        return message

    def _follow_change(self, vals):
        super()._follow_change(vals)
        # What a module changes in superuser mode is nobody's decision.
        decided = OVERRIDE_FIELDS if self.env.su else self._get_frozen_fields()
        if decided & vals.keys():
            self._note_override()
        if "override_bearer" in vals:
            self._log_override()

    def _note_override(self):
        """Keep who decided otherwise, and let nobody decide above his limit.

        :raises UserError: when a charge above the company's limit needs a manager
        """
        overridden = self.filtered("override_bearer")
        vals = {
            "override_user_id": self.env.uid,
            "override_approved": self.env.user.has_group(MANAGER),
        }
        # Who decided is for the rules to write, not for the form.
        if overridden:
            overridden.sudo().write(vals)
        if forgotten := (self - overridden).filtered("override_user_id"):
            forgotten.sudo().write({"override_user_id": False, "override_approved": False})
        for charge in overridden:
            if charge._exceeds_override_limit():
                raise UserError(charge._get_override_limit_message())

    def _exceeds_override_limit(self):
        """Return whether this charge, decided by hand, still needs a manager."""
        self.ensure_one()
        if not self.override_bearer or self.override_approved:
            return False
        if self.env.user.has_group(MANAGER):
            return False
        limit = self.company_id._get_aftersales_setting("aftersales_override_limit")
        if not limit:
            return False
        currency = self.company_id.currency_id
        day = self.date_fault or self.company_id._get_aftersales_day()
        amount = self.currency_id._convert(self.amount, currency, self.company_id, day)
        return currency.compare_amounts(abs(amount), limit) > 0

    def _get_override_limit_message(self):
        self.ensure_one()
        limit = self.company_id._get_aftersales_setting("aftersales_override_limit")
        return self.env._(
            "%(charge)s is above %(limit)s: a manager decides otherwise, or the rules stand.",
            charge=self.display_name,
            limit=format_amount(self.env, limit, self.company_id.sudo().currency_id),
        )

    def _log_override(self):
        """Say in the origin's thread who decided otherwise, and why."""
        for charge in self.filtered("override_bearer"):
            origin = charge._get_origin()
            if origin:
                origin.message_post(
                    body=self.env._(
                        "%(charge)s: %(decision)s. %(reason)s",
                        charge=charge.name,
                        decision=dict(
                            self._fields["override_bearer"]._description_selection(self.env)
                        )[charge.override_bearer],
                        reason=charge.override_reason,
                    ),
                    subtype_xmlid="mail.mt_note",
                )
