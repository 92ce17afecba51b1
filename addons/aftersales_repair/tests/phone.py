from odoo.http import Request
from odoo.tests import HttpCase


class PhonePage(HttpCase):
    """A page of the phone, opened by ``technician``; requests are served by the real clock."""

    def setUp(self):
        super().setUp()
        self.technician.password = self.technician.login
        self.authenticate(self.technician.login, self.technician.login)

    def _get_phone_path(self, record=None):
        """Return the address of the page, of another record when one is given."""
        raise NotImplementedError

    def _page(self, record=None):
        return self.url_open(self._get_phone_path(record)).text

    def _post(self, step, record=None, files=None, **data):
        """Tap a button of the page, and return what the server answers."""
        data.setdefault("csrf_token", Request.csrf_token(self))
        response = self.url_open(
            f"{self._get_phone_path(record)}/{step}", data=data, files=files, allow_redirects=False
        )
        self.env.invalidate_all()
        return response
