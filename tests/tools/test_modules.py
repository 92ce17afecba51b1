"""The hash of a module follows what is in its database, and nothing else."""

import pytest

from tools import modules
from tools.errors import ToolError


@pytest.fixture
def addons(tmp_path):
    def write(name, text, **files):
        (tmp_path / name / "tests").mkdir(parents=True)
        (tmp_path / name / "__manifest__.py").write_text(text)
        (tmp_path / name / "models.py").write_text("a = 1\n")

    write("one", "{'name': 'One', 'depends': ['base']}")
    write("two", "{'name': 'Two', 'depends': ['one']}")
    write("off", "{'name': 'Off', 'installable': False}")
    return tmp_path


def digest(addons):
    return modules.content_hash("one", addons)


def test_only_installable_modules_are_ours(addons):
    assert modules.ours(addons) == ["one", "two"]


def test_a_changed_file_changes_the_hash(addons):
    before = digest(addons)
    (addons / "one/models.py").write_text("a = 2\n")
    assert digest(addons) != before


def test_a_renamed_file_changes_the_hash(addons):
    before = digest(addons)
    (addons / "one/models.py").rename(addons / "one/model.py")
    assert digest(addons) != before


@pytest.mark.parametrize("name", ["tests/test_x.py", "README.md", "models.pyc"])
def test_what_is_not_in_the_database_does_not(addons, name):
    before = digest(addons)
    (addons / "one" / name).write_text("x")
    assert digest(addons) == before


def test_touching_a_file_does_not(addons):
    before = digest(addons)
    (addons / "one/models.py").touch()
    assert digest(addons) == before


def test_a_broken_manifest_is_named(addons):
    (addons / "two/__manifest__.py").write_text("{'name': ")
    with pytest.raises(ToolError, match="two/__manifest__.py cannot be read"):
        modules.ours(addons)


def test_modules_come_after_what_they_need(addons, monkeypatch):
    monkeypatch.setattr(modules, "ADDONS", addons)
    (addons / "base").mkdir()
    (addons / "base/__manifest__.py").write_text("{'name': 'Base', 'depends': []}")
    assert modules.in_order(["two", "one"], []) == ["one", "two"]
    assert modules.closure(["two"], []) == {"base", "one", "two"}


def test_a_missing_dependency_is_named(addons, monkeypatch):
    monkeypatch.setattr(modules, "ADDONS", addons)
    (addons / "one/__manifest__.py").write_text("{'name': 'One', 'depends': ['nowhere']}")
    modules._closure.cache_clear()
    with pytest.raises(ToolError, match="nowhere"):
        modules.closure(["one"], [])
