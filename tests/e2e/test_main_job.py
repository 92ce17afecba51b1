"""The main job, done from outside by four users with their own rights."""

import pytest

from tools import main_job

STEPS = {
    "Sell": 1,
    "Deliver": 3,
    "Request": 3,
    "Work": 4,
    "Decide": 5,
    "Settle": 4,
    "Report": 1,
    "Estimate": 1,
    "Invoice": 4,
    "Pay": 4,
    "Follow up": 1,
    "Settle again": 1,
    "Take back": 1,
    "Agree": 1,
    "Instalment": 1,
    "Visit": 1,
    "Compensate": 1,
    "Credit note": 1,
    "Close": 1,
}
OF_EACH_RUN = {"Sell", "Deliver", "Request", "Work", "Settle", "Invoice", "Agree", "Close"}


@pytest.fixture(scope="module")
def runs(client, server):
    """The rows of two runs on the same database, one after the other."""
    return [main_job.perform(client, server.url, lambda _text: None) for _run in range(2)]


def count_steps(rows):
    steps = [row[0] for row in rows]
    return {step: steps.count(step) for step in steps}


def test_every_step_is_done(runs):
    assert count_steps(runs[0]) == STEPS
    assert len(runs[0]) == 39


def test_second_run_on_the_same_database_works(runs):
    first, second = runs
    assert count_steps(second) == STEPS
    documents = [{row[1] for row in rows if row[0] in OF_EACH_RUN} for rows in runs]
    assert not documents[0] & documents[1], "the second run made documents of its own"
    assert [row[3] for row in first] == [row[3] for row in second], "the same work costs the same"


def test_only_what_was_settled_is_paid(runs):
    for rows in runs:
        settled = {row[1] for row in rows if row[0] in {"Settle", "Instalment"}}
        paid = [row[1] for row in rows if row[0] == "Pay"]
        assert len(set(paid)) == len(paid), "nothing is paid twice"
        assert settled.issuperset(paid)
