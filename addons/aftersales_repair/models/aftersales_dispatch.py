from odoo import api, models
from odoo.fields import Domain


class AftersalesDispatch(models.AbstractModel):
    """Who repaired something for a customer served him (DI5)."""

    _inherit = "aftersales.dispatch"

    @api.model
    def _get_services_domain(self, customers, users):
        # Where there are work orders, those who did them served the customer.
        domain = super()._get_services_domain(customers, users)
        return domain & Domain("repair_ids", "=", False)

    @api.model
    def _get_services(self, requests, users):
        customers = requests.partner_id.commercial_partner_id
        groups = (
            self.env["repair.order"]
            .sudo()
            ._read_group(
                [
                    ("partner_id.commercial_partner_id", "in", customers.ids),
                    ("technician_id", "in", users.ids),
                    ("state", "=", "done"),
                ],
                ["partner_id", "technician_id"],
                ["__count", "date_done:max"],
            )
        )
        rows = [
            (partner.commercial_partner_id.id, technician.id, count, last)
            for partner, technician, count, last in groups
        ]
        return self._sum_services(rows, super()._get_services(requests, users))
