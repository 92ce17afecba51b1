from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError

from ..models import aftersales_unit_register_job

# Rows of the preview that are shown; the totals count all of them.
SHOWN_ROWS = 80
# Deliveries read at once for the preview.
PREVIEW_BATCH = 2000


class AftersalesUnitRegister(models.TransientModel):
    """Register what was delivered before a product had a policy.

    It can be run again and stopped half way: a delivery that is registered is left alone.
    """

    _name = "aftersales.unit.register"
    _description = "Register Past Deliveries"
    _inherit = ["aftersales.past.delivery.mixin"]

    step = fields.Selection(
        selection=[("choice", "Choice"), ("preview", "Preview")],
        default="choice",
        required=True,
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="aftersales.unit.register.line", inverse_name="wizard_id", readonly=True
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    move_count = fields.Integer(string="Deliveries to Register", readonly=True)
    unit_count = fields.Integer(string="Installed Products", readonly=True)
    running_count = fields.Integer(string="Warranties Running", readonly=True)
    over_count = fields.Integer(string="Warranties Over", readonly=True)
    pending_count = fields.Integer(string="Warranties Not Begun", readonly=True)
    registered_count = fields.Integer(string="Registered Already", readonly=True)
    returned_count = fields.Integer(string="Came Back", readonly=True)
    no_policy_count = fields.Integer(string="Without a Policy", readonly=True)
    no_customer_count = fields.Integer(
        string="Not to a Customer",
        readonly=True,
        help="Corrections of stock, the way back from a repair, goods that were the customer's "
        "before, and deliveries to nobody or to ourselves.",
    )

    # === ACTION METHODS === #

    def action_preview(self):
        """Show what would be registered and what is left out; make nothing."""
        self.ensure_one()
        rows, counts = self._collect()
        # Only the preview writes rows, of what the user's choice finds.
        self.sudo().line_ids.unlink()
        shown = sorted(rows.items(), key=lambda item: -item[1]["unit_count"])[:SHOWN_ROWS]
        self.env["aftersales.unit.register.line"].sudo().create(
            [
                {"wizard_id": self.id, "product_id": product.id, "policy_id": policy.id, **row}
                for (product, policy), row in shown
            ]
        )
        self.write(
            {
                "step": "preview",
                "row_count": len(rows),
                **{name: counts[name] for name in self._get_count_fields()},
            }
        )
        return self._reopen()

    def action_back(self):
        """Go back to the choice."""
        self.ensure_one()
        self.step = "choice"
        return self._reopen()

    def action_register(self):
        """Register the deliveries: few at once, many in the background.

        :return: an action that shows the new units, or the job that makes them
        :raises UserError: when there is nothing to register
        """
        self.ensure_one()
        self.env["aftersales.unit"].check_access("create")
        if self.step != "preview":
            self.action_preview()
        if not self.move_count:
            raise UserError(
                self.env._(
                    "No delivery of this period waits to be registered. See that the products have "
                    "a warranty policy."
                )
            )
        job = self.env["aftersales.unit.register.job"].create(self._prepare_job_vals())
        job._start()
        if self.move_count > aftersales_unit_register_job.BATCH:
            job._run_in_background()
            return job._get_records_action(name=self.env._("Registration of Past Deliveries"))
        units = self.env["aftersales.unit"]
        while not job.date_done:
            units |= job._run_batch().with_env(self.env)
        if job.failed_count:
            return job._get_records_action(name=self.env._("Registration of Past Deliveries"))
        return units._get_records_action(name=self.env._("Registered Products"))

    # === BUSINESS METHODS === #

    def _prepare_job_vals(self):
        """Return what the job needs of the choice."""
        return {
            "company_id": self.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "product_ids": [fields.Command.set(self.product_ids.ids)],
            "partner_id": self.partner_id.id,
        }

    def _get_count_fields(self):
        """Return the fields that hold the totals of the preview."""
        return [
            *("move_count", "unit_count", "running_count", "over_count", "pending_count"),
            *("registered_count", "returned_count", "no_policy_count", "no_customer_count"),
        ]

    def _collect(self):
        """Look at all deliveries, some thousand at a time.

        :return: ``({(product, policy): values of a row}, Counter of the totals)``
        """
        rows = {}
        counts = Counter()
        after = (False, 0)
        while moves := self._get_next_moves(*after, PREVIEW_BATCH):
            after = (moves[-1].date, moves[-1].id)
            policies = self._get_policies(moves)
            for move, (reason, lots) in self._sort_out(moves).items():
                counts[f"{reason or 'move'}_count"] += 1
                if not reason:
                    self._add_to_row(rows, counts, move, policies[move], len(lots))
            if len(moves) < PREVIEW_BATCH:
                break
            # The rows keep products and policies; what was read of deliveries may go.
            moves.invalidate_model()
            moves.move_line_ids.invalidate_model()
        return rows, counts

    def _add_to_row(self, rows, counts, move, policy, unit_count):
        """Count a delivery in the row of its product and policy, and in the totals."""
        day = move._get_aftersales_day()
        row = rows.setdefault(
            (move.product_id, policy),
            {
                **dict.fromkeys(self._get_count_fields()[1:5], 0),
                "first_day": day,
                "last_day": day,
            },
        )
        row["first_day"] = min(row["first_day"], day)
        row["last_day"] = max(row["last_day"], day)
        found = {"unit_count": unit_count}
        today = self.company_id._get_aftersales_day()
        for kind, number in self._count_warranties(policy, day, today).items():
            found[f"{kind}_count"] = number * unit_count
        for name, number in found.items():
            row[name] += number
            counts[name] += number

    def _reopen(self):
        """Return the form, to show it again."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Register Past Deliveries"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
