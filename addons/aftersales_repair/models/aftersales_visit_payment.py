from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST_REFERENCE = 64
PAYMENT_METHODS = [
    ("cash", "Cash"),
    ("card", "Card"),
    ("mobile", "Mobile Payment"),
    ("transfer", "Bank Transfer"),
    ("cheque", "Cheque"),
]


class AftersalesVisit(models.Model):
    """What a technician was paid at the customer's: a note for accounting, no entry (FS4, SA4).

    He notes it once more when it was wrong, until the work is settled; each change is tracked.
    """

    _inherit = "aftersales.visit"

    currency_id = fields.Many2one(related="repair_id.currency_id")
    payment_amount = fields.Monetary(
        string="Received", readonly=True, copy=False, tracking=True, help="What the customer paid."
    )
    payment_method = fields.Selection(
        selection=PAYMENT_METHODS, readonly=True, copy=False, tracking=True
    )
    payment_reference = fields.Char(
        readonly=True, copy=False, tracking=True, help="For example the number of the receipt."
    )
    payment_user_id = fields.Many2one(
        comodel_name="res.users", string="Received By", readonly=True, copy=False
    )
    payment_date = fields.Datetime(string="Received On", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "payment_amount",
            "payment_method",
            "payment_reference",
            "payment_user_id",
            "payment_date",
        }

    def _note_payment(self, amount, method, reference=""):
        """Note what the customer paid; zero takes the note back.

        :param float amount: in the currency of the order
        :param str method: one of the ways to pay
        :param str reference: of the receipt or the transfer
        :raises UserError: when nobody is there, what is noted is not possible, or it is settled
        """
        self._check_at_customer()
        self._check_payment_open()
        methods = dict(self._fields["payment_method"].selection)
        if not isfinite(amount) or amount < 0 or (amount and method not in methods):
            raise UserError(
                self.env._(
                    "The payment on %(visit)s needs an amount and how it was paid.",
                    visit=self.display_name,
                )
            )
        # Only here: who received what and when is noted, not written by hand.
        self.sudo().write(self._prepare_payment_vals(amount, method, reference))

    def _check_payment_open(self):
        """Raise when accounting counts on what was noted; see :meth:`_note_payment`."""
        line_sudo = self.repair_id.sudo().charge_ids.settlement_line_ids.filtered(
            lambda line: (
                line.settlement_id.kind == "customer" and line.settlement_id.state == "confirmed"
            )
        )[:1]
        if line_sudo:
            raise UserError(
                self.env._(
                    "%(order)s is settled already. Tell accounting what you received.",
                    order=self.repair_id.display_name,
                )
            )

    def _prepare_payment_vals(self, amount, method, reference):
        """Return the values of the note, or those that take it back."""
        if not amount:
            fnames = ("amount", "method", "reference", "user_id", "date")
            return {f"payment_{fname}": False for fname in fnames}
        return {
            "payment_amount": self.currency_id.round(amount),
            "payment_method": method,
            "payment_reference": (reference or "").strip()[:LONGEST_REFERENCE] or False,
            "payment_user_id": self.env.uid,
            "payment_date": fields.Datetime.now(),
        }

    def _describe_payments(self):
        """Return one line for each payment that was noted, as accounting reads it."""
        methods = dict(self._fields["payment_method"]._description_selection(self.env))
        return "\n".join(
            " · ".join(
                filter(
                    None,
                    (
                        visit.currency_id.format(visit.payment_amount),
                        methods.get(visit.payment_method),
                        visit.payment_reference,
                        visit.payment_user_id.name,
                        fields.Date.to_string(visit._to_local(visit.payment_date).date()),
                        visit.name,
                        visit.repair_id.name,
                    ),
                )
            )
            for visit in self
            if visit.payment_amount
        )
