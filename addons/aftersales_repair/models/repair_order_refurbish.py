from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .aftersales_unit_refurbish import GRADES

GONE = ("parts", "scrap")


class RepairOrder(models.Model):
    """Work on a unit that came back and is ours: cost alone, and what becomes of it (RX6).

    A module that sells what was refurbished extends ``_prepare_refurbished_vals`` (what is
    written on the unit) and ``_follow_refurbishing`` (what happens to the goods).
    """

    _inherit = "repair.order"

    is_refurbish = fields.Boolean(
        related="service_type_id.is_refurbish", string="Refurbishing", store=True, precompute=True
    )
    refurbish_result = fields.Selection(
        selection=[
            ("sale", "Back to Sale"),
            ("parts", "Taken Apart"),
            ("scrap", "Scrapped"),
        ],
        string="What Becomes of It",
        copy=False,
        tracking=True,
        help="Taken apart: the parts that are kept are lines of kind Recycle. What is taken apart "
        "or scrapped leaves the stock when the work ends.",
    )
    refurbish_grade = fields.Selection(selection=GRADES, string="Grade", copy=False, tracking=True)
    refurbish_condition = fields.Char(string="Condition Afterwards", copy=False)
    refurbish_cost = fields.Monetary(
        string="Cost of Parts",
        compute="_compute_refurbish_cost",
        compute_sudo=True,
        groups="aftersales_base.group_aftersales_agent",
        help="Parts put in, at what they cost us today.",
    )

    _refurbish_open_uniq = models.UniqueIndex(
        "(unit_id) WHERE is_refurbish AND state NOT IN ('done', 'cancel')",
        "A unit is refurbished by one work order at a time.",
    )

    # === COMPUTE METHODS === #

    @api.depends("is_refurbish")
    def _compute_partner_id(self):
        """Nobody is served when we refurbish what is ours."""
        own = self.filtered("is_refurbish")
        served = self - own
        known = {repair: repair.partner_id for repair in served}
        super(RepairOrder, served)._compute_partner_id()
        for repair in served:
            # Another service type is no reason to forget who was typed.
            repair.partner_id = repair.partner_id or known[repair]
        own.partner_id = False

    @api.depends("move_ids.quantity", "move_ids.product_id", "move_ids.repair_line_type")
    def _compute_refurbish_cost(self):
        for repair in self:
            used = repair.move_ids if repair.is_refurbish else repair.move_ids.browse()
            repair.refurbish_cost = sum(
                move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
                * move.product_id.with_company(repair.company_id).standard_price
                for move in used
                if move.repair_line_type == "add"
            )

    # === CONSTRAINT METHODS === #

    @api.constrains("is_refurbish", "partner_id")
    def _check_refurbish_partner(self):
        for repair in self.filtered("is_refurbish"):
            if repair.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(order)s refurbishes our own unit and has no customer. Take the customer "
                        "out, or choose another service type.",
                        order=repair.display_name,
                    )
                )

    @api.constrains("is_refurbish", "state")
    def _check_refurbish_unit(self):
        for repair in self.filtered("is_refurbish"):
            if repair._is_open() and repair.unit_id.state == "active":
                raise ValidationError(
                    self.env._(
                        "%(unit)s is in use at its customer and cannot be refurbished by "
                        "%(order)s.",
                        unit=repair.unit_id.display_name,
                        order=repair.display_name,
                    )
                )

    @api.constrains("is_refurbish")
    def _check_refurbish_charges(self):
        # Charges of colleagues he does not see are in the way as well: a name leaves them.
        for repair_sudo in self.filtered("is_refurbish").sudo():
            charges_sudo = repair_sudo.charge_ids | repair_sudo.advance_charge_ids
            living_sudo = charges_sudo.filtered(lambda charge: charge.state != "cancelled")[:1]
            if living_sudo:
                raise ValidationError(
                    self.env._(
                        "%(charge)s is charged on %(order)s, and nobody pays for refurbishing our "
                        "own unit. Cancel its charges first, or choose another service type.",
                        charge=living_sudo.display_name,
                        order=repair_sudo.display_name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        service_type = self.env["aftersales.service.type"].browse(vals.get("service_type_id"))
        if service_type.is_refurbish:
            self._take_default_work()
            self._drop_part_charges()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "done" and self.is_refurbish:
            message = self._refurbish_error_message()
        return message

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # Ending the work is the right to say what became of it: the values are the order's.
        own_sudo = self.sudo().filtered("is_refurbish")
        own_sudo.unit_id.invalidate_recordset(["refurbish_id", "is_refurbishing"], flush=False)
        for repair_sudo in own_sudo if target == "done" else ():
            repair_sudo._follow_refurbishing()

    def _drop_part_charges(self):
        """Drop the open charges that stand for parts: nobody pays for them any more.

        Charges somebody made hold the order; see :meth:`_check_refurbish_charges`.
        """
        # The charges of parts follow the order, whoever may see them.
        charges_sudo = self.sudo().move_ids.aftersales_charge_ids
        charges_sudo.filtered(lambda charge: charge.state == "draft").unlink()

    def _refurbish_error_message(self):
        """Return that it was not said what becomes of the unit, or an empty text."""
        self.ensure_one()
        if not self.refurbish_result:
            return self.env._(
                "Say on %(order)s what becomes of the unit: page Refurbishing.",
                order=self.display_name,
            )
        if self.refurbish_result == "sale" and not self.refurbish_grade:
            return self.env._(
                "%(order)s gives the unit back to sale. Say how good it is: page Refurbishing, "
                "Grade.",
                order=self.display_name,
            )
        return ""

    def _follow_refurbishing(self):
        """Write on the unit how it came out, and take out of stock what is no unit any more."""
        self.ensure_one()
        self.unit_id.write(self._prepare_refurbished_vals())
        if self.refurbish_result in GONE:
            if self.unit_id.state != "scrapped":
                self.unit_id.write({"state": "scrapped"})
            self._scrap_refurbished()

    def _prepare_refurbished_vals(self):
        """Return what the unit takes over from the order; modules add theirs."""
        self.ensure_one()
        sold = self.refurbish_result == "sale"
        return {
            "grade": self.refurbish_grade if sold else False,
            "condition": self.refurbish_condition or self.unit_id.condition,
        }

    def _scrap_refurbished(self):
        """Take the goods out of stock; what never came into our stock is only noted."""
        self.ensure_one()
        scraps = self.env["stock.scrap"]
        scrap = scraps.new(self._prepare_refurbish_scrap_vals())
        if not self.product_id.is_storable or not scrap.check_available_qty():
            self.message_post(
                body=self.env._(
                    "%(product)s is not in %(place)s: nothing was taken out of stock.",
                    product=self.product_id.display_name,
                    place=self.product_location_dest_id.display_name,
                ),
                subtype_xmlid="mail.mt_note",
            )
            return scraps
        scrap = scraps.create(self._prepare_refurbish_scrap_vals())
        scrap.do_scrap()
        return scrap

    def _prepare_refurbish_scrap_vals(self):
        """Return the values of the scrap of what is no unit any more."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "product_uom_id": self.product_uom.id,
            "lot_id": self.lot_id.id,
            "scrap_qty": self.product_qty,
            "location_id": self.product_location_dest_id.id,
            "origin": self.name,
        }
