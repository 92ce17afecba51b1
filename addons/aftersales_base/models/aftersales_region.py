import re

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError


class AftersalesRegion(models.Model):
    """A part of the country some people serve: a tree of places (OU7).

    An address lies in the first region that fits, the most specific first: a range of zip codes,
    then a state, then the country.
    """

    _name = "aftersales.region"
    _description = "Service Region"
    _inherit = ["aftersales.standing.mixin"]
    _order = "complete_name, id"
    _rec_name = "complete_name"
    _rec_names_search = ["complete_name", "code"]
    _parent_store = True
    _check_company_auto = True

    name = fields.Char(required=True)
    complete_name = fields.Char(
        string="Region", compute="_compute_complete_name", store=True, recursive=True
    )
    code = fields.Char(index="trigram")
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one(
        comodel_name="aftersales.region",
        string="Part Of",
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many(
        comodel_name="aftersales.region", inverse_name="parent_id", string="Parts"
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Empty: the region is there for every company.",
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        help="With neither states nor zip codes, the region is the whole country. Empty: that of "
        "the region above.",
    )
    state_ids = fields.Many2many(
        comodel_name="res.country.state",
        string="States",
        help="An address in one of these states lies in this region, unless a zip code says "
        "where it lies more exactly.",
    )
    zip_ids = fields.One2many(
        comodel_name="aftersales.region.zip", inverse_name="region_id", string="Zip Codes"
    )
    zip_summary = fields.Char(string="Zip Ranges", compute="_compute_zip_summary")

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL",
        "This code is used already for another region.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for region in self:
            parts = (region.parent_id.complete_name, region.name)
            region.complete_name = " / ".join(part for part in parts if part)

    @api.depends("zip_ids.zip_from", "zip_ids.zip_to")
    def _compute_zip_summary(self):
        for region in self:
            region.zip_summary = ", ".join(region.zip_ids.mapped("display_name"))

    # === CONSTRAINT METHODS === #

    @api.constrains("parent_id", "country_id", "company_id", "active")
    def _check_zip_ranges(self):
        below = self.search([("id", "child_of", self.ids)])
        below.zip_ids._check_overlap()

    @api.constrains("company_id")
    def _check_company_of_parts(self):
        self.child_ids._check_company(["parent_id"])

    # === CRUD METHODS === #

    def write(self, vals):
        # Before Odoo's own check, which says neither which region nor what to do.
        self._check_no_cycle(vals.get("parent_id"))
        result = super().write(vals)
        if "parent_id" in vals:
            # The paths are read from here on.
            self.flush_recordset(["parent_id"])
        return result

    def _check_no_cycle(self, parent_id):
        """Raise when one of these regions would be a part of itself."""
        path = self.browse(parent_id or []).parent_path or ""
        looping = self.browse(int(part) for part in path.split("/") if part) & self
        if looping:
            raise ValidationError(
                self.env._(
                    "%(region)s cannot be a part of itself. Choose another region above it.",
                    region=looping[0].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Also what he may not read holds the region.
        for fname, model, label in self._get_uses():
            groups = (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                ._read_group([(fname, "in", self.ids)], [fname], ["__count"], limit=1)
            )
            for region, count in groups:
                raise UserError(
                    self.env._(
                        "%(region)s is in use (%(label)s: %(count)s) and stays on record. "
                        "Archive it instead.",
                        region=region.complete_name,
                        label=label,
                        count=count,
                    )
                )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for region, vals in zip(self, vals_list, strict=True):
            vals["name"] = self.env._("%(name)s (copy)", name=region.name)
            vals.pop("code", None)
        return vals_list

    # === BUSINESS METHODS === #

    @api.model
    def _get_uses(self):
        """Return ``(field, model, what people call it)`` of all that keeps a region on record."""
        requests = self.env._("service requests")
        members = self.env._("team members")
        parts = self.env._("parts of it")
        return [
            ("region_id", "aftersales.request", requests),
            ("region_ids", "aftersales.team.member", members),
            ("parent_id", "aftersales.region", parts),
        ]

    @api.model
    def _normalize_zip(self, code):
        """Return a zip code as it is compared: letters and digits only, in capitals."""
        return re.sub(r"[\W_]", "", code or "").upper()

    @api.model
    def _find_regions(self, partners, company):
        """Return ``{partner: region}`` of addresses, an empty region where none fits.

        An address without a country lies in that of the company.
        """
        places = self._get_places(company.id)
        found, known = {}, {}
        for partner in partners:
            country = partner.country_id or partner.state_id.country_id or company.country_id
            address = (self._normalize_zip(partner.zip), partner.state_id.id, country.id)
            if address not in known:
                known[address] = self.browse(self._find_place(places, *address))
            found[partner] = known[address]
        return found

    @api.model
    def _find_place(self, places, code, state_id, country_id):
        """Return the id of the region an address lies in, or nothing."""
        for length, ranges in places["zip"]:
            start = code[:length]
            if len(start) < length:
                continue
            for zip_from, zip_to, country, region_id in ranges:
                elsewhere = country and country_id and country != country_id
                if zip_from <= start <= zip_to and not elsewhere:
                    return region_id
        return places["state"].get(state_id) or places["country"].get(country_id)

    @api.model
    @tools.ormcache("company_id")
    def _get_places(self, company_id):
        """Return where the regions of a company lie, to look addresses up without a query.

        :return: ``zip``: ``[(length, [(from, to, country, region)])]``, the longest and the
            deepest first; ``state`` and ``country``: ``{id: region}``
        """
        regions = self.sudo().search([("company_id", "in", (False, company_id))])
        regions = regions.sorted(lambda region: (-region.parent_path.count("/"), region.id))
        zips, states, countries = {}, {}, {}
        for region in regions:
            country = region._get_country()
            for zip_range in region.zip_ids:
                row = (zip_range.zip_from, zip_range.zip_to, country.id, region.id)
                zips.setdefault(len(zip_range.zip_from), []).append(row)
            for state in region.state_ids:
                states.setdefault(state.id, region.id)
            if region.country_id and not (region.zip_ids or region.state_ids):
                countries.setdefault(region.country_id.id, region.id)
        return {"zip": sorted(zips.items(), reverse=True), "state": states, "country": countries}

    def _get_country(self):
        """Return the country of this region, or of the nearest region above that has one."""
        self.ensure_one()
        region = self
        while region and not region.country_id:
            region = region.parent_id
        return region.country_id

    def _covers(self, region):
        """Return whether a region is one of these or a part of one."""
        path = (region.parent_path or "").split("/")
        return any(str(own.id) in path for own in self)
