"""Side-by-side measurements: Odoo with the suite against plain Odoo, in alternating runs.

Each database has a process of its own (`tests/bench/worker.py`) that prepares what a scenario
needs once, and then does and rolls back the work as often as it is told to. Only one of the two
works at a time.
"""

import json
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from . import database, modules, process
from .console import say, step, table
from .errors import ToolError
from .odoo_config import write as write_config
from .paths import LOGS, ROOT
from .template import Templates

WORKER = ROOT / "tests" / "bench" / "worker.py"
RUNS = 5
SIDES = ("base", "suite")


@dataclass
class Benchmark:
    """What is measured: how many, the most it may cost, and fewer, to see how queries grow."""

    name: str
    n: int
    target: float
    about: str
    fewer: int
    alone: bool = False  # base is the suite too, with fewer records
    most_queries: int | None = None
    least_per_second: int | None = None  # of processor time
    base: str | None = None  # what base does instead, as many
    most_mb: int | None = None  # of memory, beyond what the process had


BENCHMARKS = [
    Benchmark("delivery", 1000, 1.10, "validate a delivery of serial numbers", 100),
    Benchmark("repair", 200, 1.25, "repair orders with one part, from new to done", 20),
    Benchmark("instalments", 1000, 1.15, "bill due instalments up to draft invoices", 100),
    Benchmark("coverage", 10000, 12, "decide who pays, against a tenth", 1000, True, 25, 10000),
    Benchmark("recompute", 10000, 12, "store anew who pays, against a tenth", 1000, True),
    Benchmark(
        "views", 1_000_000, 20, "open every screen of units, against a thousand units", 1000, True
    ),
    Benchmark(
        "desk", 50_000, 10, "open every screen of the desk, against a thousand requests", 1000, True
    ),
    Benchmark(
        "books", 1_000_000, 20, "open every screen of charges, against a thousand", 1000, True
    ),
    Benchmark(
        "reports", 1_000_000, 12, "open the reports on money, against a tenth", 100_000, True
    ),
    Benchmark("posting", 1000, 1.15, "settle and post, five charges each", 100),
    Benchmark("gathering", 5000, 12, "a settlement run, five charges each", 500, True),
    Benchmark(
        "statement", 100_000, 12, "a workbook of one settlement's lines", 10_000, True, most_mb=100
    ),
    Benchmark(
        "pivot",
        1_000_000,
        1.3,
        "charges by month, payer, category, against SQL",
        1000,
        True,
        base="plain_pivot",
    ),
    Benchmark(
        "pivot_screen",
        1_000_000,
        1.3,
        "the same with all its totals, as the screen asks, against SQL",
        1000,
        True,
        base="plain_pivot_screen",
    ),
    Benchmark("week", 500, 5, "open a week of visits, against fifty", 50, True),
]
COLUMNS = [
    "name",
    "n",
    "suite_s",
    "base_s",
    "ratio",
    "queries",
    "base_queries",
    "per_second",
]
SLOW = 0.1  # seconds; what takes longer is named


@dataclass
class Samples:
    """The seconds, queries and seconds of processor time of one side's runs."""

    seconds: list = field(default_factory=list)
    queries: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    details: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)

    def add(self, run):
        self.seconds.append(run["seconds"])
        self.queries.append(run["queries"])
        self.cpu.append(run["cpu"])
        for name, numbers in run.get("details", {}).items():
            self.details.setdefault(name, []).append(numbers)
        for name, number in run.get("extra", {}).items():
            self.extra.setdefault(name, []).append(number)


def row(benchmark, suite, base):
    """The medians of both sides, in the form that is written as JSON."""
    suite_s, base_s = median(suite.seconds), median(base.seconds)
    counted_s = median(suite.cpu) if benchmark.least_per_second else suite_s
    return {
        "name": benchmark.name,
        "n": benchmark.n,
        "suite_s": round(suite_s, 3),
        "base_s": round(base_s, 3),
        "ratio": round(suite_s / base_s, 3),
        "queries": int(median(suite.queries)),
        "base_queries": int(median(base.queries)),
        "per_second": round(benchmark.n / counted_s, 1),
        **{name: round(median(numbers), 1) for name, numbers in suite.extra.items()},
    }


def is_met(benchmark, result):
    return (
        result["ratio"] <= benchmark.target
        and result["queries"] <= (benchmark.most_queries or result["queries"])
        and result["per_second"] >= (benchmark.least_per_second or 0)
        and result.get("memory_mb", 0) <= (benchmark.most_mb or float("inf"))
    )


def spread(seconds):
    """The fastest and the slowest run, to see how quiet the machine was."""
    return f"{min(seconds):.2f}-{max(seconds):.2f}"


def growth(more, fewer):
    """What the suite adds in queries, and how that grows.

    :param more: (n, suite's queries, base's queries)
    :param fewer: the same for a smaller n
    :return: the queries added at n, and those added for each further one
    """
    extra, extra_fewer = more[1] - more[2], fewer[1] - fewer[2]
    return extra, (extra - extra_fewer) / (more[0] - fewer[0])


def chosen(names):
    """The benchmarks of these names, all when none is named.

    :raises ToolError: for an unknown name
    """
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise ToolError(
            f"There is no benchmark {', '.join(unknown)}.", f"There are: {', '.join(known)}."
        )
    return [known[name] for name in names or known]


class Side:
    """One database and the process that works on it."""

    def __init__(self, shop, config, name, log):
        self.shop = shop
        self.command = [shop.python, WORKER, config, name, log]
        self.child = None

    def __enter__(self):
        self.child = process.start(
            self.command,
            env=self.shop.environ,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(self, *_exception):
        process.stop(self.child)
        self.child.stdin.close()
        self.child.stdout.close()

    def ask(self, do, **task):
        """Have something done and return its result."""
        try:
            self.child.stdin.write(json.dumps({"do": do, **task}) + "\n")
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ToolError("A measuring process ended too early.", f"Its command: {self.command}")
        answer = json.loads(answer)
        if "error" in answer:
            raise ToolError("A measurement failed:\n" + answer["error"])
        return answer


@contextmanager
def _sides(shop, alone=False):
    """The two processes, on databases that differ by our modules only, or alike."""
    templates = Templates(shop)
    names = modules.ours()
    suite = templates.suite(names, clean=False)
    core = templates.core(modules.split(names, shop.source.addons_paths)[1])
    found = {"base": suite if alone else core, "suite": suite}
    config = write_config("bench", shop.source, shop.server)
    LOGS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        sides = {}
        for side in SIDES:
            name = templates.copy(found[side], database.temporary_name(f"bench_{side}"))
            stack.callback(database.drop, shop.server, name)
            sides[side] = stack.enter_context(Side(shop, config, name, LOGS / f"bench-{side}.log"))
        yield sides


def _measure(benchmark, sides, runs):
    """Alternating runs, the first of each side not counted; return the samples by side."""
    samples = {side: Samples() for side in SIDES}
    is_less = benchmark.alone and not benchmark.base
    numbers = {"base": benchmark.fewer if is_less else benchmark.n, "suite": benchmark.n}
    names = {"base": benchmark.base or benchmark.name, "suite": benchmark.name}
    for side in SIDES:
        sides[side].ask("prepare", name=names[side], n=numbers[side])
    for number in range(runs + 1):
        # who goes first alternates too
        for side in SIDES if number % 2 else reversed(SIDES):
            run = sides[side].ask("run", name=names[side], n=numbers[side])
            if number:
                samples[side].add(run)
    return samples


def _count_fewer(benchmark, sides):
    """The queries of one run each with fewer records."""
    counts = {}
    for side in SIDES:
        sides[side].ask("prepare", name=benchmark.name, n=benchmark.fewer)
        counts[side] = sides[side].ask("run", name=benchmark.name, n=benchmark.fewer)["queries"]
    return benchmark.fewer, counts["suite"], counts["base"]


def parts(samples):
    """The medians of each part of a benchmark: name, base's and suite's seconds and queries.

    :return: the slowest first
    """
    found = []
    for name, runs in samples["suite"].details.items():
        base = samples["base"].details[name]
        numbers = [median(run[which] for run in side) for which in (0, 1) for side in (base, runs)]
        found.append((name, *numbers))
    return sorted(found, key=lambda part: part[2], reverse=True)


def _describe_parts(samples):
    """Name the slow parts, and those whose queries grow."""
    found = parts(samples)
    for name, base_s, suite_s, _, queries in found:
        if suite_s > SLOW:
            say(f"    {suite_s:7.3f} s, base {base_s:.3f} s, {queries:.0f} queries: {name}")
    more = [name for name, _, _, base_queries, queries in found if queries > base_queries + 5]
    most = max(part[4] for part in found)
    say(f"    {len(found)} screens, at most {most:.0f} queries each; growing: {more or 'none'}")


def _describe(benchmark, result, samples, fewer):
    """Say what the numbers mean."""
    verdict = "met" if is_met(benchmark, result) else "MISSED"
    say(f"{benchmark.name}: {benchmark.about}")
    say(f"    ratio {result['ratio']:.3f}, target at most {benchmark.target:.2f}: {verdict}")
    if benchmark.least_per_second:
        say(
            f"    {result['queries']} queries, at most {benchmark.most_queries}; "
            f"{result['per_second']:.0f} a second of processor time, "
            f"at least {benchmark.least_per_second}"
        )
    if fewer:
        extra, each = growth((benchmark.n, result["queries"], result["base_queries"]), fewer)
        say(f"    {extra} queries more than base at {benchmark.n}, {each:.2f} for each further one")
    elif not benchmark.base:
        more = result["queries"] - result["base_queries"]
        say(f"    {more / (benchmark.n - benchmark.fewer):.3f} queries for each further one")
    for name, numbers in samples["suite"].extra.items():
        base = median(samples["base"].extra[name])
        say(f"    {name}: {median(numbers):.1f}, base {base:.1f}, most {benchmark.most_mb or '-'}")
    if samples["suite"].details:
        _describe_parts(samples)
    cpu = {side: median(samples[side].cpu) for side in SIDES}
    say(
        f"    processor time: suite {cpu['suite']:.2f} s, base {cpu['base']:.2f} s, "
        f"ratio {cpu['suite'] / cpu['base']:.3f}"
    )
    runs = ", ".join(f"{side} {spread(samples[side].seconds)} s" for side in SIDES)
    say(f"    fastest and slowest of {len(samples['suite'].seconds)} runs: {runs}")


def _compare(benchmark, sides, runs):
    """Measure one, say what came out, and return it."""
    with step(f"Measuring {benchmark.name}", "1 to 10 minutes"):
        samples = _measure(benchmark, sides, runs)
        fewer = None if benchmark.alone else _count_fewer(benchmark, sides)
    result = row(benchmark, samples["suite"], samples["base"])
    _describe(benchmark, result, samples, fewer)
    return result


def write_json(path, results):
    """Write the list of results."""
    Path(path).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def run(shop, names=None, json_path=None, runs=RUNS):
    """Measure, print a table, and write the results when a path is given.

    :param list names: benchmarks; default: all
    :return: the results
    """
    benchmarks = chosen(names)
    results = []
    for benchmark in benchmarks:
        # of their own: what another benchmark left behind is not the same on both sides
        with _sides(shop, benchmark.alone) as sides:
            results.append(_compare(benchmark, sides, max(runs, RUNS)))
        if json_path:
            write_json(json_path, results)
    say(f"\n{time.strftime('%Y-%m-%d %H:%M')}, medians; base is Odoo without our modules,")
    alone = ", ".join(one.name for one in BENCHMARKS if one.alone and not one.base)
    say(f"of {alone} the suite with fewer\n")
    say(table(COLUMNS, [[result[name] for name in COLUMNS] for result in results]))
    return results
