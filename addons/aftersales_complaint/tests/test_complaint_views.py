from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import ComplaintCommon

MODELS = [
    "aftersales.complaint",
    "aftersales.complaint.cause",
    "aftersales.corrective.action",
]
ROLES = ["technician", "other_technician", "agent", "manager", "settler"]


@tagged("post_install", "-at_install")
class TestComplaintViews(ComplaintCommon):
    """Every screen opens for everyone who may open it; figures and paper are right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._make_unit("CP-VIEW")
        cls.request = cls._make_request(unit_id=cls.unit.id, user_id=cls.technician.id)
        cls.complaint.write(
            {
                "request_id": cls.request.id,
                "cause_id": cls.cause_late.id,
                "severity": "major",
                "answer": "<p>We are sorry.</p>",
                "root_cause": "<p>Two visits at once.</p>",
                "outcome": "compensation",
                "compensation_amount": 12.5,
            }
        )
        cls.action = cls._make_action(cls.complaint)
        cls.complaint.with_user(cls.technician).action_start()
        cls.complaint.with_user(cls.manager).action_approve_compensation()
        cls.records = {
            "aftersales.complaint": cls.complaint,
            "aftersales.complaint.cause": cls.cause_late,
            "aftersales.corrective.action": cls.action,
        }

    def _open(self, user, record):
        """Read what the web client reads when ``user`` opens the form of ``record``."""
        self.env.flush_all()
        self.env.invalidate_all()
        record = record.with_user(user)
        view = record.get_view(view_type="form")
        return record.web_read(record._get_fields_spec(view))

    def test_every_role_opens_every_form(self):
        for role in ROLES:
            for model, record in self.records.items():
                with self.subTest(role=role, model=model):
                    self.assertEqual(len(self._open(getattr(self, role), record)), 1)

    def test_every_role_opens_every_other_view(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "aftersales_complaint"), ("model", "=", "ir.actions.act_window")]
        )
        for action in self.env["ir.actions.act_window"].browse(data.mapped("res_id")):
            for role in ROLES:
                model = self.env[action.res_model].with_user(getattr(self, role))
                views = [(False, mode) for mode in action.view_mode.split(",")]
                with self.subTest(role=role, action=action.name):
                    result = model.get_views([*views, (False, "search")])
                    self.assertEqual(len(result["views"]), len(views) + 1)
                    self._check_filters(model, action, result["views"]["search"]["arch"])

    def _check_filters(self, model, action, arch):
        """Try every filter and group, and those the action switches on."""
        tree = etree.fromstring(arch)
        for node in tree.xpath("//filter[@domain]"):
            model.search_count(
                safe_eval(node.get("domain"), {"uid": model.env.uid, "context_today": None})
            )
        context = safe_eval(action.context or "{}", {"uid": model.env.uid})
        names = {
            name.removeprefix("search_default_")
            for name in context
            if name.startswith("search_default_")
        }
        self.assertLessEqual(names, set(tree.xpath("//filter/@name | //field/@name")))

    def test_main_actions_have_a_readable_address(self):
        for name, path in (
            ("aftersales_complaint_action", "complaints"),
            ("aftersales_corrective_action_action", "corrective-actions"),
        ):
            self.assertEqual(self.env.ref(f"aftersales_complaint.{name}").path, path)

    def test_records_around_it_open(self):
        for role in ("technician", "agent", "manager", "settler"):
            for record in (self.request, self.unit, self.complaint.charge_ids):
                with self.subTest(role=role, model=record._name):
                    self._open(getattr(self, role), record)
        for role in ("agent", "manager"):
            self._open(getattr(self, role), self.customer)
        own = self.customer.with_user(self.agent)
        domain = own.action_view_aftersales_complaints()["domain"]
        self.assertEqual(self.env["aftersales.complaint"].search(domain), self.complaint)

    def test_figures_by_cause_target_handler_and_month(self):
        self._make_complaint(target_kind="person", handler_id=self.agent.id)
        groups = (
            self.env["aftersales.complaint"]
            .with_user(self.manager)
            .formatted_read_group(
                [],
                ["date_reported:month", "target_kind", "cause_id", "handler_id"],
                ["__count", "days_to_close:avg", "compensation_amount:sum"],
            )
        )
        mine = [
            row for row in groups if row["cause_id"] and row["cause_id"][0] == self.cause_late.id
        ]
        self.assertEqual([row["__count"] for row in mine], [1])
        self.assertEqual(mine[0]["compensation_amount:sum"], 12.5)
        self.assertEqual(mine[0]["handler_id"][0], self.technician.id)

    def test_lists_read_in_a_fixed_number_of_queries(self):
        names = ["target_name", "is_overdue", "next_states", "credit_note_name", "action_count"]

        def count(complaints):
            complaints.invalidate_recordset()
            self.env.flush_all()
            self.env.invalidate_all()
            own = complaints.with_user(self.manager)
            own.mapped("name")
            start = self.env.cr.sql_log_count
            own.read(names)
            return self.env.cr.sql_log_count - start

        few = self._make_complaint() | self._make_complaint()
        many = few
        for __ in range(8):
            many |= self._make_complaint(request_id=self.request.id)
        count(few)
        self.assertLessEqual(count(many), count(few) + 6)

    def test_handling_record_prints(self):
        Report = self.env["ir.actions.report"].with_user(self.technician)
        name = "aftersales_complaint.report_aftersales_complaint"
        html, __ = Report._render_qweb_html(name, self.complaint.ids)
        text = " ".join(etree.HTML(html).itertext())
        for expected in (
            self.complaint.name,
            "Nobody came",
            "Two visits at once.",
            "We are sorry.",
            "Plan the way",
            self.other_technician.name,
            "Came late",
            "12.50",
        ):
            self.assertIn(expected, text)
        many = self.complaint | self.env["aftersales.complaint"].create({})
        html, __ = Report.with_user(self.manager)._render_qweb_html(name, many.ids)
        self.assertTrue(all(name in html.decode() for name in many.mapped("name")))

    def test_settings(self):
        settings = self.env["res.config.settings"].with_user(self.env.ref("base.user_admin"))
        arch = settings.get_view(view_type="form")["arch"]
        self.assertIn("aftersales_complaint_days_minor", arch)
