from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

GRADES = [("a", "A: like new"), ("b", "B: slight marks"), ("c", "C: clear marks")]
CAME_BACK = ("returned", "replaced")


class AftersalesUnit(models.Model):
    """What came back is refurbished: by a work order of its own, to be sold again or not (RX6).

    The unit stays what it was to its customer, returned or replaced. A grade says that it was
    refurbished and is ready to be sold again; its next delivery makes a new unit.
    """

    _inherit = "aftersales.unit"

    grade = fields.Selection(
        selection=GRADES,
        readonly=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="How good it is after refurbishing.",
    )
    refurbish_id = fields.Many2one(
        comodel_name="repair.order",
        string="Refurbished By",
        compute="_compute_refurbish_id",
        compute_sudo=True,
    )
    is_refurbishing = fields.Boolean(compute="_compute_refurbish_id", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("repair_ids.is_refurbish")
    def _compute_refurbish_id(self):
        """Take the last one; most units were never refurbished and cost one query together.

        Orders that refurbish say so when their state changes: were this to follow the state,
        every order would look for its dependents at each step.
        """
        found = self.env["repair.order"].search(
            Domain("unit_id", "in", self.ids)
            & Domain("is_refurbish", "=", True)
            & Domain("state", "!=", "cancel"),
            order="id",
        )
        last = {order.unit_id.id: order for order in found}
        for unit in self:
            unit.refurbish_id = last.get(unit.id)
            unit.is_refurbishing = bool(unit.refurbish_id) and unit.refurbish_id.state != "done"

    # === ACTION METHODS === #

    def action_refurbish(self):
        """Open the work order that refurbishes the unit, made where there is none yet.

        :raises UserError: when the unit did not come back, or belongs to a customer again
        """
        self.ensure_one()
        order = self.refurbish_id.with_env(self.env)
        if not self.is_refurbishing:
            self._check_may_be_refurbished()
            order = order.create(self._prepare_refurbish_vals())
        return order._open_order()

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"grade"}

    def _check_may_be_refurbished(self):
        """Raise when the unit is not ours; see :meth:`action_refurbish`."""
        self.ensure_one()
        if self.state not in CAME_BACK:
            raise UserError(
                self.env._(
                    "%(unit)s did not come back to us. Only what was returned or exchanged is "
                    "refurbished.",
                    unit=self.display_name,
                )
            )
        # Whose it is now, whoever may see that.
        living_sudo = self.sudo().lot_id and self.sudo().search(
            Domain("lot_id", "=", self.lot_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "active"),
            limit=1,
        )
        if living_sudo:
            raise UserError(
                self.env._(
                    "%(unit)s was sold again and is in use as %(reference)s.",
                    unit=self.display_name,
                    reference=living_sudo.name,
                )
            )

    def _prepare_refurbish_vals(self):
        """Return the values of the order that refurbishes this unit; modules add theirs."""
        self.ensure_one()
        service_type = self._get_refurbish_type()
        vals = {
            "company_id": self.company_id.id,
            "unit_id": self.id,
            "partner_id": False,
            "service_type_id": service_type.id,
            "team_id": service_type.team_id.id,
            "product_qty": self.quantity,
        }
        location = self._get_stock_location()
        return {**vals, **({"product_location_src_id": location.id} if location else {})}

    def _get_refurbish_type(self):
        """Return the service type of refurbishing.

        :raises UserError: when there is none
        """
        self.ensure_one()
        domain = Domain("is_refurbish", "=", True) & Domain(
            "company_id", "in", (self.company_id.id, False)
        )
        service_type = self.env["aftersales.service.type"].search(
            domain, order="company_id, sequence, id", limit=1
        )
        if not service_type:
            raise UserError(
                self.env._(
                    "No service type refurbishes. A manager ticks Refurbishes Our Own on one under "
                    "Configuration, Service Types."
                )
            )
        return service_type

    def _get_stock_location(self):
        """Return where the serial lies in our stock, empty when it is not known."""
        self.ensure_one()
        if not self.lot_id:
            return self.env["stock.location"]
        # Who plans the work need not count the stock: a place leaves it.
        quants_sudo = self.env["stock.quant"].sudo()
        quant_sudo = quants_sudo.search(
            Domain("lot_id", "=", self.lot_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("location_id.usage", "=", "internal")
            & Domain("quantity", ">", 0),
            limit=1,
        )
        return quant_sudo.location_id.with_env(self.env)
