"""What this machine has for the deployment tests: Odoo, PostgreSQL."""

import os

import pytest
from deploy_support import find_odoo


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Stand in for the fixture of pytest-odoo: these tests share no database and no registry."""


@pytest.fixture(scope="session", autouse=True)
def load_http():
    """As above: no server in this process."""


@pytest.fixture(scope="session")
def odoo_home():
    """The directory to put on PYTHONPATH so that `import odoo` works."""
    home = find_odoo()
    if home is None:
        pytest.skip("Odoo is not importable by this Python")
    return home


@pytest.fixture
def odoo_env(odoo_home, tmp_path):
    """Environment of an Odoo process that reads no settings of the person who runs the test."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ODOO_")}
    for name in ("PGDATABASE", "PGHOST_REPLICA", "PGPORT_REPLICA"):
        env.pop(name, None)
    env["HOME"] = str(tmp_path)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(odoo_home), env.get("PYTHONPATH")]))
    return env


@pytest.fixture(scope="session")
def postgresql():
    """Skip unless PG* names a PostgreSQL server where databases may be created."""
    if not (os.environ.get("PGHOST") or os.environ.get("PGSERVICE")):
        pytest.skip("PGHOST does not name a PostgreSQL server")
    psycopg2 = pytest.importorskip("psycopg2")
    try:
        connection = psycopg2.connect(dbname="postgres", connect_timeout=5)
    except psycopg2.OperationalError as error:
        pytest.skip(f"PostgreSQL does not answer: {error}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        may_create = cursor.fetchone()[0]
    connection.close()
    if not may_create:
        pytest.skip("the PostgreSQL role may not create databases")


@pytest.fixture
def fresh_database(postgresql):
    """Name of a database that does not exist yet; dropped afterwards."""
    import psycopg2

    name = f"deploy_{os.getpid()}_{os.urandom(3).hex()}"
    yield name
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    connection.close()
