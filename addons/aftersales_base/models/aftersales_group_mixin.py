from odoo import api, models


class AftersalesGroupMixin(models.AbstractModel):
    """Many rows in few groups: what a group is called is looked up for each group, not each row.

    To order groups by the names of their records Odoo joins the names to every row and groups
    by them, too: of a million charges that takes longer than all the sums. Here the database
    orders by what stands in its rows, and the records' own order is applied to the groups.
    """

    _name = "aftersales.group.mixin"
    _description = "Many Rows in Few Groups"

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        if limit or offset or not self._is_order_by_groups(order, groupby):
            return super()._read_group(
                domain, groupby, aggregates, having, offset=offset, limit=limit, order=order
            )
        groups = super()._read_group(domain, groupby, aggregates, having)
        return self._sort_groups([(groupby, groups)], groupby)[0]

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        specs = list(dict.fromkeys(spec for groupby in grouping_sets for spec in groupby))
        if not self._is_order_by_groups(order, specs):
            return super()._read_grouping_sets(domain, grouping_sets, aggregates, order=order)
        found = super()._read_grouping_sets(domain, grouping_sets, aggregates)
        return self._sort_groups(list(zip(grouping_sets, found, strict=True)), specs)

    @api.model
    def _is_order_by_groups(self, order, specs):
        """Return whether groups are wanted in the order of what they are grouped by, as usual."""
        return order and [part.strip() for part in order.split(",")] == list(specs)

    @api.model
    def _sort_groups(self, found, specs):
        """Put groups whose records were ordered by id in the order of these records.

        :param list found: (groupby, groups) of each grouping, its groups ordered by `specs`
        :return: the groups of each, ordered
        """
        ranks = {spec: self._rank_records(spec, found) for spec in filter(self._is_record, specs)}
        return [
            self._sort_grouping(
                groups,
                [(groupby.index(spec), ranks.get(spec)) for spec in specs if spec in groupby],
            )
            for groupby, groups in found
        ]

    @api.model
    def _is_record(self, spec):
        field = self._fields.get(spec)
        return field and field.type == "many2one"

    @api.model
    def _rank_records(self, spec, found):
        """Return {id: place} of the records that groups are about, whoever may see them."""
        ids = {
            group[groupby.index(spec)].id
            for groupby, groups in found
            if spec in groupby
            for group in groups
        }
        records = self.env[self._fields[spec].comodel_name].sudo()
        ordered = records.with_context(active_test=False).search([("id", "in", list(ids))])
        return {id_: place for place, id_ in enumerate(ordered.ids)}

    @api.model
    def _sort_grouping(self, groups, columns):
        """Sort by places where a column has them; others keep the place the database gave them.

        :param list columns: (index, places or None), the first to sort by first
        """
        firsts = {}
        keys = [
            self._get_sort_key(number, group, columns, firsts)
            for number, group in enumerate(groups)
        ]
        return [groups[number] for number in sorted(range(len(groups)), key=keys.__getitem__)]

    @api.model
    def _get_sort_key(self, number, group, columns, firsts):
        """Return the place of each column; `firsts` has where each beginning of a group began."""
        key, beginning = [], ()
        for index, places in columns:
            beginning += (group[index],)
            if places is None:
                key.append(firsts.setdefault(beginning, number))
            else:
                key.append(places.get(group[index].id, len(places)))
        return key
