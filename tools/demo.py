"""The demonstration: demo data, a multi-process server, the main job done over JSON-2."""

import importlib
import json
import os
import re
import time

from . import database, json2, modules
from .console import say, step, table
from .errors import ToolError
from .lock import locked
from .paths import LOCAL
from .server import DEFAULT_PORT, HOST, OdooServer, require_free
from .template import Templates

KEYS = LOCAL / "demo-keys.json"
USER_FILES = "addons/*/demo/*.xml"


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
            note = database.read_note(self.shop.server, template)
            database.write_note(
                self.shop.server, self.name, {"hashes": note["hashes"], "lang": lang}
            )

    def bring_up_to_date(self, lang=None, fresh=False):
        """Make it if it is not the one wanted, else update the modules that changed."""
        note = database.read_note(self.shop.server, self.name)
        if fresh or not note or (lang and note["lang"] != lang):
            self.make(lang)
            return
        now = {name: modules.content_hash(name) for name in modules.ours()}
        changed = sorted(
            name for name, digest in now.items() if note["hashes"].get(name, digest) != digest
        )
        added = sorted(now.keys() - note["hashes"].keys())
        if changed or added:
            with step(f"Updating {', '.join(changed + added)} in the demo database", "5 to 15 s"):
                self.shop.inside("install", self.name, install=added, update=changed, demo=True)
                database.write_note(self.shop.server, self.name, {**note, "hashes": now})

    def drop(self):
        database.drop(self.shop.server, self.name)

    def write_keys(self):
        """Make a JSON-2 key per user and keep the keys where only this user can read them."""
        keys = self.shop.inside(
            "api_keys", self.name, label=f"./run demo {time.strftime('%Y-%m-%d %H:%M')}"
        )["keys"]
        with open(
            os.open(KEYS, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as handle:
            json.dump(keys, handle, indent=1)
        return keys


def demo_logins():
    """Logins and passwords, read out of our demo data so that they are never wrong."""
    found = {}
    for path in sorted(modules.ADDONS.glob("*/demo/*.xml")):
        for record in re.findall(
            r'<record[^>]*model="res\.users".*?</record>', path.read_text("utf-8"), re.DOTALL
        ):
            login = re.search(r'name="login">([^<]+)<', record)
            password = re.search(r'name="password">([^<]+)<', record)
            if login and password:
                found[login[1]] = password[1]
    return found


def print_logins(url):
    rows = [("admin", "admin"), *sorted(demo_logins().items())]
    say(f"\nLog in at {url}/odoo:\n")
    say(table(["login", "password"], rows))


def _main_job():
    """The module that does the main job."""
    try:
        return importlib.import_module("tools.main_job")
    except ModuleNotFoundError as error:
        if error.name != "tools.main_job":
            raise
        return None


def _perform(server, keys):
    """Do the main job as the users of the demo data and return its rows."""
    job = _main_job()
    if not job:
        say("The main job (tools/main_job.py) is not there; only the server is started.")
        return []

    def client(login):
        return json2.Client(server.url, server.database, login, keys)

    say("\nThe main job, step by step:\n")
    rows = job.perform(client, server.url, say)
    say("\n" + table(["step", "document", "result", "amount"], rows))
    return rows


def check(shop, workers=2, lang=None):
    """Do the main job once on a fresh database and a real server, then put both away."""
    demo = DemoDatabase(shop, f"tmp_{os.getpid()}_check")
    demo.make(lang)
    try:
        keys = demo.write_keys()
        with OdooServer(shop, demo.name, workers=workers) as server:
            return _perform(server, keys)
    finally:
        demo.drop()


def show(shop, port, workers, fresh, lang):
    """Do the main job on the demo database and keep serving."""
    require_free(port)
    with locked(LOCAL / "demo.lock", "serving the demo database"):
        demo = DemoDatabase(shop)
        demo.bring_up_to_date(lang, fresh)
        keys = demo.write_keys()
        with step("Starting the server", "5 s"):
            server = OdooServer(shop, demo.name, port, workers).__enter__()
        try:
            _perform(server, keys)
            print_logins(server.url)
            say("\nServing; Ctrl-C stops.")
            server.wait()
        finally:
            server.stop()


def serve(shop, port):
    """A development server on the demo database: modules updated, views read from files."""
    require_free(port)
    with locked(LOCAL / "demo.lock", "serving the demo database"):
        demo = DemoDatabase(shop)
        demo.bring_up_to_date()
        with OdooServer(
            shop, demo.name, port, options=["--dev", "xml", "--max-cron-threads", "1"]
        ) as server:
            print_logins(server.url)
            say(f"\nServing; the log is {server.log}. Ctrl-C stops.")
            server.wait()


def default_port():
    return DEFAULT_PORT


__all__ = ["HOST", "DemoDatabase", "ToolError", "check", "serve", "show"]
