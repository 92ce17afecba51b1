"""What can go wrong is told in a sentence with a way out."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import interpreter, odoo_source, postgres, process, server
from tools.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "output",
    [
        "E: Failed to fetch http://x  Temporary failure resolving 'x'",
        "Max retries exceeded with url: /simple/six/",
        "npm error code EAI_AGAIN",
    ],
)
def test_no_network(output):
    assert "no network" in str(process.explain(output, "fetch Odoo"))


def test_a_full_disk():
    error = OSError(28, os.strerror(28))
    assert "the disk is full" in str(process.explain(str(error), "unpack"))


@pytest.mark.parametrize(
    ("number", "what", "way_out"),
    [
        (errno.ENOSPC, "The disk is full: /x/y.", "Free some space"),
        (errno.EACCES, "No right to write or read: /x/y.", "Run as the user"),
        (errno.EIO, "Input/output error: /x/y.", "start again"),
    ],
)
def test_what_the_operating_system_refuses(number, what, way_out):
    message = str(process.explain_system(OSError(number, os.strerror(number), "/x/y")))
    assert message.startswith(what)
    assert way_out in message


def test_an_error_of_the_operating_system_without_number():
    assert str(process.explain_system(OSError("odd"))).startswith("odd.")


@pytest.mark.parametrize(
    ("output", "what", "way_out"),
    [
        ("permission denied to create database\n", "may not create databases", "CREATEDB"),
        ("server closed the connection unexpectedly", "PostgreSQL stopped", "start again"),
        ("could not extend file: No space left on device", "the disk is full", "Free"),
    ],
)
def test_what_postgresql_refuses(output, what, way_out):
    message = str(process.explain(output, "make a database"))
    assert message.startswith("Could not make a database: ")
    assert what in message
    assert way_out in message


def test_what_odoo_could_not_do_is_named_with_the_way_out_and_the_log(tmp_path):
    workshop = pytest.importorskip("tools.workshop")
    shop = object.__new__(workshop.Workshop)
    with pytest.raises(workshop.OdooFailure) as failure:
        shop._read("install the modules", tmp_path / "none", "x.log", "No space left on device")
    assert str(failure.value) == (
        "Could not install the modules: the disk is full. "
        "Free some space and start again; nothing is lost.\nThe whole log: x.log"
    )


def test_a_missing_compiler():
    message = str(process.explain("error: command 'gcc' failed: No such file", "install"))
    assert "no compiler" in message
    assert "build-essential" in message


def test_anything_else_shows_the_last_lines():
    message = str(process.explain("\n".join(f"line {n}" for n in range(50)), "do it"))
    assert "line 49" in message
    assert "line 3\n" not in message


def test_a_missing_program_is_named():
    with pytest.raises(ToolError, match="no-such-program is missing"):
        process.capture(["no-such-program"], "try")


def test_a_busy_port_is_told_with_another_one():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ToolError, match=f"Port {port} is in use.*--port"):
            server.require_free(port)


@pytest.mark.parametrize("port", [0, 70000])
def test_no_port_at_all(port):
    with pytest.raises(ToolError, match="is no port"):
        server.require_free(port)


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (2, 7)])
def test_a_python_that_does_not_do(version):
    assert not interpreter.is_suitable(version)
    assert "3.10 to 3.13" in interpreter.complaint(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 11), (3, 12), (3, 13)])
def test_a_python_that_does(version):
    assert interpreter.is_suitable(version)


def test_another_python_is_looked_for(monkeypatch, tmp_path):
    """A name on PATH may be a stand-in that only prints an error."""
    stand_in = tmp_path / "python3.12"
    stand_in.write_text("#!/bin/sh\nexit 127\n")
    real = tmp_path / "python3.11"
    real.write_text("#!/bin/sh\necho 3.11\n")
    for path in (stand_in, real):
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    assert interpreter.find() == str(real)


def test_odoo_home_without_odoo(tmp_path):
    with pytest.raises(ToolError, match="holds no Odoo.*odoo/release.py"):
        odoo_source.from_home(tmp_path)


def test_odoo_home_with_another_version(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo/release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    with pytest.raises(ToolError, match="holds Odoo 18.0, not 19.0"):
        odoo_source.from_home(tmp_path)


def test_odoo_home_may_be_a_checkout(tmp_path):
    (tmp_path / "odoo/addons").mkdir(parents=True)
    (tmp_path / "odoo/release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    (tmp_path / "addons/web").mkdir(parents=True)
    (tmp_path / "addons/web/__manifest__.py").touch()
    source = odoo_source.from_home(tmp_path)
    assert source.addons_paths == [tmp_path / "odoo/addons", tmp_path / "addons"]


def test_a_named_server_that_does_not_answer(monkeypatch, tmp_path):
    pytest.importorskip("psycopg2")
    monkeypatch.setenv("PGHOST", str(tmp_path))
    monkeypatch.setenv("PGUSER", "somebody")
    with pytest.raises(ToolError, match="No PostgreSQL answers.*unset them"):
        postgres._named_server()


def test_odoo_refuses_the_role_postgres(monkeypatch):
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(ToolError, match="Odoo refuses that role"):
        postgres._named_server()


def test_an_unknown_argument_is_a_sentence():
    done = subprocess.run(
        [sys.executable, "run", "lint", "--nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Not understood: --nonsense. `./run --help` tells what there is.\n"


def test_a_program_is_stopped_with_its_children():
    child = process.start(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE)
    grandchild = int(child.stdout.readline())
    process.stop(child)
    with pytest.raises(ProcessLookupError):
        while os.kill(grandchild, 0) is None:
            # gone for good only when its new parent has noticed
            if _is_zombie(grandchild):
                raise ProcessLookupError


def test_a_program_that_is_waited_for_ends_when_we_are_killed(tmp_path):
    """Else pip goes on installing into the environment that the next run makes anew."""
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is missing")
    note = tmp_path / "pid"
    wait = (
        "from tools.process import capture; "
        f"capture(['sh', '-c', 'echo $$ >{note}.x; mv {note}.x {note}; exec sleep 60'], 'wait')"
    )
    waiting = subprocess.Popen([sys.executable, "-c", wait], cwd=ROOT)
    try:
        _until(note.exists)
        waiting.kill()
        waiting.wait()
        _until(lambda: _is_zombie(int(note.read_text())))
    finally:
        waiting.kill()


def _until(condition):
    """Wait for what has to come at once, as long as a busy machine may need."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as handle:
            return handle.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
