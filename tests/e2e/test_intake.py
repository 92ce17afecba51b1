"""Other systems report cases at the same moment: none is lost, none is there twice."""

from concurrent.futures import ThreadPoolExecutor

CASES = 100
CALLERS = 8
# What the database keeps from being made twice; Odoo logs the statement it refused.
EXPECTED_IN_LOG = [(" odoo.sql_db: bad query", 'INSERT INTO "aftersales_request"')]


def test_two_hundred_reports_make_a_hundred_requests(client):
    references = [f"CASE-{number:03}" for number in range(CASES)]

    def report(reference):
        return client("agent").call(
            "aftersales.request",
            "report",
            reference=reference,
            values={"subject": f"Alarm {reference}"},
        )

    # Each case is reported twice, one right after the other: both workers have it in hand.
    calls = [reference for reference in references for _time in range(2)]
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(report, calls))

    made = client("manager").search_read(
        "aftersales.request", [("external_ref", "like", "CASE-")], ["external_ref", "name"]
    )
    assert sorted(request["external_ref"] for request in made) == references
    assert len({request["name"] for request in made}) == CASES
    assert sum(answer["created"] for answer in answers) == CASES
    ids = {request["external_ref"]: request["id"] for request in made}
    assert [answer["id"] for answer in answers] == [ids[reference] for reference in calls]
