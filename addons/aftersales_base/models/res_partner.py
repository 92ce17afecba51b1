import re

from odoo import api, fields, models
from odoo.fields import Domain

from .res_company import SETTLE_BY


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_level_id = fields.Many2one(
        comodel_name="aftersales.customer.level",
        string="Service Level",
        groups="base.group_user",
        tracking=True,
        help="What we do for this customer beyond what was promised.",
    )
    aftersales_is_dealer = fields.Boolean(
        string="Dealer",
        help="Sells our products on: what we deliver is his until he hands it to an end user.",
    )
    aftersales_engineer_id = fields.Many2one(
        comodel_name="res.users",
        string="Own Engineer",
        groups="base.group_user",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        help="Who serves this customer when he can: he is suggested first.",
    )
    aftersales_payer_id = fields.Many2one(
        comodel_name="res.partner",
        string="Service Is Paid By",
        groups="base.group_user",
        index="btree_not_null",
        help="Dealer, insurer or landlord who gets the invoice for this customer's share. Empty: "
        "the customer.",
    )
    aftersales_statement_id = fields.Many2one(
        comodel_name="aftersales.statement.template",
        string="Statement Template",
        groups="base.group_user",
        help="What the spreadsheet of his settlements shows. Empty: the first template.",
    )
    aftersales_settle_by = fields.Selection(
        selection=SETTLE_BY,
        string="When to Settle",
        company_dependent=True,
        groups="base.group_user",
        help="When what he pays is gathered on settlements. Empty: as the company does.",
    )
    aftersales_settle_minimum = fields.Float(
        string="Settle From (Amount)",
        company_dependent=True,
        digits="Product Price",
        groups="base.group_user",
        help="Less than this (company currency, before taxes) is carried forward to the next time.",
    )
    aftersales_note = fields.Text(
        string="Service File",
        groups="base.group_user",
        help="What everybody who serves this customer should know: access, hours, whom to ask, how "
        "he works. Shown on his requests and those of his people.",
    )
    aftersales_unit_count = fields.Integer(
        compute="_compute_aftersales_counts", groups="aftersales_base.group_aftersales_technician"
    )
    aftersales_request_count = fields.Integer(
        compute="_compute_aftersales_counts",
        groups="aftersales_base.group_aftersales_technician,sales_team.group_sale_salesman",
    )
    aftersales_settlement_count = fields.Integer(
        compute="_compute_aftersales_settlement_count",
        groups="aftersales_base.group_aftersales_agent,aftersales_base.group_aftersales_settlement",
    )
    aftersales_phone_search = fields.Char(
        string="Phone, However Written", store=False, search="_search_aftersales_phone"
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_aftersales_counts(self):
        units = self._get_aftersales_counts("aftersales.unit")
        asked = self._get_aftersales_counts("aftersales.request")
        for partner in self:
            partner.aftersales_unit_count = units.get(partner.id, 0)
            partner.aftersales_request_count = asked.get(partner.id, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_aftersales_settlement_count(self):
        counts = self._get_aftersales_counts("aftersales.settlement")
        for partner in self:
            partner.aftersales_settlement_count = counts.get(partner.id, 0)

    @api.model
    def _search_aftersales_phone(self, operator, value):
        """Search by phone number beside other things: a term that is no number finds nothing,
        where ``phone_mobile_search`` would refuse to search at all.
        """
        if operator != "ilike":
            return NotImplemented
        if sum(char.isdigit() for char in value or "") < 3:
            return Domain.FALSE
        return Domain("phone_mobile_search", operator, value)

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if "tz" in vals:
            partners_sudo = self.sudo().with_context(active_test=False)
            if partners_sudo.ref_company_ids:
                # The time zones of companies are kept.
                self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    def _get_aftersales_settle_by(self, company):
        """Return when what this partner pays ``company`` is settled."""
        self.ensure_one()
        own = self.commercial_partner_id.with_company(company).aftersales_settle_by
        return own or company._get_aftersales_schedule()[0]

    def _get_aftersales_payer(self):
        """Return who pays for what is done for this customer."""
        self.ensure_one()
        # sudo: portal users have no rights to who pays for them.
        partner_sudo = self.sudo()
        payer_sudo = (
            partner_sudo.aftersales_payer_id
            or partner_sudo.commercial_partner_id.aftersales_payer_id
        )
        return payer_sudo.with_env(self.env) or self

    # === ACTION METHODS === #

    def action_view_aftersales_units(self):
        """Open what the customer and his people own."""
        return self._get_aftersales_action("aftersales_base.aftersales_unit_action")

    def action_view_aftersales_requests(self):
        """Open what the customer and his people asked for."""
        if self.env.user.has_group("aftersales_base.group_aftersales_technician"):
            return self._get_aftersales_action("aftersales_base.aftersales_request_action")
        action = self._get_aftersales_action("aftersales_base.aftersales_request_action_sales")
        action["context"] = {"create": False}
        return action

    def action_view_aftersales_settlements(self):
        """Open what was settled with the customer."""
        return self._get_aftersales_action("aftersales_base.aftersales_settlement_action")

    # === BUSINESS METHODS === #

    @api.model
    def _commercial_fields(self):
        """The people and branches of a dealer are the dealer."""
        return super()._commercial_fields() + ["aftersales_is_dealer"]

    @api.model
    def _find_by_phone(self, number, limit=None, company=None):
        """Return the partners with this phone number, however it is written.

        A number without its country prefix matches one with it: the digits are compared
        from the right.

        :param company: only partners this company may use; default: all the user may see
        """
        digits = re.sub(r"\D", "", number or "").lstrip("0")
        if len(digits) < 5:
            return self.browse()
        domain = Domain("phone_mobile_search", "=like", f"%{digits}")
        if company:
            domain &= Domain(self._check_company_domain(company))
        return self.search(domain, limit=limit)

    def _get_aftersales_counts(self, model):
        """Return ``{partner id: count}``, children counted with their parents."""
        family = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        groups = self.env[model]._read_group(
            [("partner_id", "in", family.ids)], ["partner_id"], ["__count"]
        )
        counts = {}
        for partner, count in groups:
            while partner:
                counts[partner.id] = counts.get(partner.id, 0) + count
                partner = partner.parent_id
        return counts

    def _get_aftersales_action(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("partner_id", "child_of", self.id)]
        action["context"] = {"default_partner_id": self.id}
        return action
