"""Odoo's configuration, written for the odoo at hand and the PostgreSQL at hand."""

import configparser
import os

from .paths import ADDONS, DATA_DIR, LOCAL


def write(name, source, server, **more):
    """Write a configuration file that only its owner can read and return its path.

    :param str name: the file's name under `.local/config`
    :param source: the Odoo to run
    :param server: the PostgreSQL to use
    :param more: further options
    """
    options = {
        "addons_path": ",".join(str(path) for path in [*source.addons_paths, ADDONS]),
        "data_dir": DATA_DIR,
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
        "admin_passwd": os.urandom(16).hex(),  # nobody needs the database manager here
        "list_db": False,
        "unaccent": True,
        "max_cron_threads": 0,
        "screenshots": LOCAL / "screenshots",
        **({"db_password": server.password} if server.password else {}),
        **more,
    }
    parser = configparser.RawConfigParser()
    parser["options"] = {key: str(value) for key, value in options.items()}
    path = LOCAL / "config" / f"{name}.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")  # others may be reading the file
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    with open(os.open(unfinished, flags, 0o600), "w", encoding="utf-8") as handle:
        parser.write(handle)
    unfinished.rename(path)
    return path
