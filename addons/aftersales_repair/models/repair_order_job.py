from odoo import api, fields, models


class RepairOrder(models.Model):
    """Standard jobs on a work order (WS3)."""

    _inherit = "repair.order"

    job_ids = fields.Many2many(
        comodel_name="aftersales.job",
        string="Jobs",
        compute="_compute_job_ids",
        compute_sudo=True,
        help="What was added from the list of standard jobs.",
    )

    @api.depends("charge_ids.job_id", "charge_ids.state")
    def _compute_job_ids(self):
        for repair in self:
            charges = repair.charge_ids.filtered(lambda charge: charge.state != "cancelled")
            repair.job_ids = charges.job_id

    # === BUSINESS METHODS === #

    def _add_jobs(self, jobs):
        """Put parts and work of the jobs, and of those they include, on the order.

        :raises UserError: when the order is closed
        """
        self.ensure_one()
        self._check_work_open()
        vals = jobs._get_all_lines()._prepare_order_vals()
        remedy = jobs.remedy_id
        if not self.remedy_id and len(remedy) == 1:
            vals["remedy_id"] = remedy.id
        self.write(vals)
