from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesJobAdd(models.TransientModel):
    """Pick standard jobs and see what they bring before it stands on the work order (WS3)."""

    _name = "aftersales.job.add"
    _description = "Add Standard Jobs"

    repair_id = fields.Many2one(comodel_name="repair.order", string="Work Order", required=True)
    product_id = fields.Many2one(related="repair_id.product_id", related_sudo=False)
    fitting_ids = fields.Many2many(
        comodel_name="aftersales.job",
        relation="aftersales_job_add_fitting_rel",
        compute="_compute_fitting_ids",
    )
    job_ids = fields.Many2many(comodel_name="aftersales.job", string="Jobs")
    line_ids = fields.Many2many(
        comodel_name="aftersales.job.line", string="Adds", compute="_compute_line_ids"
    )
    hours = fields.Float(string="Standard Time", compute="_compute_line_ids")
    repeated = fields.Char(compute="_compute_repeated")

    # === COMPUTE METHODS === #

    @api.depends("repair_id")
    def _compute_fitting_ids(self):
        Job = self.env["aftersales.job"]
        for wizard in self:
            repair = wizard.repair_id
            domain = Job._get_fitting_domain(repair.product_id, repair.company_id)
            wizard.fitting_ids = Job.search(domain)

    @api.depends("job_ids")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = wizard.job_ids._origin._get_all_lines()
            wizard.hours = sum(wizard.line_ids.mapped("hours"))

    @api.depends("job_ids", "repair_id")
    def _compute_repeated(self):
        for wizard in self:
            repeated = wizard.job_ids._origin._get_all_jobs() & wizard.repair_id.job_ids
            wizard.repeated = ", ".join(repeated.mapped("display_name"))

    # === ACTION METHODS === #

    def action_add(self):
        """Put the jobs on the work order.

        :raises UserError: when none was chosen
        """
        self.ensure_one()
        if not self.job_ids:
            raise UserError(self.env._("Choose the jobs to be done on this work order."))
        self.repair_id._add_jobs(self.job_ids)
        return {"type": "ir.actions.act_window_close"}
