"""The linters, as pre-commit runs them, over the files git knows or would know."""

import subprocess
import sys
from pathlib import Path

from .console import say
from .paths import ROOT

PYTHON_PLACES = ("addons", "tools", "tests", "run")
# Rules that Odoo's own files break too, or that are a matter of taste.
NOT_OURS = (
    "xml-tag-position",
    "xml-header-wrong",
    "xml-field-numeric-without-eval",
    "xml-field-bool-without-eval",
    "xml-create-user-wo-reset-password",
)


def _files(*patterns):
    """Files that are in the repository or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    return [
        name for name in listed if name and (ROOT / name).is_file() and "/static/lib/" not in name
    ]


def _checks(fix):
    """Each check as (title, command); a check without files is left out."""
    programs = Path(sys.executable).parent
    ruff = [programs / "ruff"]
    python = _files("addons/*.py")
    yield "ruff", [*ruff, "check", *(["--fix"] if fix else []), *PYTHON_PLACES]
    yield "ruff format", [*ruff, "format", *([] if fix else ["--check"]), *PYTHON_PLACES]
    if python:
        yield "pylint", [programs / "pylint", "--rcfile=.pylintrc-mandatory", *python]
        disabled = f"--disable={','.join(NOT_OURS)}"
        yield "modules", [programs / "oca-checks-odoo-module", disabled, *_addon_files()]
    terms = _files("addons/*.po", "addons/*.pot")
    if terms:
        yield "translations", [programs / "oca-checks-po", "--disable=po-pretty-format", *terms]


def _addon_files():
    return _files("addons/*.py", "addons/*.xml", "addons/*.csv")


def run(fix=False):
    """Run all linters, also after one has found something.

    :param bool fix: let them repair what they can
    :return: exit code
    """
    passed = failed = 0
    for title, command in _checks(fix):
        say(f"--- {title}")
        done = subprocess.run(
            [str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL, check=False
        )
        passed += not done.returncode
        failed += bool(done.returncode)
    say(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0
