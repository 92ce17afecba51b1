"""Charges are settled exactly once: however many press the button, and however often it is cut."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from settling import CHARGES, PAYERS
from test_simultaneous import assert_clear

from tools.json2 import CallError

ATTEMPTS = 100
SCRIPT = Path(__file__).with_name("settling.py")
# The index that lets a share stand on one living settlement; Odoo logs the statement it refused.
EXPECTED_IN_LOG = [
    (" odoo.sql_db: bad query", 'INSERT INTO "aftersales_settlement_line"'),
    (" odoo.sql_db: bad query", "aftersales_charge"),
    (" odoo.sql_db: bad query", "ir_sequence"),
]


def test_a_hundred_attempts_make_one_settlement(client):
    agent = client("agent")
    product = client("manager").search_read(
        "product.product", [("aftersales_charge_kind", "=", "travel")], ["id"], limit=1
    )[0]["id"]
    partner = client("manager").call("res.partner", "create", vals_list=[{"name": "Once Only"}])[0]
    charges = agent.call(
        "aftersales.charge",
        "create",
        vals_list=[{"product_id": product, "partner_id": partner} for _charge in range(5)],
    )
    agent.call("aftersales.charge", "action_confirm", ids=charges)

    def attempt(_number):
        try:
            return agent.call("aftersales.charge", "action_settle", ids=charges)
        except CallError as refusal:
            return refusal

    with ThreadPoolExecutor(ATTEMPTS) as callers:
        outcomes = list(callers.map(attempt, range(ATTEMPTS)))

    refusals = [outcome for outcome in outcomes if isinstance(outcome, CallError)]
    assert len(refusals) == ATTEMPTS - 1
    for refusal in refusals:
        assert_clear(refusal, "settle")
    settlements = client("accountant").search_read(
        "aftersales.settlement", [("partner_id", "=", partner)], ["line_count", "state"]
    )
    assert [(row["line_count"], row["state"]) for row in settlements] == [(5, "draft")]


def test_killed_and_started_again_settles_each_charge_once(shop, demo_database, client):
    name, _keys = demo_database

    def start(task):
        command = [shop.python, str(SCRIPT), str(shop.config), name, task]
        return subprocess.Popen(
            command, env=shop.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    output, _errors = start("make").communicate(timeout=600)
    run = int(output.split()[-1])
    accountant = client("accountant")

    def count(state):
        domain = [("run_id", "=", run), ("state", "=", state)]
        return accountant.call("aftersales.settlement.run.line", "search_count", domain=domain)

    killed = start("settle")
    deadline = time.monotonic() + 300
    while not 0 < count("done") < PAYERS:
        assert killed.poll() is None, killed.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.kill()
    killed.wait(timeout=60)
    done = count("done")
    assert 0 < done < PAYERS

    again = start("settle")
    output, _errors = again.communicate(timeout=600)
    assert again.returncode == 0, output
    assert count("done") == PAYERS
    settlements = accountant.search_read(
        "aftersales.settlement", [("run_id", "=", run)], ["partner_id", "line_count"]
    )
    assert len({row["partner_id"][0] for row in settlements}) == len(settlements) == PAYERS
    assert sum(row["line_count"] for row in settlements) == CHARGES
    left = [("partner_id.ref", "=", "KILLED"), ("settlement_status", "=", "to_settle")]
    assert accountant.call("aftersales.charge", "search_count", domain=left) == 0
