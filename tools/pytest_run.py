"""One pytest process: on a database of its own, or plainly for tests without Odoo."""

import os
import subprocess
import time

from . import chromium, database, junit, odoo_config, process
from .console import say
from .paths import REPORTS, ROOT

PLUGINS = ("-p", "tools.pytest_log")
NOTHING_COLLECTED = 5


class PytestRun:
    """One pytest process.

    :param shop: the workshop
    :param str name: names its report, configuration and database
    """

    def __init__(self, shop, name):
        self.shop = shop
        self.name = name
        self.report = REPORTS / f"{name}.xml"
        self.output = REPORTS / f"{name}.txt"

    def _command(self, arguments, database_name):
        REPORTS.mkdir(parents=True, exist_ok=True)
        self.report.unlink(missing_ok=True)
        command = [self.shop.python, "-m", "pytest", f"--junitxml={self.report}"]
        command += ["-p", "no:cacheprovider"]
        if database_name:
            config = odoo_config.write(f"test-{self.name}", self.shop.source, self.shop.server)
            command += [*PLUGINS, f"--odoo-config={config}", f"--odoo-database={database_name}"]
            # the log goes to pytest, which shows it with the test that failed
            command += ["--odoo-http", "--odoo-log-level=info", "--odoo-extra=logfile=/dev/null"]
        else:
            command += ["-p", "no:odoo"]
        return [str(part) for part in [*command, *arguments]]

    def _environ(self):
        environ = self.shop.environ
        places = [chromium.directory_for_path(), self.shop.python.parent, environ["PATH"]]
        environ["PATH"] = os.pathsep.join(str(place) for place in places if place)
        return environ

    def run(self, arguments, database_name=None, output=None):
        """Run pytest to its end and return its exit code.

        :param list arguments: files and options
        :param str database_name: for tests in Odoo's process
        :param output: a file to write to instead of the terminal
        """
        child = process.start(
            self._command(arguments, database_name),
            env=self._environ(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            return child.wait()
        finally:
            process.stop(child)

    def run_on_copy(self, templates, template, arguments, output=None):
        """Run pytest on a copy of a template that is dropped afterwards."""
        name = templates.copy(template, database.temporary_name(self.name.replace("-", "_")))
        try:
            return self.run(arguments, name, output)
        finally:
            database.drop(self.shop.server, name)

    def count(self, arguments, templates=None, template=None):
        """Run pytest, print its output only when something failed, and return the counts."""
        REPORTS.mkdir(parents=True, exist_ok=True)
        say(f"... tests {self.name}; what they say: {self.output}")
        started = time.monotonic()
        with open(self.output, "w", encoding="utf-8") as output:
            if template:
                code = self.run_on_copy(templates, template, arguments, output)
            else:
                code = self.run(arguments, output=output)
        counts = self._counts(code)
        say(f"    tests {self.name}: {counts} ({time.monotonic() - started:.0f} s)")
        if counts.failed:
            say(self.output.read_text(encoding="utf-8", errors="replace"))
        return counts

    def _counts(self, code):
        """What the report says; a process that failed outside of its tests has failed too."""
        counts = junit.read(self.report) if self.report.exists() else junit.Counts()
        if code not in (0, NOTHING_COLLECTED) and not counts.failed:
            counts.failed += 1
            counts.failures.append(f"{self.name}: pytest ended with {code}, see {self.output}")
        return counts
