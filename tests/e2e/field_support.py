"""A technician's phone in a real browser, and the visits he goes on."""

import json
import time
import urllib.request
from datetime import datetime, timezone
from itertools import count

import websocket

from tools.errors import ToolError
from tools.screenshots import PATIENCE, PHONE, Browser

OFFLINE = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
NUMBERS = count(1)


class Phone(Browser):
    """A browser as wide as a phone, whose connection can be cut."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.call("Network.enable")
        self.resize(PHONE)

    def cut(self, offline=True):
        """Take the connection away, or give it back."""
        self.call("Network.emulateNetworkConditions", offline=offline, **OFFLINE)

    def cut_worker(self, offline=True):
        """Cut the connection of the script that opens pages, too; it has one of its own."""
        if not offline:
            self.worker.close()
            return
        port = self.socket.sock.getpeername()[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
            targets = json.load(answer)
        address = next(
            target["webSocketDebuggerUrl"]
            for target in targets
            # Odoo's own for its web client may run beside it.
            if target["type"] == "service_worker" and "/my-visits/" in target["url"]
        )
        # The connection stays cut as long as somebody listens.
        self.worker = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        steps = [
            ("Network.enable", {}),
            ("Network.emulateNetworkConditions", {"offline": True, **OFFLINE}),
        ]
        for number, (method, parameters) in enumerate(steps, 1):
            self.worker.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while json.loads(self.worker.recv()).get("id") != number:
                pass

    def forget(self):
        """Be as a phone that comes here for the first time."""
        self.run(
            "(async () => { localStorage.clear(); sessionStorage.clear();"
            "for (const name of await caches.keys()) { await caches.delete(name); }"
            "for (const worker of await navigator.serviceWorker.getRegistrations()) {"
            "await worker.unregister(); } })()"
        )
        self.call("Network.clearBrowserCache")

    def open(self, path):
        # A mark, so that a page that was left is not taken for the new one.
        self.run("window.left = true")
        self.call("Page.navigate", url=self.base + path)
        self.wait_for_page()

    def leave(self):
        """Close the page, so that nothing of it is on its way any more."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank'")

    def wait_for_page(self):
        """Wait until a new page is there and its script at work."""
        self.wait(
            "!window.left && document.readyState === 'complete' && "
            "!!document.querySelector('#wrapwrap') && !!window.odoo?.__WOWL_DEBUG__ || "
            "(!window.left && document.readyState === 'complete' && "
            "!!document.querySelector('.o_aftersales_my_visits'))"
        )
        time.sleep(1)

    def find(self, selector):
        """Return a script that finds an element."""
        return f"document.querySelector({json.dumps(selector)})"

    def type(self, selector, text):
        """Type as the keyboard does, so that what listens hears it."""
        field = self.find(selector)
        self.run(f"{field}.scrollIntoView({{block: 'center'}}); {field}.focus()")
        self.call("Input.insertText", text=text)

    def choose(self, selector, value):
        self.run(
            f"(() => {{ const field = {self.find(selector)}; field.value = {json.dumps(value)};"
            "field.dispatchEvent(new Event('input', {bubbles: true}));"
            "field.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    def click(self, selector, times=1):
        """Click with the mouse, so that what lies above is hit instead."""
        box = self.run(
            f"(() => {{ const box = {self.find(selector)}; box.scrollIntoView({{block: 'center',"
            "behavior: 'instant'}); const at = box.getBoundingClientRect();"
            "return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        place = {"x": box[0], "y": box[1], "button": "left"}
        for number in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, clickCount=number, **place)

    def value(self, selector):
        return self.run(f"{self.find(selector)}?.value")

    def wait_for_status(self, what):
        """Wait until the page says what became of what was typed."""
        try:
            self.wait(f"!!document.querySelector('[data-when={what}]:not(.d-none)')?.offsetParent")
        except ToolError as error:
            raise AssertionError(f"The page does not say {what!r}: {self.tell()}") from error

    def tell(self):
        """Return where the page is and what it says, for whoever reads why a test failed."""
        return self.run(
            "JSON.stringify({url: location.href, kept: document.documentElement.dataset.keptAt,"
            "said: document.querySelector('[data-status]')?.innerText,"
            "above: [...document.querySelectorAll('.modal, .o_notification')].map((one) => "
            "one.innerText),"
            "invalid: [...document.querySelectorAll(':invalid')].map((field) => field.name),"
            "busy: [...document.querySelectorAll('[data-busy]')].map((one) => one.dataset.step),"
            "controlled: !!navigator.serviceWorker?.controller,"
            "storage: Object.entries(localStorage).filter(([name]) => name.includes('visits'))})"
        )

    def get_covers(self):
        """Return what lies above the page and takes the taps: questions, errors."""
        return self.run(
            "[...document.querySelectorAll('.modal, .o_error_dialog')].map((one) => one.innerText)"
        )

    def kept(self):
        """Return what the browser keeps for anybody."""
        return self.run(
            "JSON.stringify(Object.entries(localStorage).filter(([name]) => "
            "name.startsWith('aftersales.visits.')))"
        )


class Field:
    """Work orders and visits of a technician, made by the agent who sends him."""

    def __init__(self, client):
        self.client = client
        self.agent = client("agent")
        self.agent.context = {"lang": "en_US"}

    def user(self, login):
        return self.agent.search_read("res.users", [("login", "=", login)], ["id"])[0]["id"]

    def make_order(self, login="technician", **vals):
        """Make a work order for a technician, of a request that is his."""
        number = next(NUMBERS)
        manager = self.client("manager")
        unit = manager.search_read(
            "aftersales.unit", [("serial", "=", "PA35-2023-0042")], ["id"], limit=1
        )[0]
        request = manager.create(
            "aftersales.request",
            subject=f"Field test {number}",
            unit_id=unit["id"],
            user_id=self.user(login),
        )
        return manager.create("repair.order", request_id=request, **vals)

    def make_visit(self, *steps, login="technician"):
        """Make a visit of now, on which these steps were taken already."""
        visit = self.client("manager").create(
            "aftersales.visit",
            repair_id=self.make_order(login),
            user_id=self.user(login),
            planned_from=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        )
        for step in steps:
            self.client(login).call("aftersales.visit", f"action_{step}", ids=visit)
        return visit

    def read(self, record, *fields, model="aftersales.visit"):
        return self.client("manager").call(
            model, "read", ids=record, fields=list(fields), load=None
        )[0]

    def wait_for(self, record, field, value, model="aftersales.visit"):
        """Wait until the server knows it."""
        for _attempt in range(PATIENCE * 2):
            found = self.read(record, field, model=model)[field]
            if found == value:
                return
            time.sleep(0.5)
        raise AssertionError(f"{field} is {found!r}, not {value!r}")
