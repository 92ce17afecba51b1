"""Where everything lives."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"
LOCAL = ROOT / ".local"
REPORTS = LOCAL / "reports"
LOGS = LOCAL / "logs"
DATA_DIR = LOCAL / "odoo-data"
ODOO_BIN = ROOT / "tools" / "launcher" / "odoo_bin.py"
REQUIREMENTS = ROOT / "tools" / "requirements"


def cache_dir():
    """The user's cache: what can be fetched again and is shared by every clone of the project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aftersales"


def checkout_id():
    """A short name for this clone, for things that live outside of it."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
