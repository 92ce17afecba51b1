"""What the demonstration keeps between its starts."""

import pytest

pytest.importorskip("psycopg2")

from tools import database, demo  # noqa: E402


class Shop:
    """A workshop whose Odoo makes other keys each time."""

    server = None

    def __init__(self):
        self.made = 0

    def inside(self, do, _name, **_task):
        self.made += do == "api_keys"
        return {"keys": {"agent": f"key {self.made}"}}


@pytest.fixture
def demo_database(tmp_path, monkeypatch):
    """The demo database, with its note and its keys kept elsewhere."""
    notes = {}
    monkeypatch.setattr(database, "read_note", lambda _server, name: dict(notes.get(name, {})))
    monkeypatch.setattr(
        database, "write_note", lambda _server, name, note: notes.update({name: note})
    )
    monkeypatch.setattr(demo, "KEYS", tmp_path / "keys.json")
    monkeypatch.setattr(demo.modules, "ours", lambda: ["one"])
    monkeypatch.setattr(demo.modules, "content_hash", lambda _name: "new")
    kept = demo.DemoDatabase(Shop())
    notes[kept.name] = {"hashes": {"one": "new"}, "lang": None}
    kept.notes = notes
    return kept


def test_keys_are_made_once_and_are_nobody_elses_to_read(demo_database):
    first = demo_database.keys()
    assert demo_database.keys() == first == {"agent": "key 1"}
    assert demo.KEYS.stat().st_mode & 0o777 == 0o600


def test_keys_of_another_database_are_not_used(demo_database):
    demo_database.keys()
    demo_database.notes[demo_database.name] = {"hashes": {"one": "new"}, "lang": None}
    assert demo_database.keys() == {"agent": "key 2"}


def test_lost_keys_are_made_again(demo_database):
    demo_database.keys()
    demo.KEYS.unlink()
    assert demo_database.keys() == {"agent": "key 2"}


def test_after_an_update_there_may_be_more_users(demo_database):
    demo_database.keys()
    demo_database.notes[demo_database.name]["hashes"] = {"one": "old"}
    demo_database.bring_up_to_date()
    assert demo_database.keys() == {"agent": "key 2"}
