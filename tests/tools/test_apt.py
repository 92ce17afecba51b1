"""Which mirror is taken out of the machine's apt sources."""

import pytest

from tools import apt
from tools.errors import ToolError

MIRROR = "http://mirror.example/debian"
DEB822 = f"""\
Types: deb
# a comment
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: {MIRROR}
Suites: bookworm bookworm-updates
Components: main contrib
"""


@pytest.fixture
def apt_dir(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_deb822_takes_the_main_archive_and_not_security(apt_dir):
    (apt_dir / "sources.list.d/debian.sources").write_text(DEB822)
    assert apt.find_mirror(apt_dir) == MIRROR


@pytest.mark.parametrize(
    "line",
    [
        f"deb {MIRROR} bookworm main",
        f"deb [arch=amd64 signed-by=/k.gpg] {MIRROR} bookworm main contrib",
        f"  deb {MIRROR} bookworm main # ours",
    ],
)
def test_one_line_sources(apt_dir, line):
    (apt_dir / "sources.list").write_text(
        "deb http://security.example/debian-security bookworm-security main\n"
        "# deb http://old.example/debian bookworm main\n"
        f"{line}\n"
    )
    assert apt.find_mirror(apt_dir) == MIRROR


def test_third_parties_and_switched_off_entries_are_not_taken(apt_dir):
    (apt_dir / "sources.list.d/node.list").write_text("deb https://node.example/x nodistro main\n")
    (apt_dir / "sources.list.d/debian.sources").write_text(
        DEB822.replace("Types: deb\nURIs", "Types: deb\nEnabled: no\nURIs")
    )
    with pytest.raises(ToolError, match="ODOO_HOME"):
        apt.find_mirror(apt_dir)


def test_sources_only_entries_are_not_taken(apt_dir):
    (apt_dir / "sources.list").write_text(f"deb-src {MIRROR} bookworm main\n")
    with pytest.raises(ToolError):
        apt.find_mirror(apt_dir)
