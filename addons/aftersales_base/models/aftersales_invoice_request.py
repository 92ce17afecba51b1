from odoo import api, fields, models

SETTLEMENT = "aftersales_base.group_aftersales_settlement"
# What the customer types; what he asked for stays as he asked for it.
DATA_FIELDS = (
    "company_name",
    "vat",
    "street",
    "zip",
    "city",
    "phone",
    "email",
    "bank_name",
    "bank_account",
    "note",
)


class AftersalesInvoiceRequest(models.Model):
    """A payer asks for an invoice with the tax data of his company (SA12).

    What he sends is kept here and changes no customer. Finance checks it, takes it over to the
    customer where it is right, or refuses it with a reason the customer reads. What is accepted
    is what the invoice is made out to, whether or not the customer on record changes.

    ========================  =======  ==========
    action                    payer    settlement
    ========================  =======  ==========
    ask                       portal   yes
    check, take over, refuse  no       yes
    ========================  =======  ==========
    """

    _name = "aftersales.invoice.request"
    _description = "Request for an Invoice"
    _inherit = ["aftersales.frozen.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "company_name"
    _rec_names_search = ["company_name", "vat", "settlement_id.name"]
    _check_company_auto = True

    settlement_id = fields.Many2one(
        comodel_name="aftersales.settlement",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('kind', '=', 'customer'), ('state', '=', 'confirmed')]",
    )
    company_id = fields.Many2one(
        related="settlement_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="settlement_id.partner_id", string="Payer", store=True, index=True, precompute=True
    )
    customer_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Customer on Record"
    )
    move_id = fields.Many2one(related="settlement_id.move_id", string="Invoice")
    asked_by_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        default=lambda self: self.env.user.partner_id,
        index="btree_not_null",
    )
    state = fields.Selection(
        selection=[("asked", "To Check"), ("done", "Accepted"), ("refused", "Refused")],
        required=True,
        default="asked",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    company_name = fields.Char(string="Name on the Invoice", required=True)
    vat = fields.Char(string="Tax ID", required=True)
    street = fields.Char(string="Address")
    zip = fields.Char()
    city = fields.Char()
    phone = fields.Char()
    email = fields.Char(string="Send To")
    bank_name = fields.Char(string="Bank")
    bank_account = fields.Char(string="Account Number")
    note = fields.Char(string="Remark")
    refusal_reason = fields.Char(
        string="Why Refused", copy=False, tracking=True, help="The customer reads it."
    )
    invoice_number = fields.Char(
        string="Tax Invoice", copy=False, help="The number of the invoice he got; he reads it."
    )
    date_answered = fields.Date(string="Answered On", readonly=True, copy=False)
    answered_by_id = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    known_vat = fields.Char(related="customer_id.vat", string="Known Tax ID")
    known_street = fields.Char(related="customer_id.street", string="Known Address")
    known_zip = fields.Char(related="customer_id.zip", string="Known Zip")
    known_city = fields.Char(related="customer_id.city", string="Known City")
    known_bank = fields.Char(string="Known Accounts", compute="_compute_known_bank")
    differs = fields.Boolean(
        compute="_compute_differs", help="The customer on record says something else."
    )

    _open_uniq = models.UniqueIndex(
        "(settlement_id) WHERE state = 'asked'",
        "An invoice is asked for already on this settlement.",
    )

    # === COMPUTE METHODS === #

    @api.depends("customer_id.bank_ids.acc_number")
    def _compute_known_bank(self):
        for asked in self:
            asked.known_bank = ", ".join(asked.customer_id.bank_ids.mapped("acc_number"))

    @api.depends(
        "company_name",
        "vat",
        "street",
        "zip",
        "city",
        "bank_account",
        "customer_id.name",
        "customer_id.vat",
        "customer_id.street",
        "customer_id.zip",
        "customer_id.city",
        "customer_id.bank_ids.acc_number",
    )
    def _compute_differs(self):
        for asked in self:
            asked.differs = bool(asked._prepare_customer_vals()) or asked._is_bank_new()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        asked = super().create(vals_list)
        asked._tell_finance()
        return asked

    # === ACTION METHODS === #

    def action_accept(self):
        """Say that the data is right; the customer on record stays as he is."""
        return self.write({"state": "done"})

    def action_accept_and_update(self):
        """Take the data over to the customer on record and say that it is right.

        With the rights of who does it: he has to be allowed to change customers.
        """
        self.check_access("write")
        # What was answered is old by now: it changes no customer again.
        self._check_not_frozen()
        for asked in self:
            if vals := asked._prepare_customer_vals():
                asked.customer_id.write(vals)
            if asked._is_bank_new():
                asked._add_bank_account()
            asked.customer_id._message_log(
                body=self.env._(
                    "Tax data taken over from what was asked for on %(settlement)s.",
                    settlement=asked.settlement_id.display_name,
                )
            )
        return self.action_accept()

    def action_refuse(self):
        """Say that there is no such invoice; the customer reads the reason."""
        return self.write({"state": "refused"})

    def action_view_settlement(self):
        """Open the settlement."""
        return self.settlement_id._get_records_action()

    # === BUSINESS METHODS === #

    def _get_state_transitions(self):
        return {
            "asked": {"done": SETTLEMENT, "refused": SETTLEMENT},
            "done": {"asked": SETTLEMENT},
            "refused": {"asked": SETTLEMENT},
        }

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"asked_by_id", "date_answered", "answered_by_id"}

    @api.model
    def _get_frozen_fields(self):
        return {"settlement_id", *DATA_FIELDS}

    def _get_frozen_message(self, fnames):
        return self.env._(
            "What was asked for on %(settlement)s is answered and stays as it is. Set it back to "
            "check to change it.",
            settlement=self.settlement_id.display_name,
        )

    def _transition_error_message(self, target):
        if target == "refused" and not (self.refusal_reason or "").strip():
            return self.env._(
                "%(settlement)s: write why there is no such invoice. The customer reads it.",
                settlement=self.settlement_id.display_name,
            )
        return super()._transition_error_message(target)

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        if target == "asked":
            return {**vals, "date_answered": False, "answered_by_id": False}
        return {
            **vals,
            "date_answered": self.company_id._get_aftersales_day(),
            "answered_by_id": self.env.uid,
        }

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # sudo: the to-do may be a colleague's; the answer is given.
        self.sudo().activity_ids.unlink()
        if target == "asked":
            self._tell_finance()
        if origin == "done":
            self._note_taken_back()
        elif target == "done":
            self._note_on_invoice()

    def _note_on_invoice(self):
        """Say on invoices that are made already whom they are made out to; one that was printed
        keeps its paper until somebody removes it."""
        for asked in self:
            # sudo: who checks the data need not keep the books.
            move_sudo = asked.sudo().move_id
            if not move_sudo:
                continue
            facts = {"name": asked.company_name, "vat": asked.vat}
            text = self.env._("Made out to %(name)s, %(vat)s, as the customer asked.", **facts)
            if move_sudo.invoice_pdf_report_id:
                text = self.env._(
                    "To be made out to %(name)s, %(vat)s, as the customer asked. Its PDF was made "
                    "before that: delete it among the attachments, then send the invoice again.",
                    **facts,
                )
            move_sudo._message_log(body=text)

    def _note_taken_back(self):
        """Say on invoices that they are made out to the customer on record again."""
        for asked in self:
            # sudo: who checks the data need not keep the books.
            for move_sudo in asked.sudo().move_id:
                move_sudo._message_log(
                    body=self.env._(
                        "No longer made out to %(name)s, %(vat)s: what was asked for is checked "
                        "again.",
                        name=asked.company_name,
                        vat=asked.vat,
                    )
                )

    def _get_buyer_lines(self):
        """Return what an invoice says of the buyer, line by line; nothing of no request."""
        if not self:
            return []
        self.ensure_one()
        place = " ".join(part for part in (self.zip, self.city) if part)
        account = ", ".join(part for part in (self.bank_name, self.bank_account) if part)
        lines = [
            self.company_name,
            self.street,
            place,
            self.vat and self.env._("Tax ID: %s", self.vat),
            self.phone and self.env._("Phone: %s", self.phone),
            account and self.env._("Account: %s", account),
        ]
        return [line.strip() for line in lines if line and line.strip()]

    def _prepare_customer_vals(self):
        """Return what the customer on record would be changed to: what is given and differs."""
        self.ensure_one()
        names = {"company_name": "name"}
        asked = {
            names.get(fname, fname): (self[fname] or "").strip()
            for fname in ("company_name", "vat", "street", "zip", "city")
        }
        customer = self.customer_id
        return {
            fname: value
            for fname, value in asked.items()
            if value and value != (customer[fname] or "")
        }

    def _is_bank_new(self):
        """Return whether an account is given that the customer on record does not have."""
        self.ensure_one()
        known = {
            self._clean_account(number) for number in self.customer_id.bank_ids.mapped("acc_number")
        }
        number = self._clean_account(self.bank_account)
        return bool(number) and number not in known

    @api.model
    def _clean_account(self, number):
        return "".join(char for char in (number or "") if char.isalnum()).upper()

    def _add_bank_account(self):
        """Add the account to the customer; money is sent there only after somebody trusts it."""
        self.ensure_one()
        Bank = self.env["res.bank"]
        bank = Bank
        if name := (self.bank_name or "").strip():
            bank = Bank.search([("name", "=ilike", name)], limit=1) or Bank.create({"name": name})
        self.env["res.partner.bank"].create(
            {
                "partner_id": self.customer_id.id,
                "acc_number": self.bank_account,
                "bank_id": bank.id,
            }
        )

    def _tell_finance(self):
        """Give who settles a to-do for what is to be checked."""
        for asked in self.filtered(lambda asked: asked.state == "asked"):
            clerk = asked._get_clerk()
            if not clerk:
                continue
            # sudo: customers make no to-dos; this one says that they asked.
            asked.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Check the tax data and make the invoice"),
                user_id=clerk.id,
            )

    def _get_clerk(self):
        """Return who checks it: who made the invoice or the settlement, else the first who may."""
        self.ensure_one()
        settlement_sudo = self.sudo().settlement_id
        near = settlement_sudo.move_id.create_uid | settlement_sudo.create_uid
        company = settlement_sudo.company_id
        settling = (
            self.env.ref(SETTLEMENT)
            .sudo()
            .all_user_ids.filtered(
                lambda user: user.active and not user.share and company in user.company_ids
            )
        )
        people = settling - self.env.ref("base.user_root")
        # The administrator settles where nobody else does.
        clerks = people - self.env.ref("base.user_admin")
        return (near & people)[:1] or (clerks or people).sorted("id")[:1]
