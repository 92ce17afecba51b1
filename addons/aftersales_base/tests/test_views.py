from lxml import etree

from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import AftersalesCommon

MODELS = [
    "aftersales.charge",
    "aftersales.fault",
    "aftersales.request",
    "aftersales.service.type",
    "aftersales.settlement",
    "aftersales.team",
    "aftersales.unit",
    "aftersales.warranty",
    "aftersales.warranty.policy",
]
ROLES = ["technician", "agent", "manager", "settler", "salesman"]


@tagged("post_install", "-at_install")
class TestViews(AftersalesCommon):
    """Every screen opens for everyone who may open it, and tells him no more than he may know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.user_id = cls.salesman
        cls.unit = cls._make_unit("SN-VIEW-1")
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Broken", "partner_id": cls.customer.id, "user_id": cls.salesman.id}
        )
        cls.request = cls._make_request(
            unit_id=cls.unit.id,
            user_id=cls.technician.id,
            service_type_id=cls.type_onsite.id,
            symptom_id=cls.symptom.id,
            cause_id=cls.cause_wear.id,
            team_id=cls.team_a.id,
        )
        cls.request.sudo().lead_id = cls.lead
        cls.env["crm.lead"].sudo().create(
            {
                "name": "Wants a new one",
                "type": "opportunity",
                "user_id": cls.salesman.id,
                "aftersales_origin_request_id": cls.request.id,
            }
        )
        cls.charges = cls._make_charge(cls.compressor, request_id=cls.request.id)
        cls.charges |= cls._make_charge(cls.travel, request_id=cls.request.id)
        cls.settlements = cls._make_settlement(cls.charges)
        cls.settlements.action_confirm()
        cls.settlements.action_create_invoice()
        cls.records = {
            "aftersales.charge": cls.charges,
            "aftersales.fault": cls.cause_misuse,
            "aftersales.request": cls.request,
            "aftersales.service.type": cls.type_onsite,
            "aftersales.settlement": cls.settlements,
            "aftersales.team": cls.team_a,
            "aftersales.unit": cls.unit,
            "aftersales.warranty": cls.unit.warranty_ids,
            "aftersales.warranty.policy": cls.policy,
        }

    def _open(self, user, record, view_type="form"):
        """Read what the web client reads when ``user`` opens ``record``; return the values."""
        self.env.flush_all()
        self.env.invalidate_all()
        record = record.with_user(user)
        view = record.get_view(view_type=view_type)
        return record.web_read(record._get_fields_spec(view))

    def _get_actions(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "aftersales_base"), ("model", "=", "ir.actions.act_window")]
        )
        return self.env["ir.actions.act_window"].browse(data.mapped("res_id"))

    # === EVERY ROLE === #

    def test_every_role_opens_every_form_it_may_read(self):
        for role in ROLES:
            user = getattr(self, role)
            for model in MODELS:
                if not self.env[model].with_user(user).has_access("read"):
                    continue
                with self.subTest(role=role, model=model):
                    values = self._open(user, self.records[model])
                    self.assertEqual(len(values), len(self.records[model]))

    def test_every_role_opens_every_other_view_it_may_read(self):
        for role in ROLES:
            user = getattr(self, role)
            for action in self._get_actions():
                if action.res_model not in MODELS:
                    continue
                model = self.env[action.res_model].with_user(user)
                if not model.has_access("read"):
                    continue
                with self.subTest(role=role, action=action.name):
                    views = [(False, mode) for mode in action.view_mode.split(",")]
                    result = model.get_views([*views, (False, "search")])
                    self.assertEqual(len(result["views"]), len(views) + 1)
                    for mode in ("list", "kanban"):
                        if mode in result["views"]:
                            spec = model._get_fields_spec(result["views"][mode])
                            found = model.web_search_read([], spec, limit=5)
                            self.assertEqual(len(found["records"]), min(5, model.search_count([])))

    def test_screens_of_other_apps_open_for_the_roles_that_use_them(self):
        invoice = self.settlements.move_id[:1]
        cases = [
            ("technician", self.customer),
            ("agent", self.customer),
            ("settler", self.customer),
            ("salesman", self.customer),
            ("settler", invoice),
            ("salesman", self.lead),
            ("agent", self.ac.product_tmpl_id),
            ("salesman", self.ac.product_tmpl_id),
            ("settler", self.ac.product_tmpl_id),
            ("agent", self.category_ac),
            ("settler", self.category_ac),
            ("salesman", self.category_ac),
        ]
        for role, record in cases:
            with self.subTest(role=role, model=record._name):
                self.assertTrue(self._open(getattr(self, role), record))

    def test_people_without_an_after_sales_role_still_open_their_screens(self):
        nobody = self._new_user("nobody", "base.group_user")
        accountant = self._new_user("accountant", "account.group_account_invoice")
        for user, record in (
            (nobody, self.customer),
            (nobody, self.ac.product_tmpl_id),
            (accountant, self.customer),
            (accountant, self.ac.product_tmpl_id),
            (accountant, self.settlements.move_id[:1]),
        ):
            with self.subTest(user=user.login, model=record._name):
                self.assertTrue(self._open(user, record))

    # === WHO SEES WHAT === #

    def test_invoice_is_shown_to_accounting_only(self):
        [for_agent] = self._open(self.agent, self.settlements[:1])
        [for_settler] = self._open(self.settler, self.settlements[:1])
        self.assertNotIn("move_id", for_agent)
        self.assertTrue(for_settler["move_id"])

    def test_settle_buttons_are_for_those_who_settle(self):
        for role, expected in (("agent", False), ("settler", True)):
            view = self.env["aftersales.settlement"].with_user(getattr(self, role)).get_view()
            buttons = etree.fromstring(view["arch"]).xpath("//header/button/@name")
            for name in ("action_confirm", "action_create_invoice", "action_cancel"):
                self.assertEqual(name in buttons, expected, f"{role}: {name}")

    def test_confirm_button_of_charges_is_for_those_who_do_the_work(self):
        for role, expected in (("technician", True), ("agent", True), ("settler", False)):
            user = getattr(self, role)
            for model, view_type in (
                ("aftersales.charge", "form"),
                ("aftersales.charge", "list"),
                ("aftersales.request", "form"),
            ):
                view = self.env[model].with_user(user).get_view(view_type=view_type)
                buttons = etree.fromstring(view["arch"]).xpath("//button[@name='action_confirm']")
                self.assertEqual(bool(buttons), expected, f"{role}: {model} {view_type}")

    def test_policy_list_names_its_terms(self):
        self.assertEqual(
            self.policy.term_ids.mapped("display_name"), ["Parts: 36 months", "Labour: 12 months"]
        )

    def test_configuration_menus_are_for_managers(self):
        menu = self.env.ref("aftersales_base.aftersales_base_menu_configuration")
        root = self.env.ref("aftersales_base.aftersales_base_menu_root")
        Menu = self.env["ir.ui.menu"]
        for role in ROLES:
            visible = Menu.with_user(getattr(self, role))._visible_menu_ids()
            self.assertEqual(menu.id in visible, role == "manager", role)
            self.assertEqual(root.id in visible, role != "salesman", role)

    # === ENTERING === #

    def test_agent_takes_a_request_by_serial_number(self):
        form = Form(self.env["aftersales.request"].with_user(self.agent))
        form.lookup = "sn-view-1"
        self.assertEqual(form.unit_id, self.unit)
        self.assertEqual(form.partner_id, self.customer)
        form.subject = "Drips"
        request = form.save()
        self.assertEqual(request.product_id, self.ac)

    def test_agent_adds_charges_and_sees_who_pays(self):
        request = self._make_request(unit_id=self.unit.id, date_reported="2025-06-01 08:00:00")
        with Form(request.with_user(self.agent)) as form:
            with form.charge_ids.new() as line:
                line.product_id = self.compressor
                self.assertEqual(line.bearer, "partner")
            with form.charge_ids.new() as line:
                line.product_id = self.travel
                self.assertEqual(line.bearer, "customer")
            self.assertEqual(form.amount_partner, 800.0)
            self.assertEqual(form.amount_customer, 50.0)
            self.assertEqual(form.amount_company, 0.0)
        self.assertEqual(request.charge_count, 2)

    def test_agent_gathers_a_settlement_by_hand(self):
        charge = self._make_charge(self.travel, unit_id=self.unit.id)
        charge.action_confirm()
        form = Form(self.env["aftersales.settlement"].with_user(self.agent))
        form.partner_id = self.customer
        with form.line_ids.new() as line:
            line.charge_id = charge
        settlement = form.save()
        self.assertEqual(settlement.line_ids.share, "customer")
        self.assertEqual(settlement.amount_untaxed, 50.0)

    def test_manager_voids_a_warranty(self):
        warranty = self.unit.warranty_ids[:1]
        Void = self.env["aftersales.warranty.void"].with_user(self.manager)
        form = Form(Void.with_context(active_ids=warranty.ids))
        form.reason = "Seal broken"
        form.save().action_void()
        self.assertEqual(warranty.status, "void")
        self.assertEqual(warranty.close_note, "Seal broken")

    def test_unit_whose_warranties_are_all_void_says_so(self):
        self.unit.warranty_ids.write({"close_reason": "void", "date_closed": "2025-02-01"})
        self.assertEqual(self.unit.warranty_status, "void")
        self.assertEqual(self._make_unit("SN-VIEW-2", policy_id=False).warranty_status, "none")

    # === FINDING === #

    def _type_in_search_box(self, model, term):
        """Return what typing ``term`` and Enter finds: the first field of the search view."""
        arch = self.env[model].get_view(view_type="search")["arch"]
        first = etree.fromstring(arch).xpath("//field")[0]
        domain = safe_eval(first.get("filter_domain"), {"self": term})
        return self.env[model].with_user(self.manager).search(domain)

    def test_typing_finds_by_number_serial_phone_or_customer(self):
        other = self._make_unit("SN-VIEW-3", partner_id=self.other_customer.id)
        self._make_request(unit_id=other.id, subject="Noise")
        terms = ["SN-VIEW-1", "13800000001", "+86 138-0000-0001", "Lin House"]
        for term in terms:
            with self.subTest(term=term):
                self.assertEqual(self._type_in_search_box("aftersales.request", term), self.request)
                self.assertEqual(self._type_in_search_box("aftersales.unit", term), self.unit)
                self.assertEqual(self._type_in_search_box("aftersales.charge", term), self.charges)
        [number] = self.request.mapped("name")
        self.assertEqual(self._type_in_search_box("aftersales.request", number), self.request)
        customer = self.settlements.filtered(lambda settlement: settlement.kind == "customer")
        for term in ("13800000001", customer.name, "Lin House"):
            found = self._type_in_search_box("aftersales.settlement", term)
            self.assertEqual(found, customer, term)

    def test_a_name_of_one_character_can_be_typed(self):
        self.customer.name = "林"
        self.assertEqual(self._type_in_search_box("aftersales.request", "林"), self.request)
        self.assertEqual(self._type_in_search_box("aftersales.unit", "林"), self.unit)

    # === NAVIGATION === #

    def test_default_filters_of_actions_exist(self):
        for action in self._get_actions():
            context = safe_eval(
                action.context or "{}",
                {"uid": self.env.uid, "active_id": self.unit.id, "active_ids": self.unit.ids},
            )
            names = [
                key.removeprefix("search_default_")
                for key in context
                if key.startswith("search_default_")
            ]
            arch = self.env[action.res_model].get_view(
                action.search_view_id.id, view_type="search"
            )["arch"]
            known = etree.fromstring(arch).xpath("//filter/@name | //field/@name")
            self.assertLessEqual(set(names), set(known), action.name)

    def test_main_actions_have_a_readable_address(self):
        for name, path in (
            ("aftersales_request_action", "service-requests"),
            ("aftersales_unit_action", "installed-products"),
            ("aftersales_warranty_action", "warranties"),
            ("aftersales_charge_action", "aftersales-charges"),
            ("aftersales_settlement_action", "settlements"),
        ):
            self.assertEqual(self.env.ref(f"aftersales_base.{name}").path, path)

    def test_team_card_counts_and_opens_what_it_counts(self):
        self._make_request(priority="2")
        self._make_request(date_expected="2025-01-01 08:00:00", user_id=self.technician.id)
        self._make_request(state="new").action_done()
        team = self.team_a.with_user(self.agent)
        team.invalidate_recordset()
        for count, action in (
            (team.open_request_count, team.action_view_requests()),
            (team.unassigned_request_count, team.action_view_unassigned()),
            (team.urgent_request_count, team.action_view_urgent()),
            (team.late_request_count, team.action_view_late()),
        ):
            self.assertIn("search_default_team_id", action["context"])
            self.assertTrue(count)
        self.assertEqual(team.open_request_count, 3)
        self.assertEqual(team.unassigned_request_count, 1)
        self.assertEqual(team.urgent_request_count, 1)
        self.assertEqual(team.late_request_count, 1)

    # === PAPER === #

    def test_statement_prints_lines_total_and_words(self):
        claim = self.settlements.filtered(lambda settlement: settlement.kind == "claim")
        html, __ = (
            self.env["ir.actions.report"]
            .with_user(self.agent)
            ._render_qweb_html("aftersales_base.report_aftersales_settlement", claim.ids)
        )
        text = " ".join(etree.HTML(html).itertext())
        for expected in (claim.name, self.maker.name, "SN-VIEW-1", self.request.name, "920.00"):
            self.assertIn(expected, text)
        self.assertIn(claim._get_amount_in_words(), text)

    def test_statement_prints_the_notice_of_its_company(self):
        self.company.sudo().aftersales_statement_notice = "<p>Object within 30 days.</p>"
        html, __ = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_base.report_aftersales_settlement", self.settlements.ids
        )
        self.assertEqual(html.decode().count("Object within 30 days."), len(self.settlements))

    def test_statement_of_nothing_and_of_many_prints(self):
        empty = self.env["aftersales.settlement"].create({"partner_id": self.customer.id})
        Report = self.env["ir.actions.report"]
        for settlements in (empty, self.settlements):
            html, __ = Report._render_qweb_html(
                "aftersales_base.report_aftersales_settlement", settlements.ids
            )
            self.assertTrue(all(name in html.decode() for name in settlements.mapped("name")))
