from odoo import fields, models


class AftersalesComplainedMixin(models.AbstractModel):
    """Work a customer complains about: the complaints about it, and a new one.

    A model names the field of a complaint that points to it.
    """

    _name = "aftersales.complained.mixin"
    _description = "Work a Complaint Is About"

    _complaint_field = ""

    complaint_count = fields.Integer(
        compute="_compute_complaint_count",
        groups="aftersales_base.group_aftersales_technician,"
        "aftersales_base.group_aftersales_settlement",
    )

    # === COMPUTE METHODS === #

    def _compute_complaint_count(self):
        fname = self._complaint_field
        counts = dict(
            self.env["aftersales.complaint"]._read_group(
                [(fname, "in", self.ids)], [fname], ["__count"]
            )
        )
        for work in self:
            work.complaint_count = counts.get(work, 0)

    # === ACTION METHODS === #

    def action_view_complaints(self):
        """Open the complaints about this work."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_complaint.aftersales_complaint_action"
        )
        action["domain"] = [(self._complaint_field, "=", self.id)]
        action["context"] = self._prepare_complaint_context()
        return action

    def action_new_complaint(self):
        """Open an empty complaint about this work."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "aftersales.complaint",
            "view_mode": "form",
            "context": self._prepare_complaint_context(),
        }

    # === BUSINESS METHODS === #

    def _prepare_complaint_context(self):
        """Return the defaults of a complaint about this work; the rest follows from it."""
        self.ensure_one()
        return {f"default_{self._complaint_field}": self.id, "default_target_kind": "service"}
