from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import ormcache


class AftersalesGuardMixin(models.AbstractModel):
    """Values that only the rules write: decisions, amounts, numbers and links.

    ``readonly`` on a field binds the screens alone. Here it binds imports and remote calls
    too: what is computed and not editable, and what :meth:`_get_guarded_fields` adds, is
    refused in ``write`` and ignored in ``create``. Code of a module that has to set such a
    value does it in superuser mode and says why, or adds it in :meth:`_complete_vals`.
    """

    _name = "aftersales.guard.mixin"
    _description = "Values Only the Rules Write"

    # === CRUD METHODS === #

    def _add_missing_default_values(self, values):
        vals = super()._add_missing_default_values(values)
        if self.env.su:
            return vals
        # A number may be given to a new record: documents of an older system keep theirs.
        ignored = self._get_guarded_fields() - {"name"}
        return {fname: value for fname, value in vals.items() if fname not in ignored}

    def write(self, vals):
        self._check_guarded(vals)
        return super().write(self._complete_vals(vals))

    # === BUSINESS METHODS === #

    def _complete_vals(self, vals):
        """Return what is written: ``vals``, which were checked, and what the rules add to them."""
        return vals

    @api.model
    def _get_guarded_fields(self):
        """Return the set of names of fields nobody writes by hand."""
        return set(self._get_computed_fields())

    @api.model
    @ormcache()
    def _get_computed_fields(self):
        """Return the names of the fields that are computed, kept, and not editable."""
        return frozenset(
            fname
            for fname, field in self._fields.items()
            if field.store and field.readonly and (field.compute or field.related)
        )

    def _check_guarded(self, vals):
        """Raise when ``vals`` would write past the rules.

        :raises UserError: naming the fields
        """
        if self.env.su:
            return
        if guarded := self._get_guarded_fields() & vals.keys():
            raise UserError(self._get_guarded_message(guarded))

    def _get_guarded_message(self, fnames):
        """Return why these fields are not written by hand."""
        return self.env._(
            "%(fields)s of a %(document)s follows from other values and cannot be written by hand. "
            "Change what it follows from.",
            fields=self._get_labels(fnames),
            document=self._description,
        )

    @api.model
    def _get_labels(self, fnames):
        """Return how people know these fields, as one text."""
        labels = [self._fields[fname].get_description(self.env)["string"] for fname in fnames]
        return ", ".join(sorted(labels))
