"""Find a Python that can run the tools. In old syntax: an old Python may be what reads it."""

import glob
import os
import subprocess
import sys

OLDEST = (3, 10)
NEWEST = (3, 13)
# the versions Odoo 19 and our pins are tested with come first
PREFERRED = ("3.12", "3.11", "3.13", "3.10")


def is_suitable(version):
    """Whether a version, as (major, minor), is one the tools run with."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def _candidates():
    """Paths of other Pythons: on PATH, and pyenv's."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    places = os.environ.get("PATH", "").split(os.pathsep)
    found = []
    for version in PREFERRED:
        names = [os.path.join(place, "python" + version) for place in places]
        found += [name for name in names if os.access(name, os.X_OK)]
        pattern = os.path.join(pyenv, "versions", version + ".*", "bin", "python3")
        found += sorted(glob.glob(pattern))
    return found


def _works(path):
    """A name on PATH may be pyenv's stand-in for a version that is not there, so try it."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as nowhere:
            answer = subprocess.check_output([path, "-c", code], stderr=nowhere)
    except (OSError, subprocess.CalledProcessError):
        return False
    return is_suitable([int(part) for part in answer.decode().strip().split(".")])


def find():
    """The path of a suitable Python, or None."""
    for path in _candidates():
        if _works(path):
            return path
    return None


def complaint(version):
    """What to tell a user whose Pythons do not do."""
    return (
        "This needs Python %d.%d to %d.%d; this is %d.%d, and no other is on PATH or in pyenv. "
        "Install one of them (Debian: apt-get install python3 python3-venv), then try again."
        % (OLDEST + NEWEST + tuple(version[:2]))
    )


def continue_in_suitable():
    """Start the program again in a suitable Python, if this one is not."""
    if is_suitable(sys.version_info):
        return
    other = find()
    if not other:
        sys.exit(complaint(sys.version_info))
    os.execv(other, [other] + sys.argv)
