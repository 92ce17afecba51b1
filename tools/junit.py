"""JUnit files: read what pytest wrote, write what other checks found."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field


@dataclass
class Counts:
    """How tests ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)

    def __add__(self, other):
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def _outcome(case):
    """One of `failed`, `skipped`, `passed` for a test case."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _name(case):
    return f"{case.get('classname')}.{case.get('name')}"


def read(path):
    """The counts in a report. A test whose tear-down fails is written twice and counts once."""
    outcomes = {}
    for case in ET.parse(path).iter("testcase"):
        if outcomes.get(_name(case)) != "failed":
            outcomes[_name(case)] = _outcome(case)
    counts = Counts()
    for name, outcome in outcomes.items():
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == "failed":
            counts.failures.append(name)
    return counts


def durations(path):
    """Seconds per test class and file in a report, by pytest's class name."""
    found = {}
    for case in ET.parse(path).iter("testcase"):
        name = case.get("classname") or ""
        found[name] = found.get(name, 0.0) + float(case.get("time") or 0)
    return found


def write(path, suite, cases):
    """Write a report.

    :param str suite: the name of the suite
    :param list cases: (name, seconds, problem) each; the problem is empty when it passed
    """
    failed = sum(bool(problem) for _name, _seconds, problem in cases)
    root = ET.Element("testsuite", name=suite, tests=str(len(cases)), failures=str(failed))
    for name, seconds, problem in cases:
        case = ET.SubElement(root, "testcase", classname=suite, name=name, time=f"{seconds:.1f}")
        if problem:
            ET.SubElement(case, "failure", message=problem.splitlines()[0]).text = problem
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
