from odoo import models


class StockMove(models.Model):
    """Deliveries of what needs installing make the order for it (FS5)."""

    _inherit = "stock.move"

    # === BUSINESS METHODS === #

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        done = moves.filtered(lambda move: move.state == "done")
        Repair = self.env["repair.order"]
        if delivered := done.filtered(lambda move: move._is_to_install()):
            Repair._make_installations(delivered)
        if returned := done.filtered(lambda move: move._is_aftersales_return()):
            Repair._cancel_installations(returned)
        return moves

    def _is_to_install(self):
        """Return whether the move hands over what has to be installed."""
        self.ensure_one()
        return self.product_id.aftersales_needs_installation and self._is_aftersales_delivery()

    def _prepare_installation_vals_list(self, units):
        """Return the values of the orders to install what the move delivered.

        :param units: those it registered; none for products without a warranty policy
        """
        self.ensure_one()
        common = self._prepare_installation_vals()
        if units:
            return [
                {
                    **common,
                    "unit_id": unit.id,
                    "partner_id": unit.partner_id.id,
                    "product_qty": unit.quantity,
                }
                for unit in units
            ]
        address = self._get_aftersales_address() or self._get_aftersales_customer()
        if not address or address.commercial_partner_id == self.company_id.partner_id:
            return []
        return [
            {**common, "partner_id": address.id, "lot_id": lot.id, "product_qty": quantity}
            for lot, quantity in self._get_aftersales_quantities().items()
        ]

    def _prepare_installation_vals(self):
        """Return what all orders to install this delivery have in common."""
        self.ensure_one()
        order = self._get_aftersales_order()
        plan = order.aftersales_plan_ids
        service_type = self._get_install_type()
        planned = plan.date_install or order.commitment_date or self.date
        text = "\n".join(
            filter(None, (order.aftersales_install_note, plan and plan._prepare_install_text()))
        )
        return {
            "company_id": self.company_id.id,
            "install_move_id": self.id,
            "product_id": self.product_id.id,
            "service_type_id": service_type.id,
            "picking_type_id": self._get_install_operation(service_type).id,
            "team_id": (plan.team_id or service_type.team_id).id,
            "schedule_date": max(planned, self.date),
            **({"technician_id": plan.technician_id.id} if plan.technician_id else {}),
            "date_received": False,
            # Nobody's yet: who delivers does not install.
            "user_id": False,
            "internal_notes": self.env["repair.order"]._prepare_install_notes(text),
        }

    def _prepare_aftersales_owner_vals(self, owner, day):
        vals = super()._prepare_aftersales_owner_vals(owner, day)
        # Who uses it was said when it was sold.
        used_by = self._get_aftersales_order().aftersales_user_partner_id
        return {**vals, **({"user_partner_id": used_by.id} if used_by else {})}

    def _get_install_type(self):
        """Return as what the product is installed: as it says, else as the company does."""
        self.ensure_one()
        default = self.env.ref(
            "aftersales_repair.aftersales_service_type_installation", raise_if_not_found=False
        )
        return (
            self.product_id.aftersales_install_type_id
            or self.company_id.aftersales_install_type_id
            or default
            or self.env["aftersales.service.type"]
        )

    def _get_install_operation(self, service_type):
        """Return the operation of the orders: that of the service type, else that of work on
        site, for it is done where the goods are now.
        """
        self.ensure_one()
        operation = service_type.with_company(self.company_id).picking_type_id
        return operation or self.env["stock.warehouse"]._get_onsite_type(self.company_id)

    def _get_installation_counts(self):
        """Return ``{move: orders that install it}``, as far as the user may see them."""
        groups = self.env["repair.order"]._read_group(
            [("install_move_id", "in", self.ids)], ["install_move_id"], ["__count"]
        )
        return dict(groups)

    def _get_installations_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_repair.repair_order_action"
        )
        return {**action, "domain": [("install_move_id", "in", self.ids)], "context": {}}
