from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

LONGEST_NAME = 100


class AftersalesVisit(models.Model):
    """A day on the road: what is to do today, and the customer's signature (FS3)."""

    _inherit = "aftersales.visit"

    signature = fields.Binary(
        string="Customer's Signature", readonly=True, copy=False, attachment=True
    )
    signed_by = fields.Char(readonly=True, copy=False, tracking=True)
    signed_on = fields.Datetime(readonly=True, copy=False)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"signature", "signed_by", "signed_on"}

    def _prepare_transition_vals(self, target):
        """What goes on, or starts over, is signed anew."""
        vals = super()._prepare_transition_vals(target)
        if self[:1].state in ("done", "not_possible") or target == "planned":
            vals |= dict.fromkeys(("signature", "signed_by", "signed_on"), False)
        return vals

    @api.model
    def _get_my_today(self):
        """Return the user's own visits of today, and before them what is late or under way."""
        user = self.env.user
        now = fields.Datetime.now()
        today = fields.Date.to_string(self.new({"user_id": user.id})._to_local(now).date())
        domain = Domain("day", "=", today) & Domain("state", "!=", "cancelled")
        domain |= Domain("state", "in", ("on_way", "at_work"))
        domain |= Domain("state", "=", "planned") & Domain("planned_from", "<", now)
        return self.search(domain & Domain("user_id", "=", user.id), order="planned_from, id")

    def _sign(self, name, signature):
        """Note that the customer signed; what is signed stays, a second tap does nothing.

        :param str name: who signed
        :param signature: his signature, as a picture
        :raises UserError: when nobody has been there, or name or picture are missing
        :raises AccessError: when the user may not change the visit
        """
        self.ensure_one()
        self.check_access("write")
        if self.signed_on:
            return
        name = (name or "").strip()[:LONGEST_NAME]
        self._check_may_be_signed(name, signature)
        # Only here: a signature is not written by hand.
        self.sudo().write(
            {"signature": signature, "signed_by": name, "signed_on": fields.Datetime.now()}
        )

    def _check_may_be_signed(self, name, signature):
        """Raise when there is nothing to sign, or no signature; see :meth:`_sign`."""
        self.ensure_one()
        if self.state not in ("at_work", "done"):
            raise UserError(
                self.env._(
                    "Nobody is at the customer's on %(visit)s. Tap Arrived first.",
                    visit=self.display_name,
                )
            )
        if not name or not signature:
            raise UserError(
                self.env._(
                    "%(visit)s is not signed. Name and signature are both needed.",
                    visit=self.display_name,
                )
            )
