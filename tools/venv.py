"""The virtual environment with Odoo's pinned requirements, kept in the user's cache by content."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from .console import step
from .errors import ToolError
from .lock import locked
from .paths import REQUIREMENTS, ROOT, cache_dir
from .process import capture

REQUIREMENT_FILES = ("odoo.txt", "dev.txt")
COMPLETE = "complete"
INSIDE = "AFTERSALES_INSIDE"  # the process that has already started itself again


def _key(odoo_path):
    """Another Python, Odoo or pin makes another environment; the same from inside it."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.base_prefix}\n{odoo_path}\n".encode())
    for name in REQUIREMENT_FILES:
        digest.update((REQUIREMENTS / name).read_bytes())
    return digest.hexdigest()[:12]


def home(odoo_path):
    """Where the environment for this Python and this Odoo is kept."""
    return cache_dir() / f"venv-{sys.version_info[0]}.{sys.version_info[1]}-{_key(odoo_path)}"


def _create(path):
    """Make the empty environment; Debian keeps the module for it in a package of its own."""
    try:
        capture([sys.executable, "-m", "venv", "--clear", path], "make a virtual environment")
    except ToolError as error:
        if "the disk is full" in error.what:
            raise
        raise ToolError(
            f"{sys.executable} cannot make a virtual environment.",
            "On Debian: apt-get install python3-venv.",
        ) from None


def pip_install(python, *arguments):
    """Install packages with pip; errors come out as sentences."""
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    capture(
        [python, "-m", "pip", "install", "-qq", "--no-warn-script-location", *arguments],
        "install the Python packages",
        env=environ,
    )


def _put_odoo_on_path(path, odoo_path):
    site_packages = next((path / "lib").glob("python3*/site-packages"))
    (site_packages / "odoo-source.pth").write_text(f"{odoo_path}\n", encoding="utf-8")


def _build(path, odoo_path):
    """An environment cannot be moved, so it is made in place and marked when complete."""
    arguments = [part for name in REQUIREMENT_FILES for part in ("-r", REQUIREMENTS / name)]
    with step("Installing Odoo's Python packages", "40 s"):
        _create(path)
        pip_install(path / "bin" / "python", *arguments)
        _put_odoo_on_path(path, odoo_path)
        (path / COMPLETE).touch()


def ensure(odoo_path):
    """Return the environment's Python, and make the environment first if need be."""
    path = home(odoo_path)
    if not (path / COMPLETE).exists():
        with locked(cache_dir() / "venv.lock", "installing Python packages", wait=900):
            if not (path / COMPLETE).exists():
                shutil.rmtree(path, ignore_errors=True)
                _build(path, odoo_path)
    return path / "bin" / "python"


def is_inside(python):
    """Whether this process already runs in that environment."""
    return Path(sys.prefix).resolve() == python.parent.parent.resolve()


def continue_inside(python, arguments):
    """Start this program again in the environment, where psycopg2 and polib are."""
    if os.environ.get(INSIDE) == str(os.getpid()):
        raise ToolError(
            "The virtual environment does not recognise itself.",
            "`./run clean --cache` removes it.",
        )
    os.environ[INSIDE] = str(os.getpid())
    os.execv(python, [str(python), str(ROOT / "run"), *arguments])
