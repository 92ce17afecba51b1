from odoo import api, fields, models


class AftersalesContractUse(models.Model):
    """One visit taken from a contract line, numbered within its quota.

    The number makes the race for the last visit a matter of the database: a number is
    taken once.
    """

    _name = "aftersales.contract.use"
    _description = "Contract Visit Used"
    _order = "line_id, number"
    _rec_name = "line_id"

    line_id = fields.Many2one(
        comodel_name="aftersales.contract.line", required=True, ondelete="restrict", index=True
    )
    contract_id = fields.Many2one(related="line_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    number = fields.Integer(required=True)
    date = fields.Date(required=True, default=lambda self: self.env.company._get_aftersales_day())
    repair_id = fields.Many2one(
        comodel_name="repair.order", string="Work Order", index="btree_not_null"
    )
    request_id = fields.Many2one(comodel_name="aftersales.request", index="btree_not_null")
    charge_ids = fields.One2many(comodel_name="aftersales.charge", inverse_name="contract_use_id")

    _number_uniq = models.UniqueIndex(
        "(line_id, number)",
        "This visit of the contract was taken at the same moment for other work. Try again.",
    )

    @api.model
    def _take(self, line, charges):
        """Take the next visit of ``line`` for charges of one job.

        :return: the visit; the one the job has already, if it has
        """
        origin = charges[:1]._get_visit_key()
        uses = line.sudo().use_ids
        use = uses.filtered(lambda use: (use.repair_id or use.request_id) == origin)[:1]
        if not use or not origin:
            taken = set(uses.mapped("number"))
            number = next(n for n in range(1, len(taken) + 2) if n not in taken)
            use = self.sudo().create(
                {
                    "line_id": line.id,
                    "number": number,
                    "date": line.company_id._get_aftersales_day(),
                    "repair_id": charges[:1].repair_id.id,
                    "request_id": charges[:1].request_id.id,
                }
            )
        return use

    def _release(self):
        """Give visits back that no confirmed charge uses any more."""
        unused = self.sudo().filtered(
            lambda use: all(charge.state != "confirmed" for charge in use.charge_ids)
        )
        lines = unused.line_id
        unused.unlink()
        lines._refresh_charges()
