from odoo import api, fields, models


class AftersalesComplaint(models.Model):
    """The requests that put the cause of a complaint right."""

    _inherit = "aftersales.complaint"

    rework_ids = fields.One2many(
        comodel_name="aftersales.request",
        inverse_name="rectified_complaint_id",
        string="Rectifications",
    )
    rework_count = fields.Integer(compute="_compute_rework_count", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("rework_ids")
    def _compute_rework_count(self):
        for complaint in self:
            complaint.rework_count = len(complaint.rework_ids)

    # === ACTION METHODS === #

    def action_create_rework(self):
        """Make a request that puts the cause right, or find the one there is, and open it.

        :raises UserError: when the user does not handle the complaint
        """
        self.ensure_one()
        self._check_editor({"rework_ids"})
        request = self.rework_ids.filtered(lambda request: request.state != "cancelled")
        if not request:
            request = self.env["aftersales.request"].create(self._prepare_rework_vals())
            # The link is guarded; who may make the request from the complaint makes it.
            request.sudo().rectified_complaint_id = self
        return request._get_records_action()

    def action_view_rework(self):
        """Open the requests that put the cause right."""
        return self.rework_ids._get_records_action(name=self.env._("Rectifications"))

    # === BUSINESS METHODS === #

    def _prepare_rework_vals(self):
        """Return the values of the request that puts the cause right."""
        self.ensure_one()
        return {
            "subject": self.env._("Rectification: %(subject)s", subject=self.subject or self.name),
            "description": self.description,
            "company_id": self.company_id.id,
            "unit_id": self.unit_id.id,
            "product_id": self.product_id.id,
            "partner_id": self.partner_id.id,
            "partner_phone": self.partner_phone,
            "team_id": self.team_id.id,
            "channel": self.channel,
        }

    def _rework_error_message(self):
        """Return which rectification was promised and is not done yet, or an empty text."""
        if self.outcome != "rework":
            return ""
        # What stands in the way is a fact, whoever asks and whatever he may read.
        reworks = self.sudo().rework_ids.filtered(lambda request: request.state != "cancelled")
        if not reworks:
            return self.env._(
                "%(complaint)s promises rework and has no request for it. Create it, or choose "
                "another outcome.",
                complaint=self.display_name,
            )
        if open_work := reworks.filtered(lambda request: request.state != "done")[:1]:
            return self.env._(
                "%(complaint)s is not put right yet: request %(request)s is open.",
                complaint=self.display_name,
                request=open_work.display_name,
            )
        return ""
