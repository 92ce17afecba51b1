from odoo import api, fields, models

MANAGER = "aftersales_base.group_aftersales_manager"


class AftersalesCharge(models.Model):
    """What a customer gets for his trouble is a negative charge.

    It is made by approving the compensation on the complaint, and only a manager confirms,
    reopens or cancels it.
    """

    _inherit = "aftersales.charge"

    complaint_id = fields.Many2one(
        comodel_name="aftersales.complaint",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
        check_company=True,
    )

    _complaint_uniq = models.UniqueIndex(
        "(complaint_id) "
        "WHERE complaint_id IS NOT NULL AND kind = 'compensation' AND state != 'cancelled'",
        "This complaint is compensated already. Withdraw that compensation first.",
    )

    def _transition_error_message(self, target):
        if self.kind == "compensation" and not self.env.su and not self.env.user.has_group(MANAGER):
            return self.env._(
                "%(charge)s is a compensation. Only a manager approves or withdraws it.",
                charge=self.display_name,
            )
        return super()._transition_error_message(target)

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        # The index on living compensations has to see at once that this one is none any more.
        self.filtered("complaint_id").flush_recordset(["state"])

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"complaint_id"}

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"complaint_id"}

    def _get_origin(self):
        return self.complaint_id or super()._get_origin()

    @api.model
    def _get_origin_depends(self):
        return super()._get_origin_depends() + [
            "complaint_id.unit_id",
            "complaint_id.partner_id",
            "complaint_id.team_id",
            "complaint_id.handler_id",
            "complaint_id.date_reported",
        ]
