from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers import portal


class PortalListMixin:
    """A list on the portal: one page of the user's own records, sorted, filtered and grouped.

    Lists search as the user, so the record rules decide.
    """

    # === WHAT IS HIS === #

    def _get_aftersales_own_domain(self):
        """Return the domain of what belongs to the user's company or household."""
        partner = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "child_of", [partner.id])

    def _get_own_domain(self, model):
        """Return the domain of the user's own records of a model."""
        return self._get_aftersales_own_domain()

    def _get_list_records(self, model):
        """Return the empty recordset a list searches with: as the user, so that rules decide."""
        return request.env[model]

    def _count_own(self, model):
        """Return how many of a model are the user's own, as far as he may read them."""
        records = self._get_list_records(model)
        if not records.has_access("read"):
            return 0
        return records.search_count(self._get_own_domain(model))

    # === ONE PAGE === #

    def _prepare_aftersales_list_values(
        self,
        model,
        url,
        page,
        asked,
        *,
        sortings,
        search_inputs,
        filters=None,
        groupings=None,
    ):
        """Return what a list page shows: one page of the user's own records and its controls.

        :param dict asked: ``sortby``, ``filterby``, ``groupby``, ``search`` and ``search_in`` as
            the address has them; what is not offered falls back to the first
        """
        offered = {
            "sortby": sortings,
            "filterby": filters,
            "groupby": groupings,
            "search_in": search_inputs,
        }
        chosen = self._choose_in_list(offered, asked)
        domain = self._get_own_domain(model) & self._get_list_domain(offered, chosen)
        order = self._get_list_order(offered, chosen)
        records, pager = self._get_aftersales_page(model, url, domain, page, order, chosen)
        # sudo: the records were searched as the user; their products are shown with them
        records_sudo = records.sudo()
        return {
            **self._prepare_portal_layout_values(),
            "records": records_sudo,
            "groups": self._group_list(records_sudo, offered, chosen),
            "pager": pager,
            "default_url": url,
            **self._prepare_searchbar_values(offered),
            **chosen,
        }

    def _prepare_searchbar_values(self, offered):
        """Return the controls of a list as Odoo's search bar takes them."""
        return {
            "searchbar_sortings": offered["sortby"],
            "searchbar_filters": offered["filterby"],
            "searchbar_groupby": offered["groupby"],
            "searchbar_inputs": {
                key: {"input": key, **values} for key, values in offered["search_in"].items()
            },
        }

    def _choose_in_list(self, offered, asked):
        """Return ``{control: key}`` of what is offered, and the text to search for."""
        chosen = {"search": self._clean_text(asked.get("search"))[:100]}
        for control, options in offered.items():
            options = options or {}
            key = asked.get(control)
            chosen[control] = key if key in options else next(iter(options), None)
        return chosen

    def _get_list_domain(self, offered, chosen):
        """Return the domain of what the user filters and searches for."""
        domain = Domain.TRUE
        if offered["filterby"]:
            domain &= offered["filterby"][chosen["filterby"]]["domain"]
        if chosen["search"]:
            domain &= offered["search_in"][chosen["search_in"]]["domain"](chosen["search"])
        return domain

    def _get_list_order(self, offered, chosen):
        """Return the order of a list; what is grouped stands together."""
        order = offered["sortby"][chosen["sortby"]]["order"]
        field = self._get_list_group_field(offered, chosen)
        return f"{field}, {order}" if field else order

    def _get_list_group_field(self, offered, chosen):
        """Return the name of the field a list is grouped by, or None."""
        groupings = offered["groupby"] or {}
        return groupings.get(chosen["groupby"], {}).get("field")

    def _group_list(self, records_sudo, offered, chosen):
        """Return ``[(heading, records)]``, one group without a heading when none is asked for."""
        field = self._get_list_group_field(offered, chosen)
        if not field:
            return [("", records_sudo)] if records_sudo else []
        groups = records_sudo.grouped(field)
        if records_sudo._fields[field].type != "selection":
            headings = {key: key.display_name for key in groups}
            missing = request.env._("Without a product")
            return [(headings[key] or missing, group) for key, group in groups.items()]
        labels = dict(records_sudo._fields[field]._description_selection(request.env))
        return [(label, groups[key]) for key, label in labels.items() if key in groups]

    def _get_aftersales_page(self, model, url, domain, page, order, url_args):
        """Return the records of one page, remembered for previous and next, and the pager."""
        Model = self._get_list_records(model)
        if not Model.has_access("read"):
            domain = Domain.FALSE
        pager = portal.pager(
            url=url,
            total=Model.search_count(domain),
            page=page,
            step=self._items_per_page,
            url_args={key: value for key, value in url_args.items() if value},
        )
        records = Model.search(
            domain, order=order, limit=self._items_per_page, offset=pager["offset"]
        )
        request.session[f"{model}_history"] = records.ids[:100]
        return records, pager
