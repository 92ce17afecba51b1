from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError


class AftersalesRequest(models.Model):
    """Requests other systems report: once for each of their references (IN1)."""

    _inherit = "aftersales.request"

    external_ref = fields.Char(
        string="Reference of the Caller",
        copy=False,
        help="The number another system gave it. It opens one request, however often it reports.",
    )

    _external_ref_uniq = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL",
        "A request with this reference of the caller is there already.",
    )

    @api.model
    def report(self, reference, values):
        """Take a request of another system, or say which one its reference made before.

        Calling it again, or twice at the same moment, changes nothing: the first call wins.

        :param str reference: the caller's own number of the case
        :param dict values: fields of a new request; ``lookup`` finds unit and customer by a
            serial or phone number; ``channel`` is ``api`` unless told otherwise
        :return: ``{"id", "name", "state", "created"}``
        :raises UserError: when there is no reference, or it belongs to what the caller may not
            see
        """
        reference = (reference or "").strip()
        if not reference:
            raise UserError(
                self.env._("A reported request has no reference. Send the number you gave it.")
            )
        company = self.env["res.company"].browse(values.get("company_id")) or self.env.company
        if found := self._find_reported(reference, company):
            return found._prepare_report_answer(created=False)
        vals = {
            "channel": "api",
            **values,
            "company_id": company.id,
            "external_ref": reference,
        }
        try:
            with self.env.cr.savepoint():
                return self.create([vals])._prepare_report_answer(created=True)
        except UniqueViolation as error:
            # Somebody reports it at this moment: the call is repeated and finds his.
            raise ConcurrencyError from error

    @api.model
    def _find_reported(self, reference, company):
        """Return the request made of a reference before, if any."""
        # To know that a reference is used is not to see what it became.
        found_sudo = self.sudo().search(
            [("company_id", "=", company.id), ("external_ref", "=", reference)], limit=1
        )
        found = found_sudo.sudo(False)
        if found and not found.has_access("read"):
            raise UserError(
                self.env._(
                    "Reference %(reference)s belongs to a request you cannot see. Send another "
                    "reference, or ask a manager.",
                    reference=reference,
                )
            )
        return found

    def _prepare_report_answer(self, created):
        self.ensure_one()
        return {"id": self.id, "name": self.name, "state": self.state, "created": created}
