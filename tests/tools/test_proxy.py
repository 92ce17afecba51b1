"""One port leads to pages and to web sockets."""

import socket
import threading
from contextlib import contextmanager

import pytest

from tools.proxy import Proxy
from tools.server import free_port


@contextmanager
def answering(text):
    """A server that answers each connection with a text and what it was asked, then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(text + b" " + connection.recv(1000))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def ask(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(line)
        answer = b""
        while data := connection.recv(1000):
            answer += data
        return answer


@pytest.fixture
def port():
    with answering(b"pages") as pages, answering(b"sockets") as sockets:
        proxy = Proxy(free_port(), pages, sockets)
        proxy.start()
        yield proxy.port
        proxy.stop()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /odoo HTTP/1.1", b"pages GET /odoo HTTP/1.1"),
        (b"POST /json/2/res.users/read HTTP/1.1", b"pages POST /json/2/res.users/read HTTP/1.1"),
        (b"GET /websocket?version=1 HTTP/1.1", b"sockets GET /websocket?version=1 HTTP/1.1"),
        (b"nonsense", b"pages nonsense"),
    ],
)
def test_a_connection_goes_where_its_first_line_says(port, line, expected):
    assert ask(port, line) == expected


def test_nobody_behind_it_ends_the_connection():
    proxy = Proxy(free_port(), free_port(), free_port())
    proxy.start()
    try:
        assert ask(proxy.port, b"GET / HTTP/1.1") == b""
    finally:
        proxy.stop()
