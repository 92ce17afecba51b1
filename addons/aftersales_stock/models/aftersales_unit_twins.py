from odoo import api, models


class AftersalesUnit(models.Model):
    """Warranties of many units alike: the serials of one delivery.

    The warranties of a thousand serials differ in nothing but the unit. They are worked
    out for one of them and copied to the others, which takes a fraction of the time.
    """

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    def _grant_policy_warranties(self):
        groups = self._group_twins()
        firsts = self.browse(group[0].id for group in groups)
        warranties = super(AftersalesUnit, firsts)._grant_policy_warranties()
        twins = {group[0]: group[1:] for group in groups if len(group) > 1}
        if not warranties or not twins:
            return warranties
        copies = warranties._copy_to_twins(twins)
        dependent = self._get_warranty_dependent_fields()
        others = self.browse().union(*twins.values())
        others.invalidate_recordset(
            ["warranty_ids", *(field.name for field in dependent if not field.store)], flush=False
        )
        for field in dependent:
            if field.store:
                self.env.remove_to_compute(field, others)
                for unit, units in twins.items():
                    # Computed for the first one: nobody types it, so no right is asked for.
                    units.sudo()[field.name] = unit[field.name]
        return warranties | copies

    def _group_twins(self):
        """Return the units in groups alike in all that decides on their warranties."""
        if len(self) < 2:
            return [self] if self else []
        fnames = self._get_twin_fields()
        return list(self.grouped(lambda unit: tuple(unit[fname] for fname in fnames)).values())

    @api.model
    def _get_twin_fields(self):
        """Return the fields of a unit that decide on its warranties: its policy, and what
        the stored fields of a warranty are computed from. A module that gives warranties by
        something else of the unit adds its fields.
        """
        return [
            "policy_id",
            *(
                fname
                for fname, field in self._fields.items()
                if field.store
                and any(
                    dependent.store and dependent.model_name == "aftersales.warranty"
                    for dependent in self.pool.get_dependent_fields(field)
                )
            ),
        ]

    def _get_warranty_dependent_fields(self):
        """Return the fields of units that are computed from their warranties."""
        warranty_fields = [self._fields["warranty_ids"]]
        warranty_fields += self.env["aftersales.warranty"]._fields.values()
        return {
            dependent
            for field in warranty_fields
            for dependent in self.pool.get_dependent_fields(field)
            if dependent.model_name == self._name
        }
