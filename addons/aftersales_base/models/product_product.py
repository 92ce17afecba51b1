from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_aftersales_policies(self, company):
        """Return ``{product: policy}``: the product's own policy, else its category's,
        else the nearest one above. Policies of other companies do not count.
        """
        # What a product promises follows from the product; who asks may not read policies.
        return {product: product.sudo()._get_aftersales_policy(company) for product in self}

    def _get_aftersales_policy(self, company):
        """Return the nearest policy that counts in ``company``, from the product upwards."""
        self.ensure_one()
        policy, category = self.aftersales_policy_id, self.categ_id
        while category and not (policy and policy.company_id in (company, company.browse())):
            policy, category = category.aftersales_policy_id, category.parent_id
        return policy if policy.company_id in (company, company.browse()) else policy.browse()
