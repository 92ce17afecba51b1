"""The measuring process of one database: a task in, an answer out, each a line of JSON.

Run as ``python worker.py CONFIG DATABASE LOG`` by `tools.bench`.
"""

import gc
import json
import os
import sys
import time
import traceback

from books import Books, Reports
from coverage import Coverage, Recompute
from desk import Desk
from instalments import Instalments
from scenarios import SCENARIOS as OTHERS
from settling import (
    Gathering,
    Pivot,
    PivotScreen,
    PlainPivot,
    PlainPivotScreen,
    Posting,
    Statement,
)
from views import Views
from week import Week

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

SCENARIOS = {
    **OTHERS,
    "coverage": Coverage,
    "recompute": Recompute,
    "instalments": Instalments,
    "views": Views,
    "desk": Desk,
    "books": Books,
    "reports": Reports,
    "week": Week,
    "posting": Posting,
    "gathering": Gathering,
    "statement": Statement,
    "pivot": Pivot,
    "plain_pivot": PlainPivot,
    "pivot_screen": PivotScreen,
    "plain_pivot_screen": PlainPivotScreen,
}


class Worker:
    """Prepares a scenario once for each number of records, then does and undoes it."""

    def __init__(self, database):
        self.registry = Registry(database)
        self.prepared = {}
        self._stop_autovacuum()

    def _stop_autovacuum(self):
        """Have statistics change between runs only.

        Taken in the middle of a run they find the pages of its rows, and none of them alive: the
        database then believes large tables to be empty, and a query may take an hour.
        """
        with self.registry.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(
                    SQL("ALTER TABLE %s SET (autovacuum_enabled = false)", SQL.identifier(table))
                )

    def _tidy_database(self, command):
        """Take away what was rolled back, as autovacuum does sooner or later."""
        with self.registry.cursor() as cursor:
            connection = cursor.connection
            connection.commit()
            connection.autocommit = True
            try:
                cursor.execute(command)
            finally:
                connection.autocommit = False

    def prepare(self, name, n):
        """Make and keep what a scenario works on."""
        scenario = SCENARIOS[name](n)
        with self.registry.cursor() as cursor:
            scenario.prepare(api.Environment(cursor, SUPERUSER_ID, {}))
        self._tidy_database("VACUUM ANALYZE")
        self.prepared[name, n] = scenario
        return {}

    def run(self, name, n):
        """Do a scenario's work as its user, and undo it.

        What counts: the work, the writing of everything to the database, and what is done at
        the end of a transaction, such as tracking; not the commit. `seconds` are the user's,
        `cpu` is what it costs whatever else the machine does.
        """
        scenario = self.prepared[name, n]
        with self.registry.cursor() as cursor:
            env = api.Environment(cursor, scenario.user_id, {})
            _tidy()
            backend = cursor.connection.info.backend_pid
            queries, cpu, started = cursor.sql_log_count, _cpu(backend), time.perf_counter()
            scenario.run(env)
            cursor.flush()
            seconds, cpu = time.perf_counter() - started, _cpu(backend) - cpu
            queries = cursor.sql_log_count - queries
            scenario.check(env)
            cursor.rollback()
        self._tidy_database("VACUUM")
        return {
            "seconds": seconds,
            "cpu": cpu,
            "queries": queries,
            "details": getattr(scenario, "details", {}),
            "extra": getattr(scenario, "extra", {}),
        }


def _tidy():
    """Start each run with no garbage, and keep the collector away from what was there before."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _cpu(backend):
    """Seconds of processor time: ours, and the database's where it runs on this machine."""
    try:
        with open(f"/proc/{backend}/stat", encoding="utf-8") as stat:
            ticks = stat.read().rpartition(")")[2].split()[11:13]
    except OSError:
        ticks = ()
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _answers():
    """The stream for answers; whatever else is printed goes to the error stream."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def main():
    config_path, database, log = sys.argv[1:]
    answers = _answers()
    config.parse_config(
        ["-c", config_path, "-d", database, "--no-http", "--logfile", log, "--log-level", "warn"],
        setup_logging=True,
    )
    worker = Worker(database)
    for line in sys.stdin:
        task = json.loads(line)
        try:
            result = getattr(worker, task.pop("do"))(**task)
        except Exception:
            result = {"error": traceback.format_exc()}
        answers.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
