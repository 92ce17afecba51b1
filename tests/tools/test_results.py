"""What runs add up to, and how tests are divided."""

from pathlib import Path

import pytest

from tools import junit, sharding, testing

REPORT = """\
<testsuites><testsuite name="pytest">
<testcase classname="addons.x.tests.test_a.TestA" name="test_ok" time="1.5"/>
<testcase classname="addons.x.tests.test_a.TestA" name="test_bad" time="0.5"><failure>no</failure>
</testcase>
<testcase classname="addons.x.tests.test_b.TestB" name="test_tour" time="0"><skipped/></testcase>
<testcase classname="addons.x.tests.test_b.TestB" name="test_end" time="1"/>
<testcase classname="addons.x.tests.test_b.TestB" name="test_end" time="1"><error>no</error>
</testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    return path


def test_counts(report):
    counts = junit.read(report)
    assert str(counts) == "1 passed, 2 failed, 1 skipped"
    assert counts.failures == [
        "addons.x.tests.test_a.TestA.test_bad",
        "addons.x.tests.test_b.TestB.test_end",
    ]


def test_a_written_report_can_be_read(tmp_path):
    path = tmp_path / "install.xml"
    junit.write(path, "install", [("a alone", 3.0, ""), ("b alone", 1.0, "left behind: x.y")])
    assert str(junit.read(path)) == "1 passed, 1 failed, 0 skipped"


def test_nothing_passed_is_not_success(capsys):
    assert testing.conclude(junit.Counts()) == 1
    assert testing.conclude(junit.Counts(passed=1)) == 0
    assert testing.conclude(junit.Counts(passed=1, failed=1)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_shards_take_about_the_same_time():
    weighted = {Path(name): seconds for name, seconds in zip("abcde", (9, 5, 4, 1, 1), strict=True)}
    shards = sharding.balance(weighted, 2)
    assert sorted(sum(weighted[path] for path in shard) for shard in shards) == [10, 10]
    assert sorted(path for shard in shards for path in shard) == sorted(weighted)


def test_fewer_files_than_processes_make_fewer_shards():
    assert sharding.balance({Path("a"): 1}, 2) == [[Path("a")]]


def test_how_long_a_file_took_is_remembered(report, tmp_path, monkeypatch):
    monkeypatch.setattr(sharding, "HISTORY", tmp_path / "durations.json")
    path = tmp_path / "addons/x/tests/test_a.py"
    path.parent.mkdir(parents=True)
    path.write_text("")
    sharding.remember(junit.durations(report))
    assert sharding.weights([path]) == {path: 2.0}


def test_which_tests_need_odoo(tmp_path):
    inside = tmp_path / "test_inside.py"
    inside.write_text("from odoo.tests import TransactionCase\n")
    outside = tmp_path / "test_outside.py"
    outside.write_text("import json  # not: import odoo\n")
    assert testing.needs_odoo(inside)
    assert not testing.needs_odoo(outside)


def test_files_are_sorted_by_what_they_run_beside(tmp_path):
    texts = {
        "test_alone.py": "import odoo\n",
        "test_kits.py": 'ALSO_INSTALL = ("sale_mrp",)\n',
        "test_many.py": 'ALSO_INSTALL = (\n    "stock_dropshipping",\n    "sale_mrp",\n)\n',
        "test_other.py": "# ALSO_INSTALL = ()\n",
    }
    files = [tmp_path / name for name in texts]
    for path in files:
        path.write_text(texts[path.name])
    assert testing.by_neighbours(files) == {
        (): [files[0], files[3]],
        ("sale_mrp",): [files[1]],
        ("sale_mrp", "stock_dropshipping"): [files[2]],
    }
