from odoo import api, models, tools


class AftersalesStandingMixin(models.AbstractModel):
    """Standing data that managers seldom change: what is remembered of it is forgotten then.

    What many companies never set up costs no query in their daily work: ask :meth:`_is_used`,
    or a method of the model's own with ``tools.ormcache``.
    """

    _name = "aftersales.standing.mixin"
    _description = "Seldom Changed"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _is_used(self):
        """Return whether there is any, of whichever company."""
        return bool(self.sudo().search([], limit=1))
