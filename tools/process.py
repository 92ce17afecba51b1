"""Run other programs: errors as sentences, no process left behind."""

import errno
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from .errors import ToolError

NO_NETWORK_SIGNS = (
    "temporary failure resolving",
    "temporary failure in name resolution",
    "could not resolve",
    "name or service not known",
    "network is unreachable",
    "connection refused",
    "connection timed out",
    "failed to establish a new connection",
    "max retries exceeded",
    "eai_again",
    "enotfound",
)
NO_SPACE_SIGNS = ("no space left on device", "disk quota exceeded", "enospc", "disk full")
NO_COMPILER_SIGNS = (
    "command 'gcc' failed",
    "unable to execute 'gcc'",
    "no acceptable c compiler",
    "python.h: no such",
)
SERVER_GONE_SIGNS = (
    "server closed the connection unexpectedly",
    "the database system is in recovery mode",
    "the database system is shutting down",
    "terminating connection due to administrator command",
)
NO_RIGHT_SIGNS = ("permission denied to create database",)


def explain(output, doing):
    """Turn a program's error output into a sentence with a way out.

    :param str output: what the program printed
    :param str doing: what it was called for, e.g. ``download Odoo``
    """
    low = output.lower()
    if any(sign in low for sign in NO_SPACE_SIGNS):
        return ToolError(
            f"Could not {doing}: the disk is full.",
            "Free some space and start again; nothing is lost.",
        )
    if any(sign in low for sign in NO_NETWORK_SIGNS):
        return ToolError(
            f"Could not {doing}: no network.", "Connect and start again; what is done is kept."
        )
    if any(sign in low for sign in NO_COMPILER_SIGNS):
        return ToolError(
            f"Could not {doing}: a package has to be compiled and there is no compiler.",
            "Install one (Debian: build-essential python3-dev), or use Python 3.11 or 3.12.",
        )
    if any(sign in low for sign in SERVER_GONE_SIGNS):
        return ToolError(
            f"Could not {doing}: PostgreSQL stopped meanwhile.",
            "See whether it has disk and memory enough, then start again.",
        )
    if any(sign in low for sign in NO_RIGHT_SIGNS):
        return ToolError(
            f"Could not {doing}: the role may not create databases.",
            "Give it that right: ALTER ROLE … CREATEDB.",
        )
    tail = "\n".join(line for line in output.strip().splitlines()[-12:] if line.strip())
    return ToolError(f"Could not {doing}. The last lines said:\n{tail}")


def explain_system(error):
    """Turn an error of the operating system into a sentence with a way out.

    :param OSError error: e.g. a full disk, or a file of another user
    """
    place = f": {error.filename}" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        way_out = "Free some space and start again; what is finished is kept."
        return ToolError(f"The disk is full{place}.", way_out)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        way_out = "Run as the user it belongs to, or from a clone of your own."
        return ToolError(f"No right to write or read{place}.", way_out)
    return ToolError(f"{error.strerror or error}{place}.", "Put that right and start again.")


def capture(command, doing, **options):
    """Run a program and return what it printed; if it fails, raise a readable error.

    It ends with us, even if we are killed: else it would go on in what the next run makes anew.

    :param list command: the program and its arguments
    :param str doing: what it is called for, used in the message
    """
    command = [str(part) for part in command]
    if not shutil.which(command[0]):
        raise ToolError(f"Could not {doing}: the program {command[0]} is missing.")
    try:
        done = subprocess.run(
            [*_ends_with_us(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **options,
        )
    except OSError as error:
        raise explain(str(error), doing) from None
    if done.returncode:
        raise explain(done.stdout, doing)
    return done.stdout


_running = set()
_closing = threading.Event()


def _ends_with_us():
    """A prefix that makes a program end when this one is killed and cannot clean up."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def start(command, **options):
    """Start a program in a session of its own, to be stopped with all its children."""
    if _closing.is_set():
        raise ToolError("Stopped.")
    command = [*_ends_with_us(), *(str(part) for part in command)]
    process = subprocess.Popen(command, start_new_session=True, **options)
    _running.add(process)
    return process


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _group_alive(pid):
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop(process, patience=15):
    """Stop a started program and everything it started; kill what does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
    if _group_alive(process.pid):
        _signal_group(process, signal.SIGKILL)
    process.wait()
    _running.discard(process)


def stop_all():
    """Stop everything that was started and start nothing more: the user wants to go."""
    _closing.set()
    for process in list(_running):
        stop(process)


def tail(path, lines=25):
    """The last lines of a log file, for an error message."""
    try:
        return "\n".join(
            Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        )
    except OSError:
        return ""
