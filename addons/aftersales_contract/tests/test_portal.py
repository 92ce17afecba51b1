from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ContractCommon


@tagged("post_install", "-at_install")
class TestContractPortal(ContractCommon, HttpCase):
    """A customer sees his contracts, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = new_test_user(cls.env, "contract_stranger", groups="base.group_portal")
        cls.stranger.partner_id.parent_id = cls.other_customer
        today = date.today()
        cls.contract = cls._make_contract(
            [{"unit_id": cls.unit.id, "kind": "labour", "percent": 80, "visit_quota": 2}],
            title="Boiler care",
            date_start=today.replace(month=1, day=1),
            date_end=date(today.year + 1, 12, 31),
            instalment_amount=123,
            instalment_interval=12,
            instalment_product_id=cls.care.id,
            note="<p>We come within two days.</p>",
            rule_ids=[
                Command.create(
                    {
                        "name": "Yearly cleaning",
                        "interval": 1,
                        "service_type_id": cls.type_onsite.id,
                    }
                )
            ],
            start=True,
        )
        cls.draft = cls._make_contract(title="Not agreed yet")
        cls.url = f"/my/service-contracts/{cls.contract.id}"

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def _page(self, url):
        response = self._get(url)
        self.assertEqual(response.status_code, 200, url)
        return response.text

    def assertSentTo(self, path, url):
        response = self._get(url)
        self.assertEqual(response.status_code, 303, url)
        self.assertIn(path, response.headers["Location"])

    def test_address_with_more_than_it_knows(self):
        self.authenticate(self.portal.login, self.portal.login)
        self._page(f"{self.url}?document=1&values=2&session_history=3&contract_sudo=4")

    def test_own_contract(self):
        self.authenticate(self.portal.login, self.portal.login)
        listed = self._page("/my/service-contracts")
        self.assertIn("Boiler care", listed)
        self.assertNotIn("Not agreed yet", listed)
        page = self._page(self.url)
        for text in (
            self.contract.name,
            "B-1",
            "80",
            "2 of 2",
            "Yearly cleaning",
            "123.00",
            "We come within two days.",
        ):
            self.assertIn(text, page)
        self.assertIn("Service contracts", self._page("/my"))

    def test_search_and_pages(self):
        self.authenticate(self.portal.login, self.portal.login)
        self.assertIn(
            "Boiler care", self._page("/my/service-contracts?search=boiler&search_in=all")
        )
        self.assertIn("Nothing found", self._page("/my/service-contracts?search=x1x&search_in=all"))
        self._page("/my/service-contracts/page/2?sortby=end")

    def test_other_customer(self):
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertSentTo("/my", self.url)
        page = self._page("/my/service-contracts")
        self.assertIn("You have no service contract", page)
        self.assertNotIn("Boiler care", page)

    def test_logged_out(self):
        self.assertSentTo("/web/login", self.url)
        self.assertSentTo("/web/login", "/my/service-contracts")
        self.assertSentTo("/web/login", f"{self.url}?access_token=wrong")

    def test_token_opens_its_contract_only(self):
        token = self.contract._portal_ensure_token()
        self.assertIn("Boiler care", self._page(f"{self.url}?access_token={token}"))
        other = self._make_contract(title="Another", start=True)
        self.assertSentTo("/web/login", f"/my/service-contracts/{other.id}?access_token={token}")

    def test_draft_is_shown_to_nobody(self):
        token = self.draft._portal_ensure_token()
        url = f"/my/service-contracts/{self.draft.id}"
        self.assertSentTo("/web/login", f"{url}?access_token={token}")
        self.authenticate(self.portal.login, self.portal.login)
        self.assertSentTo("/my", url)
        self.assertSentTo("/my", f"{url}?access_token={token}")

    def test_contracts_that_do_not_exist(self):
        self.authenticate(self.portal.login, self.portal.login)
        for number in (0, 2**31 - 1, 10**20):
            self.assertSentTo("/my", f"/my/service-contracts/{number}")

    def test_every_state_in_words(self):
        self.authenticate(self.portal.login, self.portal.login)
        for action, text in (
            ("action_suspend", "Suspended"),
            ("action_close", "Closed"),
            ("action_resume", "Until"),
        ):
            getattr(self.contract, action)()
            self.assertIn(text, self._page(self.url))

    def test_nothing_internal_is_shown(self):
        with freeze_time("2026-03-10"):
            self.contract.message_post(body="Pays late", subtype_xmlid="mail.mt_note")
        self.contract.close_reason = "Quarrel"
        self.authenticate(self.portal.login, self.portal.login)
        page = self._page(self.url)
        self.assertNotIn("Pays late", page)
        self.assertNotIn("Quarrel", page)
