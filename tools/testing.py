"""Run the tests: which run where, on which database, and what they add up to."""

import re
import subprocess
from pathlib import Path

from . import chromium, database, modules, odoo_config, process
from .console import say
from .paths import ADDONS, REPORTS, ROOT
from .template import Templates

USES_ODOO = re.compile(r"^\s*(from|import) odoo\b", re.MULTILINE)
PLUGINS = ["-p", "tools.pytest_log"]


def _selected_paths(arguments):
    """The files and directories among pytest's arguments."""
    paths = [Path(argument.split("::")[0]) for argument in arguments if not argument.startswith("-")]
    return [(ROOT / path).resolve() for path in paths if (ROOT / path).exists()]


def _module_of(path):
    """Our module a path belongs to, or None."""
    if ADDONS in path.parents:
        return path.relative_to(ADDONS).parts[0]
    return None


def needs_odoo(path):
    """Whether a test runs in Odoo's own process: all in the addons, and those under `tests/` that import odoo."""
    if ADDONS == path or ADDONS in path.parents:
        return True
    files = path.rglob("test_*.py") if path.is_dir() else [path]
    return any(USES_ODOO.search(file.read_text(encoding="utf-8")) for file in files)


class PytestRun:
    """One pytest process."""

    def __init__(self, shop, name):
        self.shop = shop
        self.name = name
        self.report = REPORTS / f"{name}.xml"

    def command(self, arguments, database_name=None):
        REPORTS.mkdir(parents=True, exist_ok=True)
        self.report.unlink(missing_ok=True)
        command = [self.shop.python, "-m", "pytest", f"--junitxml={self.report}", "-p", "no:cacheprovider"]
        if database_name:
            config = odoo_config.write(f"test-{self.name}", self.shop.source, self.shop.server)
            command += [*PLUGINS, f"--odoo-config={config}", f"--odoo-database={database_name}"]
            command += ["--odoo-http", "--odoo-log-level=info", "--odoo-extra=logfile=/dev/null"]
        else:
            command += ["-p", "no:odoo"]
        return [str(part) for part in [*command, *arguments]]

    @property
    def environ(self):
        environ = self.shop.environ
        browser = chromium.directory_for_path()
        if browser:
            environ["PATH"] = f"{browser}:{environ['PATH']}"
        return environ


def quick(shop, arguments, names=None):
    """The inner loop: one pytest process with the user's arguments, its output as it comes.

    :param list names: our modules to install; default: those the arguments name
    """
    paths = _selected_paths(arguments)
    run = PytestRun(shop, "quick")
    if paths and not any(needs_odoo(path) for path in paths):
        return subprocess.run(run.command(arguments), env=run.environ, cwd=ROOT, check=False).returncode
    found = {_module_of(path) for path in paths}
    wanted = names or (sorted(found) if found and None not in found else modules.ours())
    templates = Templates(shop)
    template = templates.suite(wanted, clean=False)
    for problem in templates.problems(template):
        say(f"    logged while installing: {problem}")
    name = templates.copy(template, database.temporary_name("test"))
    try:
        child = process.start(run.command(arguments, name), env=run.environ, cwd=ROOT)
        try:
            return child.wait()
        finally:
            process.stop(child)
    finally:
        database.drop(shop.server, name)
