from odoo import api, fields, models
from odoo.fields import Domain


class AftersalesProductScopeMixin(models.AbstractModel):
    """Standing data that is offered for some products: named ones, categories, or all."""

    _name = "aftersales.product.scope.mixin"
    _description = "For Which Products"

    company_id = fields.Many2one(comodel_name="res.company", index=True)
    product_ids = fields.Many2many(
        comodel_name="product.product",
        string="Products",
        check_company=True,
        help="Used for these products. Neither products nor categories: for all.",
    )
    category_ids = fields.Many2many(
        comodel_name="product.category",
        string="Product Categories",
        help="Used for products of these categories, and of those below.",
    )

    @api.model
    def _get_fitting_domain(self, products, companies):
        """Return the domain of what may be used for any of the products in the companies."""
        anything = Domain("product_ids", "=", False) & Domain("category_ids", "=", False)
        fits = Domain("product_ids", "in", products.ids) | Domain(
            "category_ids", "parent_of", products.categ_id.ids
        )
        return Domain("company_id", "in", [*companies.ids, False]) & (anything | fits)

    def _fits_product(self, product, company):
        """Return whether it is used for ``product`` in ``company``."""
        self.ensure_one()
        if self.company_id and self.company_id != company:
            return False
        if not (self.product_ids or self.category_ids):
            return True
        path = (product.categ_id.parent_path or "").split("/")
        return product in self.product_ids or any(
            str(category.id) in path for category in self.category_ids
        )
