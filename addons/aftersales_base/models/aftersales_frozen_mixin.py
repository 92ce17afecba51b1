from odoo import api, models
from odoo.exceptions import UserError


class AftersalesFrozenMixin(models.AbstractModel):
    """Documents whose values stay as they were decided on, until they are set back.

    A step told together with such values is judged by what the document says then, not by what
    it said before. A model says

    * which values stay: :meth:`_get_frozen_fields`,
    * on which documents: :meth:`_filter_frozen`,
    * what people read who would change one: :meth:`_get_frozen_message`,
    * what follows from values, before a step told with them is taken: :meth:`_follow_change`.
    """

    _name = "aftersales.frozen.mixin"
    _description = "Values That Stay Once Decided On"
    _inherit = ["aftersales.state.mixin"]

    # === CRUD METHODS === #

    def write(self, vals):
        step = {}
        if frozen := self._get_frozen_fields() & vals.keys():
            self._check_not_frozen(frozen)
            vals, step = self._split_step(vals)
        result = super().write(vals)
        self._follow_change(vals)
        return self.write(step) if step else result

    # === BUSINESS METHODS === #

    @api.model
    def _get_frozen_fields(self):
        """Return the set of names of fields that stay as they are once it was decided on them."""
        return set()

    def _filter_frozen(self):
        """Return those of these records that stay as they are: all but those in the first state."""
        first = self._get_first_state()
        return self.filtered(lambda record: record.state != first)

    def _follow_change(self, vals):
        """Do what follows from values that were written; rooms and modules add theirs."""

    def _check_not_frozen(self, fnames=()):
        """Raise when what was decided on would change.

        :param fnames: names of the fields that would be written; none: whatever belongs to it
        :raises UserError: naming the record, and what to do instead
        """
        if frozen := self._filter_frozen()[:1]:
            raise UserError(frozen._get_frozen_message(fnames))

    def _get_frozen_message(self, fnames):
        """Return why these fields of this record stay as they are, and what to do instead."""
        self.ensure_one()
        return self.env._(
            "%(record)s is confirmed or cancelled, so %(fields)s stays as it is. Set it back to "
            "draft to change it.",
            record=self.display_name,
            fields=self._get_labels(fnames),
        )

    def _unlink_error_message(self):
        if self.state == "confirmed":
            return self.env._(
                "%(record)s is confirmed. Cancel it instead of deleting it.",
                record=self.display_name,
            )
        return super()._unlink_error_message()
