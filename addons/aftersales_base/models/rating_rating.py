from odoo import api, fields, models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    aftersales_request_id = fields.Many2one(
        comodel_name="aftersales.request",
        string="Service Request",
        compute="_compute_aftersales_request_id",
        store=True,
        index="btree_not_null",
        help="The request that is rated; it decides who reads the rating.",
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    def _compute_aftersales_request_id(self):
        requests = self.env["aftersales.request"]
        ratings = self.filtered(lambda rating: rating.res_model == requests._name)
        (self - ratings).aftersales_request_id = False
        existing = set(requests.browse(set(ratings.mapped("res_id"))).exists().ids)
        for rating in ratings:
            rating.aftersales_request_id = rating.res_id in existing and rating.res_id

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        # Rules look at what a rating was; it becomes none of a request either.
        if vals.keys() & {"res_model", "res_model_id", "parent_res_model", "parent_res_model_id"}:
            self.check_access("write")
        return result

    def _has_field_access(self, field, operation):
        # Who knows the token rates in the customer's place.
        if field.name == "access_token" and operation == "read" and not self.env.su:
            return self.env.user.has_group("base.group_system")
        return super()._has_field_access(field, operation)
