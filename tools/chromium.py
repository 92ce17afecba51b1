"""The browser for tours: the one at hand, started so that it does not look for the network."""

import os
import shutil
import threading

from .console import say
from .errors import ToolError
from .paths import LOCAL
from .process import capture

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
# Odoo passes what a headless browser needs; without these it also calls home at every start.
QUIET = "--disable-component-update --disable-sync --disable-quic --no-pings"


def find():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install_if_root():
    """Install Debian's Chromium when that is possible; otherwise say what is missing."""
    if find():
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        try:
            say("... Installing chromium for the browser tours (usually 1 minute)")
            _apt_install()
            return
        except ToolError as error:
            say(f"    {error.what}")
    say("    No Chromium here: browser tours are skipped. The Debian package is called chromium.")


def _apt_install():
    """Install with the package lists at hand; a fresh machine may have none or old ones."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    try:
        capture(install, "install chromium", env=environ)
    except ToolError:
        capture(["apt-get", "update"], "update the package lists", env=environ)
        capture(install, "install chromium", env=environ)


def directory_for_path():
    """A directory for PATH with the browser under the first name that Odoo looks for."""
    browser = find()
    if not browser:
        return None
    wrapper = LOCAL / "bin" / NAMES[0]
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    # Shards of the tests ask at the same moment, each in a thread of one process.
    unfinished = wrapper.with_name(f"{wrapper.name}.{os.getpid()}.{threading.get_ident()}")
    unfinished.write_text(f'#!/bin/sh\nexec "{browser}" {QUIET} "$@"\n', encoding="utf-8")
    unfinished.chmod(0o755)
    unfinished.rename(wrapper)
    return wrapper.parent
