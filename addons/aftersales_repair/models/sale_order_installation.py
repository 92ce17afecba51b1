from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """What sales passes on to whoever delivers and installs what it sold (FS10)."""

    _inherit = "sale.order"

    aftersales_install_note = fields.Text(
        string="For the Installation",
        help="Who is there, what to know of the place. It goes to the work orders that install "
        "what is delivered.",
    )
    aftersales_promise = fields.Text(
        string="Promised",
        help="What the customer was promised beside the goods: trial run, training, old unit "
        "taken along.",
    )
    aftersales_agreement = fields.Text(
        string="Technical Agreement", help="What was agreed on make, connections, and place."
    )
    aftersales_user_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Used By",
        check_company=True,
        index="btree_not_null",
        help="Who uses it, when it is not the customer. The installed product gets it.",
    )
    aftersales_contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact on Site",
        check_company=True,
        help="Whom to call before the goods come.",
    )
    aftersales_to_install = fields.Boolean(compute="_compute_aftersales_to_install")
    aftersales_installation_count = fields.Integer(
        compute="_compute_aftersales_installation_count",
        groups="aftersales_base.group_aftersales_technician",
    )
    aftersales_plan_ids = fields.One2many(
        comodel_name="aftersales.delivery.plan", inverse_name="order_id", string="Delivery Plan"
    )
    aftersales_plan_status = fields.Selection(
        selection=lambda self: (
            self.env["aftersales.delivery.plan"]._fields["status"]._description_selection(self.env)
        ),
        compute="_compute_aftersales_plan_status",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("order_line.product_id.aftersales_needs_installation")
    def _compute_aftersales_to_install(self):
        for order in self:
            order.aftersales_to_install = any(
                order.order_line.product_id.mapped("aftersales_needs_installation")
            )

    def _compute_aftersales_installation_count(self):
        counts = self.picking_ids.move_ids._get_installation_counts()
        for order in self:
            order.aftersales_installation_count = sum(
                counts.get(move, 0) for move in order.picking_ids.move_ids
            )

    @api.depends("aftersales_plan_ids.status")
    def _compute_aftersales_plan_status(self):
        for order in self:
            order.aftersales_plan_status = order.aftersales_plan_ids.status

    # === ACTION METHODS === #

    def action_confirm(self):
        result = super().action_confirm()
        sold = self.filtered(lambda order: order.state == "sale" and order.aftersales_to_install)
        sold._make_delivery_plans()
        return result

    def action_view_installations(self):
        """Open the work orders that install what was sold."""
        self.ensure_one()
        return self.picking_ids.move_ids._get_installations_action()

    def action_pass_on_to_service(self):
        """Let service plan these deliveries.

        :raises UserError: when an order is not sold yet
        """
        self.check_access("write")
        if unsold := self.filtered(lambda order: order.state != "sale")[:1]:
            raise UserError(
                self.env._(
                    "%(order)s is not confirmed. Confirm it before service plans its delivery.",
                    order=unsold.display_name,
                )
            )
        self._make_delivery_plans()
        return True

    def action_view_delivery_plan(self):
        """Open the plan of this order."""
        self.ensure_one()
        return self.aftersales_plan_ids._get_records_action()

    # === BUSINESS METHODS === #

    def _make_delivery_plans(self):
        """Make the plan of each order that has none."""
        # Who sells has no after-sales rights; what is written comes from the orders.
        unplanned_sudo = self.sudo().filtered(lambda order: not order.aftersales_plan_ids)
        self.env["aftersales.delivery.plan"].sudo().create(
            [order._prepare_delivery_plan_vals() for order in unplanned_sudo]
        )

    def _prepare_delivery_plan_vals(self):
        """Return the values of the plan of this order."""
        self.ensure_one()
        moves = self.picking_ids.move_ids
        to_install = moves.filtered(lambda move: move.product_id.aftersales_needs_installation)
        service_type = to_install[:1]._get_install_type() if to_install else None
        return {
            "order_id": self.id,
            "team_id": service_type.team_id.id if service_type else False,
        }
