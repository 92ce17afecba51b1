"""What a command needs in one hand: an Odoo, a Python, a PostgreSQL; and work inside Odoo."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import odoo_config, odoo_source, postgres, process
from .errors import ToolError
from .paths import LOCAL, LOGS, ROOT

DOING = {
    "install": "install the modules",
    "uninstall": "uninstall the modules",
    "api_keys": "make the users' keys",
    "export_terms": "export the terms",
}


class Workshop:
    """The tools at hand for one run."""

    def __init__(self, source, server):
        self.source = source
        self.server = server
        self.python = Path(sys.executable)
        self.config = odoo_config.write("base", source, server)

    @property
    def environ(self):
        """For child processes: where PostgreSQL is, and where the package `tools` is."""
        path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part)
        return {
            **os.environ,
            **self.server.environ,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def inside(self, do, database, **task):
        """Do a task of `tools.inside` in Odoo's own process.

        :return: its result
        """
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / f"{database}.log"
        log.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory() as work:
            result = Path(work) / "result.json"
            task |= {"do": do, "database": database, "config": str(self.config)}
            task |= {"log": str(log), "result": str(result)}
            command = [self.python, "-m", "tools.inside", json.dumps(task)]
            with open(Path(work) / "output", "w+", encoding="utf-8") as output:
                self._run(command, output)
                output.seek(0)
                return self._read(DOING[do], result, log, output.read())

    def _run(self, command, output):
        child = process.start(
            command,
            env=self.environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            child.wait()
        finally:
            process.stop(child)

    def _read(self, doing, path, log, output):
        answer = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"error": output}
        )
        if "error" in answer:
            failure = process.explain(answer["error"], doing)
            way_out = f"{failure.way_out}\nThe whole log: {log}"
            raise OdooFailure(failure.what, way_out, answer.get("problems", []))
        return answer


class OdooFailure(ToolError):
    """Odoo could not do a task; carries what it logged before."""

    def __init__(self, what, way_out="", problems=()):
        super().__init__(what, way_out)
        self.problems = list(problems)


@contextmanager
def opened():
    """A workshop with a running PostgreSQL."""
    LOCAL.mkdir(exist_ok=True)
    source = odoo_source.ensure()
    with postgres.running() as server:
        yield Workshop(source, server)
