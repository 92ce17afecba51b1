"""Two technicians end their work at the same moment; the contract has one visit left."""

import threading
import time

import pytest
from test_simultaneous import assert_clear

from tools import main_job
from tools.json2 import CallError

ROUNDS = 3
# The one who came second waits, is told that the contract changed, and starts over.
EXPECTED_IN_LOG = [(" odoo.sql_db: bad query", "aftersales_c")]


@pytest.fixture
def job(client, server):
    job = main_job.MainJob(client, server.url, lambda _text: None)
    job.run = f"{job.run}-{time.monotonic_ns() % 10**6}"
    return job


def make_contract(job, unit):
    """One visit of free labour for the unit."""
    owner = job._one(job.agent, "aftersales.unit", [("id", "=", unit)], ["partner_id"])
    contract = job.agent.create(
        "aftersales.contract",
        partner_id=owner["partner_id"][0],
        line_ids=[[0, 0, {"unit_id": unit, "kind": "labour", "visit_quota": 1}]],
    )
    job.manager.call("aftersales.contract", "action_start", ids=contract)
    return contract


def start_work(job, unit):
    """A work order of the technician's with an hour of labour, ready to be ended."""
    technician = job._one(job.agent, "res.users", [("login", "=", "technician")])["id"]
    request = job.agent.create(
        "aftersales.request",
        subject="Noisy",
        unit_id=unit,
        service_type_id=job._onsite(),
        user_id=technician,
    )
    action = job.agent.call("aftersales.request", "action_create_work_order", ids=request)
    repair = action["res_id"]
    job.technician.write(
        "repair.order", repair, charge_ids=[[0, 0, {"product_id": job.products[main_job.LABOUR]}]]
    )
    for method in ("action_validate", "action_repair_start"):
        job.technician.call("repair.order", method, ids=repair)
    return repair


def end_at_once(client, repairs):
    """End each work order at the same moment; return the refusals by work order."""
    barrier = threading.Barrier(len(repairs))
    refusals = {}

    def end(caller, repair):
        barrier.wait(timeout=30)
        try:
            caller.call("repair.order", "action_repair_end", ids=repair)
        except CallError as refusal:
            refusals[repair] = refusal

    threads = [
        threading.Thread(target=end, args=(client("technician"), repair)) for repair in repairs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a call does not come back"
    return refusals


def test_last_visit_is_taken_once(client, job):
    for _round in range(ROUNDS):
        job.run = f"{job.run[:10]}-{time.monotonic_ns() % 10**6}"
        unit = job._install_old_unit()
        contract = make_contract(job, unit)
        repairs = [start_work(job, unit) for _number in range(2)]
        for repair, refusal in end_at_once(client, repairs).items():
            assert_clear(refusal, "")
            job.technician.call("repair.order", "action_repair_end", ids=repair)
        charges = [job._charges(repair)[0] for repair in repairs]
        assert sorted(charge["bearer"] for charge in charges) == ["contract", "customer"], charges
        told = {charge["bearer"]: charge["explanation"] for charge in charges}
        assert "0 of 1 visits left" in told["contract"]
        assert "no visit left" in told["customer"]
        line = job._one(
            job.agent,
            "aftersales.contract.line",
            [("contract_id", "=", contract)],
            ["visits_used", "visits_left"],
        )
        assert (line["visits_used"], line["visits_left"]) == (1, "0 of 1"), line
