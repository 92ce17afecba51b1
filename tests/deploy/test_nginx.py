"""config/nginx.conf: its syntax, and what a visitor gets from a running nginx."""

import gzip
import http.client
import http.server
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from deploy_support import CONFIG, find_program, free_port, run


class Backend(http.server.BaseHTTPRequestHandler):
    """Stands where Odoo stands: says which port was asked, and with which headers."""

    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.server.seen.append(self.path)
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            return
        names = ("Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Upgrade")
        lines = [f"{name}: {self.headers.get(name, '')}" for name in names]
        body = "\n".join([f"backend: {self.server.role}", *lines, "x" * 2000]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/css" if "/static/" in self.path else "text/plain")
        self.send_header("Cache-Control", "public, max-age=604800")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def text():
    return (CONFIG / "nginx.conf").read_text()


@pytest.fixture(scope="module")
def backends():
    servers = {}
    for role in ("pages", "websocket"):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        server.role, server.seen = role, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers[role] = server
    yield servers
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def configured(text, backends, tmp_path_factory):
    """The configuration with the container's names and paths replaced by this test's."""
    binary = find_program("nginx")
    mime_types = "/etc/nginx/mime.types"
    if not os.path.exists(mime_types):
        pytest.skip("nginx is installed without its list of media types")
    prefix = tmp_path_factory.mktemp("nginx")
    port = free_port()
    replacements = {
        "web:8069": f"127.0.0.1:{backends['pages'].server_address[1]}",
        "web:8072": f"127.0.0.1:{backends['websocket'].server_address[1]}",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "listen [::]:80;": "",
        "/run/nginx.pid": str(prefix / "nginx.pid"),
        "/var/cache/nginx/static": str(prefix / "cache"),
        "/dev/stdout": str(prefix / "access.log"),
        "/dev/stderr": str(prefix / "error.log"),
    }
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    # The image has these below /var/cache/nginx; here they go beside the rest.
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {prefix / kind};\n" for kind in kinds)
    text = text.replace("http {\n", "http {\n" + temporary, 1)
    (prefix / "nginx.conf").write_text(text)
    if os.geteuid() == 0:
        shutil.chown(prefix, "nobody")
        for parent in (prefix, *prefix.parents[:2]):
            parent.chmod(parent.stat().st_mode | 0o011)
    return binary, prefix, port


@pytest.fixture(scope="module")
def nginx(configured):
    binary, prefix, port = configured
    command = [str(binary), "-p", str(prefix), "-c", str(prefix / "nginx.conf")]
    process = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    else:
        process.kill()
        pytest.fail(f"nginx did not answer within 10 s; its files are in {prefix}")
    yield port, prefix
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def ask(nginx):
    port, _prefix = nginx

    def ask(path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        response.body = b"" if response.status == 101 else response.read()
        connection.close()
        return response

    return ask


def test_structure(text):
    """What must be there also where no nginx is installed to run the tests below."""
    assert text.count("{") == text.count("}")
    assert re.search(r"upstream odoo \{\s+server web:8069;", text)
    assert re.search(r"upstream odoo_websocket \{\s+server web:8072;", text)
    assert "location /websocket" in text
    assert "web/database" in text
    assert "client_max_body_size 130m;" in text


def test_syntax(configured):
    binary, prefix, _port = configured
    result = run([binary, "-t", "-p", prefix, "-c", prefix / "nginx.conf"])
    assert "test is successful" in result.stdout
    assert "[warn]" not in result.stdout


def test_pages_reach_the_workers_with_the_visitors_address(ask):
    response = ask("/odoo?debug=1", Host="service.example.com")
    body = response.body.decode()
    assert "backend: pages" in body
    assert "Host: service.example.com" in body
    assert "X-Forwarded-Host: service.example.com" in body
    assert "X-Forwarded-For: 127.0.0.1" in body
    assert "X-Forwarded-Proto: http\n" in body
    assert response.getheader("Strict-Transport-Security") is None


def test_behind_a_tls_proxy_the_scheme_stays_https(ask):
    response = ask("/odoo", X_Forwarded_Proto="https")
    assert b"X-Forwarded-Proto: https" in response.body
    assert response.getheader("Strict-Transport-Security") == "max-age=31536000"


def test_websocket_is_upgraded_on_the_gevent_port(ask, backends):
    response = ask("/websocket?version=1", Upgrade="websocket", Connection="Upgrade")
    assert response.status == 101
    assert response.getheader("Upgrade") == "websocket"
    assert backends["websocket"].seen == ["/websocket?version=1"]


def test_other_pages_are_never_upgraded(ask):
    response = ask("/odoo", Upgrade="h2c", Connection="Upgrade")
    assert response.status == 200
    assert b"Upgrade: \n" in response.body


@pytest.mark.parametrize(
    "path",
    [
        "/web/database",
        "/web/database/manager",
        "/web//database/selector",
        "/web/%64atabase/manager",
        "/WEB/Database/manager",
        "/fr/web/database/manager",
        "/zh_CN/web/database/manager",
        "/xmlrpc/db",
        "/xmlrpc/2/db",
    ],
)
def test_database_manager_is_not_found(ask, backends, path):
    backends["pages"].seen.clear()
    for method in ("GET", "POST"):
        assert ask(path, method, body=b"x" if method == "POST" else None).status == 404
    assert backends["pages"].seen == []


@pytest.mark.parametrize("path", ["/web/databases", "/odoo/web/database", "/xmlrpc/2/object"])
def test_neighbours_of_the_blocked_pages_are_served(ask, path):
    assert ask(path).status == 200


def test_files_of_modules_are_cached_and_pages_are_not(ask, backends):
    seen = backends["pages"].seen
    seen.clear()
    for _time in range(3):
        response = ask("/web/static/src/some.css")
        assert response.status == 200
        assert response.getheader("Cache-Control") == "public, max-age=604800"
        assert ask("/odoo").status == 200
    assert seen.count("/web/static/src/some.css") == 1
    assert seen.count("/odoo") == 3


def test_text_is_compressed(ask):
    response = ask("/web/static/src/other.css", Accept_Encoding="gzip")
    assert response.getheader("Content-Encoding") == "gzip"
    assert b"backend: pages" in gzip.decompress(response.body)


def test_uploads_up_to_odoos_own_limit_pass(ask):
    assert ask("/web/binary/upload", "POST", body=b"x" * (2 << 20)).status == 200
    # Refused by the announced length, before the bytes are sent.
    response = ask("/web/binary/upload", "POST", body=b"", Content_Length=str(131 << 20))
    assert response.status == 413


def test_access_tokens_stay_out_of_the_log(ask, nginx):
    ask("/my/orders/7?access_token=0123456789")
    _port, prefix = nginx
    deadline = time.monotonic() + 5
    log = prefix / "access.log"
    while "/my/orders/7" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "/my/orders/7" in log.read_text()
    assert "0123456789" not in log.read_text()
