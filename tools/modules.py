"""Our addons: which there are, what they depend on, and a hash of what they consist of."""

import ast
import hashlib
from functools import cache
from pathlib import Path

from .errors import ToolError
from .paths import ADDONS

# What does not change a database: tests and documents are read when they are used.
NOT_IN_DATABASE = {"tests", "__pycache__", "doc", "docs", "readme", "i18n"}


def ours(addons=ADDONS):
    """The names of our installable addons, in alphabetical order."""
    return sorted(
        path.parent.name
        for path in addons.glob("*/__manifest__.py")
        if _manifest(path.parent).get("installable", True)
    )


def _manifest(path):
    try:
        return ast.literal_eval((path / "__manifest__.py").read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise ToolError(
            f"{path.name}/__manifest__.py cannot be read: {error}.", "Correct it."
        ) from None


def _find(name, addons_paths):
    for base in addons_paths:
        if (base / name / "__manifest__.py").is_file():
            return base / name
    raise ToolError(
        f"The module {name}, on which the suite depends, is in none of the addons paths.",
        "Name a complete Odoo 19 by ODOO_HOME, or unset it to use Debian's.",
    )


@cache
def _closure(names, addons_paths):
    found = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_manifest(_find(name, addons_paths)).get("depends", ["base"]))
    return frozenset(found)


def closure(names, addons_paths):
    """The modules and all they depend on.

    :param list names: modules
    :param list addons_paths: where Odoo's own modules are
    :return: a set of names
    """
    return _closure(tuple(sorted(names)), (ADDONS, *addons_paths))


def split(names, addons_paths):
    """The closure of some modules, as (ours, Odoo's), each sorted."""
    wanted = closure(names, addons_paths)
    mine = set(ours())
    return sorted(wanted & mine), sorted(wanted - mine)


def in_order(names, addons_paths):
    """Modules sorted so that each comes after what it depends on."""
    return sorted(names, key=lambda name: (len(closure([name], addons_paths)), name))


def _files(module):
    for path in sorted(module.rglob("*")):
        inside = path.relative_to(module).parts
        if (
            path.is_file()
            and not NOT_IN_DATABASE.intersection(inside[:-1])
            and path.suffix not in {".pyc", ".md"}
        ):
            yield path


def content_hash(name, addons=ADDONS):
    """A hash of the files that make a module what it is in a database."""
    digest = hashlib.sha256()
    module = Path(addons) / name
    for path in _files(module):
        digest.update(f"{path.relative_to(module)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
