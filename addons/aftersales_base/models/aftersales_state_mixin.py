from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class AftersalesGuardMixin(models.AbstractModel):
    """Values that only the rules write: decisions, amounts, numbers and links.

    ``readonly`` on a field binds the screens alone. Here it binds imports and remote calls
    too: what is computed and not editable, and what :meth:`_get_guarded_fields` adds, is
    refused in ``write`` and ignored in ``create``. Code of a module that has to set such a
    value does it in superuser mode and says why.
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

    # === BUSINESS METHODS === #

    @api.model
    def _number_new(self, vals_list, code):
        """Return ``vals_list`` with a number for each new record that has none.

        :param str code: the sequence, that of the record's company or of all companies
        """
        by_company = {}
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                company = vals.get("company_id") or self.env.company.id
                by_company.setdefault(company, []).append(vals)
        for company, nameless in by_company.items():
            numbers = self.with_company(company)._next_numbers(code, len(nameless))
            for vals, number in zip(nameless, numbers, strict=True):
                vals["name"] = number
        return vals_list

    @api.model
    def _next_numbers(self, code, count):
        """Take ``count`` numbers of a sequence, in one go where that leaves no gap open."""
        # Numbering is open to whoever may create the record, sequences are not.
        sequence_sudo = (
            self.env["ir.sequence"]
            .sudo()
            .search(
                [("code", "=", code), ("company_id", "in", (self.env.company.id, False))],
                order="company_id",
                limit=1,
            )
        )
        if not sequence_sudo or count < 2 or sequence_sudo.implementation != "standard":
            return [sequence_sudo.next_by_id() or "New" for __ in range(count)]
        # The first makes the range of the year where there is none.
        first = sequence_sudo.next_by_id()
        name = f"ir_sequence_{sequence_sudo.id:03d}"
        if sequence_sudo.use_date_range:
            today = fields.Date.today()
            date_range = sequence_sudo.date_range_ids.filtered(
                lambda date_range: date_range.date_from <= today <= date_range.date_to
            )[:1]
            name = f"{name}_{date_range.id:03d}"
            sequence_sudo = sequence_sudo.with_context(ir_sequence_date_range=date_range.date_from)
        numbers = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(2, %s)", name, count)
        )
        prefix, suffix = sequence_sudo._get_prefix_suffix()
        padding = sequence_sudo.padding
        return [first, *(f"{prefix}{number:0{padding}d}{suffix}" for (number,) in numbers)]

    @api.model
    def _get_guarded_fields(self):
        """Return the set of names of fields nobody writes by hand."""
        return {
            fname
            for fname, field in self._fields.items()
            if field.store and field.readonly and (field.compute or field.related)
        }

    def _check_guarded(self, vals):
        """Raise when ``vals`` would write past the rules.

        :raises UserError: naming the fields
        """
        if self.env.su:
            return
        if guarded := self._get_guarded_fields() & vals.keys():
            labels = [self._fields[fname].get_description(self.env)["string"] for fname in guarded]
            raise UserError(
                self.env._(
                    "%(fields)s of a %(document)s follows from other values and cannot be written "
                    "by hand. Change what it follows from.",
                    fields=", ".join(sorted(labels)),
                    document=self._description,
                )
            )


class AftersalesStateMixin(models.AbstractModel):
    """A ``state`` that moves through one checked door.

    The door is ``write``: buttons, imports and remote calls all pass it, so a step that
    the table of transitions does not hold cannot be taken by any of them. A model says

    * which steps exist and who may take them: :meth:`_get_state_transitions`,
    * why a step is not possible on a record: :meth:`_transition_error_message`,
    * what else is written with it: :meth:`_prepare_transition_vals`,
    * what follows from it: :meth:`_after_transition`.
    """

    _name = "aftersales.state.mixin"
    _description = "State With One Checked Door"
    _inherit = ["aftersales.guard.mixin"]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # The model's own default: one from the context or the user's settings is no way in.
        initial = self._fields["state"].default(self)
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
        self._check_guarded(vals)
        if "state" not in vals:
            return super().write(vals)
        target = vals["state"]
        moving = self.filtered(lambda record: record.state != target)
        moving._before_transition(target)
        moving._check_transition(target)
        origins = {record: record.state for record in moving}
        result = super(AftersalesStateMixin, self - moving).write(vals)
        if moving:
            result = super(AftersalesStateMixin, moving).write(
                {**vals, **moving._prepare_transition_vals(target)}
            )
        for origin in set(origins.values()):
            batch = moving.filtered(lambda record, origin=origin: origins[record] == origin)
            batch._after_transition(origin, target)
        return result

    # === BUSINESS METHODS === #

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

    def _prepare_transition_vals(self, target):
        """Return the values written together with ``state``; reads only."""
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
