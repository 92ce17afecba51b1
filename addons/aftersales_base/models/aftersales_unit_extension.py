from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .aftersales_warranty import MANAGER


class AftersalesUnit(models.Model):
    """Promise more than was sold."""

    _inherit = "aftersales.unit"

    warranty_count = fields.Integer(compute="_compute_warranty_count")

    # === COMPUTE METHODS === #

    @api.depends("warranty_ids")
    def _compute_warranty_count(self):
        for unit in self:
            unit.warranty_count = len(unit.warranty_ids)

    # === ACTION METHODS === #

    def action_view_warranties(self):
        """Open every warranty of this unit, also those that are over."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_warranty_action"
        )
        return {
            **action,
            "domain": [("unit_id", "=", self.id)],
            "context": {"default_unit_id": self.id},
        }

    def action_extend_warranty(self):
        """Open the form that promises this unit more."""
        self.ensure_one()
        return {
            "name": self.env._("Extend the Warranty"),
            "type": "ir.actions.act_window",
            "res_model": "aftersales.warranty.extend",
            "view_mode": "form",
            "target": "new",
            "context": {"default_unit_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _extend_warranty(self, vals):
        """Give this unit one more warranty; for managers.

        :param dict vals: ``kind``, ``duration``, ``duration_unit``, ``percent`` and whatever else
            a warranty holds; without ``date_start`` it follows what is covered already
        :return: the new warranty
        :raises AccessError: when the user is no manager
        :raises UserError: when the unit is out of use, or covered without end
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            raise AccessError(self.env._("A warranty is extended by a manager."))
        if self.state != "active":
            raise UserError(self.env._("%(unit)s is not in use any more.", unit=self.display_name))
        warranty = self.env["aftersales.warranty"].create(
            {
                **vals,
                "unit_id": self.id,
                "origin": "extension",
                "start_basis": "fixed",
                "date_start": vals.get("date_start") or self._get_next_start(vals),
            }
        )
        self.message_post(
            body=self.env._(
                "Warranty extended: %(warranty)s, from %(start)s.",
                warranty=warranty.display_name,
                start=format_date(self.env, warranty.date_start),
            ),
            subtype_xmlid="mail.mt_note",
        )
        return warranty

    def _get_next_start(self, vals):
        """Return the day on which one more warranty with these values begins.

        :raises UserError: when what is covered already has no end to follow
        """
        start = self._get_extension_start(
            vals.get("kind", "all"), vals.get("component_category_id", False)
        )
        if not start:
            raise UserError(
                self.env._(
                    "%(unit)s is covered without end, or its warranty waits to start. Name the "
                    "day the extension begins.",
                    unit=self.display_name,
                )
            )
        return start

    def _get_extension_start(self, kind, component_id=False):
        """Return the day after what covers the same ends, today if that is over.

        ``False``: it has no end, or none is known yet.
        """
        self.ensure_one()
        living = self.warranty_ids.filtered(
            lambda warranty: (
                not warranty.close_reason
                and (kind == "all" or warranty.kind in ("all", kind))
                and warranty.component_category_id.id in (False, component_id)
            )
        )
        if any(not warranty.date_end for warranty in living):
            return False
        ends = [warranty.date_end + timedelta(days=1) for warranty in living]
        return max([self.company_id._get_aftersales_day(), *ends])
