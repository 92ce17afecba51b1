from unittest.mock import patch

from lxml import etree
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestRequestSales(AftersalesCommon):
    """Between the service desk and sales, in both directions, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.user_id = cls.salesman
        cls.other_salesman = cls._new_user("other_salesman", "sales_team.group_sale_salesman")
        cls.unit = cls._make_unit("RQ1")

    def test_lead_becomes_a_request(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "My machine is warm",
                "partner_id": self.customer.id,
                "phone": "+86 138 0000 0001",
                "user_id": self.salesman.id,
                "description": "<p>Since Monday</p>",
            }
        )
        action = lead.with_user(self.salesman).action_create_aftersales_request()
        request = self.env["aftersales.request"].browse(action["res_id"])
        self.assertRecordValues(
            request,
            [
                {
                    "subject": "My machine is warm",
                    "channel": "lead",
                    "partner_id": self.customer.id,
                    "lead_id": lead.id,
                    "state": "new",
                }
            ],
        )
        self.assertEqual(lead.aftersales_request_count, 1)
        self.assertIn(request.name, lead.message_ids[0].body)
        self.assertEqual(
            lead.with_user(self.salesman).action_view_aftersales_requests()["res_id"], request.id
        )
        with self.assertRaises(AccessError):
            request.with_user(self.salesman).write({"subject": "Changed"})

    def test_salesman_needs_the_lead(self):
        lead = self.env["crm.lead"].create(
            {"name": "Not his", "user_id": self.manager.id, "partner_id": self.customer.id}
        )
        with self.assertRaises(AccessError):
            lead.with_user(self.salesman).action_create_aftersales_request()

    def test_request_becomes_an_opportunity(self):
        request = self._make_request(unit_id=self.unit.id, description="<p>Loud</p>")
        result = request.with_user(self.agent).action_create_opportunity("replace", "Wants <two>")
        self.assertIs(result, True, "the agent has no sales rights and stays where he is")
        lead = request.opportunity_ids
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "Replacement: Air Conditioner 35 · RQ1",
                    "type": "opportunity",
                    "partner_id": self.customer.id,
                    "user_id": self.salesman.id,
                    "aftersales_origin_request_id": request.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(request.with_user(self.agent).opportunity_count, 1)
        self.assertIn("Replacement", request.message_ids[0].body)
        self.assertIn("Wants &lt;two&gt;", lead.description)
        self.assertIn("Loud", lead.description)
        self.assertTrue(lead.with_user(self.salesman).has_access("read"))

    def test_opportunity_of_one_who_reads_leads(self):
        request = self._make_request(unit_id=self.unit.id)
        action = request.action_create_opportunity("replace")
        self.assertEqual(action["res_id"], request.opportunity_ids.id)

    def test_opportunity_needs_the_request(self):
        request = self._make_request(unit_id=self.unit.id)
        for user in (self.other_technician, self.settler, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                request.with_user(user).action_create_opportunity("replace")
        self.assertFalse(request.opportunity_ids)

    # === ONCE === #

    def _make_lead(self, **vals):
        return self.env["crm.lead"].create(
            {
                "name": "Warm",
                "partner_id": self.customer.id,
                "user_id": self.salesman.id,
                "company_id": self.company.id,
                **vals,
            }
        )

    def test_second_click_on_a_lead_opens_the_same_request(self):
        lead = self._make_lead()
        first = lead.with_user(self.salesman).action_create_aftersales_request()
        second = lead.with_user(self.salesman).action_create_aftersales_request()
        self.assertEqual(second["res_id"], first["res_id"])
        self.assertEqual(len(lead.aftersales_request_ids), 1)

    def test_lead_whose_request_was_merged_leads_to_the_one_that_stayed(self):
        lead = self._make_lead()
        lead.action_create_aftersales_request()
        made = lead.aftersales_request_ids
        stays = self._make_request(partner_id=self.customer.id)
        made._merge_into(stays)
        self.assertEqual(lead.action_create_aftersales_request()["res_id"], stays.id)

    def test_lead_whose_request_was_dropped_makes_another(self):
        lead = self._make_lead()
        lead.action_create_aftersales_request()
        lead.aftersales_request_ids.action_cancel()
        lead.action_create_aftersales_request()
        self.assertEqual(len(lead.aftersales_request_ids), 2)

    def test_second_click_on_a_request_opens_the_same_opportunity(self):
        request = self._make_request(unit_id=self.unit.id)
        first = request.action_create_opportunity("replace")
        self.assertEqual(request.action_create_opportunity("replace"), first)
        request.with_user(self.agent).action_create_opportunity("contract")
        self.assertEqual(
            request.opportunity_ids.sorted("id").mapped("aftersales_reason"),
            ["replace", "contract"],
        )

    def test_lost_is_no_obstacle(self):
        request = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("upgrade")
        request.opportunity_ids.action_set_lost()
        request.invalidate_recordset()
        request.action_create_opportunity("upgrade")
        self.assertEqual(len(request.opportunity_ids.with_context(active_test=False)), 1)
        self.assertEqual(
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search_count([("aftersales_origin_request_id", "=", request.id)]),
            2,
        )

    def test_won_is_closed(self):
        """Reopened months later, the request is handed over anew: the won deal is over."""
        request = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("upgrade")
        won = request.opportunity_ids
        won.action_set_won()
        self.assertFalse(self._ask(request, self.agent, reason="upgrade").has_opportunity)
        action = request.action_create_opportunity("upgrade")
        self.assertNotEqual(action["res_id"], won.id)
        self.assertEqual(request.action_create_opportunity("upgrade"), action)
        self.assertEqual(len(request.opportunity_ids), 2)

    def test_database_makes_no_second_one(self):
        """Two clicks at the same moment: the database takes one."""
        request = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("replace")
        lead = self._make_lead()
        lead.action_create_aftersales_request()
        vals = request._prepare_opportunity_vals("replace")
        for model, doubled in (
            (self.env["crm.lead"], vals),
            (
                self.env["aftersales.request"],
                {**lead._prepare_aftersales_request_vals(), "lead_id": lead.id},
            ),
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
                with self.env.cr.savepoint():
                    model.sudo().create(doubled)

    def test_loser_of_a_race_is_called_again(self):
        """Who did not see what somebody else makes at this moment has his call repeated."""
        request = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("replace")
        lead = self._make_lead()
        lead.action_create_aftersales_request()
        for record, finder, call in (
            (request, "_find_opportunity", lambda: request.action_create_opportunity("replace")),
            (lead, "_find_aftersales_request", lead.action_create_aftersales_request),
        ):
            with (
                self.subTest(finder),
                patch.object(type(record), finder, lambda self, *args: self.browse()),
                mute_logger("odoo.sql_db"),
                self.assertRaises(ConcurrencyError),
            ):
                call()
        self.assertEqual(len(request.opportunity_ids), 1)
        self.assertEqual(len(lead.aftersales_request_ids), 1)

    # === DIALOG === #

    def _ask(self, request, user, **vals):
        dialogs = self.env["aftersales.request.opportunity"].with_user(user)
        with Form(dialogs.with_context(default_request_id=request.id)) as form:
            for fname, value in vals.items():
                form[fname] = value
        return form.record

    def test_dialog_says_who_gets_it_and_makes_it_once(self):
        request = self._make_request(unit_id=self.unit.id)
        dialog = self._ask(request, self.agent, reason="contract", note="Likes to plan")
        self.assertEqual(dialog.salesperson, self.salesman.name)
        self.assertFalse(dialog.has_opportunity)
        self.assertTrue(dialog.action_create())
        self.assertTrue(dialog.action_create())
        self.assertRecordValues(
            request.opportunity_ids,
            [{"aftersales_reason": "contract", "user_id": self.salesman.id}],
        )
        again = self._ask(request, self.agent, reason="contract")
        self.assertTrue(again.has_opportunity)

    def test_salesperson_of_the_company_of_a_contact(self):
        self.customer_contact.user_id = False
        request = self._make_request(partner_id=self.customer_contact.id)
        self.assertEqual(request._get_salesperson(), self.salesman)

    def test_salesperson_who_cannot_take_it(self):
        """One who left or works for another company gets nothing, and stops nobody."""
        far = self._new_user(
            "far_salesman",
            "sales_team.group_sale_salesman",
            company_id=self.other_company.id,
        )
        left = self._new_user("left_salesman", "sales_team.group_sale_salesman")
        left.active = False
        for user in (far, left):
            with self.subTest(user=user.login):
                self.customer.sudo().user_id = user
                self.customer_contact.sudo().user_id = user
                request = self._make_request(partner_id=self.customer_contact.id)
                dialog = self._ask(request, self.agent, reason="replace")
                self.assertFalse(dialog.salesperson)
                dialog.action_create()
                self.assertEqual(len(request.opportunity_ids), 1)
                self.assertFalse(request.opportunity_ids.user_id)
        self.customer.user_id = self.salesman
        request = self._make_request(partner_id=self.customer_contact.id)
        self.assertEqual(request.with_user(self.agent)._get_salesperson(), self.salesman)

    def test_dialog_on_somebody_elses_request(self):
        request = self._make_request(unit_id=self.unit.id)
        with self.assertRaises(AccessError):
            self._ask(request, self.technician)
        dialogs = self.env["aftersales.request.opportunity"].with_user(self.technician)
        with self.assertRaises(AccessError):
            dialogs.create({"request_id": request.id}).action_create()
        self.assertFalse(request.opportunity_ids)

    # === THE SALESPERSON === #

    def test_salesperson_reads_his_customers_requests(self):
        request = self._make_request(unit_id=self.unit.id)
        of_contact = self._make_request(partner_id=self.customer_contact.id)
        theirs = self._make_request(partner_id=self.other_customer.id)
        self.customer_contact.user_id = False
        own = self.env["aftersales.request"].with_user(self.salesman)
        found = own.search([("id", "in", (request | of_contact | theirs).ids)])
        self.assertEqual(found, (request | of_contact).with_user(self.salesman).sorted())
        for user, record in ((self.other_salesman, request), (self.salesman, theirs)):
            with self.subTest(user=user.login):
                mine = record.with_user(user)
                self.assertFalse(mine.search([("id", "=", record.id)]))
                for call in (
                    lambda mine=mine: mine.read(["subject"]),
                    lambda mine=mine: mine.message_post(body="Hello"),
                    lambda mine=mine: mine.action_create_opportunity("replace"),
                ):
                    with self.assertRaises(AccessError):
                        call()

    def test_salesperson_changes_nothing(self):
        request = self._make_request(unit_id=self.unit.id).with_user(self.salesman)
        for call in (
            lambda: request.write({"priority": "3"}),
            lambda: request.write({"state": "done"}),
            request.action_done,
            request.action_start,
            lambda: request.action_create_opportunity("replace"),
            request.unlink,
        ):
            self.assertFalse(self._passes(call))
        self.assertEqual(request.next_states, "")

    # === NOBODY LINKS BY HAND === #

    def test_forged_opportunity_opens_no_request(self):
        request = self._make_request(partner_id=self.other_customer.id)
        origin = {"aftersales_origin_request_id": request.id, "aftersales_reason": "replace"}
        leads = self.env["crm.lead"].with_user(self.salesman)
        vals = {"name": "Mine", "user_id": self.salesman.id}
        defaults = {f"default_{fname}": value for fname, value in origin.items()}
        forged = leads.browse(
            self._call(self.salesman, leads, "create", [{**vals, **origin}])
        ) | leads.with_context(**defaults).create(vals)
        self.assertFalse(forged.aftersales_origin_request_id)
        self.assertFalse(any(forged.mapped("aftersales_reason")))
        for fname, value in origin.items():
            with self.subTest(fname), self.assertRaises(UserError):
                self._call(self.salesman, forged[0], "write", {fname: value})
        self.env.flush_all()
        self.assertFalse(request.with_user(self.salesman).has_access("read"))
        request.with_user(self.agent).action_create_opportunity("replace")
        self.assertNotIn(request.opportunity_ids, forged)

    def test_opportunity_is_not_moved_to_another_request(self):
        """Not from the request's side either, and not by one who has all rights of sales."""
        request = self._make_request(unit_id=self.unit.id)
        other = self._make_request(partner_id=self.other_customer.id)
        request.action_create_opportunity("replace")
        lead = request.opportunity_ids
        for call in (
            lambda: lead.write({"aftersales_origin_request_id": other.id}),
            lambda: lead.write({"aftersales_origin_request_id": False}),
            lambda: other.write({"opportunity_ids": [Command.link(lead.id)]}),
            lambda: request.write({"opportunity_ids": [Command.unlink(lead.id)]}),
        ):
            self.assertFalse(self._passes(call))
        self.assertFalse(lead.copy().aftersales_origin_request_id)

    def test_request_is_not_linked_to_a_lead_by_hand(self):
        lead = self._make_lead()
        request = self._make_request(partner_id=self.other_customer.id)
        for user in (self.salesman, self.agent, self.manager):
            with self.subTest(user=user.login):
                self.assertFalse(
                    self._passes(self._call, user, request, "write", {"lead_id": lead.id})
                )
        self.assertFalse(
            self._passes(
                self._call,
                self.salesman,
                lead,
                "write",
                {"aftersales_request_ids": [Command.link(request.id)]},
            )
        )
        (made,) = self._call(
            self.agent,
            request,
            "create",
            [{"subject": "Forged", "team_id": self.team_a.id, "lead_id": lead.id}],
        )
        made = self.env["aftersales.request"].browse(made)
        self.assertFalse(made.lead_id)
        self.env.flush_all()
        self.assertFalse((request | made).with_user(self.salesman)._filtered_access("read"))

    def test_opportunity_of_a_colleague_is_not_taken_over(self):
        request = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("replace")
        lead = request.opportunity_ids
        mine = lead.with_user(self.other_salesman)
        with self.assertRaises(AccessError):
            self._call(self.other_salesman, lead, "write", {"user_id": self.other_salesman.id})
        with self.assertRaises(AccessError):
            mine.action_view_aftersales_origin()
        self.env.flush_all()
        self.assertFalse(request.with_user(self.other_salesman).has_access("read"))

    def test_opportunity_opens_its_request_to_whom_it_was_given(self):
        """Handed on to a colleague of sales, the request goes with it; nothing else does."""
        request = self._make_request(unit_id=self.unit.id)
        other = self._make_request(unit_id=self.unit.id)
        request.action_create_opportunity("replace")
        lead = request.opportunity_ids
        self.assertFalse(request.with_user(self.other_salesman).has_access("read"))
        lead.user_id = self.other_salesman
        self.env.flush_all()
        self.assertTrue(request.with_user(self.other_salesman).has_access("read"))
        self.assertFalse(request.with_user(self.other_salesman).has_access("write"))
        self.assertFalse(other.with_user(self.other_salesman).has_access("read"))
        action = lead.with_user(self.other_salesman).action_view_aftersales_origin()
        self.assertEqual(action["res_id"], request.id)

    def test_other_company(self):
        far = self.env["aftersales.request"].create(
            {
                "subject": "Far",
                "partner_id": self.customer.id,
                "company_id": self.other_company.id,
            }
        )
        self.assertFalse(far.with_user(self.salesman).has_access("read"))

    def test_menu_and_button_of_the_salesperson(self):
        request = self._make_request(unit_id=self.unit.id)
        self._make_request(partner_id=self.other_customer.id)
        menu = self.env.ref("aftersales_base.aftersales_request_menu_sales")
        self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(self.salesman)._visible_menu_ids())
        customer = self.customer.with_user(self.salesman)
        self.assertEqual(customer.aftersales_request_count, 1)
        self.assertEqual(self.other_customer.with_user(self.salesman).aftersales_request_count, 0)
        action = customer.action_view_aftersales_requests()
        self.assertFalse(action["context"]["create"])
        found = self.env["aftersales.request"].with_user(self.salesman).search(action["domain"])
        self.assertEqual(found.ids, request.ids)

    def test_salesperson_opens_list_and_form(self):
        request = self._make_request(unit_id=self.unit.id, user_id=self.technician.id)
        own = self.env["aftersales.request"].with_user(self.salesman)
        for view_type in ("list", "form", "kanban"):
            view = own.get_view(view_type=view_type)
            shown = etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]/@name")
            names = set(shown) & set(own.fields_get(shown))
            self.assertIn("subject", names)
            spec = {name: {} for name in names}
            for name in names:
                if own._fields[name].type == "many2one":
                    spec[name] = {"fields": {"display_name": {}}}
            (row,) = own.browse(request.id).web_read(spec)
            self.assertEqual(row["name"], request.name)

    def test_both_directions_are_shown(self):
        lead = self._make_lead()
        lead.action_create_aftersales_request()
        request = lead.aftersales_request_ids
        request.action_create_opportunity("contract")
        opportunity = request.opportunity_ids
        self.assertEqual(request.action_view_lead()["res_id"], lead.id)
        self.assertEqual(request.action_view_opportunities()["res_id"], opportunity.id)
        self.assertEqual(opportunity.action_view_aftersales_origin()["res_id"], request.id)
        self.assertEqual(lead.action_view_aftersales_requests()["res_id"], request.id)
