from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .workbook import send_workbook


class AftersalesStatementController(http.Controller):
    """The statement of a settlement as a workbook, for who may read the settlement."""

    @http.route(
        "/aftersales/settlement/<int:settlement_id>/statement.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def settlement_statement(self, settlement_id, **kwargs):
        """Send the workbook; what is long is written in the background instead."""
        settlement = request.env["aftersales.settlement"].browse(settlement_id)
        try:
            settlement.check_access("read")
            settlement.exists().ensure_one()
        except (AccessError, MissingError, ValueError) as error:
            raise request.not_found() from error
        content = request.env["aftersales.statement"]._get_bytes(settlement)
        return send_workbook(content, settlement._get_statement_filename())
