from odoo import api, models


class AftersalesPortalMixin(models.AbstractModel):
    """Records customers read on the portal: named fields alone, by remote call as well.

    Record rules say which records are theirs; this says what of them (CP3).
    """

    _name = "aftersales.portal.mixin"
    _description = "What Customers May Read"

    @api.model
    def _get_portal_fields(self):
        """Return the names of the fields a customer may read."""
        return set()

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        if self.env.su or self.env.user._is_internal():
            return True
        return operation == "read" and field.name in self._get_portal_fields()
