from datetime import date

from odoo.fields import Command

from odoo.addons.aftersales_base.tests.common import AftersalesCommon


class ContractCommon(AftersalesCommon):
    """Contracts of ``customer`` for 2026, and a boiler out of warranty to serve under them.

    Tests freeze the day; unless told otherwise that is ``TODAY``.
    """

    TODAY = date(2026, 3, 10)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boiler = cls._create_product(name="Boiler", type="consu", is_storable=True)
        cls.care = cls._create_product(
            name="Care Contract",
            type="service",
            lst_price=100.0,
            aftersales_charge_kind="instalment",
        )
        cls.unit = cls._make_boiler("B-1")

    # === FACTORIES === #

    @classmethod
    def _make_boiler(cls, serial, **vals):
        return cls._make_unit(serial, **{"product_id": cls.boiler.id, "lot_id": False, **vals})

    @classmethod
    def _make_contract(cls, lines=({},), start=False, **vals):
        """Make a contract for 2026; ``lines`` are values, by default one for everything."""
        contract = cls.env["aftersales.contract"].create(
            {
                "partner_id": cls.customer.id,
                "date_start": "2026-01-01",
                "date_end": "2026-12-31",
                "line_ids": [Command.create(line) for line in lines],
                **vals,
            }
        )
        if start:
            contract.action_start()
        return contract

    @classmethod
    def _make_work(cls, unit=None, charges=1, **vals):
        """Make a work order with this many labour charges."""
        request = cls._make_request(
            unit_id=(unit or cls.unit).id, service_type_id=cls.type_onsite.id
        )
        repair = cls.env["repair.order"].create(
            {
                **request._prepare_work_order_vals(),
                "charge_ids": [
                    Command.create({"product_id": cls.labour.id}) for __ in range(charges)
                ],
                **vals,
            }
        )
        repair._action_repair_confirm()
        return repair

    @classmethod
    def _finish(cls, repairs):
        """Do the work and end it."""
        for repair in repairs:
            repair.action_repair_start()
            repair.action_repair_end()

    def _bearers(self, charges):
        return [(charge.bearer, charge.covered_percent) for charge in charges]
