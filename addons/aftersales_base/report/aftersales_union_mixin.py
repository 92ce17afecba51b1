from odoo import api, models
from odoo.tools import SQL


class AftersalesUnionMixin(models.AbstractModel):
    """A report over several kinds of documents: each kind is a query, a row of any looks alike.

    A query names only the columns it has; the others are empty. A module adds a column by a
    field and an expression, a kind of document by a query. Conditions reach into each query and
    joins nobody asks for fall away, so what is filtered and shown is what is read.
    """

    _name = "aftersales.union.mixin"
    _description = "Report over Several Documents"
    _inherit = ["aftersales.group.mixin"]

    # {percentage: (part, whole)}: what is averaged by dividing sums.
    _percentages = {}

    # === QUERY === #

    def _read_group_select(self, aggregate_spec, query):
        """Divide sums: an average of quotients would count a small row like a big one."""
        fname, __, aggregate = aggregate_spec.partition(":")
        if aggregate != "avg" or fname not in self._percentages:
            return super()._read_group_select(aggregate_spec, query)
        part, whole = self._percentages[fname]
        return SQL(
            "100 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, part, query),
            self._field_to_sql(self._table, whole, query),
        )

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(self._select(**query) for query in self._get_queries())

    @api.model
    def _get_queries(self):
        """Return dicts of ``columns`` (name to expression), ``tables`` and ``where``."""
        return []

    @api.model
    def _select(self, columns, tables, where):
        """Return one query with all columns of the report, in the same order."""
        fields = [field for field in self._fields.values() if field.store and field.column_type]
        return SQL(
            "SELECT %s FROM %s WHERE %s",
            SQL(", ").join(
                SQL(
                    "(%s)::%s AS %s",
                    columns.get(field.name, SQL("NULL")),
                    # Numbers of several kinds of documents are made of theirs.
                    SQL.identifier("int8" if field.name == "id" else field.column_type[0]),
                    SQL.identifier(field.name),
                )
                for field in fields
            ),
            tables,
            where,
        )

    @api.model
    def _select_day(self, moment):
        """Return the day of ``moment``, in UTC, where the company (its partner: cp) is."""
        return SQL("((%s AT TIME ZONE 'UTC') AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date", moment)
