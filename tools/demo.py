"""The demonstration: demo data, a multi-process server, the main job done over JSON-2."""

import hashlib
import json
import os
import re
import time

from . import database, json2, main_job, modules
from .console import say, step, table
from .errors import ToolError
from .lock import locked
from .paths import ADDONS, LOCAL
from .server import OdooServer, require_free
from .template import Templates, check_installed
from .workshop import OdooFailure

KEYS = LOCAL / "demo-keys.json"
USER = re.compile(r'<record[^>]*model="res\.users".*?</record>', re.DOTALL)
LOGGED_ERROR = re.compile(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) .*", re.MULTILINE)


class DemoDatabase:
    """A database with Odoo's and our demo data, kept between runs."""

    def __init__(self, shop, name="demo"):
        self.shop = shop
        self.templates = Templates(shop)
        self.name = database.PREFIX + name

    def make(self, lang=None):
        """Make it anew from the template."""
        template = self.templates.suite(modules.ours(), demo=True, lang=lang, clean=False)
        with step("Copying the demo database", "3 s"):
            self.templates.copy(template, self.name)
            hashes = database.read_note(self.shop.server, template)["hashes"]
            note = {"hashes": hashes, "lang": lang}
            database.write_note(self.shop.server, self.name, note)

    def bring_up_to_date(self, lang=None, fresh=False):
        """Make it if it is not the one wanted, else update the modules that changed."""
        note = database.read_note(self.shop.server, self.name)
        if fresh or not note or (lang and note["lang"] != lang):
            self.make(lang)
            return
        now = {name: modules.content_hash(name) for name in modules.ours()}
        added = sorted(now.keys() - note["hashes"].keys())
        kept = sorted(now.keys() & note["hashes"].keys())
        changed = [name for name in kept if now[name] != note["hashes"][name]]
        if added or changed:
            self._update(added, changed)
            note = {**note, "hashes": now, "keys": None}  # there may be more users now
            database.write_note(self.shop.server, self.name, note)

    def _update(self, added, changed):
        with step(f"Updating {', '.join(changed + added)} in the demo database", "5 to 15 s"):
            try:
                check_installed(
                    self.shop.inside("install", self.name, install=added, update=changed, demo=True)
                )
            except OdooFailure as failure:
                way_out = "\n`./run demo --fresh` makes the demo database anew."
                raise ToolError(str(failure), way_out) from None

    def drop(self):
        database.drop(self.shop.server, self.name)

    def keys(self):
        """The users' JSON-2 keys by login; made once, for making them takes as long as a start."""
        note = database.read_note(self.shop.server, self.name)
        text = KEYS.read_text(encoding="utf-8") if KEYS.exists() else ""
        if text and note.get("keys") == _digest(text):
            return json.loads(text)
        keys = self.make_keys()
        write_keys(keys)
        note["keys"] = _digest(KEYS.read_text(encoding="utf-8"))
        database.write_note(self.shop.server, self.name, note)
        return keys

    def make_keys(self):
        """Make a JSON-2 key per user and return them by login."""
        label = f"./run demo {time.strftime('%Y-%m-%d %H:%M')}"
        return self.shop.inside("api_keys", self.name, label=label)["keys"]


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def write_keys(keys):
    """Keep the keys where only this user can read them."""
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    with open(os.open(KEYS, flags, 0o600), "w", encoding="utf-8") as handle:
        json.dump(keys, handle, indent=1)


def demo_logins():
    """Logins and passwords, read out of our demo data so that they are never wrong."""
    found = {}
    for path in sorted(ADDONS.glob("*/demo/*.xml")):
        for record in USER.findall(path.read_text(encoding="utf-8")):
            login = re.search(r'name="login">([^<]+)<', record)
            password = re.search(r'name="password">([^<]+)<', record)
            if login and password:
                found[login[1]] = password[1]
    return found


def print_logins(url):
    rows = [("admin", "admin"), *sorted(demo_logins().items())]
    say(f"\nLog in at {url}/odoo:\n")
    say(table(["login", "password"], rows))


def _perform(server, keys):
    """Do the main job as the users of the demo data, and print what came of it."""

    def client(login):
        return json2.Client(server.url, server.database, login, keys)

    say("\nThe main job, step by step:\n")
    try:
        rows = main_job.perform(client, server.url, say)
    except (AssertionError, json2.CallError, KeyError) as error:
        what = f"The main job failed: {type(error).__name__}: {error}"
        raise ToolError(what, f"\nThe server's log: {server.log}") from error
    say("\n" + table(["step", "document", "result", "amount"], rows))


def _complain_about_log(server):
    """A job that went well but made the server log an error did not go well."""
    found = LOGGED_ERROR.findall(server.log.read_text(encoding="utf-8", errors="replace"))
    if found:
        raise ToolError("The server logged errors:\n" + "\n".join(found), f"\n{server.log}")


def check(shop, workers=2, lang=None):
    """Do the main job once on a fresh database and a real server, then put both away."""
    demo = DemoDatabase(shop, f"tmp_{os.getpid()}_check")
    demo.make(lang)
    try:
        keys = demo.make_keys()
        with OdooServer(shop, demo.name, workers=workers) as server:
            _perform(server, keys)
            _complain_about_log(server)
    finally:
        demo.drop()


def show(shop, port, workers, fresh, lang):
    """Do the main job on the demo database and keep serving."""
    require_free(port)
    with locked(LOCAL / "demo.lock", "serving the demo database"):
        demo = DemoDatabase(shop)
        demo.bring_up_to_date(lang, fresh)
        keys = demo.keys()
        with OdooServer(shop, demo.name, port, workers) as server:
            _perform(server, keys)
            _keep_serving(server)


def serve(shop, port):
    """A development server on the demo database: modules updated, views read from files."""
    require_free(port)
    options = ["--dev", "xml", "--max-cron-threads", "1"]
    with locked(LOCAL / "demo.lock", "serving the demo database"):
        demo = DemoDatabase(shop)
        demo.bring_up_to_date()
        with OdooServer(shop, demo.name, port, options=options) as server:
            _keep_serving(server)


def _keep_serving(server):
    print_logins(server.url)
    say(f"\nServing; the log is {server.log}. Ctrl-C stops.")
    try:
        code = server.wait()
    except KeyboardInterrupt:
        say("\nStopping; a request that is being answered may take a few seconds.")
        raise
    raise ToolError(f"The server ended with {code}.", f"Its log: {server.log}")
