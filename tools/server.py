"""Odoo servers that are started, waited for and stopped."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import process
from .console import step
from .errors import ToolError
from .paths import LOGS, ODOO_BIN, ROOT
from .proxy import Proxy

HOST = "127.0.0.1"


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listens(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return not probe.connect_ex((HOST, port))


def free_port():
    """A port nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def require_free(port):
    """Say so before a long preparation, not after it."""
    if not 1 <= port <= 65535:
        raise ToolError(f"{port} is no port.", "Take one between 1 and 65535.")
    if not is_free(port):
        raise ToolError(
            f"Port {port} is in use by another program.",
            "Stop it, or choose another one: --port 8070.",
        )


class OdooServer:
    """One running Odoo server on one database; use it in a `with` block.

    :param shop: the workshop
    :param str database: the database to serve
    :param int port: the HTTP port
    :param int workers: 0 for one process with threads, else that many processes
    """

    def __init__(self, shop, database, port=None, workers=0, options=(), log=None):
        self.shop = shop
        self.database = database
        self.port = port or free_port()
        self.workers = workers
        self.options = list(options)
        self.log = log or LOGS / f"server-{self.port}.log"
        self.child = None
        self.proxy = None

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def _command(self):
        command = [self.shop.python, ODOO_BIN, "server", "-c", self.shop.config]
        command += ["-d", self.database, "--db-filter", f"^{self.database}$"]
        command += ["--http-interface", HOST, "--workers", self.workers, "--logfile", self.log]
        return [*command, *self._ports(), *self.options]

    def _ports(self):
        """Several processes need a second port, so a proxy listens at the one that is wanted."""
        if not self.workers:
            return ["--http-port", self.port]
        pages, sockets = free_port(), free_port()
        self.proxy = Proxy(self.port, pages, sockets)
        self.proxy.start()
        return ["--http-port", pages, "--gevent-port", sockets]

    def __enter__(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        try:
            # what a process says before it has a log belongs there too
            with open(self.log, "a", encoding="utf-8") as output:
                self.child = process.start(
                    self._command(),
                    env=self.shop.environ,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            with step(f"Starting the server on {self.url}", "5 s"):
                self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception):
        self.stop()

    def stop(self):
        if self.child:
            process.stop(self.child)
            self.child = None
        if self.proxy:
            self.proxy.stop()
            self.proxy = None

    def _answers(self):
        return self._answers_pages() and (not self.proxy or _listens(self.proxy.sockets))

    def _answers_pages(self):
        try:
            with urllib.request.urlopen(f"{self.url}/web/login", timeout=60) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            raise ToolError(
                f"Odoo answers its login page with an error: {error}.", f"The log: {self.log}"
            ) from None
        except (urllib.error.URLError, OSError):
            return False

    def _wait_until_ready(self, patience=120):
        """Ask for the login page until it comes: that also loads the modules in one worker.

        Several processes need a moment longer, until the one for web sockets listens.
        """
        deadline = time.monotonic() + patience
        while not self._answers():
            if self.child.poll() is not None:
                raise ToolError(
                    "The Odoo server stopped at once; its log says:\n" + process.tail(self.log)
                )
            if time.monotonic() > deadline:
                raise ToolError(
                    f"The Odoo server did not answer within {patience} s.", f"The log: {self.log}"
                )
            time.sleep(0.3)

    def wait(self):
        """Serve until the server ends or the user presses Ctrl-C."""
        return self.child.wait()


def run_in_foreground(command, shop):
    """Give the terminal to a program until it ends."""
    return subprocess.run(
        [str(part) for part in command], env=shop.environ, cwd=os.getcwd(), check=False
    ).returncode
