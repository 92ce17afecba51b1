"""Fetch Debian packages without root: a private apt state beside the system's.

apt checks every download against the archive's signed index: a broken or forged file is never used.
"""

import re
from pathlib import Path

from .errors import ToolError
from .process import capture

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SYSTEM_APT = Path("/etc/apt")
_ONE_LINE = re.compile(
    r"^deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$"
)


def _deb822_entries(text):
    """Yield (addresses, suites, components) of each stanza of a `.sources` file."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = {}
        for line in stanza.splitlines():
            key, colon, value = line.partition(":")
            if colon and not line.startswith(("#", " ", "\t")):
                fields[key.strip().lower()] = value.split()
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            yield fields.get("uris", []), fields.get("suites", []), fields.get("components", [])


def _one_line_entries(text):
    """Yield (addresses, suites, components) of each line of a `.list` file."""
    for line in text.splitlines():
        found = _ONE_LINE.match(line.split("#")[0].strip())
        if found:
            yield [found["uri"]], [found["suite"]], found["components"].split()


def _is_main_archive(uri, suites, components):
    """The archive that carries whole releases: its `main`, neither security nor a third party's."""
    plain = [suite for suite in suites if re.fullmatch(r"[a-z]+", suite)]
    return (
        bool(plain)
        and "main" in components
        and "security" not in uri
        and uri.rstrip("/").endswith("/debian")
    )


def find_mirror(apt_dir=SYSTEM_APT):
    """The Debian mirror this machine uses.

    :param Path apt_dir: apt's configuration
    :return: its address, as the machine's own sources give it
    """
    files = [
        *apt_dir.glob("sources.list.d/*.sources"),
        apt_dir / "sources.list",
        *apt_dir.glob("sources.list.d/*.list"),
    ]
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        parse = _deb822_entries if path.suffix == ".sources" else _one_line_entries
        for uris, suites, components in parse(text):
            for uri in uris:
                if _is_main_archive(uri, suites, components):
                    return uri
    raise ToolError(
        "This machine's apt sources name no Debian archive, from which Odoo 19 is taken.",
        "Name an Odoo 19 checkout by ODOO_HOME instead.",
    )


class PrivateApt:
    """An apt with sources, lists and cache of its own under one directory."""

    def __init__(self, home, suites):
        self.home = home
        self.suites = suites

    def _options(self):
        return [
            f"-oDir::Etc::SourceList={self.home / 'sources.list'}",
            "-oDir::Etc::SourceParts=/dev/null",
            f"-oDir::State::Lists={self.home / 'lists'}",
            f"-oDir::State::status={self.home / 'status'}",
            f"-oDir::Cache={self.home / 'cache'}",
            "-oAPT::Sandbox::User=root",
            "-oAPT::Get::List-Cleanup=false",
            "-oAcquire::Languages=none",
        ]

    def prepare(self):
        """Write the sources and fetch their signed indexes."""
        if not KEYRING.exists():
            raise ToolError(
                f"Debian's archive keys ({KEYRING}) are missing: no download could be trusted.",
                "Install debian-archive-keyring, or name an Odoo 19 checkout by ODOO_HOME.",
            )
        mirror = find_mirror()
        for part in ("lists/partial", "cache/archives/partial"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "status").touch()
        (self.home / "sources.list").write_text(
            "".join(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in self.suites),
            encoding="utf-8",
        )
        # apt-get update ends well even if an index could not be fetched, unless told otherwise
        capture(
            ["apt-get", *self._options(), "-oAPT::Update::Error-Mode=any", "update"],
            "fetch Debian's package index",
        )

    def download(self, packages, into):
        """Download packages into a directory; apt checks each file against the index.

        :param list packages: names, each with ``/suite`` where it matters
        :param Path into: an existing directory
        :return: the downloaded files
        """
        capture(
            ["apt-get", *self._options(), "download", *packages],
            "download Odoo from Debian",
            cwd=into,
        )
        return sorted(into.glob("*.deb"))


def unpack(package, into):
    """Unpack a Debian package below a directory; nothing is installed, no script runs."""
    capture(["dpkg", "-x", package, into], f"unpack {package.name}")
