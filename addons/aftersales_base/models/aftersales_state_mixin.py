from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesStateMixin(models.AbstractModel):
    """A ``state`` that moves through one checked door.

    The door is ``write``: buttons, imports and remote calls all pass it, so a step that
    the table of transitions does not hold cannot be taken by any of them. A model says

    * which steps exist and who may take them: :meth:`_get_state_transitions`,
    * why a step is not possible on a record: :meth:`_transition_error_message`,
    * why a record stays on record: :meth:`_unlink_error_message`,
    * what else is written with it: :meth:`_prepare_transition_vals`,
    * what follows from it: :meth:`_after_transition`.
    """

    _name = "aftersales.state.mixin"
    _description = "State With One Checked Door"
    _inherit = ["aftersales.guard.mixin"]

    next_states = fields.Char(
        compute="_compute_next_states",
        export_string_translation=False,
        help="States the current user may move it to, for the buttons of its form.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_next_states(self):
        for record in self:
            record.next_states = ",".join(sorted(record._get_next_states()))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        initial = self._get_first_state()
        for vals in vals_list:
            if not self.env.su and vals.get("state", initial) != initial:
                raise UserError(
                    self.env._(
                        "A new %(document)s starts in its first state. Leave the state out "
                        "and move the record on after it is made.",
                        document=self._description,
                    )
                )
        return super().create([{"state": initial, **vals} for vals in vals_list])

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        target = vals["state"]
        moving = self.filtered(lambda record: record.state != target)
        moving._before_transition(target)
        moving._check_transition(target)
        origins = {record: record.state for record in moving}
        result = super(AftersalesStateMixin, self - moving).write(vals)
        for batch in moving._get_transition_batches():
            result = super(AftersalesStateMixin, batch).write(vals)
        for origin in set(origins.values()):
            batch = moving.filtered(lambda record, origin=origin: origins[record] == origin)
            batch._after_transition(origin, target)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_record(self):
        for record in self:
            if message := record._unlink_error_message():
                raise UserError(message)

    # === BUSINESS METHODS === #

    def _complete_vals(self, vals):
        vals = super()._complete_vals(vals)
        target = vals.get("state")
        moving = self.filtered(lambda record: target and record.state != target)
        return {**vals, **moving._prepare_transition_vals(target)} if moving else vals

    @api.model
    def _get_first_state(self):
        """Return the state of new records: the model's own default. One from the context or the
        user's settings is no way in."""
        return self._fields["state"].default(self)

    @api.model
    def _split_step(self, vals):
        """Return ``(values, step)``, to be written one after the other: the step is judged by what
        a record says then, not by what it said before."""
        step = {fname: value for fname, value in vals.items() if fname == "state"}
        return {fname: value for fname, value in vals.items() if fname not in step}, step

    def _get_state_transitions(self):
        """Return ``{from: {to: external id of the group that may take the step}}``.

        A step whose group is ``None`` is taken by the system alone (superuser mode).
        """
        return {}

    def _get_next_states(self):
        """Return the set of states the current user may move this record to."""
        self.ensure_one()
        steps = self._get_state_transitions().get(self.state, {})
        if self.env.su:
            return set(steps)
        return {
            target for target, group in steps.items() if group and self.env.user.has_group(group)
        }

    def _transition_error_message(self, target):
        """Return why this record cannot move to ``target``, or an empty text."""
        self.ensure_one()
        return ""

    def _unlink_error_message(self):
        """Return why this record cannot be deleted in its state, or an empty text."""
        self.ensure_one()
        return ""

    def _get_transition_batches(self):
        """Return the records in batches that take a step with the same values: the day of a step
        is that of the company."""
        if "company_id" in self._fields:
            return self.grouped("company_id").values()
        return [self] if self else []

    def _prepare_transition_vals(self, target):
        """Return the values written together with ``state``; reads only.

        ``self`` is of one company.
        """
        return {}

    def _after_transition(self, origin, target):
        """Do what follows from the step; ``self`` all came from ``origin``."""

    def _before_transition(self, target):
        """Bring up to date what the step is judged by and freezes."""

    def _check_transition(self, target):
        """Raise when any record may not move to ``target``.

        :raises UserError: naming the record, the step and the reason
        """
        for record in self:
            if target not in record._get_next_states():
                raise UserError(record._get_no_step_message(target))
            if message := record._transition_error_message(target):
                raise UserError(message)

    def _get_no_step_message(self, target):
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(record)s is %(state)s and you cannot make it %(target)s.",
            record=self.display_name,
            state=labels.get(self.state),
            target=labels.get(target) or target or "-",
        )
