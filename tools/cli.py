"""The commands of `./run`."""

import argparse
import os
import shutil
import signal
import sys

from . import lock, odoo_source, postgres, process, venv
from .console import say, warn
from .errors import ToolError
from .paths import LOCAL, ODOO_BIN, cache_dir


def _parser():
    parser = argparse.ArgumentParser(
        prog="./run", description="After-sales suite for Odoo 19.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, text):
        return commands.add_parser(name, help=text, description=text, allow_abbrev=False)

    _add_servers(add)
    _add_tests(add)
    _add_bench(add)
    _add_chores(add)
    return parser


def _add_servers(add):
    demo = add("demo", "do the main job on a real server with demo data, then keep serving")
    demo.add_argument(
        "--check",
        action="store_true",
        help="only do the job on a fresh database, print it, and stop",
    )
    demo.add_argument("--port", type=int, default=8069)
    demo.add_argument("--fresh", action="store_true", help="start from a fresh demo database")
    demo.add_argument("--lang", help="show it in another language, e.g. zh_CN")
    demo.add_argument("--workers", type=int, default=2, help="server processes (default 2)")

    serve = add("serve", "a development server on the demo database")
    serve.add_argument("--port", type=int, default=8069)

    add("shell", "an Odoo shell on the demo database; also reads a script from a pipe")


def _add_tests(add):
    test = add("test", "run the tests; further arguments go to pytest")
    test.add_argument("--modules", help="install only these modules of ours, separated by commas")
    which = test.add_mutually_exclusive_group()
    which.add_argument(
        "--alone", action="store_true", help="only install and uninstall, alone and in orders"
    )
    which.add_argument(
        "--core", action="store_true", help="Odoo's own tests of what we extend, with our modules"
    )
    which.add_argument("--lint", action="store_true", help="Odoo's test_lint over our modules")


def _add_bench(add):
    bench = add("bench", "measure the suite against plain Odoo, side by side")
    bench.add_argument(
        "--only", metavar="NAME,...", help="only these measurements, separated by commas"
    )
    bench.add_argument("--json", metavar="FILE", help="also write the results there")
    bench.add_argument(
        "--runs", type=int, default=5, help="runs of each side, at least 5 (default)"
    )


def _add_chores(add):
    lint = add("lint", "run the linters")
    lint.add_argument("--fix", action="store_true", help="repair what a program can repair")

    i18n = add("i18n", "export the addons' terms and merge them into the Chinese translation")
    i18n.add_argument(
        "--check", action="store_true", help="only tell what is stale or untranslated"
    )

    clean = add("clean", "stop and delete everything made here")
    clean.add_argument(
        "--cache", action="store_true", help="also delete the downloads in the user's cache"
    )


def _demo(shop, options):
    from . import demo

    if options.check:
        demo.check(shop, options.workers, options.lang)
    else:
        demo.show(shop, options.port, options.workers, options.fresh, options.lang)


def _serve(shop, options):
    from . import demo

    demo.serve(shop, options.port)


def _shell(shop, _options):
    from . import demo, server

    database = demo.DemoDatabase(shop)
    database.bring_up_to_date()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the shell's
    command = [
        shop.python,
        ODOO_BIN,
        "shell",
        "-c",
        shop.config,
        "-d",
        database.name,
        "--no-http",
    ]
    return server.run_in_foreground([*command, "--log-level", "warn"], shop)


def _test(shop, options):
    from . import testing

    if options.core:
        return testing.conclude(testing.core(shop))
    if options.lint:
        return testing.conclude(testing.odoo_lint(shop))
    if options.alone:
        return testing.conclude(testing.alone(shop))
    if options.rest or options.modules:
        return testing.quick(shop, options.rest, options.modules and options.modules.split(","))
    return testing.conclude(testing.FullRun(shop).run())


def _bench(shop, options):
    from . import bench

    bench.run(shop, options.only and options.only.split(","), options.json, options.runs)


def _lint(options):
    from . import lint

    return lint.run(options.fix)


def _i18n(shop, options):
    from . import translations

    return translations.run(shop, options.check)


COMMANDS = {
    "demo": _demo,
    "serve": _serve,
    "shell": _shell,
    "test": _test,
    "bench": _bench,
    "i18n": _i18n,
}


def _clean(options):
    postgres.remove_everything(_drop_what_is_ours)
    shutil.rmtree(LOCAL, ignore_errors=True)
    if options.cache:
        shutil.rmtree(cache_dir(), ignore_errors=True)
    say("Clean.")


def _drop_what_is_ours(server):
    """On a server of the user's, only what this clone made goes."""
    from . import database

    for name in database.names(server):
        database.drop(server, name)


def _needs_venv(options):
    """Cleaning up must work when there is nothing yet, or nothing sound."""
    return options.command != "clean" or postgres.is_named()


def _run(arguments):
    options, options.rest = _parser().parse_known_args(arguments)
    if options.rest and options.command != "test":
        unknown = " ".join(options.rest)
        raise ToolError(f"Not understood: {unknown}.", "`./run --help` tells what there is.")
    if _needs_venv(options):
        python = venv.ensure(odoo_source.ensure().path)
        if not venv.is_inside(python):
            venv.continue_inside(python, arguments)
    if options.command in WITHOUT_WORKSHOP:
        return WITHOUT_WORKSHOP[options.command](options)
    from .workshop import opened

    with opened() as shop:
        return COMMANDS[options.command](shop, options)


WITHOUT_WORKSHOP = {"clean": _clean, "lint": _lint}


def main(arguments):
    """Run a command; every foreseeable failure is a sentence, not a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):  # clean up, also if a parent ignores Ctrl-C
        signal.signal(number, signal.default_int_handler)
    os.environ[lock.COMMAND] = " ".join(["./run", *arguments])
    try:
        return _run(arguments) or 0
    except ToolError as error:
        warn(str(error))
        return 1
    except OSError as error:
        warn(str(process.explain_system(error)))
        return 1
    except KeyboardInterrupt:
        process.stop_all()
        warn("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
