"""Two users press the same button at the same moment, each served by a process of his own."""

import threading
import time

import pytest

from tools import main_job
from tools.json2 import CallError

ROUNDS = 3
# What the database keeps from being done twice; Odoo logs the statement it refused.
EXPECTED_IN_LOG = [
    (" odoo.sql_db: bad query", 'INSERT INTO "aftersales_settlement_line"'),
    (" odoo.sql_db: bad query", 'INSERT INTO "aftersales_unit"'),
    # Odoo's own: the stock both take from; the second is served again.
    (" odoo.sql_db: bad query", 'FROM "stock_quant"'),
]


@pytest.fixture
def job(client, server):
    """The main job's steps, to prepare what is then done twice; each test has its own serials."""
    job = main_job.MainJob(client, server.url, lambda _text: None)
    job.run = f"{job.run}-{time.monotonic_ns() % 10**6}"
    return job


def twice_at_once(client, login, *call, **arguments):
    """Make the same call twice at the same moment; return each one's result or refusal."""
    barrier = threading.Barrier(2)
    outcomes = []

    def do(caller):
        barrier.wait(timeout=30)
        try:
            outcomes.append(caller.call(*call, **arguments))
        except CallError as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=do, args=(client(login),)) for _caller in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a call does not come back"
    return outcomes


def split(outcomes):
    """The results and the refusals among outcomes."""
    refusals = [outcome for outcome in outcomes if isinstance(outcome, CallError)]
    return [outcome for outcome in outcomes if not isinstance(outcome, CallError)], refusals


class DeliveryReady(Exception):
    """The main job got to the button that validates the delivery."""


def prepare_delivery(job):
    """Sell and receive goods; return the delivery that waits for its validation."""

    def stop(picking):
        raise DeliveryReady(picking)

    job._validate = stop
    with pytest.raises(DeliveryReady) as reached:
        job.sell_and_deliver()
    return reached.value.args[0]


def test_work_settled_twice_at_once_is_settled_once(client, job):
    job.sell_and_deliver()
    for number in range(ROUNDS):
        repair = job._serve(
            job.serials[number % 2], "Does not cool", [(main_job.LABOUR, 1), (main_job.TRAVEL, 1)]
        )
        results, refusals = split(
            twice_at_once(client, "agent", "repair.order", "action_settle", ids=repair)
        )
        settlements = client("accountant").search_read(
            "aftersales.settlement",
            [("line_ids.charge_id.repair_id", "=", repair)],
            ["kind", "amount_total", "state"],
            order="kind",
        )
        found = [(row["kind"], row["amount_total"], row["state"]) for row in settlements]
        assert found == [("claim", 361.60, "draft"), ("customer", 50.85, "draft")]
        assert (len(results), len(refusals)) == (1, 1), refusals
        assert_clear(refusals[0], "settle")


def test_delivery_validated_twice_at_once_registers_once(client, job):
    picking = prepare_delivery(job)
    results, refusals = split(
        twice_at_once(
            client,
            "storekeeper",
            "stock.picking",
            "button_validate",
            ids=picking,
            context={"skip_sms": True},
        )
    )
    assert results, refusals
    units = client("agent").search_read(
        "aftersales.unit",
        [("serial", "in", job.serials)],
        ["serial", "state", "warranty_ids"],
        order="serial",
    )
    assert [unit["serial"] for unit in units] == sorted(job.serials)
    assert {unit["state"] for unit in units} == {"active"}
    by_serial = {unit["serial"]: len(unit["warranty_ids"]) for unit in units}
    assert [by_serial[serial] for serial in job.serials] == [2, 2, 1]
    for refusal in refusals:
        assert_clear(refusal, "")


def assert_clear(refusal, word):
    """A refusal is a sentence for a user: no database message, no traceback, no server error."""
    assert refusal.status == 422, refusal
    assert word in refusal.message.lower(), refusal
    for internal in ("psycopg2", "Traceback", "duplicate key", "serialize", "constraint"):
        assert internal not in refusal.message, refusal
