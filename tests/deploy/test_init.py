"""The one-off service "init": it installs, and leaves no well-known password behind."""

import os
import stat
import sys

import pytest
from deploy_support import CONFIG, run

pytestmark = pytest.mark.postgresql


@pytest.fixture
def environ(fresh_database, odoo_env, tmp_path):
    """What docker-compose.yml gives to the service, with a stand-in for the image's entry point."""
    entrypoint = tmp_path / "entrypoint.sh"
    entrypoint.write_text(
        '#!/bin/sh\n[ "$1" = odoo ] && shift\n'
        f'exec "{sys.executable}" -m odoo "$@" --data-dir "{tmp_path / "data"}"\n'
    )
    entrypoint.chmod(entrypoint.stat().st_mode | stat.S_IXUSR)
    return {
        **odoo_env,
        "ODOO_ENTRYPOINT": str(entrypoint),
        "ODOO_DATABASE": fresh_database,
        "ODOO_MODULES": "base",
        "ODOO_ADMIN_PASSWORD_FILE": str(tmp_path / "password"),
    }


def password_opens(database, password):
    psycopg2 = pytest.importorskip("psycopg2")
    passlib_hash = pytest.importorskip("passlib.hash")
    connection = psycopg2.connect(dbname=database)
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM res_users WHERE login = 'admin'")
        (stored,) = cursor.fetchone()
    connection.close()
    return passlib_hash.pbkdf2_sha512.verify(password, stored)


def test_first_password_is_set_once(environ, fresh_database, tmp_path):
    script = ["bash", CONFIG / "init.sh"]
    file = tmp_path / "password"

    file.write_text("first-Password-1\n")
    assert "The password of the user admin is set." in run(script, env=environ).stdout
    assert password_opens(fresh_database, "first-Password-1")
    assert not password_opens(fresh_database, "admin")

    # Again, with another value: what somebody uses by now is left alone.
    file.write_text("second-Password-2\n")
    assert "left as it is" in run(script, env=environ).stdout
    assert password_opens(fresh_database, "first-Password-1")


def test_an_empty_password_stops_before_anything_is_made(environ, tmp_path):
    (tmp_path / "password").touch()
    script = f'bash "{CONFIG / "init.sh"}"; echo "status $?"'
    output = run(["bash", "-c", script], env=environ).stdout
    assert "Set ODOO_ADMIN_PASSWORD" in output
    assert output.endswith("status 1\n")
    assert not os.path.exists(tmp_path / "data")
