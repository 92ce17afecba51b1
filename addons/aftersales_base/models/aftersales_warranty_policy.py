from odoo import fields, models


class AftersalesWarrantyPolicy(models.Model):
    """The promise sold with a product: one term per kind of charge or component.

    A delivery of a product with a policy registers an installed product and gives it one
    warranty per term. A warranty once given keeps its dates and percent: changing the
    policy changes only what is given later.
    """

    _name = "aftersales.warranty.policy"
    _description = "Warranty Policy"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(comodel_name="res.company", index=True)
    note = fields.Html(
        string="Conditions",
        translate=True,
        help="What the customer reads: scope, exclusions, how to claim.",
    )
    term_ids = fields.One2many(
        comodel_name="aftersales.warranty.term", inverse_name="policy_id", copy=True
    )
    warranty_count = fields.Integer(compute="_compute_warranty_count")

    def _compute_warranty_count(self):
        counts = dict(
            self.env["aftersales.warranty"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.warranty_count = counts.get(policy, 0)

    def action_view_warranties(self):
        """Open the warranties given under this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_base.aftersales_warranty_action"
        )
        action["domain"] = [("policy_id", "=", self.id)]
        return action
