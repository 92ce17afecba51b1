from odoo import api, models
from odoo.fields import Domain


class AftersalesCharge(models.Model):
    """What a work order knows of a claim: its files, its labour, when it ended, what the part was
    worth, where the old one is."""

    _inherit = "aftersales.charge"

    @api.depends("repair_id.date_done")
    def _compute_claim_deadline(self):
        """A maker counts from the day the work ended."""
        super()._compute_claim_deadline()

    def _get_claim_start(self):
        return self.repair_id.date_done or super()._get_claim_start()

    def _get_same_jobs_domain(self):
        orders = Domain("repair_id", "in", self.repair_id.ids)
        return super()._get_same_jobs_domain() | orders

    def _get_claim_cost(self):
        """Return the value the part left the stock with, where it did."""
        left = self.filtered(lambda charge: charge.sudo().move_id.state == "done")
        costs = left._get_moved_costs()
        return costs[self] if self in costs else super()._get_claim_cost()

    def _get_evidence_documents(self):
        return [*super()._get_evidence_documents(), self.repair_id]

    def _is_old_part_returned(self):
        if super()._is_old_part_returned():
            return True
        returns = self.move_id.aftersales_old_part_ids.aftersales_returned_by_id
        return any(move.state == "done" for move in returns)
