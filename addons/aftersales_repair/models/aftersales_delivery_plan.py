from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

AFTER = ("left", "cancelled")


class AftersalesDeliveryPlan(models.Model):
    """How service delivers and installs what was sold, planned before it leaves the store (FS10).

    What sales passes on (promises, technical agreement, who uses it where, whom to ask for) stands
    on the sales order and is read from there; service adds when the goods leave, when it comes and
    who. The day moves the transfers; the rest goes to the installation orders.

    Who may do what:

    ==============  ==================  =============  ======================  ========
    action          technician          agent          sales, store            manager
    ==============  ==================  =============  ======================  ========
    see             his own             his teams'     sales their own, store  all
    plan            no                  his teams'     no                      all
    ==============  ==================  =============  ======================  ========
    """

    _name = "aftersales.delivery.plan"
    _description = "Delivery Plan"
    _inherit = ["aftersales.guard.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_dispatch, id desc"
    _rec_name = "order_name"
    _rec_names_search = ["order_name", "partner_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"

    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Sales Order",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    # Service reads no sales orders: it knows them by their number.
    order_name = fields.Char(
        related="order_id.name", string="Order", store=True, precompute=True, index=True
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, precompute=True, index=True
    )
    partner_id = fields.Many2one(
        related="order_id.partner_id", store=True, precompute=True, index=True
    )
    salesman_id = fields.Many2one(related="order_id.user_id", string="Sold By")
    products = fields.Char(string="To Deliver", compute="_compute_products", compute_sudo=True)
    # What sales passes on
    promise = fields.Text(related="order_id.aftersales_promise")
    agreement = fields.Text(related="order_id.aftersales_agreement")
    install_note = fields.Text(related="order_id.aftersales_install_note")
    user_partner_id = fields.Many2one(related="order_id.aftersales_user_partner_id")
    place_id = fields.Many2one(related="order_id.partner_shipping_id", string="Address")
    contact_id = fields.Many2one(related="order_id.aftersales_contact_id")
    contact_phone = fields.Char(related="contact_id.phone")
    date_promised = fields.Datetime(
        related="order_id.commitment_date", string="Promised On", store=True, index=True
    )
    # What service plans
    team_id = fields.Many2one(
        comodel_name="aftersales.team", check_company=True, index="btree_not_null", tracking=True
    )
    date_dispatch = fields.Datetime(
        string="Goods Leave On",
        index=True,
        tracking=True,
        help="When the goods leave the store. The transfers of the order are planned for it.",
    )
    date_install = fields.Datetime(
        string="We Come On", tracking=True, help="When service installs what was delivered."
    )
    technician_id = fields.Many2one(
        comodel_name="res.users",
        check_company=True,
        domain="[('share', '=', False)]",
        index="btree_not_null",
        tracking=True,
        help="Who installs it; the installation order is his.",
    )
    note = fields.Text(
        string="Note of the Service", help="What service found out or agreed beside."
    )
    status = fields.Selection(
        selection=[
            ("to_plan", "To Plan"),
            ("planned", "Planned"),
            ("left", "Left the Store"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_status",
        compute_sudo=True,
        store=True,
        index=True,
    )
    warning = fields.Char(compute="_compute_warning", help="What speaks against the plan.")

    _order_uniq = models.UniqueIndex("(order_id)", "An order has one delivery plan.")

    # === COMPUTE METHODS === #

    @api.depends("order_id.state", "order_id.picking_ids.state", "date_dispatch")
    def _compute_status(self):
        for plan in self:
            open_pickings = plan._get_open_pickings()
            delivered = plan.order_id.picking_ids.filtered(lambda pick: pick.state == "done")
            if plan.order_id.state == "cancel":
                plan.status = "cancelled"
            elif delivered and not open_pickings:
                plan.status = "left"
            else:
                plan.status = "planned" if plan.date_dispatch else "to_plan"

    @api.depends("order_id.order_line.product_uom_qty", "order_id.order_line.product_id")
    def _compute_products(self):
        for plan in self:
            lines = plan.order_id.order_line.filtered(lambda line: line.product_id.type == "consu")
            plan.products = ", ".join(
                f"{line.product_uom_qty:g} × {line.product_id.display_name}" for line in lines
            )

    @api.depends("date_dispatch", "date_install", "date_promised", "status")
    def _compute_warning(self):
        for plan in self:
            plan.warning = plan.status not in AFTER and plan._get_warning()

    # === CRUD METHODS === #

    def write(self, vals):
        if {"date_dispatch", "date_install", "technician_id"} & vals.keys():
            self._check_open()
        result = super().write(vals)
        if vals.get("date_dispatch"):
            # Planning the delivery is the right to say when its transfers are due.
            self.sudo()._get_open_pickings().scheduled_date = vals["date_dispatch"]
        return result

    # === ACTION METHODS === #

    def action_view_installations(self):
        """Open the work orders that install what was delivered."""
        self.ensure_one()
        # The movements alone say which orders, and the user sees of those what he may.
        moves = self.sudo().order_id.picking_ids.move_ids.with_env(self.env)
        return moves._get_installations_action()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        # Another order would be read and its transfers moved without a right on it.
        return super()._get_guarded_fields() | {"order_id"}

    def _check_open(self):
        """Raise when there is nothing left to plan.

        :raises UserError: naming the plan
        """
        if closed := self.filtered(lambda plan: plan.status in AFTER)[:1]:
            raise UserError(
                self.env._(
                    "The goods of %(order)s left the store, or the order was cancelled. Plan the "
                    "work order that installs them instead.",
                    order=closed.order_name,
                )
            )

    def _get_open_pickings(self):
        """Return the transfers to the customer that are still to come."""
        return self.order_id.picking_ids.filtered(
            lambda picking: (
                picking.state not in ("done", "cancel")
                and picking.picking_type_id.code == "outgoing"
            )
        )

    def _get_warning(self):
        """Return what speaks against the plan, or an empty text."""
        self.ensure_one()
        if self.date_dispatch and self.date_install and self.date_install < self.date_dispatch:
            return self.env._("We come before the goods leave the store.")
        last = self.date_install or self.date_dispatch
        get_day = self.company_id._get_aftersales_day
        if self.date_promised and last and get_day(last) > get_day(self.date_promised):
            return self.env._("Later than promised.")
        return ""

    def _prepare_install_text(self):
        """Return the plan as text for the installation order."""
        self.ensure_one()
        contact = ", ".join(filter(None, (self.contact_id.name, self.contact_phone)))
        dispatch = self.date_dispatch and format_datetime(self.env, self.date_dispatch)
        facts = [
            (self.env._("Promised"), self.promise),
            (self.env._("Technical agreement"), self.agreement),
            (self.env._("Used by"), self.user_partner_id.display_name),
            (self.env._("Contact"), contact),
            (self.env._("Goods left on"), dispatch),
            (self.env._("Service"), self.note),
        ]
        return "\n".join(f"{label}: {text}" for label, text in facts if text)
