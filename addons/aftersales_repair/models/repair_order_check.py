from odoo import api, fields, models
from odoo.exceptions import UserError


class RepairOrder(models.Model):
    """The check before goods are handed back: no work ends with a failed one (WS4)."""

    _inherit = "repair.order"

    check_ids = fields.One2many(
        comodel_name="aftersales.check", inverse_name="repair_id", string="Checks"
    )
    check_status = fields.Selection(
        selection=[
            ("none", "Nothing to Check"),
            ("open", "To Check"),
            ("failed", "Check Failed"),
            ("passed", "Checked"),
        ],
        compute="_compute_check_status",
        compute_sudo=True,
        help="What the checks of this work say so far.",
    )

    # === COMPUTE METHODS === #

    @api.depends("check_ids.result", "check_ids.required")
    def _compute_check_status(self):
        for repair in self:
            checks = repair.check_ids
            if not checks:
                repair.check_status = "none"
            elif "failed" in checks.mapped("result"):
                repair.check_status = "failed"
            else:
                waiting = any(check._is_waiting() for check in checks)
                repair.check_status = "open" if waiting else "passed"

    # === ACTION METHODS === #

    def action_make_checks(self):
        """Fetch the checks that fit the order, where none are there yet.

        :raises UserError: when no checklist fits, or the order is closed
        """
        repairs = self._without_checks()
        if repairs and not repairs._make_checks():
            raise UserError(
                self.env._(
                    "No checklist fits %(order)s. A manager writes them under Configuration, "
                    "Checklists.",
                    order=repairs[0].display_name,
                )
            )

    # === BUSINESS METHODS === #

    def _transition_error_message(self, target):
        message = super()._transition_error_message(target)
        if not message and target == "done":
            message = self._unchecked_error_message()
        return message

    def _after_transition(self, origin, target):
        super()._after_transition(origin, target)
        if target == "under_repair":
            self._without_checks()._make_checks()

    def _without_checks(self):
        """Return the orders that have none yet, whoever may read them."""
        return self.filtered(lambda repair: not repair.sudo().check_ids)

    def _make_checks(self):
        """Put the checks of all fitting checklists on the orders.

        :return: the checks made
        """
        # Which checks an order needs is the company's to say: a storekeeper who repairs reads
        # neither lists nor service types.
        lists_sudo = self.env["aftersales.checklist"].sudo()
        if not self or not lists_sudo._is_used():
            return self.env["aftersales.check"]
        lists_sudo = lists_sudo.search(
            lists_sudo._get_fitting_domain(self.product_id, self.company_id)
        )
        # From a checklist, so not his to change: made for whoever may start the work.
        checks_sudo = self.env["aftersales.check"].sudo()
        return checks_sudo.create(
            [
                item_sudo._prepare_check_vals(repair_sudo)
                for repair_sudo in self.sudo()
                for list_sudo in lists_sudo
                if list_sudo._fits_order(repair_sudo)
                for item_sudo in list_sudo.item_ids
            ]
        )

    def _unchecked_error_message(self):
        """Return what was not checked, or failed, or an empty text."""
        self.ensure_one()
        # What is missing holds everybody, whoever may read it.
        repair_sudo = self.sudo()
        waiting = repair_sudo.check_ids.filtered(lambda check: check._is_waiting())
        if not waiting:
            return ""
        return self.env._(
            "%(order)s is not ended yet: %(checks)s. See its page Checks.",
            order=repair_sudo.display_name,
            checks=", ".join(waiting._describe()),
        )
