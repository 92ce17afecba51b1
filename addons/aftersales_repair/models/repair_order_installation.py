from odoo import api, fields, models
from odoo.tools import plaintext2html

from .repair_order import ENDED

NOT_BEGUN = ("draft", "confirmed")


class RepairOrder(models.Model):
    """What was delivered is installed and accepted (FS5, FS10)."""

    _inherit = "repair.order"

    install_move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Delivered By Move",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The delivery that made this order.",
    )
    install_picking_name = fields.Char(
        related="install_move_id.picking_id.name", string="Delivered By"
    )
    install_order_name = fields.Char(
        related="install_move_id.sale_line_id.order_id.name", string="Sold By"
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"install_move_id"}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "done":
            # Whoever ends the work need not have a right on units; the day is that of the work.
            self.sudo()._note_acceptance()

    def _note_acceptance(self):
        """Note on the units that they are installed: warranties may begin with it (WA1)."""
        installed = self.filtered(
            lambda repair: (
                repair.service_type_id.is_installation and not repair.unit_id.date_installed
            )
        )
        for day, repairs in installed.grouped(lambda repair: repair._get_acceptance_day()).items():
            repairs.unit_id.date_installed = day

    def _get_acceptance_day(self):
        """Return the day on which the customer signed for it, else when the work was done."""
        self.ensure_one()
        signed = max(filter(None, self.visit_ids.mapped("signed_on")), default=None)
        if signed:
            return self.company_id._get_aftersales_day(signed)
        return self.date_done or self.company_id._get_aftersales_day()

    @api.model
    def _make_installations(self, moves):
        """Make the installation orders of deliveries: one for each unit, or for each serial or
        quantity of what is not registered as an installed product.

        :param moves: done moves to customers, of products that need installing
        :return: the orders made
        """
        orders = self.sudo().browse()
        for company, company_moves in moves.grouped("company_id").items():
            # Who delivers has no after-sales rights: what is written comes from moves that he
            # was allowed to validate.
            units = self.env["aftersales.unit"]._with_moves_env(company)
            delivered = units.search([("move_id", "in", company_moves.ids)], order="id").grouped(
                "move_id"
            )
            orders |= units.env["repair.order"].create(
                [
                    vals
                    for move in company_moves.with_env(units.env)
                    for vals in move._prepare_installation_vals_list(delivered.get(move, units))
                ]
            )
        return orders

    @api.model
    def _cancel_installations(self, moves):
        """Drop what was given back before anybody began to install it; a part of a quantity is
        taken off the order.

        :param moves: done moves by which customers gave goods back
        """
        for company, company_moves in moves.grouped("company_id").items():
            units = self.env["aftersales.unit"]._with_moves_env(company)
            repairs = units.env["repair.order"].search(
                [
                    ("company_id", "=", company.id),
                    ("install_move_id", "in", company_moves.origin_returned_move_id.ids),
                    ("state", "not in", ENDED),
                ]
            )
            gone = repairs.filtered(lambda repair: repair._is_given_back())
            gone.filtered(lambda repair: repair.state in NOT_BEGUN).action_repair_cancel()
            for repair in gone:
                repair.message_post(body=repair.env._("The customer gave the goods back."))
            for repair in repairs - gone:
                if repair.unit_id and repair.product_qty != repair.unit_id.quantity:
                    repair.product_qty = repair.unit_id.quantity

    def _is_given_back(self):
        """Return whether what is to be installed is no longer the customer's."""
        self.ensure_one()
        if self.unit_id:
            return self.unit_id.state != "active"
        back = self.install_move_id.returned_move_ids.filtered(
            lambda move: move.state == "done" and move._is_given_back()
        )
        if self.lot_id:
            return self.lot_id in back.move_line_ids.lot_id
        return self.install_move_id._is_taken_back()

    @api.model
    def _prepare_install_notes(self, note):
        """Return what sales passed on as the internal notes of the order."""
        return plaintext2html(note) if note else False
