"""A lock between runs that says who holds it."""

import fcntl
import json
import os
import time
from contextlib import contextmanager

from .console import say
from .errors import ToolError


def _holder(handle):
    """What the holder wrote about itself; it may not have done so yet."""
    handle.seek(0)
    try:
        return json.loads(handle.read() or "{}")
    except ValueError:
        return {}


def _describe(holder):
    if not holder:
        return "another run"
    since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
    return f"`./run {holder['what']}` (process {holder['pid']}, since {since})"


def _take(handle, path, wait):
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
            raise ToolError(
                f"{who[0].upper()}{who[1:]} holds {path.name}.",
                "Let it finish or stop it, then try again.",
            )
        if not announced:
            say(f"... waiting for {who} to release {path.name}")
            announced = True
        time.sleep(0.3)


@contextmanager
def locked(path, what, wait=0):
    """Hold the file lock `path` while the block runs.

    The operating system frees the lock when the process ends in whatever way, so a killed run leaves nothing behind.

    :param Path path: the lock file
    :param str what: what this run does, told to others
    :param float wait: seconds to wait for another holder
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as handle:
        _take(handle, path, wait)
        handle.seek(0)
        handle.truncate()
        json.dump({"pid": os.getpid(), "what": what, "since": time.time()}, handle)
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
        """Leave, and tell whether nobody else uses the thing; if so nobody can join until `close`."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self):
        self._handle.close()
