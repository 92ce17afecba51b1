import os
import re

from odoo.http import request

MAX_FILES = 5
MAX_FILE_MB = 10
# What a customer may send: how its bytes begin, and the endings that go with it.
FILE_TYPES = {
    "image/jpeg": (rb"\xff\xd8\xff", (".jpg", ".jpeg")),
    "image/png": (rb"\x89PNG\r\n\x1a\n", (".png",)),
    "image/gif": (rb"GIF8[79]a", (".gif",)),
    "image/webp": (rb"RIFF....WEBPVP8", (".webp",)),
    "application/pdf": (rb"%PDF-", (".pdf",)),
    "video/mp4": (rb"....ftyp(iso[m2-6]|mp4[12]|avc1|M4V )", (".mp4",)),
    "video/quicktime": (rb"....ftypqt  ", (".mov",)),
}


class PortalFileMixin:
    """The files customers send: what they are, their bytes say."""

    def _read_files(self):
        """Return the sent files as attachment values, and what is wrong with them, if anything.

        What a file is, its bytes say; its name and the browser's word do not count.
        """
        uploads = [file for file in request.httprequest.files.getlist("files") if file.filename]
        if len(uploads) > MAX_FILES:
            return [], request.env._(
                "These are more than %(count)s files. Send fewer.", count=MAX_FILES
            )
        vals_list = []
        for upload in uploads:
            name = self._clean_filename(upload.filename)
            content = upload.read(MAX_FILE_MB * 1024 * 1024 + 1)
            if len(content) > MAX_FILE_MB * 1024 * 1024:
                return [], request.env._(
                    "%(file)s is larger than %(size)s MB. Send a smaller file.",
                    file=name,
                    size=MAX_FILE_MB,
                )
            mimetype = self._guess_file_type(content)
            if not mimetype:
                return [], request.env._(
                    "%(file)s is no picture, PDF or MP4 video that opens. Send another file.",
                    file=name,
                )
            vals_list.append(self._prepare_file_vals(name, mimetype, content))
        return vals_list, ""

    def _clean_filename(self, filename):
        """Return the last part of a path, without characters that turn the text around."""
        name = self._clean_text(os.path.basename(filename.replace("\\", "/")))
        return re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", name)

    def _guess_file_type(self, content):
        """Return the type the bytes show, or None when it is none that may be sent."""
        for mimetype, (pattern, __) in FILE_TYPES.items():
            if re.match(pattern, content, re.DOTALL):
                return mimetype
        return None

    def _prepare_file_vals(self, name, mimetype, content):
        """Return attachment values; the name gets the ending of what the file really is."""
        endings = FILE_TYPES[mimetype][1]
        stem, ending = os.path.splitext(name)
        if ending.lower() not in endings:
            stem, ending = name, endings[0]
        return {"name": f"{stem[:80]}{ending}", "raw": content, "mimetype": mimetype}

    def _post_files(self, record_sudo, files, body):
        """Post the files a customer sent as his message on a record just made for him.

        :param list files: attachment values from :meth:`_read_files`
        """
        # From the composer, so that message_post takes them over from a customer too.
        owner = {"res_model": "mail.compose.message", "res_id": 0}
        attachments_sudo = (
            request.env["ir.attachment"].sudo().create([{**vals, **owner} for vals in files])
        )
        record_sudo.message_post(
            body=body,
            attachment_ids=attachments_sudo.ids,
            author_id=request.env.user.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
