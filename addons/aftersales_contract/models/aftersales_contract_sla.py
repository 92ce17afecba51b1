from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesContract(models.Model):
    """How soon the customer of a contract is answered and helped (SL1)."""

    _inherit = "aftersales.contract"

    sla_policy_ids = fields.Many2many(
        comodel_name="aftersales.sla.policy",
        relation="aftersales_contract_sla_policy_rel",
        column1="contract_id",
        column2="policy_id",
        string="Time Limits",
        check_company=True,
        help="These win over the limits that hold for everybody, for what is reported while "
        "the contract runs. Of several that fit, the first of the list of policies.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if "sla_policy_ids" in vals:
            self._refresh_clocks()
        elif {"date_start", "date_end", "partner_id"} & vals.keys():
            self._follow_promises()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _get_agreed_fields(self):
        return super()._get_agreed_fields() | {"sla_policy_ids"}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        self._follow_promises()

    def _follow_lines(self):
        super()._follow_lines()
        self._follow_promises()

    def _follow_promises(self):
        """Let clocks follow contracts that promise time limits, and leave the others alone."""
        if promising := self.filtered("sla_policy_ids"):
            promising._refresh_clocks()

    def _refresh_clocks(self):
        """Let the clocks of what is open follow what the contracts promise now."""
        customers = self.commercial_partner_id
        for res_model, __ in self.env["aftersales.sla.policy"]._get_document_models():
            # What was promised holds for all that is open, whoever may see it.
            model_sudo = self.env[res_model].sudo()
            records = model_sudo.search(
                Domain(model_sudo._get_sla_open_domain())
                & Domain("partner_id", "child_of", customers.ids)
            )
            self.env.add_to_compute(records._fields["sla_policy_id"], records)
