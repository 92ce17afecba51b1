"""Helpers of the deployment tests. Plain Python, no Odoo."""

import importlib.util
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"


def find_odoo():
    """Return the directory that holds the package `odoo`, or None.

    Looked up without importing it: its import has side effects that a test must not leave behind.
    """
    spec = importlib.util.find_spec("odoo")
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = pathlib.Path(location)
        if (path / "release.py").is_file():
            return path.parent
    return None


def interpolate(text, environ):
    """Do what Compose does with `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""

    def replace(match):
        name, operator, word = match.group("name", "operator", "word")
        value = environ.get(name, "")
        if value:
            return value
        if operator == ":?":
            raise KeyError(f"{name}: {word}")
        return word or ""

    return re.sub(r"\$\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<word>[^}]*))?\}", replace, text)


def run(command, **kwargs):
    """Run a command to its end. Its output is part of the failure, if it fails."""
    result = subprocess.run(
        [str(part) for part in command],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **({"stdin": subprocess.DEVNULL} if "input" not in kwargs else {}),
        **kwargs,
    )
    if result.returncode:
        pytest.fail(
            f"{command[0]} ended with {result.returncode}:\n{result.stdout[-8000:]}", pytrace=False
        )
    return result


def find_program(name, *patterns):
    """Return the path of a program on PATH or at one of the globs below `/`, else skip the test."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    candidates = [pathlib.Path(found)] if found else []
    for pattern in patterns:
        candidates += sorted(pathlib.Path("/").glob(pattern), reverse=True)
    if not candidates:
        pytest.skip(f"{name} is not installed")
    return candidates[0]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
