from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRequest(models.Model):
    """Requests made twice become one, and one about two things becomes two."""

    _inherit = "aftersales.request"

    merged_into_id = fields.Many2one(
        comodel_name="aftersales.request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    split_from_id = fields.Many2one(
        comodel_name="aftersales.request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )

    # === ACTION METHODS === #

    def action_split(self):
        """Open a new request of the same customer, for the other thing he spoke of."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split Off"),
            "res_model": "aftersales.request",
            "view_mode": "form",
            "context": {
                "default_split_from_id": self.id,
                "default_partner_id": self.partner_id.id,
                "default_partner_phone": self.partner_phone,
                "default_channel": self.channel,
                "default_team_id": self.team_id.id,
                "default_company_id": self.company_id.id,
                "default_date_reported": self.date_reported,
            },
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"merged_into_id"}

    def _merge_into(self, target):
        """Make these requests part of ``target``: threads and papers go there, they are cancelled.

        :raises UserError: naming the request that cannot be merged, and why
        """
        for request in self:
            if obstacle := request._get_merge_obstacle(target):
                raise UserError(obstacle)
        for request in self:
            request.message_change_thread(target)
            request.message_post(
                body=self.env._("Merged into %s.", target._get_html_link()),
                subtype_xmlid="mail.mt_note",
            )
        self._move_attachments(target)
        target._take_from_merged(self)
        # Written by the merge alone.
        self.sudo().merged_into_id = target
        self.write({"state": "cancelled"})
        target.message_subscribe(partner_ids=self.message_partner_ids.ids)
        target.message_post(
            body=self.env._("Merged in: %s", ", ".join(self.mapped("display_name"))),
            subtype_xmlid="mail.mt_note",
        )

    def _get_merge_obstacle(self, target):
        """Return why this request cannot become part of ``target``, or an empty text."""
        self.ensure_one()
        if target.state in ("done", "cancelled"):
            return self.env._(
                "%(target)s is closed. Merge into a request that is open.",
                target=target.display_name,
            )
        if self == target or self.company_id != target.company_id:
            return self.env._(
                "%(request)s and %(target)s are not two requests of one company. Choose others.",
                request=self.display_name,
                target=target.display_name,
            )
        customers = (self | target).partner_id.commercial_partner_id
        if len(customers) > 1:
            return self.env._(
                "%(request)s is of another customer than %(target)s. Only requests of one "
                "customer are merged.",
                request=self.display_name,
                target=target.display_name,
            )
        if self.sudo().charge_ids.filtered(lambda charge: charge.state != "cancelled"):
            return self.env._(
                "%(request)s has charges. Merge the other one into it.",
                request=self.display_name,
            )
        return ""

    def _move_attachments(self, target):
        """Hang the files of these requests on ``target``."""
        # Files have no right of their own: whoever may write both requests may move them.
        attachments_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
        attachments_sudo.res_id = target.id

    def _take_from_merged(self, merged):
        """Fill what this request does not say from those merged into it."""
        self.ensure_one()
        for fname in ("unit_id", "partner_id", "partner_phone", "symptom_id", "user_id"):
            if not self[fname] and (values := merged.mapped(fname)):
                self[fname] = values[0]
        self.priority = max(request.priority or "0" for request in self | merged)
        self.date_reported = min([self.date_reported, *merged.mapped("date_reported")])

    def _find_reported(self, reference, company):
        found = super()._find_reported(reference, company)
        while found.merged_into_id:
            found = found.merged_into_id
        return found

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if origin == "cancelled":
            # Brought back, it stands for itself again.
            self.sudo().merged_into_id = False
