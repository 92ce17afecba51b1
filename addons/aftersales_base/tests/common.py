from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user
from odoo.tools import SQL, mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class _UndoError(Exception):
    """Leaves a savepoint without keeping anything."""


class BookkeepingMixin:
    """Tests pay and credit invoices as accountants do, through the wizards.

    It is done by the user of the test, or by ``user``.
    """

    def _pay(self, moves, amount=None, user=None, **vals):
        """Register a payment of invoices.

        :param amount: default: what is owed
        :param vals: of the wizard
        :return: the payments
        """
        vals = vals if amount is None else {"amount": amount, **vals}
        wizard = self._open_bookkeeping("account.payment.register", moves, user)
        return wizard.create(vals)._create_payments()

    def _credit_invoice(self, move, amount=None, user=None, post=True, **vals):
        """Make the credit note of an invoice.

        :param amount: what its only line gives back; default: everything
        :param vals: of the wizard
        """
        wizard = self._open_bookkeeping("account.move.reversal", move, user)
        wizard = wizard.create({"journal_id": move.journal_id.id, **vals})
        wizard.refund_moves()
        credit = wizard.new_move_ids
        if amount is not None:
            credit.invoice_line_ids.price_unit = amount
        if post:
            credit.action_post()
        return credit

    def _credit_and_replace(self, move, user=None):
        """Credit an invoice and make it anew, as *Reverse and Create Invoice* does.

        :return: the new draft
        """
        wizard = self._open_bookkeeping("account.move.reversal", move, user)
        action = wizard.create({"journal_id": move.journal_id.id}).modify_moves()
        return self.env["account.move"].browse(action["res_id"])

    def _open_bookkeeping(self, model, moves, user):
        wizards = self.env[model].with_user(user or self.env.user)
        return wizards.with_context(active_model="account.move", active_ids=moves.ids)


class AftersalesCommon(BookkeepingMixin, AccountTestInvoicingCommon):
    """A service desk in one company, with one user per role, each with least rights.

    ``self.env`` belongs to a user who may set everything up (after-sales manager, settlement
    and accounting rights), never to the superuser: doors and rules hold for the tests too.

    ======================  ==========================================================
    ``technician``          user of requests he is assigned to
    ``other_technician``    the colleague whose work he must not see
    ``agent``               in ``team_a``
    ``other_agent``         in ``team_b``
    ``manager``             everything of the company
    ``settler``             settlement group alone, no after-sales role
    ``salesman``            sales: own documents only
    ``portal``              contact of ``customer``
    ======================  ==========================================================

    Policy ``policy`` (on category ``category_ac``): parts 36 months paid by ``maker``,
    labour 12 months paid by us. Units start on ``date_start`` unless told otherwise.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.date_start = date(2025, 1, 10)
        cls._setup_teams_and_users()
        cls._setup_configuration()
        cls._setup_products()
        cls._setup_partners()

    @classmethod
    def get_default_groups(cls):
        return (
            super().get_default_groups()
            | cls.quick_ref("aftersales_base.group_aftersales_manager")
            | cls.quick_ref("aftersales_base.group_aftersales_settlement")
            | cls.quick_ref("sales_team.group_sale_manager")
            | cls.quick_ref("product.group_product_manager")
        )

    # === DATA === #

    @classmethod
    def _setup_teams_and_users(cls):
        """Make one user per role and the two teams of the desk."""
        cls.technician = cls._new_user("technician", "aftersales_base.group_aftersales_technician")
        cls.other_technician = cls._new_user(
            "other_technician", "aftersales_base.group_aftersales_technician"
        )
        cls.agent = cls._new_user("agent", "aftersales_base.group_aftersales_agent")
        cls.other_agent = cls._new_user("other_agent", "aftersales_base.group_aftersales_agent")
        cls.manager = cls._new_user("manager", "aftersales_base.group_aftersales_manager")
        cls.settler = cls._new_user("settler", "aftersales_base.group_aftersales_settlement")
        cls.salesman = cls._new_user("salesman", "sales_team.group_sale_salesman")
        cls.team_a, cls.team_b = cls.env["aftersales.team"].create(
            [
                {
                    "name": "Team A",
                    "company_id": cls.company.id,
                    "member_ids": [Command.create({"user_id": cls.agent.id})],
                },
                {
                    "name": "Team B",
                    "company_id": cls.company.id,
                    "member_ids": [Command.create({"user_id": cls.other_agent.id})],
                },
            ]
        )

    @classmethod
    def _setup_configuration(cls):
        """Make service types, faults, the maker and the warranty policy."""
        cls.type_onsite, cls.type_goodwill, cls.type_half = cls.env[
            "aftersales.service.type"
        ].create(
            [
                {"name": "On Site", "company_id": cls.company.id},
                {"name": "Goodwill Job", "company_id": cls.company.id, "covered_percent": 100},
                {"name": "Half Price", "company_id": cls.company.id, "covered_percent": 50},
            ]
        )
        cls.symptom, cls.cause_wear, cls.cause_misuse, cls.remedy = cls.env[
            "aftersales.fault"
        ].create(
            [
                {"name": "Does not cool", "code": "TS1", "kind": "symptom"},
                {"name": "Worn out", "code": "TC1", "kind": "cause"},
                {"name": "Misuse", "code": "TC2", "kind": "cause", "customer_fault": True},
                {"name": "Part replaced", "code": "TR1", "kind": "remedy"},
            ]
        )
        cls.maker = cls.env["res.partner"].create({"name": "Kitano Compressors"})
        cls.policy = cls.env["aftersales.warranty.policy"].create(
            {
                "name": "Air conditioners",
                "company_id": cls.company.id,
                "term_ids": [
                    Command.create(
                        {
                            "kind": "part",
                            "duration": 36,
                            "bearer_type": "partner",
                            "bearer_partner_id": cls.maker.id,
                        }
                    ),
                    Command.create({"kind": "labour", "duration": 12}),
                ],
            }
        )

    @classmethod
    def _setup_products(cls):
        """Make what is sold and served (taxed 15 % by the company's default sales tax)."""
        Category = cls.env["product.category"]
        cls.category_ac = Category.create(
            {"name": "Air Conditioners", "aftersales_policy_id": cls.policy.id}
        )
        cls.category_parts = Category.create({"name": "Parts"})
        cls.category_compressor = Category.create(
            {"name": "Compressors", "parent_id": cls.category_parts.id}
        )
        cls.ac = cls._create_product(
            name="Air Conditioner 35",
            type="consu",
            is_storable=True,
            tracking="serial",
            categ_id=cls.category_ac.id,
            lst_price=3000.0,
        )
        cls.compressor = cls._create_product(
            name="Compressor",
            type="consu",
            is_storable=True,
            categ_id=cls.category_compressor.id,
            lst_price=800.0,
        )
        cls.filter_part = cls._create_product(
            name="Filter",
            type="consu",
            is_storable=True,
            categ_id=cls.category_parts.id,
            lst_price=60.0,
        )
        cls.labour = cls._create_product(
            name="Labour Hour",
            type="service",
            lst_price=150.0,
            aftersales_charge_kind="labour",
        )
        cls.travel = cls._create_product(
            name="Travel Fee",
            type="service",
            lst_price=50.0,
            aftersales_charge_kind="travel",
        )

    @classmethod
    def _setup_partners(cls):
        """Make two customers, with a portal user for the first, and a second company."""
        Partner = cls.env["res.partner"]
        cls.customer = Partner.create({"name": "Lin Household", "phone": "+86 138 0000 0001"})
        cls.customer_contact = Partner.create(
            {"name": "Lin Mei", "parent_id": cls.customer.id, "type": "contact"}
        )
        cls.other_customer = Partner.create({"name": "Zhao Trading", "phone": "+86 139 1234 5678"})
        cls.portal = new_test_user(cls.env, "aftersales_portal", groups="base.group_portal")
        cls.portal.partner_id.parent_id = cls.customer
        # A plain company without accounts; tests that invoice in it use setup_other_company.
        cls.other_company = cls.env["res.company"].create({"name": "Second Company"})
        cls.env.user.company_ids = [Command.link(cls.other_company.id)]

    # === HELPERS === #

    def _passes(self, action, *args, **kwargs):
        """Return whether ``action`` is allowed and possible; what it did is undone."""
        try:
            with self.env.cr.savepoint():
                action(*args, **kwargs)
                self.env.flush_all()
                raise _UndoError
        except _UndoError:
            return True
        except UserError:
            return False

    def _passes_database(self, model, vals):
        """Return whether the database takes a record with these values; it is undone."""
        try:
            with mute_logger("odoo.sql_db"):
                return self._passes(model.create, vals)
        except IntegrityError:
            return False

    def _force_state(self, record, state):
        """Put a record in a state beneath the door, to try what leads out of it."""
        record.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET state = %s WHERE id IN %s",
                SQL.identifier(record._table),
                state,
                record._ids,
            )
        )
        record.invalidate_recordset()

    def _break(self, bad, method):
        """Have a method fail, until the test ends, whenever ``bad`` is among its records."""
        model = self.env.registry[bad._name]
        original, error = getattr(model, method), UserError("That one not.")

        def fail(records, *args, **kwargs):
            if bad & records:
                raise error
            return original(records, *args, **kwargs)

        self.patch(model, method, fail)

    def _call(self, user, record, method, *args, **kwargs):
        """Call a public method as a remote caller does."""
        public = getattr(type(record), method)
        ids = [] if getattr(public, "_api_model", False) else [record.ids]
        return call_kw(record.with_user(user).browse(), method, [*ids, *args], kwargs)

    # === FACTORIES === #

    @classmethod
    def _new_user(cls, login, groups, **values):
        """Make a user of the company under test with these groups and no other rights."""
        values.setdefault("company_id", cls.company.id)
        values.setdefault("company_ids", [Command.set([values["company_id"]])])
        return new_test_user(cls.env, f"aftersales_{login}", groups=groups, **values)

    @classmethod
    def _make_unit(cls, serial, date_start=None, **vals):
        """Make an installed air conditioner of ``customer`` with the policy's warranties."""
        product = cls.env["product.product"].browse(vals.get("product_id", cls.ac.id))
        lot = cls.env["stock.lot"]
        if serial and product.tracking == "serial" and "lot_id" not in vals:
            lot = lot.create({"name": serial, "product_id": product.id})
        return cls.env["aftersales.unit"].create(
            {
                "product_id": product.id,
                "lot_id": lot.id,
                "serial": serial,
                "partner_id": cls.customer.id,
                "date_start": date_start or cls.date_start,
                **vals,
            }
        )

    @classmethod
    def _make_request(cls, **vals):
        """Make a request in team A."""
        return cls.env["aftersales.request"].create(
            {"subject": "No cold air", "team_id": cls.team_a.id, **vals}
        )

    @classmethod
    def _make_charge(cls, product=None, **vals):
        """Make a draft charge for ``customer``, by default of the compressor."""
        product = product or cls.compressor
        if not (vals.get("request_id") or vals.get("unit_id")):
            vals.setdefault("partner_id", cls.customer.id)
        elif vals.get("unit_id") and not vals.get("request_id"):
            unit = cls.env["aftersales.unit"].browse(vals["unit_id"])
            vals.setdefault("partner_id", unit.partner_id.id)
        return cls.env["aftersales.charge"].create({"product_id": product.id, **vals})

    @classmethod
    def _make_settlement(cls, charges):
        """Confirm the charges and gather them on draft settlements."""
        charges.filtered(lambda charge: charge.state == "draft").action_confirm()
        return charges._create_settlements()
