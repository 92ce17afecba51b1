"""Run the tests: which run where, on which database, and what they add up to."""

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from . import chromium, junit, modules, process, sharding
from .console import say
from .errors import ToolError
from .installing import InstallChecks
from .paths import ADDONS, REPORTS, ROOT
from .pytest_run import PytestRun
from .template import Templates

# A test file names so the modules of Odoo's that we do not depend on and it runs beside.
ALSO_INSTALL = re.compile(r"^ALSO_INSTALL = (\(.*?\))$", re.MULTILINE | re.DOTALL)
USES_ODOO = re.compile(r"^\s*(from|import) odoo\b", re.MULTILINE)
CORE_TESTED = ("repair", "sale_stock", "stock_account")
PROCESSES = 2
QUIET = ["-q", "--no-header"]
# else pytest puts Odoo's addons themselves on the path, where `calendar` hides Python's own module
OTHER_PEOPLES_TESTS = ["--import-mode=importlib"]


def _selected_paths(arguments):
    """The files and directories among pytest's arguments."""
    paths = [
        Path(argument.split("::")[0]) for argument in arguments if not argument.startswith("-")
    ]
    return [(ROOT / path).resolve() for path in paths if (ROOT / path).exists()]


def _module_of(path):
    """Our module a path belongs to, or None."""
    return path.relative_to(ADDONS).parts[0] if ADDONS in path.parents else None


def _test_files(path):
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def needs_odoo(path):
    """Whether a test runs in Odoo's process: those in addons, and others that import odoo."""
    if ADDONS in path.parents:
        return True
    return bool(USES_ODOO.search(path.read_text(encoding="utf-8")))


def also_needs(path):
    """The modules of Odoo's a test file wants installed although ours do not depend on them."""
    found = ALSO_INSTALL.search(path.read_text(encoding="utf-8"))
    return tuple(sorted(ast.literal_eval(found[1]))) if found else ()


def by_neighbours(files):
    """Test files by the modules they run beside; most by none."""
    groups = {}
    for path in files:
        groups.setdefault(also_needs(path), []).append(path)
    return groups


def quick(shop, arguments, names=None):
    """The inner loop: one pytest process with the user's arguments, its output as it comes.

    :param list names: our modules to install; default: those the arguments name, or all
    :return: pytest's exit code
    """
    paths = _selected_paths(arguments)
    files = [file for path in paths for file in _test_files(path)]
    run = PytestRun(shop, "quick")
    if files and not any(needs_odoo(file) for file in files):
        return run.run(arguments)
    if not paths:
        arguments = [*arguments, ADDONS]
    found = {_module_of(path) for path in paths}
    wanted = names or (sorted(found) if found and None not in found else modules.ours())
    wanted = [*wanted, *sorted({name for file in files for name in also_needs(file)})]
    templates = Templates(shop)
    template = templates.suite(wanted, clean=False)
    for problem in templates.problems(template):
        say(f"    logged while installing: {problem}")
    return run.run_on_copy(templates, template, arguments)


class FullRun:
    """All tests, two processes at a time."""

    def __init__(self, shop):
        self.shop = shop
        self.templates = Templates(shop)

    def run(self):
        """Run everything and return the counts."""
        chromium.install_if_root()
        checks = InstallChecks(self.shop, self.templates)
        checks.prepare()
        template = self.templates.suite(modules.ours())
        tasks = [partial(self._installation_log, template), *self._shards(template)]
        tasks += self._shards_beside()
        tasks += [self._plain, partial(odoo_lint, self.shop), checks.run]
        counts = in_parallel(tasks)
        self._remember()
        return counts

    def _installation_log(self, template):
        """What Odoo warned about while it installed the modules is a failed test of its own."""
        problem = "\n".join(self.templates.problems(template))
        if problem:
            say(f"Logged while installing:\n{problem}")
        report = REPORTS / "installation-log.xml"
        junit.write(report, "installation-log", [("nothing is logged", 0, problem)])
        return junit.read(report)

    def _shards(self, template):
        """The tests inside Odoo, divided among processes with a database copy each."""
        files = by_neighbours(self._odoo_files())[()]
        shards = sharding.balance(sharding.weights(files), PROCESSES)
        return [
            partial(
                PytestRun(self.shop, f"odoo-{number}").count,
                [*QUIET, *shard],
                self.templates,
                template,
            )
            for number, shard in enumerate(shards, 1)
        ]

    def _shards_beside(self):
        """The tests that want other modules of Odoo's, with no more of ours than they test."""
        groups = by_neighbours(self._odoo_files())
        beside = [(names, files) for names, files in sorted(groups.items()) if names]
        return [
            partial(self._run_beside, number, names, files)
            for number, (names, files) in enumerate(beside, 1)
        ]

    def _run_beside(self, number, names, files):
        mine = {_module_of(path) for path in files}
        wanted = modules.ours() if None in mine else sorted(mine)
        template = self.templates.suite([*wanted, *names])
        run = PytestRun(self.shop, f"odoo-beside-{number}")
        return run.count([*QUIET, *files], self.templates, template)

    def _odoo_files(self):
        return [path for path in _all_test_files() if needs_odoo(path)]

    def _plain(self):
        """The tests without Odoo in their process."""
        files = [path for path in _all_test_files() if not needs_odoo(path)]
        return PytestRun(self.shop, "plain").count([*QUIET, *files]) if files else junit.Counts()

    def _remember(self):
        for report in REPORTS.glob("odoo-*.xml"):
            sharding.remember(junit.durations(report))


def _all_test_files():
    return sorted(
        path
        for base in (ADDONS, ROOT / "tests")
        for path in base.rglob("test_*.py")
        if "tests" in path.parts and path.relative_to(ROOT).parts[:2] != ("tests", "bench")
    )


def _core_files(shop):
    """Core's own test files of the modules we extend most."""
    base = shop.source.addons_paths
    found = [
        path / name / "tests" for path in base for name in CORE_TESTED if (path / name).exists()
    ]
    return [file for path in found for file in sorted(path.glob("test_*.py"))]


def core(shop):
    """Odoo's own tests of what we extend, with our modules; plain Odoo fails none of them.

    Those meant to run right after a module's installation run here too, with all modules loaded.
    """
    templates = Templates(shop)
    template = templates.suite(modules.ours())
    shards = sharding.balance(sharding.weights(_core_files(shop)), PROCESSES)
    return in_parallel(
        partial(
            PytestRun(shop, f"core-{number}").count,
            [*QUIET, *OTHER_PEOPLES_TESTS, *shard],
            templates,
            template,
        )
        for number, shard in enumerate(shards, 1)
    )


def odoo_lint(shop):
    """Odoo's `test_lint` over our modules."""
    files = [path / "test_lint" / "tests" for path in shop.source.addons_paths]
    files = [file for path in files if path.exists() for file in sorted(path.glob("test_*.py"))]
    templates = Templates(shop)
    template = templates.suite(modules.ours(), clean=False)
    arguments = [*QUIET, *OTHER_PEOPLES_TESTS, "-p", "tools.pytest_ours", *files]
    return PytestRun(shop, "test-lint").count(arguments, templates, template)


def alone(shop):
    """Only the checks of installing and uninstalling."""
    return InstallChecks(shop, Templates(shop)).run()


def in_parallel(tasks):
    """Run tasks, two at a time, and return the sum of their counts."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        futures = [pool.submit(_guarded, task) for task in tasks]
        try:
            return sum((future.result() for future in futures), junit.Counts())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()  # else the pool waits for what the children do
            raise


def _guarded(task):
    """A task that could not do its work counts as a failed one; the others go on."""
    try:
        return task()
    except ToolError as error:
        say(str(error))
        return junit.Counts(failed=1, failures=[error.what.splitlines()[0]])


def conclude(counts):
    """Print what failed and, last, how many; return the exit code."""
    for failure in counts.failures:
        say(f"FAILED {failure}")
    say(f"Reports: {REPORTS}")
    say(str(counts))
    return 1 if counts.failed or not counts.passed else 0
