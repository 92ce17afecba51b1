from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AftersalesRequestMerge(models.TransientModel):
    """Make one request of several about the same."""

    _name = "aftersales.request.merge"
    _description = "Merge Requests"

    request_ids = fields.Many2many(
        comodel_name="aftersales.request", string="Requests", readonly=True
    )
    target_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Into",
        required=True,
        domain="[('id', 'in', request_ids)]",
        help="It stays; the others are cancelled and point to it.",
    )

    @api.model
    def default_get(self, fields):
        """Propose the chosen requests, and the oldest as the one that stays."""
        vals = super().default_get(fields)
        requests = self.env["aftersales.request"].browse(self.env.context.get("active_ids"))
        requests = requests.filtered(lambda request: request.state not in ("done", "cancelled"))
        if len(requests) < 2:
            raise UserError(
                self.env._("Fewer than two of the chosen requests are open. Choose those to merge.")
            )
        oldest = requests.sorted(lambda request: (request.date_reported, request.id))[0]
        vals.update(request_ids=[Command.set(requests.ids)], target_id=oldest.id)
        return vals

    def action_merge(self):
        """Merge, and open the request that stays.

        :raises UserError: naming the request that cannot be merged, and why
        """
        self.ensure_one()
        (self.request_ids - self.target_id)._merge_into(self.target_id)
        return self.target_id._get_records_action()
