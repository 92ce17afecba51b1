from odoo import api, fields, models
from odoo.exceptions import UserError

SEERS = "aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement"


class AccountMove(models.Model):
    """Vendor bills made of service costs: no cost is owed twice (SA2)."""

    _inherit = "account.move"

    aftersales_kind = fields.Selection(
        selection_add=[("vendor", "Owed for Service Costs")], ondelete={"vendor": "set null"}
    )
    aftersales_cost_ids = fields.One2many(
        comodel_name="aftersales.cost", inverse_name="move_id", string="Service Costs"
    )
    aftersales_cost_count = fields.Integer(compute="_compute_aftersales_cost_count", groups=SEERS)

    # === COMPUTE METHODS === #

    @api.depends("aftersales_cost_ids")
    def _compute_aftersales_cost_count(self):
        for move in self:
            move.aftersales_cost_count = len(move.aftersales_cost_ids)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_undoing_costs(self):
        self._check_undoes_no_costs()

    # === ACTION METHODS === #

    def action_view_aftersales_costs(self):
        """Open the costs this bill was made of."""
        self.ensure_one()
        return self.aftersales_cost_ids._get_records_action(name=self.env._("Service Costs"))

    def button_draft(self):
        """Keep what undid a bill whose costs are free by now."""
        self._check_undoes_no_costs()
        return super().button_draft()

    # === BUSINESS METHODS === #

    def _post(self, soft=True):
        """Post no bill whose costs are on another one by now.

        :raises UserError: naming bill and cost
        """
        for move in self.filtered(lambda move: move.is_purchase_document()):
            if cost_sudo := move._get_aftersales_lost_costs()[:1]:
                raise UserError(
                    self.env._(
                        "Bill %(bill)s gave up %(cost)s, which is free or billed anew. Take its "
                        "line off, or cancel the bill.",
                        bill=move.display_name,
                        cost=cost_sudo.display_name,
                    )
                )
        return super()._post(soft=soft)

    def _prepare_product_base_line_for_taxes_computation(self, product_line):
        base_line = super()._prepare_product_base_line_for_taxes_computation(product_line)
        if product_line.aftersales_price_included:
            base_line["special_mode"] = "total_included"
        return base_line

    def _check_undoes_no_costs(self):
        """Raise when taking this credit note back would make a bill stand again whose costs are
        free or billed anew.

        :raises UserError: naming credit note, bill and cost
        """
        for move in self.filtered(lambda move: move.reversed_entry_id.is_purchase_document()):
            origin = move.reversed_entry_id
            if cost_sudo := origin._get_aftersales_lost_costs()[:1]:
                raise UserError(
                    self.env._(
                        "%(credit)s undoes bill %(bill)s, whose cost %(cost)s is free or billed "
                        "anew. Bill the cost instead of taking the credit note back.",
                        credit=move.display_name,
                        bill=origin.display_name,
                        cost=cost_sudo.display_name,
                    )
                )

    def _get_aftersales_lost_costs(self):
        """Return the costs that stand on lines of this bill and do not know it any more."""
        self.ensure_one()
        # sudo: whoever keeps the books need not see service costs.
        costs_sudo = self.sudo().invoice_line_ids.aftersales_cost_id
        return costs_sudo.filtered(
            lambda cost: cost.move_id.id != self.id or cost.state != "confirmed"
        )

    def _take_over_aftersales_settlement(self):
        """Become the bill of the costs whose reversed bill this one replaces."""
        super()._take_over_aftersales_settlement()
        # sudo: as where settlements are taken over.
        move_sudo = self.sudo()
        old_sudo = move_sudo.aftersales_replaces_id.invoice_line_ids.sorted(
            lambda line: (line.sequence, line.id)
        )
        new_sudo = move_sudo.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        for old, new in zip(old_sudo, new_sudo, strict=True):
            if cost_sudo := old.aftersales_cost_id.filtered(
                lambda cost, old=old: cost.move_line_id == old
            ):
                new.aftersales_cost_id = cost_sudo
                cost_sudo.move_line_id = new
