import base64
import tempfile
from datetime import timedelta
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.jobs import attempt_in_steps, each_batch

DAYS_KEPT = 7


class AftersalesStatementExport(models.Model):
    """A long statement that is written in the background, with how far it is.

    What was cut off is written anew from the start: a file is there whole or not at all. What
    cannot be written says why, and waits until somebody has it tried again.
    """

    _name = "aftersales.statement.export"
    _description = "Statement Being Written"
    _order = "id desc"
    _rec_name = "settlement_id"

    settlement_id = fields.Many2one(
        comodel_name="aftersales.settlement",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="settlement_id.company_id", store=True, index=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    done_count = fields.Integer(string="Written", readonly=True)
    percent = fields.Float(string="Done (%)", compute="_compute_percent")
    file = fields.Binary(attachment=True, readonly=True)
    filename = fields.Char(readonly=True)
    error = fields.Char(string="What Is Wrong", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("line_count", "done_count", "filename")
    def _compute_percent(self):
        for export in self:
            share = 100 * export.done_count / export.line_count if export.line_count else 0
            # The file is closed after its last line.
            export.percent = 100 if export.filename else min(share, 99)

    # === ACTION METHODS === #

    def action_refresh(self):
        """Show how far it is."""
        return self._get_records_action(target="new")

    def action_retry(self):
        """Write what could not be written once more; whoever may still read the settlement."""
        failed = self.filtered("error")
        failed.settlement_id.check_access("read")
        # sudo: how far it is is not written by hand; this is the door.
        failed.sudo().write({"error": False, "done_count": 0})
        self._wake_up()
        return self.action_refresh()

    # === CRON METHODS === #

    @api.model
    def _cron_write(self):
        """Write what waits, the oldest first; one that cannot be written holds up no other."""
        waiting = Domain("filename", "=", False) & Domain("error", "=", False)
        for export in each_batch(self, waiting, 1):
            __, error = attempt_in_steps(self.env, export._write_file)
            if error:
                export.error = error

    @api.autovacuum
    def _gc_files(self):
        """Forget files nobody needs any more: they are written anew when asked for."""
        old = fields.Datetime.now() - timedelta(days=DAYS_KEPT)
        self.search([("create_date", "<", old)]).unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _order_for(self, settlement):
        """Have the statement of a settlement written; whoever may read it may ask for it.

        :return: an action that shows how far it is
        """
        last = self.search(
            [("settlement_id", "=", settlement.id), ("create_uid", "=", self.env.uid)], limit=1
        )
        waits = last and not last.filename and not last.error
        if waits or last._is_current():
            return last.action_refresh()
        self._wake_up()
        return self.create({"settlement_id": settlement.id}).action_refresh()

    def _is_current(self):
        """Return whether nothing of what is in it was changed since it was asked for."""
        settlement = self.settlement_id
        return bool(self) and self.create_date >= settlement._get_statement_changed()

    @api.model
    def _wake_up(self):
        """Let the server write soon."""
        # sudo: whoever may ask for a statement may wake up the job that writes it.
        self.env.ref("aftersales_base.ir_cron_write_statements").sudo()._trigger()

    @api.model_create_multi
    def create(self, vals_list):
        exports = super().create(
            [{"settlement_id": vals.get("settlement_id")} for vals in vals_list]
        )
        for export in exports:
            # Read as who asks: nobody gets a file of what he may not see.
            export.settlement_id.check_access("read")
            export.sudo().line_count = export.settlement_id.line_count
        return exports

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._("What is being written is not changed. Ask for the statement anew.")
            )
        return super().write(vals)

    def _write_file(self):
        """Write the workbook as who asked for it, and say so on the settlement."""
        self.ensure_one()
        settlement = self.settlement_id.with_user(self.create_uid)
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as stream:
            self.env["aftersales.statement"]._make(settlement, stream, self._note_progress)
            content = Path(stream.name).read_bytes()
        name = settlement._get_statement_filename()
        self.sudo().write({"file": base64.b64encode(content), "filename": name})

    def _get_bytes(self):
        """Return the workbook, or nothing when it is not written."""
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _note_progress(self, done):
        """Keep how much is written, for those who look."""
        self.sudo().done_count = done
        self.env["ir.cron"]._commit_progress()
