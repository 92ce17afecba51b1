from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

AGENT = "aftersales_base.group_aftersales_agent"


class AftersalesUnitRegistration(models.Model):
    """A customer says on the portal: I own this product, here is my proof of purchase.

    Nothing is true until an agent approves it. Approving gives the customer's own unit the
    dates and the proof, hands over the one that waits at a dealer, or makes the unit when nobody
    has one with this serial. A serial that somebody else owns is not handed over here: that is
    a change of owner.

    The customer is told nothing about the serial he typed before that, not even whether we
    know it.
    """

    _name = "aftersales.unit.registration"
    _description = "Product Registration"
    _inherit = [
        "aftersales.frozen.mixin",
        "aftersales.number.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _number_code = "aftersales.unit.registration"

    name = fields.Char(string="Number", default="New", readonly=True, copy=False)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    channel = fields.Selection(
        selection=[("portal", "Portal"), ("office", "By Us")], default="office", required=True
    )
    serial = fields.Char(string="Serial Number", required=True, index=True, tracking=True)
    product_text = fields.Char(string="Product as Typed")
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        groups="base.group_user",
        help="Found by the serial, where we know it; else chosen by whoever checks.",
    )
    date_purchase = fields.Date(string="Purchased On", required=True, tracking=True)
    dealer_name = fields.Char(string="Dealer as Typed")
    dealer_id = fields.Many2one(
        comodel_name="res.partner",
        check_company=True,
        index="btree_not_null",
        groups="base.group_user",
        help="The dealer among our contacts, to be put on the unit.",
    )
    proof = fields.Binary(string="Proof of Purchase", attachment=True, copy=False)
    proof_filename = fields.Char(copy=False)
    state = fields.Selection(
        selection=[("draft", "To Check"), ("approved", "Approved"), ("refused", "Refused")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    refuse_reason = fields.Char(
        string="Reason", copy=False, readonly=True, help="What the customer is told."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Checked By",
        copy=False,
        readonly=True,
        groups="base.group_user",
    )
    unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        string="Installed Product",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="What was registered.",
    )
    known_unit_id = fields.Many2one(
        comodel_name="aftersales.unit",
        compute="_compute_known_unit",
        string="Known As",
        groups="base.group_user",
        help="The unit in use that has this serial already.",
    )
    known_owner = fields.Selection(
        selection=[
            ("own", "The Customer"),
            ("dealer", "A Dealer"),
            ("other", "Somebody Else"),
            ("none", "Nobody"),
        ],
        compute="_compute_known_unit",
        groups="base.group_user",
    )

    # === COMPUTE METHODS === #

    @api.depends("serial", "company_id")
    def _compute_product_id(self):
        for company, registrations in self.grouped("company_id").items():
            products = registrations._find_products(company)
            for registration in registrations:
                found = products.get(registration.serial, set())
                if len(found) == 1:
                    registration.product_id = next(iter(found))
                else:
                    registration.product_id = registration.product_id

    @api.depends("serial", "product_id", "company_id", "partner_id", "state")
    def _compute_known_unit(self):
        # One that is archived but in use has its serial all the same.
        units = (
            self.env["aftersales.unit"]
            .with_context(active_test=False)
            .search_fetch(
                [
                    ("serial", "in", list(set(self.mapped("serial")) - {False})),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "=", "active"),
                ],
                ["serial", "product_id", "company_id", "partner_id"],
            )
        )
        for registration in self:
            found = units.filtered(registration._is_about)
            registration.known_unit_id = found[:1]
            registration.known_owner = registration._get_known_owner(found[:1])

    @api.depends("serial", "name")
    def _compute_display_name(self):
        for registration in self:
            registration.display_name = f"{registration.name} · {registration.serial}"

    def _compute_access_url(self):
        super()._compute_access_url()
        for registration in self:
            registration.access_url = "/my/products/register"

    # === ACTION METHODS === #

    def action_approve(self):
        """Register the products."""
        self.write({"state": "approved"})

    def action_reopen(self):
        """Check refused registrations again."""
        self.write({"state": "draft"})

    def action_view_unit(self):
        """Open what was registered, or the unit that has the serial."""
        self.ensure_one()
        unit = self.unit_id or self.known_unit_id
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.unit",
            "res_id": unit.id,
            "view_mode": "form",
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_frozen_fields(self):
        # What the dates of the unit rest on.
        return {
            "company_id",
            "partner_id",
            "serial",
            "product_id",
            "date_purchase",
            "proof",
            "proof_filename",
        }

    def _filter_frozen(self):
        """What was refused may still be corrected; and the rules themselves write anything."""
        if self.env.su:
            return self.browse()
        return self.filtered(lambda registration: registration.state == "approved")

    def _get_frozen_message(self, fnames):
        return self.env._(
            "%(registration)s was approved and stays as it was. Correct the installed product "
            "instead.",
            registration=self.display_name,
        )

    def _unlink_error_message(self):
        if self.state == "approved":
            return self._get_frozen_message(())
        return super()._unlink_error_message()

    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"name", "unit_id", "user_id", "refuse_reason"}

    def _get_state_transitions(self):
        return {
            "draft": {"approved": AGENT, "refused": AGENT},
            "refused": {"draft": AGENT},
        }

    def _transition_error_message(self, target):
        self.ensure_one()
        if target == "refused" and not self.refuse_reason:
            return self.env._(
                "%(registration)s is refused with a reason: the customer reads it.",
                registration=self.display_name,
            )
        if target != "approved":
            return super()._transition_error_message(target)
        if not self.product_id:
            return self.env._(
                "We do not know the product of %(registration)s. Choose it first.",
                registration=self.display_name,
            )
        if self.known_owner == "other":
            return self.env._(
                "%(registration)s: the serial belongs to %(owner)s. Change the owner of "
                "%(unit)s first, or refuse.",
                registration=self.display_name,
                owner=self.known_unit_id.partner_id.display_name,
                unit=self.known_unit_id.name,
            )
        if self.known_owner == "dealer" and self.date_purchase < self.known_unit_id.date_start:
            return self.env._(
                "%(registration)s: we delivered %(unit)s to the dealer on %(day)s, so nobody "
                "bought it on %(purchase)s. Ask for the right day, or refuse.",
                registration=self.display_name,
                unit=self.known_unit_id.name,
                day=format_date(self.env, self.known_unit_id.date_start),
                purchase=format_date(self.env, self.date_purchase),
            )
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "approved":
            self._register_units()
        if target in ("approved", "refused"):
            for registration in self:
                registration._tell_customer()
        else:
            # Guarded: the reason goes with the refusal.
            self.sudo().write({"refuse_reason": False, "user_id": False})

    def _refuse(self, reason):
        """Refuse with a reason the customer reads.

        :raises UserError, AccessError: not an agent, or not to be checked any more
        """
        self.check_access("write")
        drafts = self.filtered(lambda registration: registration.state == "draft")
        # Guarded: the reason is written here only, by whoever may write the registration.
        drafts.sudo().write({"refuse_reason": reason, "user_id": self.env.uid})
        self.write({"state": "refused"})

    def _register_units(self):
        """Give each customer his unit: the one he has, or a new one.

        One by one: two registrations of one serial must not make two units.
        """
        for registration in self:
            registration.invalidate_recordset(["known_unit_id", "known_owner"])
            if message := registration._transition_error_message("approved"):
                raise UserError(message)
            unit = registration.known_unit_id
            if registration.known_owner == "dealer":
                self.env["aftersales.unit.transfer"].create(registration._prepare_transfer_vals())
            if unit:
                unit.write(registration._prepare_event_vals(unit))
            else:
                unit = unit.create(registration._prepare_unit_vals())
            # Guarded: the link is a consequence of approving.
            registration.sudo().write({"unit_id": unit.id, "user_id": self.env.uid})

    def _prepare_event_vals(self, unit):
        """Return what an approved registration tells about the customer's unit.

        A registration does not overwrite what is known: a second one starts no warranty anew.
        """
        self.ensure_one()
        vals = {"proof_checked": True} if self.proof else {}
        if self.proof and not unit.proof_of_purchase:
            vals |= {"proof_of_purchase": self.proof, "proof_filename": self.proof_filename}
        events = {
            "date_registered": self.company_id._get_aftersales_day(self.create_date),
            "date_purchase": self.date_purchase,
            "dealer_id": self.dealer_id.id,
        }
        return vals | {field: value for field, value in events.items() if not unit[field]}

    def _prepare_transfer_vals(self):
        """Return the values by which the dealer's unit goes to the customer."""
        self.ensure_one()
        return {
            "unit_id": self.known_unit_id.id,
            "partner_to_id": self.partner_id.id,
            "date": self.date_purchase,
            "note": self.name,
        }

    def _prepare_unit_vals(self):
        """Return the values of the unit of a serial nobody has."""
        self.ensure_one()
        lot = self.env["stock.lot"]
        if self.product_id.tracking != "none":
            lots = lot._find_or_make_for_units([(self.product_id, self.serial)], self.company_id)
            lot = lots[self.product_id, self.serial]
        return {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "serial": self.serial,
            "lot_id": lot.id,
            "partner_id": self.partner_id.id,
            "date_start": self.date_purchase,
            **self._prepare_event_vals(self.env["aftersales.unit"]),
        }

    def _tell_customer(self):
        """Write the answer to the customer, in his language."""
        self.ensure_one()
        self.message_post(
            body=self.with_context(lang=self.partner_id.lang)._get_answer(),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.partner_id.ids,
        )

    def _get_answer(self):
        """Return what the customer is told once the registration is checked."""
        self.ensure_one()
        if self.state == "refused":
            return self.env._(
                "We could not register serial number %(serial)s: %(reason)s",
                serial=self.serial,
                reason=self.refuse_reason,
            )
        return self.env._(
            "%(product)s with serial number %(serial)s is registered for you.",
            product=self.product_id.name,
            serial=self.serial,
        )

    def _find_products(self, company):
        """Return the products known by each serial, by lots and units of the company."""
        serials = list(set(self.mapped("serial")) - {False})
        # sudo: the product is looked up for who checks; the customer never sees it.
        lots_sudo = (
            self.env["stock.lot"]
            .sudo()
            .search_fetch(
                Domain("name", "in", serials) & Domain("company_id", "in", (company.id, False)),
                ["name", "product_id"],
            )
        )
        units_sudo = (
            self.env["aftersales.unit"]
            .sudo()
            .search_fetch(
                Domain("serial", "in", serials) & Domain("company_id", "=", company.id),
                ["serial", "product_id"],
            )
        )
        known = [(lot.name, lot.product_id) for lot in lots_sudo]
        known += [(unit.serial, unit.product_id) for unit in units_sudo]
        products = {}
        for serial, product in known:
            if not product.company_id or product.company_id == company:
                products.setdefault(serial, set()).add(product)
        return products

    def _is_about(self, unit):
        """Return whether the registration is about this unit."""
        self.ensure_one()
        return (
            unit.serial == self.serial
            and unit.company_id == self.company_id
            and (not self.product_id or unit.product_id == self.product_id)
        )

    def _get_known_owner(self, unit):
        self.ensure_one()
        if not unit:
            return "none"
        same = unit.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id
        if same:
            return "own"
        return "dealer" if unit._waits_for_end_user() else "other"
