from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .workbook import send_workbook


class AftersalesUnitImport(http.Controller):
    """The sheets of an import, for who imports."""

    @http.route(
        "/aftersales/unit-import/<int:import_id>/<any(template,refused):sheet>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def unit_import_sheet(self, import_id, sheet, **kwargs):
        """Send the workbook to fill in, or the refused rows with their reasons."""
        wizard = request.env["aftersales.unit.import"].browse(import_id)
        try:
            wizard.check_access("read")
            wizard.exists().ensure_one()
        except (AccessError, MissingError, ValueError) as error:
            raise request.not_found() from error
        filename, content = wizard._get_sheet(sheet)
        return send_workbook(content, filename)
