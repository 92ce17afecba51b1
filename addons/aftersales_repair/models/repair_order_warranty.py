from odoo import api, fields, models

from odoo.addons.aftersales_base.models.aftersales_unit_exchange import ENTITLEMENTS


class RepairOrder(models.Model):
    """What work means for the promises on the unit: downtime, a warranty of its own, and
    what the customer may ask for when the same fault comes back.
    """

    _inherit = "repair.order"

    date_received = fields.Date(
        string="Unit Received",
        default=lambda self: self.env.company._get_aftersales_day(),
        copy=False,
        help="From this day until the work is done the customer is without his unit.",
    )
    date_done = fields.Date(string="Done On", readonly=True, copy=False, index="btree_not_null")
    repeat_count = fields.Integer(
        string="Repaired Before",
        compute="_compute_repeats",
        compute_sudo=True,
        help="How often the same fault was repaired already, on this unit and those it replaces.",
    )
    entitlement = fields.Selection(
        selection=ENTITLEMENTS,
        string="Customer May Ask For",
        compute="_compute_repeats",
        compute_sudo=True,
        help="By the warranty policy, for a fault that came back in warranty.",
    )

    # === COMPUTE METHODS === #

    @api.depends("unit_id", "cause_id", "symptom_id", "date_fault", "state")
    def _compute_repeats(self):
        history = self._get_repair_history()
        for repair in self:
            same = history.get(repair.unit_id.id, self.browse()).filtered(
                lambda other, repair=repair: (
                    other != repair._origin and repair._is_same_fault(other)
                )
            )
            repair.repeat_count = len(same)
            unit = repair.unit_id
            repair.entitlement = (
                unit._get_entitlement(len(same), repair.date_fault) if unit else False
            )

    # === BUSINESS METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"date_done"}

    def _prepare_transition_vals(self, target):
        vals = super()._prepare_transition_vals(target)
        if target != "done":
            return vals
        return {**vals, "date_done": self.company_id._get_aftersales_day()}

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "done":
            # Ending the work is the right to all that follows from it; the values are those of
            # the order and of the policy.
            in_use_sudo = self.sudo().filtered(lambda repair: repair.unit_id.state == "active")
            in_use_sudo._record_downtime()
            in_use_sudo._grant_repair_warranties()

    def _get_repair_history(self):
        """Return ``{unit id: done orders}``; a unit has those of the units it replaces too."""
        chains = {unit.id: unit._get_replaced_chain() for unit in self.unit_id._origin}
        units = self.env["aftersales.unit"].union(*chains.values())
        done = self.search(
            [
                ("unit_id", "in", units.ids),
                ("state", "=", "done"),
                ("is_refurbish", "=", False),
            ]
        )
        by_unit = done.grouped("unit_id")
        return {
            unit_id: self.union(*(by_unit.get(unit, self.browse()) for unit in chain))
            for unit_id, chain in chains.items()
        }

    def _is_same_fault(self, other):
        """Return whether the other order was about the same cause or the same symptom."""
        self.ensure_one()
        same_cause = self.cause_id and self.cause_id == other.cause_id
        return bool(same_cause or (self.symptom_id and self.symptom_id == other.symptom_id))

    def _record_downtime(self):
        """Note the days without the unit; warranties may be longer by them (WA2)."""
        away = self.filtered(
            lambda repair: repair.service_type_id.counts_downtime and repair.date_received
        )
        if away:
            self.env["aftersales.unit.downtime"].create(
                [repair._prepare_downtime_vals() for repair in away]
            )

    def _prepare_downtime_vals(self):
        """Return the values of the downtime this work caused."""
        self.ensure_one()
        return {
            "unit_id": self.unit_id.id,
            "date_from": min(self.date_received, self.date_done),
            "date_to": self.date_done,
            "reason": "repair",
            "note": self.name,
        }

    def _grant_repair_warranties(self):
        """Promise again what was repaired, for as long as the policy says."""
        promising = self.filtered("unit_id.policy_id.repair_months")
        if promising:
            self.env["aftersales.warranty"].create(
                [
                    vals
                    for repair in promising
                    for vals in repair._prepare_repair_warranty_vals_list()
                ]
            )

    def _prepare_repair_warranty_vals_list(self):
        """Return the values of the warranties on this work: the fault that was repaired,
        and the kinds of parts that were put in.
        """
        self.ensure_one()
        common = {
            "unit_id": self.unit_id.id,
            "policy_id": self.unit_id.policy_id.id,
            "origin": "repair",
            "start_basis": "fixed",
            "date_start": self.date_done,
            "duration": self.unit_id.policy_id.repair_months,
            "duration_unit": "month",
            "bearer_type": "company",
        }
        used = self.move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state == "done" and move.quantity
        )
        vals_list = [
            {**common, "kind": "part", "component_category_id": category.id}
            for category in used.product_id.categ_id
        ]
        fault = self.cause_id or self.symptom_id
        if fault and not fault.customer_fault:
            vals_list.append({**common, "kind": "all", "fault_id": fault.id})
        return vals_list
