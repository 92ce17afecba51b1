from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError


class AftersalesServiceType(models.Model):
    _name = "aftersales.service.type"
    _inherit = ["aftersales.service.type", "aftersales.standing.mixin"]

    picking_type_id = fields.Many2one(
        comodel_name="stock.picking.type",
        string="Operation Type",
        company_dependent=True,
        domain="[('code', '=', 'repair_operation')]",
        help="Where work orders of this type take parts from and find the unit. Empty: the "
        "warehouse's repair operation.",
    )
    advance_percent = fields.Float(
        string="In Advance (%)",
        digits="Discount",
        help="Of the estimate, taxes included, to be paid when it is accepted. 0: as the settings "
        "say.",
    )
    needs_approval = fields.Boolean(
        help="A work order of this type starts only when the leader of its team or a manager "
        "approved it.",
    )
    is_installation = fields.Boolean(
        string="Ends with Acceptance",
        help="When the work is done, the product counts as installed and accepted: warranties "
        "that start then begin.",
    )
    is_refurbish = fields.Boolean(
        string="Refurbishes Our Own",
        help="Work on what came back and is ours: nobody is charged, and at the end it is said "
        "whether the unit goes back to sale.",
    )
    counts_downtime = fields.Boolean(
        string="Customer Is Without the Unit",
        help="The days of the work are added to warranties that do not count downtime.",
    )
    labour_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Hours Are Charged As",
        domain="[('type', '=', 'service'), ('aftersales_charge_kind', '=', 'labour')]",
        check_company=True,
        ondelete="restrict",
        help="What an hour worked on such a job is charged as. Empty: what Settings say.",
    )

    job_ids = fields.Many2many(
        comodel_name="aftersales.job",
        relation="aftersales_service_type_job_rel",
        string="Starts With",
        domain="['|', ('company_id', '=', False), ('company_id', '=?', company_id)]",
        help="Standard jobs on each new work order of this type whose product they are for: "
        "call-out, diagnosis, installation. Another type exchanges what nobody changed, until the "
        "order is confirmed.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("job_ids", "company_id")
    def _check_job_companies(self):
        """A type of all companies may start with a job of each; one of a company with its own."""
        for service_type in self.filtered("company_id"):
            foreign = service_type.job_ids.company_id - service_type.company_id
            if foreign:
                jobs = service_type.job_ids.filtered(
                    lambda job, foreign=foreign: job.company_id in foreign
                )
                raise ValidationError(
                    self.env._(
                        "%(job)s belongs to %(job_company)s, and %(type)s to %(company)s. Choose "
                        "a job of the same company or of all.",
                        job=jobs[0].display_name,
                        job_company=jobs[0].company_id.name,
                        type=service_type.display_name,
                        company=service_type.company_id.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if "is_refurbish" in vals:
            self._check_refurbish_unused(bool(vals["is_refurbish"]))
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _get_default_jobs(self):
        """Return ``{id of a service type: ids of the jobs its work orders start with}``, without
        those that start with nothing, of all companies.
        """
        types_sudo = self.sudo().with_context(active_test=False)
        types_sudo = types_sudo.search([("job_ids", "!=", False)]).with_context(active_test=True)
        jobs = {service_type.id: tuple(service_type.job_ids.ids) for service_type in types_sudo}
        return {type_id: job_ids for type_id, job_ids in jobs.items() if job_ids}

    def _check_refurbish_unused(self, is_refurbish):
        """Raise when work orders would lose their customer, or get to be work for one.

        :raises UserError: naming the service type
        """
        changed = self.filtered(lambda service_type: service_type.is_refurbish != is_refurbish)
        # sudo: orders of every company and team are in the way.
        orders_sudo = self.env["repair.order"].sudo().with_context(active_test=False)
        used_sudo = orders_sudo.search([("service_type_id", "in", changed.ids)], limit=1)
        if used_sudo:
            raise UserError(
                self.env._(
                    "%(type)s is used by work orders: whose units they work on is settled. Make "
                    "another service type.",
                    type=used_sudo.service_type_id.display_name,
                )
            )
