from random import randint

from odoo import fields, models


class AftersalesSkill(models.Model):
    """What a person has to know for some jobs: a speciality, a licence (DI4)."""

    _name = "aftersales.skill"
    _description = "Skill"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    color = fields.Integer(default=lambda self: randint(1, 11), aggregator=None)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    category_ids = fields.Many2many(
        comodel_name="product.category",
        string="Product Categories",
        help="Needed for products of these categories and those below.",
    )
    service_type_ids = fields.Many2many(
        comodel_name="aftersales.service.type", help="Needed for jobs of these types."
    )
    symptom_ids = fields.Many2many(
        comodel_name="aftersales.fault",
        string="Symptoms",
        domain="[('kind', '=', 'symptom')]",
        help="Needed when the customer tells of one of these.",
    )
    member_ids = fields.Many2many(comodel_name="aftersales.team.member", string="Who Has It")

    def _get_needed_skills(self, requests):
        """Return ``{request: skills it needs}`` among these skills.

        A skill is needed where all fits that is filled in on it; one with nothing filled in is
        never asked for.
        """
        return {
            request: self.filtered(lambda skill, request=request: skill._is_needed_for(request))
            for request in requests
        }

    def _is_needed_for(self, request):
        """Return whether a request needs this skill."""
        self.ensure_one()
        if self.company_id and self.company_id != request.company_id:
            return False
        path = (request.product_id.categ_id.parent_path or "").split("/")
        fits = [
            not self.category_ids
            or any(str(category.id) in path for category in self.category_ids),
            not self.service_type_ids or request.service_type_id in self.service_type_ids,
            not self.symptom_ids or request.symptom_id in self.symptom_ids,
        ]
        asked = self.category_ids or self.service_type_ids or self.symptom_ids
        return bool(asked) and all(fits)
