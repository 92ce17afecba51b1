"""Check that modules install alone and in any order, and that nothing is left when they go."""

import time

from . import database, junit, modules
from .console import say
from .errors import ToolError
from .paths import REPORTS

COLUMNS = """
    SELECT table_name || '.' || column_name
    FROM information_schema.columns
    WHERE table_schema = 'public'
"""


class InstallChecks:
    """The checks, each on a copy of the template with just the Odoo modules it needs."""

    def __init__(self, shop, templates):
        self.shop = shop
        self.templates = templates
        self.cases = []
        self.names = modules.in_order(modules.ours(), shop.source.addons_paths)

    def prepare(self):
        """Build the templates of Odoo's modules, the smallest first: it is the base of the next."""
        for name in self.names:
            self.templates.core(modules.split([name], self.shop.source.addons_paths)[1])

    def run(self):
        """Run all checks and return their counts."""
        for name in self.names:
            self._case(f"{name} alone", [[name]])
        self._case("one after the other", [[name] for name in self.names])
        self._case("the last one first", [[name] for name in reversed(self.names)])
        report = REPORTS / "install.xml"
        junit.write(report, "install", self.cases)
        return junit.read(report)

    def _case(self, title, rounds):
        """Install modules in rounds, then uninstall them all, and note what went wrong."""
        started = time.monotonic()
        try:
            problem = self._install_and_uninstall(rounds)
        except ToolError as error:
            problem = str(error)
        seconds = time.monotonic() - started
        say(f"    install {title}: {'FAILED' if problem else 'ok'} ({seconds:.0f} s)")
        if problem:
            say(problem)
        self.cases.append((title, seconds, problem))

    def _install_and_uninstall(self, rounds):
        """Return what Odoo complained about and what it left behind."""
        wanted = [name for names in rounds for name in names]
        mine, odoos = modules.split(wanted, self.shop.source.addons_paths)
        name = database.temporary_name("install")
        self.templates.copy(self.templates.core(odoos), name)
        try:
            before = self._columns(name)
            problems = []
            for names in rounds:
                problems += self._inside("install", name, install=names, assets=False)
            leaves_first = modules.in_order(mine, self.shop.source.addons_paths)[::-1]
            problems += self._inside("uninstall", name, modules=leaves_first)
            problems += [f"left behind: {column}" for column in self._columns(name) - before]
            return "\n".join(problems)
        finally:
            database.drop(self.shop.server, name)

    def _inside(self, do, name, **task):
        """Do a task and return all that is wrong with how it went."""
        result = self.shop.inside(do, name, **task)
        found = result["problems"] + [
            f"not installed: {name}" for name in result.get("not_installed", [])
        ]
        for module, records in result.get("left", {}).items():
            found.append(f"{module} left records behind: {', '.join(records[:10])}")
        return found

    def _columns(self, name):
        """All columns of a database, the measure of what uninstalling leaves."""
        return {row[0] for row in self.shop.server.query(COLUMNS, database=name)}
