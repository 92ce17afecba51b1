"""A lock between runs that says who holds it."""

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager

from .console import say
from .errors import ToolError

COMMAND = "AFTERSALES_COMMAND"  # what the user typed, also known to what it starts


def _holder(handle):
    """What the holder wrote about itself; it may not have done so yet."""
    handle.seek(0)
    try:
        return json.loads(handle.read() or "{}")
    except ValueError:
        return {}


def _describe(holder):
    """A sentence about the holder, without its full stop."""
    if not holder:
        return "Another run is at work here"
    since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
    return f"`{holder['command']}` (process {holder['pid']}) is {holder['doing']} since {since}"


def _take(handle, wait):
    """Take the lock, or say who holds it and wait up to `wait` seconds."""
    deadline = time.monotonic() + wait
    announced = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = _describe(_holder(handle))
        else:
            return
        if time.monotonic() >= deadline:
            raise ToolError(f"{who}.", "Let it finish or stop it, then try again.")
        if not announced:
            say(f"... waiting: {who}")
            announced = True
        time.sleep(0.3)


@contextmanager
def locked(path, doing, wait=0):
    """Hold the file lock `path` while the block runs.

    The operating system frees the lock however the process ends, so nothing is left behind.

    :param Path path: the lock file
    :param str doing: what this run does, told to others, e.g. ``building a template``
    :param float wait: seconds to wait for another holder
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as handle:
        _take(handle, wait)
        handle.seek(0)
        handle.truncate()
        command = os.environ.get(COMMAND) or " ".join(sys.argv)
        json.dump(
            {"pid": os.getpid(), "command": command, "doing": doing, "since": time.time()}, handle
        )
        handle.flush()
        yield
        handle.seek(0)
        handle.truncate()


class Share:
    """Several runs use one thing; the last one that leaves puts it away."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = open(path, "a+", encoding="utf-8")
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def is_last(self):
        """Leave, and tell whether nobody else is there; if so nobody can join until `close`."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self):
        self._handle.close()
