"""Databases: make, copy, rename, drop, always with their filestores."""

import json
import os
import re
import shutil

from psycopg2 import sql

from .errors import ToolError
from .paths import DATA_DIR, checkout_id

PREFIX = f"aftersales_{checkout_id()}_"


def filestore(name):
    return DATA_DIR / "filestore" / name


def _statement(text, **names):
    return sql.SQL(text).format(**{key: sql.Identifier(value) for key, value in names.items()})


def exists(server, name):
    return bool(server.query("SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def names(server, start=""):
    """Our databases whose name, without the prefix, starts so."""
    rows = server.query(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX + start]
    )
    return sorted(row[0] for row in rows)


def create_empty(server, name):
    """An empty database as Odoo wants it: sorted byte by byte, with the extensions it can use."""
    text = "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    server.query(_statement(text, name=name), doing="make a database")
    for extension in (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS unaccent; ALTER FUNCTION unaccent(text) IMMUTABLE",
    ):
        try:
            server.query(extension, database=name)
        except ToolError:
            # a server of the user's may lack them or forbid them; Odoo does without
            continue


def drop(server, name):
    """Drop a database and its filestore, whoever is connected."""
    server.query(_statement("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name))
    shutil.rmtree(filestore(name), ignore_errors=True)


def _link_or_copy(source, target):
    """Filestore files are named by content and never changed, so a second name will do."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def copy(server, source, target):
    """Copy a database nobody is connected to, and its filestore."""
    drop(server, target)
    if filestore(source).exists():
        shutil.copytree(filestore(source), filestore(target), copy_function=_link_or_copy)
    server.query(
        _statement("CREATE DATABASE {target} TEMPLATE {source}", target=target, source=source),
        doing="copy a database",
    )


def rename(server, source, target):
    """Give a finished database its final name, the filestore first: no name lacks its files."""
    shutil.rmtree(filestore(target), ignore_errors=True)
    if filestore(source).exists():
        filestore(source).rename(filestore(target))
    server.query(
        _statement("ALTER DATABASE {source} RENAME TO {target}", source=source, target=target)
    )


def forbid_connections(server, name):
    """A template that nobody can be connected to can always be copied."""
    server.query(_statement("ALTER DATABASE {name} ALLOW_CONNECTIONS false", name=name))


def write_note(server, name, note):
    """Keep what is known about a database with the database itself."""
    text = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(name), sql.Literal(json.dumps(note))
    )
    server.query(text)


def read_note(server, name):
    """What `write_note` kept; nothing for a database that is not there or not ours."""
    rows = server.query(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
    )
    try:
        return json.loads(rows[0][0]) if rows and rows[0][0] else {}
    except ValueError:
        return {}


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def temporary_name(purpose):
    """A name that tells its process, so that others can clean up after a killed one."""
    return f"{PREFIX}tmp_{os.getpid()}_{purpose}"


def drop_orphans(server):
    """Drop what killed runs left behind."""
    for name in names(server, "tmp_"):
        pid = re.match(r"tmp_(\d+)_", name[len(PREFIX) :])
        if pid and not _is_alive(int(pid[1])):
            drop(server, name)
