"""The arithmetic of the measurements and the form in which they are written."""

import json

import pytest

from tools import bench
from tools.bench import Benchmark, Samples
from tools.errors import ToolError

COVERAGE = Benchmark("coverage", 10000, 12, "decide", 1000, True, 25, 10000)
DELIVERY = Benchmark("delivery", 1000, 1.10, "validate a delivery", 100)
KEYS = [
    "name",
    "n",
    "suite_s",
    "base_s",
    "ratio",
    "queries",
    "base_queries",
    "per_second",
]


def samples(seconds, queries, cpu=()):
    return Samples(list(seconds), list(queries), list(cpu))


def test_row_holds_medians():
    suite = samples([4.0, 2.0, 99.0, 2.2, 2.1], [70, 70, 80, 70, 70])
    base = samples([2.0, 2.0, 1.0, 8.0, 2.0], [50, 50, 50, 50, 50])
    row = bench.row(DELIVERY, suite, base)
    assert list(row) == KEYS
    assert row == {
        "name": "delivery",
        "n": 1000,
        "suite_s": 2.2,
        "base_s": 2.0,
        "ratio": 1.1,
        "queries": 70,
        "base_queries": 50,
        "per_second": 454.5,
    }


def test_ratio_is_of_what_was_measured_not_of_what_is_shown():
    row = bench.row(DELIVERY, samples([0.0016], [1]), samples([0.0014], [1]))
    assert (row["suite_s"], row["base_s"], row["ratio"]) == (0.002, 0.001, 1.143)


@pytest.mark.parametrize(("ratio", "met"), [(0.98, True), (1.10, True), (1.101, False)])
def test_target_is_met_up_to_and_with_its_value(ratio, met):
    result = {"ratio": ratio, "queries": 5000, "per_second": 200}
    assert bench.is_met(DELIVERY, result) is met


def test_work_for_one_core_is_counted_by_processor_time():
    row = bench.row(COVERAGE, samples([2.0], [24], [0.5]), samples([0.2], [24], [0.1]))
    assert list(row) == KEYS
    assert (row["suite_s"], row["ratio"], row["per_second"]) == (2.0, 10, 20000)


@pytest.mark.parametrize(
    ("ratio", "queries", "speed", "met"),
    [
        (12, 25, 10000, True),
        (12.1, 25, 10000, False),
        (12, 26, 10000, False),
        (12, 25, 9999.9, False),
    ],
)
def test_every_target_has_to_be_met(ratio, queries, speed, met):
    result = {"ratio": ratio, "queries": queries, "per_second": speed}
    assert bench.is_met(COVERAGE, result) is met


@pytest.mark.parametrize(
    ("more", "fewer", "expected"),
    [
        ((1000, 5130, 5090), (100, 620, 580), (40, 0.0)),
        ((1000, 8090, 5090), (100, 880, 580), (3000, 3.0)),
    ],
)
def test_growth_tells_constant_from_linear(more, fewer, expected):
    assert bench.growth(more, fewer) == expected


def test_parts_are_told_slowest_first():
    suite, base = samples([1.0], [9]), samples([1.0], [9])
    for seconds in (0.1, 0.3, 0.2):
        suite.add({"seconds": 1, "queries": 1, "cpu": 1, "details": {"list": [seconds, 7]}})
        suite.add({"seconds": 1, "queries": 1, "cpu": 1, "details": {"form": [2 * seconds, 9]}})
        base.add(
            {
                "seconds": 1,
                "queries": 1,
                "cpu": 1,
                "details": {"list": [0.01, 7], "form": [0.02, 8]},
            }
        )
    assert bench.parts({"suite": suite, "base": base}) == [
        ("form", 0.02, 0.4, 8, 9),
        ("list", 0.01, 0.2, 7, 7),
    ]


def test_run_without_parts_has_none():
    suite = samples([1.0], [9])
    suite.add({"seconds": 1, "queries": 1, "cpu": 1})
    assert bench.parts({"suite": suite, "base": suite}) == []


def test_spread_names_fastest_and_slowest():
    assert bench.spread([2.0, 1.234, 3.5]) == "1.23-3.50"


def test_all_are_chosen_unless_some_are_named():
    assert bench.chosen(None) == bench.BENCHMARKS
    assert [benchmark.name for benchmark in bench.chosen(["repair"])] == ["repair"]


def test_unknown_name_says_which_there_are():
    with pytest.raises(ToolError, match="no benchmark fast.*delivery, repair"):
        bench.chosen(["fast", "repair"])


def test_json_is_a_list_of_rows(tmp_path):
    row = bench.row(DELIVERY, samples([2.0], [7]), samples([1.0], [5]))
    bench.write_json(tmp_path / "bench.json", [row])
    assert json.loads((tmp_path / "bench.json").read_text()) == [row]


def test_names_are_unique_and_targets_set():
    names = [benchmark.name for benchmark in bench.BENCHMARKS]
    assert len(names) == len(set(names))
    for benchmark in bench.BENCHMARKS:
        assert benchmark.target >= 1
        assert 0 < benchmark.fewer < benchmark.n
