from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_aftersales_policies(self, company):
        """Return ``{product: policy}``: the product's own policy, else its category's,
        else the nearest one above. Policies of other companies do not count.
        """
        policies = {}
        for product in self:
            policy = product.aftersales_policy_id
            category = product.categ_id
            while not policy and category:
                policy = category.aftersales_policy_id
                category = category.parent_id
            if policy.company_id and policy.company_id != company:
                policy = policy.browse()
            policies[product] = policy
        return policies
