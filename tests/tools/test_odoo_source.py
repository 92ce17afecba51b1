"""Where Odoo comes from, and when it is another one."""

import shutil
import subprocess

import pytest

from tools import odoo_source

RELEASE = "version_info = (19, 0, 0, FINAL, 0, '')\n"


@pytest.fixture
def checkout(tmp_path):
    """A git checkout of an Odoo 19, with its addons beside the package."""
    (tmp_path / "odoo/addons/base").mkdir(parents=True)
    (tmp_path / "addons/web").mkdir(parents=True)
    (tmp_path / "odoo/release.py").write_text(RELEASE)
    return tmp_path


def git(path, *arguments):
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", *author, "-C", path, *arguments], check=True, capture_output=True)


def test_another_commit_is_another_odoo(checkout):
    before = odoo_source.from_home(checkout).identity
    git(checkout, "init", "-q")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "one")
    first = odoo_source.from_home(checkout).identity
    git(checkout, "commit", "-qm", "two", "--allow-empty")
    second = odoo_source.from_home(checkout).identity
    assert len({before, first, second}) == 3
    assert odoo_source.from_home(checkout).identity == second


def test_other_packages_are_another_odoo(checkout):
    before = odoo_source.from_home(checkout).identity
    (checkout / odoo_source.REVISION).write_text("odoo-19_19.0.1_all\n")
    assert odoo_source.from_home(checkout).identity == f"{before} odoo-19_19.0.1_all"


@pytest.mark.parametrize("npm", [None, "exit 1", "true", "echo x > broken.tgz"])
def test_without_the_script_odoo_gets_a_harmless_one(npm, tmp_path, monkeypatch, capsys):
    """No npm, no network, nothing fetched, and something that is no archive."""
    programs, odoo, work = tmp_path / "bin", tmp_path / "odoo", tmp_path / "work"
    for path in (programs, odoo, work):
        path.mkdir()
    if npm:
        (programs / "npm").write_text(f"#!{shutil.which('sh')}\n{npm}\n")
        (programs / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    odoo_source._take_segmentation(odoo, work)
    script = (odoo / odoo_source.SEGMENTATION).read_text()
    assert script.startswith("// Placeholder")
    assert "background blur in video calls is left out" in capsys.readouterr().out
