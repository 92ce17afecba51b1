from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesCharge(models.Model):
    """A payment in advance, and the charge that takes it back (SA4)."""

    _inherit = "aftersales.charge"

    kind = fields.Selection(
        selection_add=[("advance", "Payment in Advance")],
        # What was paid in advance of work orders is a fee without them.
        ondelete={"advance": "set fee"},
    )
    advance_repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Paid in Advance For",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        readonly=True,
        copy=False,
    )
    advance_id = fields.Many2one(
        comodel_name="aftersales.charge",
        string="Takes Back",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
        help="The payment in advance that is deducted or given back.",
    )
    advance_back_ids = fields.One2many(
        comodel_name="aftersales.charge", inverse_name="advance_id", string="Taken Back By"
    )
    advance_tax_ids = fields.Many2many(
        comodel_name="account.tax",
        relation="aftersales_charge_advance_tax_rel",
        string="Taxes in Advance",
        readonly=True,
        copy=False,
    )
    advance_tax_data = fields.Json(copy=False)

    _advance_once = models.UniqueIndex(
        "(advance_id) WHERE advance_id IS NOT NULL AND state != 'cancelled'",
        "This payment in advance is deducted or given back already.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("kind") == "advance" for vals in vals_list):
            raise UserError(
                self.env._(
                    "A payment in advance is asked for by an estimate: enter the percentage on "
                    "the work order."
                )
            )
        return super().create(vals_list)

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            "advance_repair_id",
            "advance_id",
            "advance_tax_ids",
            "advance_tax_data",
        }

    @api.model
    def _get_agreed_kinds(self):
        return super()._get_agreed_kinds() | {"advance"}

    def _get_origin(self):
        if self.kind == "advance" and self.advance_repair_id:
            return self.advance_repair_id
        return super()._get_origin()

    def _get_price_in(self, taxes):
        """It was worked out with the taxes it is billed with."""
        return self.price_unit if self.kind == "advance" else super()._get_price_in(taxes)

    def _transition_error_message(self, target):
        # Cancelling and reopening is for the rules: the order and its money go together.
        if self.kind == "advance" and target != "confirmed" and not self.env.su:
            return self.env._(
                "%(charge)s belongs to an estimate. Cancel its settlement, or the work order.",
                charge=self.display_name,
            )
        return super()._transition_error_message(target)

    def _get_standing_advances(self):
        """Return what is asked for in advance, not what takes it back or was withdrawn."""
        return self.filtered(
            lambda charge: (
                charge.kind == "advance" and not charge.advance_id and charge.state == "confirmed"
            )
        )

    def _get_advance_moves(self):
        """Return the standing invoices of these payments in advance. What is credited in full is
        owed back by its credit note, paid or not, so it stands no more."""
        settlements = self.settlement_line_ids.filtered("is_living").settlement_id
        moves = settlements.browse().move_id.union(
            *(settlement._get_standing_move() for settlement in settlements)
        )
        return moves.filtered(lambda move: not move._is_aftersales_credited())

    def _is_advance_credited(self):
        """Return whether it was invoiced, and credited in full by accounting."""
        self.ensure_one()
        moves = self.settlement_line_ids.filtered("is_living").settlement_id.move_id
        return any(move._is_aftersales_credited() for move in moves)

    def _withdraw(self):
        """Ask for these payments in advance no more."""
        self.settlement_line_ids.filtered("is_living").settlement_id.action_cancel()
        self.action_cancel()

    def _get_deducting_lines(self):
        """Return the settlement lines that take these payments off, unless their own invoice was
        undone."""
        lines = self.advance_back_ids.settlement_line_ids.filtered("is_living")
        return lines.filtered(
            lambda line: (
                not (move := line.settlement_id.move_id)
                or (line.settlement_id._get_standing_move() and not move._is_aftersales_credited())
            )
        )

    def _cancel_baseless_backs(self):
        """Take nothing off any more whose payment in advance was credited, as far as it is on no
        settlement."""
        baseless = self.filtered(
            lambda charge: (
                charge.advance_id
                and charge.state == "confirmed"
                and not charge.settlement_line_ids.filtered("is_living")
                and not charge.advance_id._get_advance_moves()
            )
        )
        baseless.action_cancel()
        # The index has to see that the payment may be taken back anew.
        baseless.flush_recordset(["state"])

    def _prepare_advance_back_vals(self):
        """Return the values of the charge that takes this payment in advance back."""
        self.ensure_one()
        return {
            "advance_id": self.id,
            "advance_repair_id": self.advance_repair_id.id,
            "company_id": self.company_id.id,
            "kind": "advance",
            "name": self.name,
            "product_id": self.product_id.id,
            "quantity": -1.0,
            "price_unit": self.price_unit,
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "payer_id": self.payer_id.id,
            "advance_tax_ids": [fields.Command.set(self.advance_tax_ids.ids)],
            "advance_tax_data": self.advance_tax_data,
        }

    def _cancel_unsettled_backs(self):
        """Owe nothing back any more, as far as no settlement was closed on it."""
        backs = self.filtered(lambda charge: charge.advance_id and charge.state == "confirmed")
        lines = backs.settlement_line_ids.filtered("is_living")
        drafts = lines.settlement_id.filtered(lambda settlement: settlement.state == "draft")
        drafts.action_cancel()
        lines = backs.settlement_line_ids.filtered("is_living")
        (backs - lines.charge_id).action_cancel()
        # The index has to see that the payment may be taken back anew.
        backs.flush_recordset(["state"])
