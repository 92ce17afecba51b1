from odoo.addons.aftersales_base.tests.common import AftersalesCommon


class ComplaintCommon(AftersalesCommon):
    """A complaint desk: ``technician`` handles ``complaint``, ``agent`` is his colleague.

    ``accused`` is the technician a customer complains about; ``verifier`` is a second agent
    of team A.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.verifier = cls._new_user("verifier", "aftersales_base.group_aftersales_agent")
        cls.accused = cls._new_user("accused", "aftersales_base.group_aftersales_technician")
        cls.env["aftersales.team.member"].create(
            {"team_id": cls.team_a.id, "user_id": cls.verifier.id}
        )
        cls.customer.email = "lin@example.com"
        cls.cause_late, cls.cause_rude = cls.env["aftersales.complaint.cause"].create(
            [
                {"name": "Came late", "code": "TL", "target_kind": "service"},
                {"name": "Was rude", "code": "TR", "target_kind": "person"},
            ]
        )
        cls.complaint = cls._make_complaint()

    @classmethod
    def _make_complaint(cls, **vals):
        """Make a complaint of ``customer`` in team A, handled by the technician."""
        return cls.env["aftersales.complaint"].create(
            {
                "subject": "Nobody came",
                "partner_id": cls.customer.id,
                "team_id": cls.team_a.id,
                "handler_id": cls.technician.id,
                **vals,
            }
        )

    @classmethod
    def _make_action(cls, complaint, **vals):
        """Make a corrective action of the other technician."""
        return cls.env["aftersales.corrective.action"].create(
            {
                "complaint_id": complaint.id,
                "name": "Plan the way",
                "user_id": cls.other_technician.id,
                "date_deadline": "2025-03-10",
                **vals,
            }
        )

    def _bring_to(self, complaint, state):
        """Take the steps to ``state`` as the people who may take them."""
        steps = ["in_progress", "answered", "verified", "closed"]
        for step in steps[: steps.index(state) + 1]:
            user = complaint.handler_id if step in ("in_progress", "answered") else self.verifier
            if step == "answered" and not complaint.answer:
                complaint.with_user(user).answer = "<p>We are sorry.</p>"
            complaint.with_user(user).write({"state": step})
        self.assertEqual(complaint.state, state)
