"""Only a finished template is trusted."""

import os
import uuid
from unittest.mock import MagicMock

import pytest

psycopg2 = pytest.importorskip("psycopg2")

from tools import cli, database, postgres, template  # noqa: E402
from tools.errors import ToolError  # noqa: E402


@pytest.fixture
def server():
    """The PostgreSQL that `./run test` names."""
    if not os.environ.get("PGHOST"):
        pytest.skip("PGHOST names no PostgreSQL")
    return postgres._named_server()


class Shop:
    """A workshop whose Odoo does what the test wants."""

    def __init__(self, server, work):
        self.server = server
        self.inside = work
        self.source = type("Source", (), {"identity": str(uuid.uuid4()), "addons_paths": []})()


@pytest.fixture
def templates(server, tmp_path, monkeypatch):
    """Templates of a clone of their own."""
    prefix = f"aftersales_t{uuid.uuid4().hex[:8]}_"
    monkeypatch.setattr(database, "PREFIX", prefix)
    monkeypatch.setattr(database, "DATA_DIR", tmp_path)
    monkeypatch.setattr(template, "LOCAL", tmp_path)

    def work(_do, name, **_task):
        database.filestore(name).mkdir(parents=True, exist_ok=True)
        (database.filestore(name) / "asset").write_text("x")
        return {"problems": [], "not_installed": []}

    yield template.Templates(Shop(server, work))
    for name in database.names(server):
        database.drop(server, name)


def test_a_finished_template_is_used_again(templates):
    name = templates.core(["base"])
    templates.shop.inside = None  # would fail if it were called
    assert templates.core(["base"]) == name


def test_a_template_is_copied_with_its_filestore(templates, server):
    copy = templates.copy(templates.core(["base"]), database.temporary_name("copy"))
    assert database.exists(server, copy)
    assert (database.filestore(copy) / "asset").read_text() == "x"


def test_what_was_logged_may_hold_anything(templates):
    logged = ["WARNING odoo: 100 % of 'this' and %s {that}"]

    def work(_do, _name, **_task):
        return {"problems": logged, "not_installed": []}

    templates.shop.inside = work
    assert templates.problems(templates.core(["base"])) == logged


def test_a_failed_build_leaves_nothing(templates, server):
    def fail(*_arguments, **_task):
        raise template.OdooFailure("Odoo could not.")

    templates.shop.inside = fail
    with pytest.raises(template.OdooFailure):
        templates.core(["base"])
    assert database.names(server) == []


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"not_installed": ["stock"]}, "Not installed: stock."),
        ({"without_demo": {"stock": "KeyError: 'x'"}}, "stock: KeyError: 'x'."),
    ],
)
def test_a_build_that_lacks_something_is_refused(templates, server, result, told):
    templates.shop.inside = lambda _do, _name, **_task: {"problems": [], **result}
    with pytest.raises(template.OdooFailure, match=told):
        templates.core(["base"])
    assert database.names(server) == []


def test_a_half_made_template_is_built_anew(templates, server):
    name = templates.core(["base"])
    database.drop(server, name)
    database.create_empty(server, name)  # there by name, but nobody said it was finished
    templates.core(["base"])
    assert database.read_note(server, name)["format"] == template.FORMAT


def test_a_smaller_template_is_the_base_of_a_larger_one(templates):
    templates.core(["base"])
    asked = []

    def work(_do, _name, install, **_task):
        asked.extend(install)
        return {"problems": [], "not_installed": []}

    templates.shop.inside = work
    templates.core(["base", "web"])
    assert asked == ["web"]


def test_what_a_killed_run_left_is_dropped(server, templates):
    database.create_empty(server, f"{database.PREFIX}tmp_999999999_test")
    mine = database.temporary_name("mine")
    database.create_empty(server, mine)
    database.drop_orphans(server)
    assert database.names(server) == [mine]


def test_cleaning_up_waits_for_no_one_and_takes_only_what_is_ours(
    server, templates, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "LOCAL", tmp_path)
    monkeypatch.setattr(postgres, "Cluster", MagicMock())
    theirs = f"theirs_{uuid.uuid4().hex[:8]}"
    database.create_empty(server, theirs)
    try:
        templates.core(["base"])
        with postgres.running(), pytest.raises(ToolError, match="Another ./run.*Stop it"):
            postgres.remove_everything(cli._drop_what_is_ours)
        assert len(database.names(server)) == 1
        postgres.remove_everything(cli._drop_what_is_ours)
        assert database.names(server) == []
        assert database.exists(server, theirs)
    finally:
        database.drop(server, theirs)


def test_a_template_in_another_language_stays(templates, server, monkeypatch):
    monkeypatch.setattr(template, "KEEP", 1)
    monkeypatch.setattr(template.modules, "split", lambda names, _paths: (names, ["base"]))
    monkeypatch.setattr(template.modules, "content_hash", lambda _name: uuid.uuid4().hex)
    chinese = templates.suite(["one"], demo=True, lang="zh_CN")
    english = [templates.suite(["one"], demo=True) for _change in range(2)]
    assert database.exists(server, chinese)
    assert [database.exists(server, name) for name in english] == [False, True]


def test_the_oldest_templates_go(templates, server, monkeypatch):
    monkeypatch.setattr(template, "KEEP_CORE", 2)
    for number in range(4):
        templates.core([f"module{number}"])
    assert len(database.names(server, "core_")) == 2
