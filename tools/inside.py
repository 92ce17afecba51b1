"""What has to run inside Odoo's own process.

Run as ``python -m tools.inside TASK``. The task, in JSON, names the configuration, the database and
what to do; the result is written as JSON where the task wants it.
"""

import json
import logging
import sys
import traceback
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config
from odoo.tools.translate import load_language


class Problems(logging.Handler):
    """Collect what Odoo warns about."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def _environment(registry, cursor):
    return api.Environment(cursor, SUPERUSER_ID, {})


def _load_language(env, code):
    """Load a language with all its terms and make it the only one: of each user and each contact.

    So the screens, what is sent to customers, and the portal are in that language. A portal with
    two would follow the browser's.
    """
    load_language(env.cr, code)
    env["ir.default"].set("res.partner", "lang", code)
    env["res.partner"].with_context(active_test=False).search([]).lang = code
    env["res.lang"].search([("code", "!=", code)]).active = False


def install(task):
    """Install and update modules, then compile the assets: the first pages would race to do it."""
    registry = Registry.new(
        task["database"],
        update_module=True,
        install_modules=task.get("install", []),
        upgrade_modules=task.get("update", []),
        new_db_demo=task.get("demo", False),
    )
    with registry.cursor() as cursor:
        env = _environment(registry, cursor)
        if task.get("lang"):
            _load_language(env, task["lang"])
        if task.get("assets", True):
            env["ir.qweb"]._pregenerate_assets_bundles()
        wanted = task.get("install", [])
        modules = env["ir.module.module"].search(
            [("name", "in", wanted), ("state", "!=", "installed")]
        )
        return {
            "not_installed": sorted(modules.mapped("name")),
            "without_demo": _without_demo(env, [*wanted, *task.get("update", [])]),
        }


def _without_demo(env, names):
    """Return ``{module: why}`` of the modules whose demo data failed: Odoo only warns of them."""
    failures = env["ir.demo_failure"].search([("module_id.name", "in", names)])
    return {failure.module_id.name: failure.error.strip().splitlines()[-1] for failure in failures}


def uninstall(task):
    """Uninstall modules one by one, as an administrator does, and tell what is left."""
    left = {}
    for name in task["modules"]:
        with Registry(task["database"]).cursor() as cursor:
            module = _environment(None, cursor)["ir.module.module"].search([("name", "=", name)])
            if module.state == "installed":
                module.button_immediate_uninstall()
        with Registry(task["database"]).cursor() as cursor:
            env = _environment(None, cursor)
            left[name] = (
                env["ir.model.data"].search([("module", "=", name)]).mapped("complete_name")
            )
    return {"left": {name: found for name, found in left.items() if found}}


def api_keys(task):
    """Make a JSON-2 key for each demo user, as each would make it in the preferences."""
    keys = {}
    with Registry(task["database"]).cursor() as cursor:
        env = _environment(None, cursor)
        for user in env["res.users"].search([("share", "=", False)]):
            # in sudo, a key needs no end date
            key = (
                env["res.users.apikeys"]
                .with_user(user)
                .sudo()
                ._generate("rpc", task["label"], None)
            )
            keys[user.login] = key
    return {"keys": keys}


def export_terms(task):
    """Write the template of each module's terms, where the task wants it."""
    from odoo.tools.translate import trans_export

    empty = []
    with Registry(task["database"]).cursor(readonly=True) as cursor:
        env = _environment(None, cursor)
        for name, path in task["files"].items():
            with open(path, "wb") as handle:
                if not trans_export(None, [name], handle, "po", env):
                    empty.append(name)
    return {"empty": empty}


TASKS = {task.__name__: task for task in (install, uninstall, api_keys, export_terms)}


def main():
    task = json.loads(sys.argv[1])
    options = ["-c", task["config"], "-d", task["database"], "--no-http", "--logfile", task["log"]]
    if task.get("demo"):
        options.append("--with-demo")
    config.parse_config(options, setup_logging=True)
    problems = Problems()
    logging.getLogger().addHandler(problems)
    try:
        result = TASKS[task["do"]](task)
    except Exception:  # told to the caller, who tells the user
        result = {"error": traceback.format_exc()}
    result["problems"] = problems.lines
    Path(task["result"]).write_text(json.dumps(result), encoding="utf-8")
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main())
