"""Take the pictures of the documentation again.

Start `./run demo` and let it finish, then, with the project's interpreter:
`python -m tools.screenshots http://127.0.0.1:8069 [picture ...]`.
"""

import argparse
import base64
import io
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from typing import NamedTuple

import websocket
from PIL import Image

from . import chromium
from .errors import ToolError
from .paths import ROOT

BACKEND, PHONE = (1400, 900), (390, 844)
WIDE = (1390, 1000)  # below 1400 the thread goes under the form and leaves it the width
PATIENCE = 60
READY = (
    "document.readyState === 'complete' && !document.querySelector('.o_blockUI') && "
    "!!document.querySelector('.o_action_manager .o_view_controller, #wrapwrap main')"
)
SETTLE = 1.5  # fonts, images and the thread come after the view
# What a user has under the mouse or waiting for him is not part of a picture.
CLEAN = "document.activeElement?.blur(); document.querySelector('.o_notification_close')?.click()"
FIND = """fetch('/web/dataset/call_kw', {method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({jsonrpc: '2.0', method: 'call', params: {
        model: %s, method: 'search', args: [%s], kwargs: {limit: 1, order: 'id desc'}}})
}).then((answer) => answer.json()).then((answer) => answer.result?.[0])"""


class Picture(NamedTuple):
    """What to show whom, and where to keep it.

    :param str file: below the root of the project
    :param str login: whose eyes; the password is the same word
    :param str path: the page; `%s` stands for the record
    :param tuple find: model and domain of the record, the newest one is shown
    :param tuple size: of the window
    :param str script: run on the page before the picture is taken
    """

    file: str
    login: str
    path: str
    find: tuple = ()
    size: tuple = BACKEND
    script: str = ""


# Show the optional column that says in words why somebody pays.
EXPLAIN = """(async () => {
    const pause = () => new Promise((done) => setTimeout(done, 800));
    await pause();
    document.querySelector('.o_optional_columns_dropdown_toggle').click();
    await pause();
    document.querySelector('input[name=explanation]').click();
    await pause();
    document.querySelector('.o_optional_columns_dropdown_toggle').click();
})()"""


def _tab(name):
    return f"document.querySelector('.o_notebook a[name=\"{name}\"]').click()"


def _module(name):
    return f"addons/{name}/static/description/screenshot.png"


FOLLOW = (
    "[...document.querySelectorAll('main a[href]')]"
    ".find((link) => link.textContent.includes('%s')).click()"
)
CLAIMED_WORK = ("repair.order", [["charge_ids.bearer", "=", "partner"]])
RUNNING = (
    "aftersales.contract",
    [["state", "=", "active"], ["instalment_ids.charge_ids", "!=", False]],
)
CREDITED = ("aftersales.complaint", [["compensation_status", "=", "credited"]])
PICTURES = (
    Picture(
        "docs/images/warranty-policy.png",
        "manager",
        "/odoo/warranty-policies/%s",
        ("aftersales.warranty.policy", [["name", "like", "Polar Air"]]),
    ),
    Picture(
        "docs/images/installed-product.png",
        "agent",
        "/odoo/installed-products/%s",
        ("aftersales.unit", [["serial", "=", "PA35-2023-0042"]]),
        size=WIDE,
    ),
    Picture(
        "docs/images/installed-product-history.png",
        "agent",
        "/odoo/installed-products/%s",
        ("aftersales.unit", [["serial", "=", "PA35-2023-0042"]]),
        size=WIDE,
        script=_tab("history"),
    ),
    Picture(
        "docs/images/request.png",
        "agent",
        "/odoo/service-requests/%s",
        ("aftersales.request", [["symptom_id", "!=", False], ["state", "=", "in_progress"]]),
    ),
    Picture(
        "docs/images/work-order.png",
        "technician",
        "/odoo/work-orders/%s",
        CLAIMED_WORK,
        size=WIDE,
        script=f"{_tab('charges')}; {EXPLAIN}",
    ),
    Picture(
        "docs/images/settlement.png",
        "accountant",
        "/odoo/settlements/%s",
        ("aftersales.settlement", [["kind", "=", "claim"]]),
        size=WIDE,
    ),
    Picture(
        "docs/images/service-costs.png",
        "accountant",
        "/odoo/service-costs-to-bill",
        size=(1400, 420),
    ),
    Picture(
        "docs/images/balances.png",
        "manager",
        "/odoo/service-balances",
        script="document.querySelector('.o_group_header:last-of-type').click()",
    ),
    Picture("docs/images/service-prices.png", "manager", "/odoo/service-prices"),
    Picture("docs/images/service-result.png", "manager", "/odoo/service-result"),
    Picture("docs/images/visits.png", "agent", "/odoo/visits", size=WIDE),
    Picture("docs/images/my-visits.png", "technician", "/my-visits", size=PHONE),
    Picture(
        "docs/images/my-bench.png",
        "technician",
        "/my-visits",
        size=PHONE,
        script="document.querySelector('a[href*=\"/my-visits/order/\"]').click()",
    ),
    Picture(
        "docs/images/contract.png",
        "manager",
        "/odoo/service-contracts/%s",
        RUNNING,
        script=_tab("instalments"),
    ),
    Picture(
        "docs/images/complaint.png",
        "manager",
        "/odoo/complaints/%s",
        ("aftersales.complaint", [["state", "=", "in_progress"]]),
    ),
    Picture(
        "docs/images/portal-product.png",
        "customer",
        "/my/products",
        size=PHONE,
        script=FOLLOW % "PA35-2023-0042",
    ),
    Picture(_module("aftersales_base"), "agent", "/odoo/aftersales-charges"),
    Picture(
        _module("aftersales_repair"),
        "agent",
        "/odoo/work-orders",
        script="document.querySelector('.o_facet_remove').click()",
    ),
    Picture(
        _module("aftersales_stock"),
        "agent",
        "/odoo/sales/%s",
        ("sale.order", [["state", "=", "sale"], ["order_line.qty_delivered", ">", 0]]),
        size=WIDE,
    ),
    Picture(
        _module("aftersales_contract"),
        "manager",
        "/odoo/service-contracts/%s",
        RUNNING,
        script=_tab("cover"),
    ),
    Picture(
        _module("aftersales_complaint"),
        "manager",
        "/odoo/complaints/%s",
        CREDITED,
        script=_tab("outcome"),
    ),
    Picture(
        _module("aftersales_complaint_repair"),
        "agent",
        "/odoo/work-orders/%s",
        CLAIMED_WORK,
    ),
)


class Browser:
    """A headless Chromium with a profile of its own, driven through its developer tools."""

    def __init__(self):
        self.profile = tempfile.mkdtemp()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [chromium.find(), "--no-sandbox", "--headless", "--disable-gpu"]
        command += ["--no-first-run", "--disable-background-networking"]
        command += [f"--user-data-dir={self.profile}", f"--remote-debugging-port={port}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.child = subprocess.Popen([*command, "about:blank"], **quiet)
        address = self._page_address(f"http://127.0.0.1:{port}/json")
        self.socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self.calls = 0

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.socket.close()
        self.child.terminate()
        self.child.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _page_address(self, url):
        """Where the first tab listens; the browser needs a moment to open it."""
        for _attempt in range(PATIENCE * 5):
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    tabs = json.load(answer)
                return next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            except (OSError, StopIteration):
                time.sleep(0.2)
        raise ToolError("Chromium did not open a page.", "Start it once by hand to see why.")

    def call(self, method, **parameters):
        self.calls += 1
        self.socket.send(
            json.dumps({"id": self.calls, "method": method, "params": parameters}),
        )
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.calls:
                return message.get("result", {})

    def run(self, script):
        """Run JavaScript on the page and return its value; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        return answer.get("result", {}).get("value")

    def wait(self, condition):
        for _attempt in range(PATIENCE * 3):
            if self.run(condition):
                return
            time.sleep(0.3)
        raise ToolError(f"The page never became ready: {condition}", "Look at the server's log.")

    def go(self, url, condition=READY):
        self.call("Page.navigate", url=url)
        time.sleep(0.5)
        self.wait(condition)
        time.sleep(SETTLE)

    def resize(self, size):
        mobile = size == PHONE
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def log_in(self, base, login):
        # What the page before still asks for would bring its session back beside the new one.
        self.go("about:blank", "location.href === 'about:blank'")
        self.call("Network.clearBrowserCookies")
        self.go(f"{base}/web/login", "!!document.querySelector('input[name=password]')")
        self.run(
            f"document.querySelector('input[name=login]').value = '{login}';"
            f"document.querySelector('input[name=password]').value = '{login}';"
            "document.querySelector('form.oe_login_form').submit()"
        )
        self.wait("!location.pathname.startsWith('/web/login')")

    def capture(self):
        """The visible page as an image."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        return Image.open(io.BytesIO(base64.b64decode(data)))


def take(browser, base, picture):
    """Open the page of one picture and save it with few colours, so that it stays small.

    :raises ToolError: when the record is not there
    """
    browser.resize(picture.size)
    path = picture.path
    if picture.find:
        model, domain = picture.find
        record = browser.run(FIND % (json.dumps(model), json.dumps(domain)))
        if not record:
            raise ToolError(f"{picture.file}: no {model} found.", "Run `./run demo` first.")
        path %= record
    browser.go(base + path)
    if picture.script:
        browser.run(picture.script)
        time.sleep(SETTLE)
        browser.wait(READY)
    browser.run(CLEAN)
    time.sleep(0.5)
    file = ROOT / picture.file
    file.parent.mkdir(parents=True, exist_ok=True)
    image = browser.capture().convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{picture.file}: {file.stat().st_size // 1024} kB, {path}", flush=True)


def main():
    """Take all pictures, or those whose file contains one of the given words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="the demo server, e.g. http://127.0.0.1:8069")
    parser.add_argument("only", nargs="*", help="words of the wanted files")
    options = parser.parse_args()
    wanted = [
        picture
        for picture in PICTURES
        if not options.only or any(word in picture.file for word in options.only)
    ]
    logged_in = None
    with Browser() as browser:
        for picture in sorted(wanted, key=lambda one: one.login):
            if picture.login != logged_in:
                browser.log_in(options.base, picture.login)
                logged_in = picture.login
            take(browser, options.base, picture)


if __name__ == "__main__":
    main()
