from odoo import api, fields, models
from odoo.tools import SQL


class AftersalesNumberMixin(models.AbstractModel):
    """Documents with a number of their own, taken when they are made.

    ``_number_code`` names the sequence: that of the record's company, else that of all. A record
    that brings a number keeps it: documents of an older system do.
    """

    _name = "aftersales.number.mixin"
    _description = "Documents With a Number"

    _number_code = None

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(self._number_new(vals_list))

    # === BUSINESS METHODS === #

    @api.model
    def _number_new(self, vals_list):
        """Return ``vals_list`` with a number for each new record that has none."""
        by_company = {}
        vals_list = [dict(vals) for vals in vals_list]
        default = self.default_get(["company_id"]).get("company_id") or self.env.company.id
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                by_company.setdefault(vals.get("company_id") or default, []).append(vals)
        for company, nameless in by_company.items():
            own = self.with_company(company)
            numbers = own._next_numbers(self._number_code, len(nameless))
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
        made = []
        name = f"ir_sequence_{sequence_sudo.id:03d}"
        if sequence_sudo.use_date_range:
            # The first makes the range of the year where there is none.
            made.append(sequence_sudo.next_by_id())
            today = fields.Date.today()
            date_range = sequence_sudo.date_range_ids.filtered(
                lambda date_range: date_range.date_from <= today <= date_range.date_to
            )[:1]
            name = f"{name}_{date_range.id:03d}"
            sequence_sudo = sequence_sudo.with_context(ir_sequence_date_range=date_range.date_from)
        numbers = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, count - len(made))
        )
        prefix, suffix = sequence_sudo._get_prefix_suffix()
        padding = sequence_sudo.padding
        return [*made, *(f"{prefix}{number:0{padding}d}{suffix}" for (number,) in numbers)]
