"""Database templates: built once per set of module contents, copied per run.

A template is built under a temporary name and gets its own only when it is complete, with a note of
what it holds. So a template that exists by name can be trusted, and what a killed run left
unfinished cannot be mistaken for one.
"""

import hashlib
import json
import time

from . import database, modules
from .console import say, step
from .errors import ToolError
from .lock import locked
from .paths import LOCAL
from .workshop import OdooFailure

FORMAT = 2  # count up when a template is made in another way
KEEP = 4  # per kind
KEEP_CORE = 12  # one per set of Odoo modules that a module of ours needs


def key_of(*parts):
    """A short name for a content."""
    return hashlib.sha256(json.dumps([FORMAT, *parts], sort_keys=True).encode()).hexdigest()[:12]


def check_installed(result):
    """Refuse a database in which something that was asked for is missing.

    :raises OdooFailure: naming the modules, and why
    """
    if missing := result.get("not_installed"):
        raise OdooFailure(f"Not installed: {', '.join(missing)}.")
    if failures := result.get("without_demo"):
        told = "; ".join(f"{module}: {why}" for module, why in failures.items())
        raise OdooFailure(f"Demo data failed to install: {told}.")


class Templates:
    """The templates in one PostgreSQL."""

    def __init__(self, shop):
        self.shop = shop
        self.server = shop.server

    def _note(self, name):
        """The note of a complete template of today's format, or nothing."""
        note = database.read_note(self.server, name)
        return note if note.get("format") == FORMAT else {}

    def _finish(self, work, name, note):
        """Make a built database a template; its name comes last, when all else is done."""
        note = {**note, "format": FORMAT, "built": time.time()}
        database.write_note(self.server, work, note)
        database.forbid_connections(self.server, work)
        database.drop(self.server, name)
        database.rename(self.server, work, name)
        return name

    def _build(self, name, base, title, usual, note, **task):
        """Build a template from another one, or from nothing."""
        work = database.temporary_name("build")
        with step(title, usual):
            if base:
                database.copy(self.server, base, work)
            else:
                database.drop(self.server, work)
                database.create_empty(self.server, work)
            try:
                result = self.shop.inside("install", work, **task)
                check_installed(result)
                return self._finish(work, name, {**note, "problems": result["problems"]})
            finally:
                database.drop(self.server, work)

    def _building(self):
        return locked(LOCAL / "templates.lock", "building a database template", wait=1200)

    def core(self, names, demo=False):
        """The template with Odoo's modules only.

        :param list names: Odoo's modules, with all they depend on
        :param bool demo: with Odoo's demo data
        """
        with self._building():
            return self._core(names, demo)

    def _core(self, names, demo):
        kind = "coredemo" if demo else "core"
        identity = self.shop.source.identity
        name = f"{database.PREFIX}{kind}_{key_of(identity, sorted(names), demo)}"
        if not self._note(name):
            base = self._largest_part(kind, identity, names)
            more = sorted(set(names) - set(self._note(base)["modules"] if base else ()))
            content = f"{len(names)} Odoo modules{' and demo data' if demo else ''}"
            title = f"Building a template with {content}"
            usual = "2 minutes" if demo else "1 minute"
            note = {"kind": kind, "source": identity, "modules": sorted(names)}
            self._build(name, base, title, usual, note, install=more, demo=demo)
            self._prune(kind, KEEP_CORE)
        return name

    def _largest_part(self, kind, identity, names):
        """The template that already has most of the wanted modules and none else."""
        fitting = [
            (len(note["modules"]), name)
            for name, note in self._of_kind(kind)
            if note["source"] == identity and set(note["modules"]) < set(names)
        ]
        return max(fitting)[1] if fitting else None

    def suite(self, names, demo=False, lang=None, clean=True):
        """The template with our modules and all they need.

        :param list names: our modules that are wanted; what they depend on is added
        :param bool demo: with demo data
        :param str lang: a language to load and show
        :param bool clean: installed at once; else an older template may be updated, which is faster
        :return: the template's name
        """
        mine, odoos = modules.split(names, self.shop.source.addons_paths)
        hashes = {name: modules.content_hash(name) for name in mine}
        # no kind begins as another one with `_`: by that its templates are found and pruned
        kind = f"suite{'demo' if demo else ''}{lang.lower() if lang else ''}"
        with self._building():
            database.drop_orphans(self.server)
            core = self._core(odoos, demo)
            name = f"{database.PREFIX}{kind}_{key_of(core, hashes)}"
            found = self._note(name)
            if not found or (clean and not found["clean"]):
                note = {"kind": kind, "core": core, "hashes": hashes}
                task = {"demo": demo, "lang": lang}
                built = not clean and self._update(name, note, task)
                if not built:
                    self._install(name, note, task)
                self._prune(kind, KEEP)
        return name

    def _install(self, name, note, task):
        mine = sorted(note["hashes"])
        title = f"Installing {', '.join(mine)}" if mine else "Preparing a database"
        self._build(
            name,
            note["core"],
            title,
            "10 s a module",
            {**note, "clean": True},
            install=mine,
            **task,
        )

    def _update(self, name, note, task):
        """Bring the newest template of the same modules up to date; tell whether that worked."""
        base = self._newest(note)
        if not base:
            return False
        before = self._note(base)["hashes"]
        changed = [module for module, digest in note["hashes"].items() if before[module] != digest]
        title = f"Updating {', '.join(changed)}"
        try:
            self._build(
                name, base, title, "5 to 15 s", {**note, "clean": False}, update=changed, **task
            )
        except OdooFailure as failure:
            say(f"    the update failed ({failure.what.splitlines()[-1]}); installing anew")
            return False
        return True

    def _newest(self, note):
        """The newest template with the same modules on the same Odoo modules."""
        fitting = [
            (other["built"], name)
            for name, other in self._of_kind(note["kind"])
            if other.get("core") == note["core"] and other["hashes"].keys() == note["hashes"].keys()
        ]
        return max(fitting)[1] if fitting else None

    def _of_kind(self, kind):
        for name in database.names(self.server, kind + "_"):
            note = self._note(name)
            if note.get("kind") == kind:
                yield name, note

    def _prune(self, kind, keep):
        """Drop the oldest templates and those of an older format: each change makes a new one."""
        ordered = sorted(
            ((note["built"], name) for name, note in self._of_kind(kind)), reverse=True
        )
        kept = {name for _built, name in ordered[:keep]}
        for name in database.names(self.server, kind + "_"):
            if name not in kept:
                database.drop(self.server, name)

    def problems(self, name):
        """What Odoo warned about when the template was built."""
        return self._note(name).get("problems", [])

    def copy(self, name, target):
        """A fresh copy of a template."""
        if not self._note(name):
            raise ToolError("A template vanished meanwhile.", "Start again.")
        database.copy(self.server, name, target)
        return target
