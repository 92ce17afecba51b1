from odoo.tests import tagged

from .test_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalTour(PortalCase):
    """A customer's request on the portal, in a browser as small as a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_from_asking_to_rating(self):
        self.team_a.rating_template_id = self.env.ref(
            "aftersales_base.mail_template_request_rating"
        )
        self.start_tour(self.unit_url, "aftersales_customer_asks", login=self.portal.login)
        request = self._portal_requests()
        self.assertRecordValues(
            request,
            [{"subject": "It leaks below", "state": "new", "unit_id": self.unit.id}],
        )
        self.assertEqual(request.message_ids.attachment_ids.mapped("name"), ["leak.png"])

        request.with_user(self.manager).write({"team_id": self.team_a.id, "user_id": self.agent.id})
        request.with_user(self.agent).action_start()
        self.start_tour(
            f"/my/service-requests/{request.id}",
            "aftersales_customer_closes_reopens_rates",
            login=self.portal.login,
        )
        self.assertRecordValues(
            request,
            [{"state": "done", "customer_close_reason": "helped", "satisfaction": "great"}],
        )
        bodies = " ".join(request.message_ids.mapped("body"))
        for said in ("Ring at the back door", "It works again", "It leaks again", "Very friendly"):
            self.assertIn(said, bodies)
