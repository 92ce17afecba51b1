"""Export the addons' terms and merge them into the translations, or check that it was done."""

import tempfile
from pathlib import Path

from . import database, modules
from .console import say, step
from .errors import ToolError
from .paths import ADDONS
from .template import Templates

LANGUAGE = "zh_CN"


def _polib():
    import polib

    return polib


def _load(path):
    return _polib().pofile(str(path), wrapwidth=78)


def _terms(catalog):
    """What a catalog says about the source: terms with where they come from."""
    return {(entry.msgctxt, entry.msgid): sorted(entry.occurrences) for entry in catalog}


def _is_stale(path, fresh):
    return not path.exists() or _terms(_load(path)) != _terms(fresh)


def _missing(catalog):
    """Terms that have no translation, or only a guessed one."""
    return [
        entry.msgid
        for entry in catalog
        if not entry.obsolete and (entry.fuzzy or not entry.translated())
    ]


class Translations:
    """The terms of our addons in a database with all of them."""

    def __init__(self, shop):
        self.shop = shop
        self.names = modules.ours()

    def _export(self, work):
        """Write each module's terms into a directory; return catalogs by module."""
        templates = Templates(self.shop)
        template = templates.suite(self.names, clean=False)
        name = templates.copy(template, database.temporary_name("i18n"))
        files = {module: str(Path(work) / f"{module}.pot") for module in self.names}
        try:
            empty = self.shop.inside("export_terms", name, files=files)["empty"]
        finally:
            database.drop(self.shop.server, name)
        return {module: _load(path) for module, path in files.items() if module not in empty}

    def update(self):
        """Write templates whose terms have changed, and merge them into the translations."""
        with tempfile.TemporaryDirectory() as work, step("Exporting terms", "15 s"):
            fresh = self._export(work)
        for module, catalog in fresh.items():
            template, translation = self._paths(module)
            template.parent.mkdir(exist_ok=True)
            if _is_stale(template, catalog):
                catalog.save(str(template))
            self._merge(translation, catalog)
            missing = len(_missing(_load(translation)))
            say(f"{module}: {len(catalog)} terms, {missing} without {LANGUAGE}")
        return 0

    def _merge(self, path, catalog):
        """Bring new terms into a translation and drop those that are gone."""
        translation = _load(path) if path.exists() else _polib().POFile(wrapwidth=78)
        if not translation.metadata:
            translation.metadata = {**catalog.metadata, "Language": LANGUAGE}
        before = str(translation)
        translation.merge(catalog)
        for entry in translation.obsolete_entries():
            translation.remove(entry)
        if str(translation) != before:
            translation.save(str(path))

    def check(self):
        """Tell what is stale and what has no translation; return the exit code."""
        with tempfile.TemporaryDirectory() as work, step("Exporting terms", "15 s"):
            fresh = self._export(work)
        failed = 0
        for module, catalog in fresh.items():
            problems = list(self._problems(module, catalog))
            failed += bool(problems)
            for problem in problems:
                say(problem)
        say(f"{len(fresh) - failed} passed, {failed} failed, 0 skipped")
        return 1 if failed else 0

    def _problems(self, module, catalog):
        template, translation = self._paths(module)
        if _is_stale(template, catalog):
            yield f"{module}: {template.name} is stale; `./run i18n` writes it anew."
        if not translation.exists():
            yield f"{module}: {translation.name} is missing; `./run i18n` makes it."
            return
        known = _load(translation)
        lost = _terms(catalog).keys() - _terms(known).keys()
        missing = _missing(known)
        if lost or missing:
            examples = "; ".join((missing + [msgid for _context, msgid in lost])[:5])
            count = len(missing) + len(lost)
            yield f"{module}: {count} terms have no {LANGUAGE} translation, e.g. {examples}"

    def _paths(self, module):
        folder = ADDONS / module / "i18n"
        return folder / f"{module}.pot", folder / f"{LANGUAGE}.po"


def run(shop, check=False):
    """Update the translations, or only check them.

    :return: exit code
    """
    if not modules.ours():
        raise ToolError("There are no addons.")
    translations = Translations(shop)
    return translations.check() if check else translations.update()
