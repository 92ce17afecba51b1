from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .aftersales_visit_payment import LONGEST_REFERENCE

MOST_ITEMS = 30


class AftersalesVisit(models.Model):
    """What a trip cost: the hotel, the ferry, the parking (FS8)."""

    _inherit = "aftersales.visit"

    cost_ids = fields.One2many(
        comodel_name="aftersales.cost", inverse_name="visit_id", string="Service Costs"
    )
    cost_count = fields.Integer(compute="_compute_cost_count", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends("cost_ids.state")
    def _compute_cost_count(self):
        for visit in self:
            living = visit.cost_ids.filtered(lambda cost: cost.state != "cancelled")
            visit.cost_count = len(living)

    # === CONSTRAINT METHODS === #

    @api.constrains("repair_id")
    def _check_costs(self):
        for visit in self.sudo().filtered("cost_ids"):
            if visit.cost_ids.repair_id != visit.repair_id:
                raise ValidationError(
                    self.env._(
                        "Costs of %(order)s were noted on %(visit)s. Take them off before it is "
                        "for another order.",
                        order=visit.cost_ids.repair_id[:1].display_name,
                        visit=visit.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_view_costs(self):
        """Open the costs of this visit."""
        self.ensure_one()
        return {
            **self.repair_id.action_view_costs(),
            "domain": [("visit_id", "=", self.id)],
            "context": {"default_repair_id": self.repair_id.id, "default_visit_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _get_cost_items(self):
        """Return what a cost may be noted as on the phone: services that are bought, not sold."""
        self.ensure_one()
        products = self.env["product.product"]
        domain = Domain("type", "=", "service") & Domain("purchase_ok", "=", True)
        return products.search(
            domain
            & Domain("sale_ok", "=", False)
            & Domain(products._check_company_domain(self.company_id)),
            limit=MOST_ITEMS,
        )

    def _note_cost(self, item_id, amount, reference="", moment=None):
        """Note what the technician paid on this trip, as a draft that is owed back to him.

        :param int item_id: of :meth:`_get_cost_items`
        :param float amount: in the currency of the company
        :param str reference: what it was, or the number of the receipt
        :param moment: when he tapped, by default now
        :raises UserError: when nobody is there, the item is none of these or the amount is none
        """
        self._check_at_customer()
        item = self._get_cost_items().filtered(lambda product: product.id == item_id)
        if not item or not isfinite(amount) or amount <= 0:
            raise UserError(
                self.env._(
                    "The cost of %(visit)s needs what it was for and an amount.",
                    visit=self.display_name,
                )
            )
        return self.env["aftersales.cost"].create(
            {
                "repair_id": self.repair_id.id,
                "visit_id": self.id,
                "user_id": self.env.uid,
                "date": self.company_id._get_aftersales_day(moment),
                "product_id": item.id,
                "price_unit": amount,
                "reference": (reference or "").strip()[:LONGEST_REFERENCE] or False,
            }
        )
