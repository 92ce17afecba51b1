from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .aftersales_complaint_cause import TARGET_KINDS


class AftersalesComplaint(models.Model):
    """What or whom a customer complains about, and why it came to it."""

    _inherit = "aftersales.complaint"

    target_kind = fields.Selection(
        selection=TARGET_KINDS,
        string="Complaint About",
        required=True,
        default="service",
        index=True,
        tracking=True,
    )
    target_name = fields.Char(string="About", compute="_compute_target_name", compute_sudo=True)
    order_ref = fields.Char(
        string="Order or Invoice No.",
        help="The number the customer gives; accounting links the invoice.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('move_type', 'in', ('out_invoice', 'out_refund')), "
        "('commercial_partner_id', '=?', commercial_partner_id)]",
    )
    move_name = fields.Char(
        string="Invoice Number", compute="_compute_move_name", compute_sudo=True
    )
    target_team_id = fields.Many2one(
        comodel_name="aftersales.team",
        string="Department",
        check_company=True,
        index="btree_not_null",
    )
    target_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Person",
        domain="[('share', '=', False)]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="Who the customer complains about. He can never be the handler.",
    )
    cause_id = fields.Many2one(
        comodel_name="aftersales.complaint.cause",
        compute="_compute_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('target_kind', '=', target_kind)]",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("target_kind")
    def _compute_cause_id(self):
        for complaint in self:
            fits = complaint.cause_id.target_kind == complaint.target_kind
            complaint.cause_id = complaint.cause_id if fits else False

    @api.depends(
        "target_kind",
        "unit_id",
        "product_id",
        "order_ref",
        "move_id.name",
        "target_team_id",
        "target_user_id",
        "request_id",
    )
    def _compute_target_name(self):
        for complaint in self:
            complaint.target_name = complaint._get_target_name()

    @api.depends("move_id.name")
    def _compute_move_name(self):
        for complaint in self:
            complaint.move_name = complaint.move_id.name

    # === CONSTRAINT METHODS === #

    @api.constrains("cause_id", "target_kind")
    def _check_cause(self):
        for complaint in self:
            if complaint.cause_id and complaint.cause_id.target_kind != complaint.target_kind:
                raise ValidationError(
                    self.env._(
                        "%(cause)s is no cause for the kind of complaint that %(complaint)s is. "
                        "Choose another cause.",
                        cause=complaint.cause_id.display_name,
                        complaint=complaint.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _check_invoice_access(self, vals):
        """Raise when the current user links an invoice he may not read himself."""
        if vals.get("move_id") and not self.env.su:
            self.env["account.move"].browse(vals["move_id"]).check_access("read")

    def _get_target_name(self):
        """Return what or whom the customer complains about."""
        self.ensure_one()
        if self.target_kind == "product":
            return self.unit_id.display_name or self.product_id.display_name
        if self.target_kind == "order":
            return self.move_id.name or self.order_ref
        if self.target_kind == "department":
            return self.target_team_id.name
        if self.target_kind == "person":
            return self.target_user_id.name
        return self.request_id.display_name
