"""What a worker of the server does to settle, as a process of its own that can be killed.

Run as ``python tests/e2e/settling.py CONFIG DATABASE make|settle``.
"""

import sys

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

PAYERS = 100
CHARGES = 10_000


def make(env):
    """Make the charges of many payers, look at them and start a run; print its id."""
    partners = env["res.partner"].create(
        [
            # What is due by itself must not come in between.
            {"name": f"Tenant {number}", "ref": "KILLED", "aftersales_settle_by": "now"}
            for number in range(PAYERS)
        ]
    )
    product = env.ref("aftersales_base.product_travel_demo").product_variant_id
    charges = env["aftersales.charge"].create(
        [
            {"product_id": product.id, "partner_id": partners[number % PAYERS].id}
            for number in range(CHARGES)
        ]
    )
    charges.action_confirm()
    run = env["aftersales.settlement.run"].create({"partner_ids": [(6, 0, partners.ids)]})
    run.action_look()
    run.write({"state": "running"})
    env.cr.commit()
    print(run.id, flush=True)


def settle(env):
    """Go on with what was started, as the scheduled job does."""
    env["aftersales.settlement.run"]._cron_settle()


if __name__ == "__main__":
    config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http"], setup_logging=False)
    with Registry(sys.argv[2]).cursor() as cursor:
        {"make": make, "settle": settle}[sys.argv[3]](api.Environment(cursor, SUPERUSER_ID, {}))
