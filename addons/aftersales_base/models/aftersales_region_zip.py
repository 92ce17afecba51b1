from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesRegionZip(models.Model):
    """The zip codes from one to another that lie in a region (OU7).

    Codes are compared as text: as many characters of an address as the range has.
    """

    _name = "aftersales.region.zip"
    _description = "Zip Codes of a Region"
    _inherit = ["aftersales.standing.mixin"]
    _order = "zip_from, id"

    region_id = fields.Many2one(
        comodel_name="aftersales.region", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="region_id.company_id")
    zip_from = fields.Char(
        string="From", required=True, help="The first code, or just how the codes begin."
    )
    zip_to = fields.Char(
        string="To",
        required=True,
        compute="_compute_zip_to",
        store=True,
        readonly=False,
        precompute=True,
        help="The last code, as long as the first one.",
    )

    # === COMPUTE METHODS === #

    @api.depends("zip_from")
    def _compute_zip_to(self):
        for zip_range in self:
            zip_range.zip_to = zip_range.zip_to or zip_range.zip_from

    @api.depends("zip_from", "zip_to")
    def _compute_display_name(self):
        for zip_range in self:
            ends = dict.fromkeys((zip_range.zip_from or "", zip_range.zip_to or ""))
            zip_range.display_name = "–".join(ends)

    # === CONSTRAINT METHODS === #

    @api.constrains("zip_from", "zip_to", "region_id")
    def _check_range(self):
        for zip_range in self:
            first, last = zip_range.zip_from, zip_range.zip_to
            if not first or len(first) != len(last) or first > last:
                raise ValidationError(
                    self.env._(
                        "%(region)s: the zip codes %(zip_range)s are no range. Give two codes of "
                        "the same length, the lower one first.",
                        region=zip_range.region_id.name,
                        zip_range=zip_range.display_name,
                    )
                )
        self._check_overlap()

    def _check_overlap(self):
        """Raise when a code would lie in two regions that are parts of the same one."""
        parents = self.region_id.parent_id
        siblings = self.search([("region_id.parent_id", "in", [*parents.ids, False])])
        by_parent = siblings.grouped(lambda zip_range: zip_range.region_id.parent_id)
        for zip_range in self & siblings:
            for other in by_parent[zip_range.region_id.parent_id]:
                if zip_range != other and zip_range._overlaps(other):
                    raise ValidationError(
                        self.env._(
                            "The zip codes %(one)s of %(region)s and %(two)s of %(other)s "
                            "overlap. Change one of them, so that each code lies in one region.",
                            one=zip_range.display_name,
                            region=zip_range.region_id.name,
                            two=other.display_name,
                            other=other.region_id.name,
                        )
                    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normalize(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._normalize(vals))

    # === BUSINESS METHODS === #

    @api.model
    def _normalize(self, vals):
        """Return the values with the codes as they are compared."""
        Region = self.env["aftersales.region"]
        codes = {
            fname: Region._normalize_zip(vals[fname])
            for fname in ("zip_from", "zip_to")
            if vals.get(fname)
        }
        return {**vals, **codes}

    def _overlaps(self, other):
        """Return whether a code may lie in both ranges: same country, same company."""
        for fname in ("company_id", "country_id"):
            one, two = (self._get_scope(fname), other._get_scope(fname))
            if one and two and one != two:
                return False
        length = min(len(self.zip_from), len(other.zip_from))
        return (
            self.zip_from[:length] <= other.zip_to[:length]
            and other.zip_from[:length] <= self.zip_to[:length]
        )

    def _get_scope(self, fname):
        """Return the company, or the country with those above, of the region."""
        region = self.region_id
        return region._get_country() if fname == "country_id" else region.company_id
