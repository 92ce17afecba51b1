from collections import defaultdict

from odoo import models


class AftersalesCharge(models.Model):
    """What a charge cost: the value the part left the stock with, hours at their hourly cost, as
    in the margin of work orders."""

    _inherit = "aftersales.charge"

    # === BUSINESS METHODS === #

    def _get_costs(self):
        known = {**self._get_moved_costs(), **self._get_labour_costs()}
        rest = self.filtered(lambda charge: charge not in known)
        return {**super(AftersalesCharge, rest)._get_costs(), **known}

    def _get_moved_costs(self):
        """Return ``{charge: value}`` of parts that left the stock."""
        return {
            charge: -move.value if move.is_in else move.value
            for charge in self
            # sudo: what a part was worth is asked for by whoever books it.
            if (move := charge.sudo().move_id) and move.product_id.is_storable
        }

    def _get_labour_costs(self):
        """Return ``{charge: cost}`` of labour on work that is done, where hourly costs are kept.

        Hours worked on an order fall on the labour sold on it, by its hours; labour nobody wrote
        hours down for counts as sold. So the labour of an order costs what its margin says.
        """
        # sudo: money of people is for managers, what a job cost for whoever books it.
        keeping = (
            self.env["aftersales.hourly.cost"]
            .sudo()
            ._read_group([("company_id", "in", self.company_id.ids)], ["company_id"])
        )
        companies = self.env["res.company"].union(*(company for (company,) in keeping))
        labour = self.filtered(
            lambda charge: (
                charge.kind == "labour"
                and charge.repair_id.state == "done"
                and charge.company_id in companies
            )
        )
        return labour._share_out_hours() if labour else {}

    def _share_out_hours(self):
        """Return ``{charge: cost}`` of these charges: their own, and their part of the hours
        worked on their orders."""
        orders = self.repair_id
        self.env.flush_all()
        # sudo: as in _get_labour_costs().
        groups = (
            self.env["aftersales.result.report"]
            .sudo()
            ._read_group(
                [("repair_id", "in", orders.ids), ("hours", "!=", 0)],
                ["repair_id", "charge_id"],
                ["cost_labour:sum"],
            )
        )
        costs = {(order.id, charge.id): cost for order, charge, cost in groups}
        sold = defaultdict(float)
        for charge in orders.charge_ids:
            if charge.kind == "labour" and charge.state == "confirmed":
                sold[charge.repair_id] += charge._get_hours()
        result = {}
        for charge in self:
            hours = sold[charge.repair_id]
            part = charge._get_hours() / hours if hours else 0.0
            worked = costs.get((charge.repair_id.id, False), 0.0) * part
            result[charge] = worked + costs.get((charge.repair_id.id, charge.id), 0.0)
        return result
