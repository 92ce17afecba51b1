from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesJob(models.Model):
    """A job done again and again: its labour with standard time, and the parts it takes (WS3).

    Added to a work order it becomes charges and part movements in one go. A job may include
    other jobs: what belongs together is picked together.
    """

    _name = "aftersales.job"
    _description = "Standard Job"
    _inherit = ["aftersales.product.scope.mixin", "aftersales.standing.mixin"]
    _order = "sequence, code, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="btree_not_null", copy=False)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    remedy_id = fields.Many2one(
        comodel_name="aftersales.fault",
        domain="[('kind', '=', 'remedy')]",
        check_company=True,
        index="btree_not_null",
        help="What was done when this job is done; written on the work order.",
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.job.line",
        inverse_name="job_id",
        string="Work and Parts",
        copy=True,
    )
    included_ids = fields.Many2many(
        comodel_name="aftersales.job",
        relation="aftersales_job_included_rel",
        column1="job_id",
        column2="included_id",
        string="Includes",
        check_company=True,
        help="Jobs that always go with this one; each is added once.",
    )
    hours = fields.Float(
        string="Standard Time",
        compute="_compute_hours",
        recursive=True,
        help="Hours of labour, included jobs and all.",
    )
    note = fields.Html(string="How to Do It", translate=True)

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL", "Another job has this code."
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.hours", "included_ids.hours")
    def _compute_hours(self):
        for job in self:
            job.hours = sum(job._get_all_lines().mapped("hours"))

    @api.depends("name", "code")
    def _compute_display_name(self):
        for job in self:
            job.display_name = f"[{job.code}] {job.name}" if job.code else job.name

    # === CONSTRAINT METHODS === #

    @api.constrains("included_ids")
    def _check_included(self):
        if self._has_cycle("included_ids"):
            raise ValidationError(
                self.env._("A job cannot include itself, not by way of another job either.")
            )

    # === BUSINESS METHODS === #

    def _get_all_jobs(self):
        """Return these jobs and those they include, each once."""
        jobs = level = self
        while level := level.included_ids - jobs:
            jobs |= level
        return jobs

    def _get_all_lines(self):
        """Return the work and parts of these jobs and of those they include."""
        return self._get_all_jobs().line_ids
