"""The replica profile: the scripts and settings of compose, with a real primary and a real standby.

Both servers run here with config/postgresql.conf and config/pg_hba.conf, as the containers do.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import pytest
from deploy_support import CONFIG, find_program, free_port, run

PASSWORD = "pass:with\\odd'signs"


def unprivileged_user():
    """PostgreSQL refuses to run as root: name another user, or None when this one will do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    pytest.skip("no user but root to run PostgreSQL")


class Place:
    """A directory with the configuration, and commands that run there as an ordinary user."""

    def __init__(self, home, binaries):
        self.home = home
        self.user = unprivileged_user()
        path = f"{binaries}:/usr/local/bin:/usr/bin:/bin"
        self.env = {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        for name in ("postgresql.conf", "pg_hba.conf", "postgresql-replica.sh"):
            shutil.copy(CONFIG / name, home)
        self.write("owner", PASSWORD)
        self.write("replication", PASSWORD[::-1])
        self.write("empty", "")
        if self.user:
            shutil.chown(home, self.user)
        self.conf = home / "postgresql.conf"
        self.ports = {"primary": free_port(), "standby": free_port()}
        self.processes = {}

    def write(self, name, text):
        (self.home / name).write_text(text)
        (self.home / name).chmod(0o644)

    def run(self, *command, **environ):
        kwargs = {"user": self.user} if self.user else {}
        return run(command, env={**self.env, **environ}, cwd=self.home, **kwargs).stdout

    def options(self, role):
        sockets = self.home / f"{role}.sockets"
        if not sockets.exists():
            sockets.mkdir()
            if self.user:
                shutil.chown(sockets, self.user)
        return [
            *("-c", f"hba_file={self.home / 'pg_hba.conf'}"),
            *("-c", f"unix_socket_directories={sockets}"),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", f"port={self.ports[role]}"),
            *("-c", "shared_buffers=32MB"),
        ]

    def start(self, role, *command, **environ):
        kwargs = {"user": self.user} if self.user else {}
        with open(self.home / f"{role}.log", "a") as log:
            self.processes[role] = subprocess.Popen(
                [str(part) for part in (*command, *self.options(role))],
                env={**self.env, **environ},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **kwargs,
            )
        self.wait(lambda: self.sql(role, "SELECT 1", check=False) == "1", f"{role} does not answer")

    def stop(self, role):
        process = self.processes.pop(role, None)
        if process:
            process.send_signal(2)
            process.wait(timeout=30)

    def wait(self, condition, complaint, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text()[-3000:] for path in self.home.glob("*.log"))
                pytest.fail(f"{complaint} within {seconds} s\n{logs}", pytrace=False)
            time.sleep(0.1)

    def sql(self, role, statement, check=True):
        """One value over TCP, with the password: what pg_hba.conf lets in is part of the test."""
        command = ["psql", "--no-psqlrc", "-qtA", "-h", "127.0.0.1", "-p", str(self.ports[role])]
        result = subprocess.run(
            [*command, "-U", "odoo", "-d", "postgres", "-c", statement],
            env={**self.env, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            pytest.fail(result.stderr, pytrace=False)
        return result.stdout.strip() if check or not result.returncode else result.stderr


@pytest.fixture(scope="module")
def place():
    initdb = find_program("initdb", "usr/lib/postgresql/*/bin/initdb").resolve()
    if unprivileged_user() and "/root/" in str(initdb):
        pytest.skip(f"{initdb} cannot be run by an ordinary user")
    home = pathlib.Path(tempfile.mkdtemp(prefix="replica-"))
    place = Place(home, initdb.parent)
    try:
        yield place
    finally:
        for role in ("standby", "primary"):
            place.stop(role)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def primary(place):
    data = place.home / "primary"
    place.run("initdb", "-D", data, "-U", "odoo", f"--pwfile={place.home / 'owner'}", "--no-sync")
    place.start("primary", "postgres", "-D", data, "-c", f"config_file={place.conf}")
    return place


@pytest.fixture(scope="module")
def script(place):
    return ["bash", place.home / "postgresql-replica.sh"]


@pytest.fixture(scope="module")
def environ(place):
    """What docker-compose.yml gives to the two services of the profile."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(place.ports["primary"]),
        "PGUSER": "odoo",
        "PGPASSWORD_FILE": str(place.home / "owner"),
        "REPLICATION_PASSWORD_FILE": str(place.home / "replication"),
        "REPLICA_HOME": str(place.home / "kept"),
        "POSTGRES_CONFIG": str(place.conf),
    }


def test_the_server_accepts_every_setting(primary):
    # What this test gives on the command line is reported as "could not be applied".
    overridden = "('hba_file', 'listen_addresses', 'shared_buffers')"
    wrong = "SELECT string_agg(name || ': ' || error, ', ') FROM pg_file_settings"
    wrong += f" WHERE error IS NOT NULL AND name NOT IN {overridden}"
    assert primary.sql("primary", wrong) == ""
    wrong = "SELECT string_agg(error, ', ') FROM pg_hba_file_rules WHERE error IS NOT NULL"
    assert primary.sql("primary", wrong) == ""
    assert primary.sql("primary", "SHOW max_connections") == "200"


def test_a_wrong_password_is_refused(primary):
    command = ["psql", "-h", "127.0.0.1", "-p", str(primary.ports["primary"]), "-U", "odoo"]
    env = {**primary.env, "PGPASSWORD": "odoo"}
    result = subprocess.run(
        [*command, "-d", "postgres", "-c", "SELECT 1"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "password authentication failed" in result.stderr


def test_an_empty_replication_password_is_refused(primary, script, environ):
    environ = {**environ, "REPLICATION_PASSWORD_FILE": str(primary.home / "empty")}
    result = subprocess.run(
        [str(part) for part in (*script, "prepare")],
        env={**primary.env, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Set REPLICATION_PASSWORD" in result.stderr


def test_standby_follows_and_only_reads(primary, script, environ):
    for _time in range(2):
        primary.run(*script, "prepare", **environ)
    role = "SELECT rolreplication AND rolcanlogin AND NOT rolsuper FROM pg_roles"
    assert primary.sql("primary", f"{role} WHERE rolname = 'replicator'") == "t"
    assert primary.sql("primary", "SELECT count(*) FROM pg_replication_slots") == "1"

    primary.sql("primary", "CREATE TABLE fact AS SELECT 1 AS id")
    kept = primary.home / "kept"
    # A first copy that broke off.
    (kept / "pgdata.copy").mkdir(parents=True)
    (kept / "pgdata.copy" / "half").touch()
    if primary.user:
        for path in (kept, kept / "pgdata.copy", kept / "pgdata.copy" / "half"):
            shutil.chown(path, primary.user)
    primary.start("standby", *script, "follow", **environ)
    assert primary.sql("standby", "SELECT pg_is_in_recovery()") == "t"
    assert primary.sql("standby", "SELECT count(*) FROM fact") == "1"
    refused = primary.sql("standby", "INSERT INTO fact VALUES (0)", check=False)
    assert "read-only transaction" in refused

    def rows(number):
        return lambda: primary.sql("standby", "SELECT count(*) FROM fact") == str(number)

    primary.sql("primary", "INSERT INTO fact VALUES (2)")
    primary.wait(rows(2), "the second row does not arrive")

    # Away and back: it catches up from its slot, without a new copy.
    primary.stop("standby")
    primary.sql("primary", "INSERT INTO fact VALUES (3)")
    marker = kept / "pgdata" / "same-copy"
    marker.touch()
    primary.start("standby", *script, "follow", **environ)
    primary.wait(rows(3), "the third row does not arrive")
    assert marker.exists()


def test_no_password_is_kept_in_the_data_of_the_standby(primary):
    settings = (primary.home / "kept" / "pgdata" / "postgresql.auto.conf").read_text()
    assert "primary_slot_name = 'replica_1'" in settings
    assert "passfile=" in settings
    assert "password=" not in settings
    mode = (primary.home / "kept" / "primary.pgpass").stat().st_mode
    assert mode & 0o077 == 0
