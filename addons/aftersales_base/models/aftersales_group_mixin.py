from odoo import api, models
from odoo.tools import SQL, Query

DIRECTIONS = {"": "ASC", "ASC": "ASC", "DESC": "DESC"}
OPPOSITE = {"ASC": "DESC", "DESC": "ASC"}


class AftersalesGroupMixin(models.AbstractModel):
    """Many rows in few groups: what a group is called is looked up for each group, not each row.

    To order groups by their names Odoo joins the names to every row and groups by them, too:
    of a million charges that takes longer than all the sums.
    """

    _name = "aftersales.group.mixin"
    _description = "Many Rows in Few Groups"

    @api.model
    def _read_group_orderby(self, order, groupby_terms, query):
        if not order:
            return super()._read_group_orderby(order, groupby_terms, query)
        terms = []
        for part in order.split(","):
            term = self._order_groups_by_name(part.strip(), groupby_terms)
            terms.append(term or super()._read_group_orderby(part, groupby_terms, query))
        return SQL(", ").join(terms)

    @api.model
    def _order_groups_by_name(self, part, groupby_terms):
        """Return the order by what a record is called, or nothing for what Odoo orders alike."""
        name, __, direction = part.partition(" ")
        direction = DIRECTIONS.get(direction.strip().upper())
        field = self._fields.get(name)
        if not direction or name not in groupby_terms or not self._is_plain_relation(field):
            return None
        comodel = self.env[field.comodel_name]
        terms = [term.split() for term in comodel._order.split(",")]
        if comodel._order == "id" or any(self._is_relation(comodel, term) for term in terms):
            return None
        return SQL(", ").join(
            self._order_groups_by_term(comodel, term, groupby_terms[name], direction == "DESC")
            for term in terms
        )

    @api.model
    def _order_groups_by_term(self, comodel, term, group, reverse):
        """Return one term of a model's order, read for the record of a group."""
        fname, *rest = term
        direction = DIRECTIONS[rest[0].upper()] if rest else "ASC"
        named = Query(self.env, "named", SQL.identifier(comodel._table))
        value = comodel._order_field_to_sql("named", fname, SQL(), SQL(), named)
        named.add_where(SQL("%s = %s", SQL.identifier("named", "id"), group))
        return SQL(
            "(%s) %s", named.select(value), SQL(OPPOSITE[direction] if reverse else direction)
        )

    @api.model
    def _is_plain_relation(self, field):
        """Return whether the field is a column with the id of a record."""
        return bool(
            field
            and field.type == "many2one"
            and field.store
            and field.column_type
            and not field.company_dependent
        )

    @api.model
    def _is_relation(self, comodel, term):
        """Return whether a term of an order leads to a third model, or says where nulls go."""
        fname, *rest = term
        return len(rest) > 1 or comodel._fields[fname.partition(".")[0]].type == "many2one"
