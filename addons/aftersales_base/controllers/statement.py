import tempfile

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

from .unit_import import XLSX


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
        with tempfile.TemporaryFile() as stream:
            request.env["aftersales.statement"]._make(settlement, stream)
            stream.seek(0)
            content = stream.read()
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(settlement._get_statement_filename())),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
