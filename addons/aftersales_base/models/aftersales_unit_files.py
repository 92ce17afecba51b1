from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

MAX_FILES = 200
FILE_FIELDS = ("proof_of_purchase", "image")


class AftersalesUnit(models.Model):
    """Every paper and picture of a unit in one place."""

    _inherit = "aftersales.unit"

    # === BUSINESS METHODS === #

    @api.readonly
    def get_documents(self, limit=40):
        """Return the files of this unit and of the documents about it, newest first.

        :param int limit: at most this many, up to 200
        :return: dict with ``files`` (dicts of :meth:`_prepare_document`), ``more``: there are
            older ones, and ``may_add``: the user may add files to the unit
        :raises AccessError: when the user is no employee or may not read the unit
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The documents of a product are for employees."))
        limit = min(max(int(limit), 1), MAX_FILES)
        attachments = self.env["ir.attachment"].search(
            self._get_documents_domain(), order="id desc", limit=limit + 1
        )
        return {
            "files": [self._prepare_document(attachment) for attachment in attachments[:limit]],
            "more": len(attachments) > limit,
            "may_add": self.has_access("write"),
        }

    def _get_document_sources(self):
        """Return ``[(label, records)]``: whose files are shown beside the unit's own.

        At most some hundred records each, the newest ones, as the user may read them; modules
        add their documents.
        """
        self.ensure_one()
        requests = self._search_timeline(
            "aftersales.request", [("unit_id", "=", self.id)], "id desc", MAX_FILES
        )
        return [(self.env._("Request"), requests)]

    def _get_documents_domain(self):
        """Return the domain of the files to show."""
        mine = Domain("res_model", "=", self._name) & Domain("res_id", "=", self.id)
        domain = mine & Domain("res_field", "in", [False, *FILE_FIELDS])
        for __, records in self._get_document_sources():
            domain |= (
                Domain("res_model", "=", records._name)
                & Domain("res_id", "in", records.ids)
                & Domain("res_field", "=", False)
            )
        return domain

    def _prepare_document(self, attachment):
        """Return what is shown of a file: ``id``, ``name``, ``kind``, ``date``, ``author``,
        ``url``, and ``preview``, the address of a small picture, if it is one.
        """
        is_image = (attachment.mimetype or "").startswith("image/")
        preview = f"/web/image/{attachment.id}/96x96?crop=1" if is_image else False
        return {
            "id": attachment.id,
            "name": self._get_document_name(attachment),
            "kind": self._get_document_kind(attachment),
            "date": format_date(self.env, fields.Date.context_today(self, attachment.create_date)),
            "author": attachment.create_uid.sudo().name,
            "url": f"/web/content/{attachment.id}",
            "preview": preview,
        }

    def _get_document_name(self, attachment):
        if attachment.res_field == "proof_of_purchase":
            return self.proof_filename or self.env._("Proof of purchase")
        return self.env._("Photo") if attachment.res_field == "image" else attachment.name

    def _get_document_kind(self, attachment):
        """Return in a word where the file comes from."""
        kinds = {
            "proof_of_purchase": self.env._("Proof of purchase"),
            "image": self.env._("Photo"),
        }
        if attachment.res_model == self._name:
            return kinds.get(attachment.res_field) or self.env._("Product")
        labels = {records._name: label for label, records in self._get_document_sources()}
        return labels.get(attachment.res_model, "")
