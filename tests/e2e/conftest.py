"""A real multi-process server on a copy of the demo database, for tests from outside."""

import os

import pytest

from tools import json2, workshop
from tools.demo import DemoDatabase
from tools.server import OdooServer


@pytest.fixture(scope="session")
def shop():
    """An Odoo and a PostgreSQL to work with."""
    with workshop.opened() as opened:
        yield opened


@pytest.fixture(scope="session")
def demo_database(shop):
    """A fresh demo database and a key per user; dropped afterwards."""
    database = DemoDatabase(shop, f"tmp_{os.getpid()}_e2e")
    database.make()
    try:
        keys = shop.inside("api_keys", database.name, label="tests/e2e")["keys"]
        yield database.name, keys
    finally:
        database.drop()


@pytest.fixture(scope="session")
def server(shop, demo_database):
    """The server, with two worker processes: what two users ask at once is done at once."""
    name, _keys = demo_database
    with OdooServer(shop, name, workers=2) as running:
        yield running


@pytest.fixture(scope="session")
def client(server, demo_database):
    """A function of a login that returns a client of that user's."""
    name, keys = demo_database

    def client_of(login):
        return json2.Client(server.url, name, login, keys)

    return client_of


@pytest.fixture(scope="module", autouse=True)
def log_is_clean(request, server):
    """Fail a module whose tests make the server log a warning or an error.

    Expected are calls refused in words, which Odoo logs as warnings of `odoo.http`, and what
    the module names in `EXPECTED_IN_LOG`.
    """
    expected = (" WARNING ", " odoo.http: "), *getattr(request.module, "EXPECTED_IN_LOG", ())
    start = server.log.stat().st_size
    yield
    with open(server.log, encoding="utf-8", errors="replace") as log:
        log.seek(start)
        lines = [line for line in log if " WARNING " in line or " ERROR " in line]
    unexpected = [
        line for line in lines if not any(all(part in line for part in parts) for parts in expected)
    ]
    assert not unexpected, "The server logged:\n" + "".join(unexpected)
