from odoo import models
from odoo.tools import SQL


class AftersalesWarranty(models.Model):
    _inherit = "aftersales.warranty"

    # === BUSINESS METHODS === #

    def _copy_to_twins(self, twins):
        """Give each unit that is like another one the same warranties.

        Rows are copied as they stand, in a fixed number of queries: what the terms of a
        policy say was worked out once, for the unit that is copied from.

        :param dict twins: ``{unit: units like it}``
        :return: the copies
        """
        self.flush_recordset()
        pairs = [(unit.id, twin_id) for unit, units in twins.items() for twin_id in units.ids]
        columns = [
            SQL.identifier(fname)
            for fname, field in self._fields.items()
            if field.store and field.column_type and fname not in ("id", "unit_id")
        ]
        copies = self.env.execute_query(
            SQL(
                """
                WITH pair AS MATERIALIZED (
                    SELECT nextval((
                             SELECT pg_get_serial_sequence('aftersales_warranty', 'id')::regclass
                           )) AS id,
                           source.*
                      FROM (
                        SELECT warranty.id AS source_id, twin.target_id
                          FROM unnest(%(units)s::int[], %(twins)s::int[])
                                AS twin (source_id, target_id)
                          JOIN aftersales_warranty warranty
                               ON warranty.unit_id = twin.source_id
                         WHERE warranty.id = ANY(%(warranties)s)
                         ORDER BY twin.target_id, warranty.id
                      ) source
                ), copy AS (
                    INSERT INTO aftersales_warranty (id, unit_id, %(columns)s)
                    SELECT pair.id, pair.target_id, %(values)s
                      FROM pair
                      JOIN aftersales_warranty warranty ON warranty.id = pair.source_id
                )
                SELECT id, source_id FROM pair ORDER BY id
                """,
                units=[unit_id for unit_id, __ in pairs],
                twins=[twin_id for __, twin_id in pairs],
                warranties=self.ids,
                columns=SQL(", ").join(columns),
                values=SQL(", ").join(SQL("warranty.%s", column) for column in columns),
            )
        )
        self._copy_links(copies)
        return self.browse(copy_id for copy_id, __ in copies)

    def _copy_links(self, copies):
        """Copy what stands in relation tables.

        :param list copies: ``(id of the copy, id of its source)``
        """
        for fname, field in self._fields.items():
            if field.type != "many2many" or not field.store or not any(w[fname] for w in self):
                continue
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO %(relation)s (%(own)s, %(other)s)
                    SELECT copy.id, link.%(other)s
                      FROM unnest(%(copies)s::int[], %(sources)s::int[]) AS copy (id, source_id)
                      JOIN %(relation)s link ON link.%(own)s = copy.source_id
                    """,
                    relation=SQL.identifier(field.relation),
                    own=SQL.identifier(field.column1),
                    other=SQL.identifier(field.column2),
                    copies=[copy_id for copy_id, __ in copies],
                    sources=[source_id for __, source_id in copies],
                )
            )
