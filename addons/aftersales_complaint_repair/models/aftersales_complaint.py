from odoo import api, fields, models


class AftersalesComplaint(models.Model):
    _inherit = "aftersales.complaint"

    repair_id = fields.Many2one(
        comodel_name="repair.order",
        string="Work Order",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('partner_id', '=?', partner_id)]",
    )
    request_id = fields.Many2one(
        compute="_compute_request_id", store=True, readonly=False, precompute=True
    )

    @api.depends("repair_id.request_id")
    def _compute_request_id(self):
        for complaint in self:
            complaint.request_id = complaint.repair_id.request_id or complaint.request_id

    @api.depends("repair_id.unit_id")
    def _compute_unit_id(self):
        super()._compute_unit_id()
        for complaint in self:
            complaint.unit_id = complaint.repair_id.unit_id or complaint.unit_id

    @api.depends("repair_id.partner_id")
    def _compute_partner_id(self):
        super()._compute_partner_id()
        for complaint in self:
            complaint.partner_id = complaint.partner_id or complaint.repair_id.partner_id

    @api.depends("repair_id.team_id")
    def _compute_team_id(self):
        super()._compute_team_id()
        for complaint in self:
            complaint.team_id = complaint.team_id or complaint.repair_id.team_id

    @api.depends("repair_id")
    def _compute_target_name(self):
        super()._compute_target_name()

    def _get_target_name(self):
        name = super()._get_target_name()
        if self.target_kind == "service" and self.repair_id:
            name = self.repair_id.display_name
        return name
