"""Get a real Odoo 19: the one the user names, else Debian's package in the user's cache."""

import os
import re
import shutil
import tarfile
from functools import cached_property
from pathlib import Path

from . import apt
from .console import say, step
from .errors import ToolError
from .lock import locked
from .paths import cache_dir
from .process import capture

WANTED = (19, 0)
# Odoo's own package, and those whose files its symbolic links point to. Font Awesome 4 is only in
# bookworm: the newer package lacks the files Odoo uses.
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
    "fonts-font-awesome/bookworm",
)
SUITES = ("sid", "bookworm")
DEBIAN = "usr/lib/python3/dist-packages"
REVISION = "odoo-revision"
# Debian leaves this script out, and the web client then logs an error, which fails browser tours.
SEGMENTATION = Path("odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js")
SEGMENTATION_PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"


class OdooSource:
    """A directory with the package `odoo`, its addons and its version."""

    def __init__(self, path):
        self.path = path
        self.version = _read_version(path)

    @property
    def addons_paths(self):
        """Debian's package keeps all addons inside, a git checkout most of them beside."""
        inside, beside = self.path / "odoo" / "addons", self.path / "addons"
        return [inside] if (inside / "web").is_dir() else [inside, beside]

    @property
    def identity(self):
        """What names this Odoo in cache keys: another revision makes other databases."""
        return " ".join(part for part in (str(self.version), str(self.path), self.revision) if part)

    @cached_property
    def revision(self):
        """The packages it was unpacked from, or the commit of a git checkout; else nothing."""
        note = self.path / REVISION
        if note.exists():
            return note.read_text(encoding="utf-8").strip()
        if not (self.path / ".git").exists():
            return ""
        try:
            return capture(["git", "-C", self.path, "rev-parse", "HEAD"], "ask git").strip()
        except ToolError:
            return ""  # no git here, or the checkout is another user's


def _read_version(path):
    """The version in `release.py`, which is read: Odoo cannot be imported yet."""
    text = (path / "odoo" / "release.py").read_text(encoding="utf-8")
    found = re.search(r"^version_info\s*=\s*\((\d+),\s*(\d+)", text, re.MULTILINE)
    if not found:
        raise ToolError(f"{path} does not look like an Odoo 19: its release.py names no version.")
    return int(found[1]), int(found[2])


def from_home(home):
    """The Odoo that a user names by ODOO_HOME.

    :param Path home: a git checkout, a site-packages directory, or a prefix with Debian's layout
    """
    for path in (home, home / DEBIAN):
        if (path / "odoo" / "release.py").is_file():
            source = OdooSource(path.resolve())
            if source.version != WANTED:
                raise ToolError(f"ODOO_HOME={home} holds Odoo %d.%d, not 19.0." % source.version)
            return source
    raise ToolError(
        f"ODOO_HOME={home} holds no Odoo.", "Name the directory that contains `odoo/release.py`."
    )


def _take_segmentation(odoo, work):
    """Add the script Debian leaves out, or something harmless in its place."""
    target = odoo / SEGMENTATION
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not shutil.which("npm"):
            raise ToolError("npm is not installed.")
        capture(
            ["npm", "pack", "--silent", SEGMENTATION_PACKAGE], "fetch a script from npm", cwd=work
        )
        with tarfile.open(next(work.glob("*.tgz"))) as archive:
            member = archive.extractfile("package/selfie_segmentation.js")
            target.write_bytes(member.read())
    except (ToolError, StopIteration, KeyError, tarfile.TarError) as error:
        target.write_text(
            "// Placeholder: background blur in calls is not available.\n", encoding="utf-8"
        )
        say(f"    background blur in video calls is left out ({error})")


def _build(prefix):
    """Download and unpack under a temporary name; the final name appears only when all is there."""
    work = prefix.with_name(prefix.name + ".unfinished")
    shutil.rmtree(work, ignore_errors=True)
    downloads = work / "downloads"
    downloads.mkdir(parents=True)
    private = apt.PrivateApt(work / "apt", SUITES)
    with step("Getting Odoo 19 from Debian, 130 MB", "20 s, most of it the download"):
        private.prepare()
        packages = private.download(PACKAGES, downloads)
        for package in packages:
            apt.unpack(package, work / "tree")
        odoo = work / "tree" / DEBIAN
        names = sorted(package.stem for package in packages)
        (odoo / REVISION).write_text("\n".join(names) + "\n", encoding="utf-8")
        _take_segmentation(odoo, downloads)
    (work / "tree").rename(prefix)
    shutil.rmtree(work, ignore_errors=True)


def _require_debian():
    missing = [program for program in ("apt-get", "dpkg") if not shutil.which(program)]
    if missing:
        raise ToolError(
            f"Odoo 19 is taken from Debian's archive, but {' and '.join(missing)} is missing here.",
            "Name an Odoo 19 checkout by ODOO_HOME instead.",
        )


def ensure():
    """Return the Odoo to use, and get it first if need be."""
    if os.environ.get("ODOO_HOME"):
        return from_home(Path(os.environ["ODOO_HOME"]).expanduser())
    prefix = cache_dir() / "odoo-19"
    if not prefix.is_dir():
        _require_debian()
        with locked(cache_dir() / "odoo.lock", "getting Odoo", wait=900):
            if not prefix.is_dir():
                _build(prefix)
    return from_home(prefix)
