"""A technician where the connection comes and goes, on a phone in a real browser."""

import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from field_support import Field, Phone

from tools import chromium

pytestmark = pytest.mark.skipif(not chromium.find(), reason="no Chromium here")

# The web client's socket, when its page is left in the middle of a sentence; its chat, when two
# pages of a user who just logged in say at once what was read: Odoo repeats the loser.
EXPECTED_IN_LOG = [
    (" longpolling: ", "gevent._socket3.socket"),
    (" odoo.sql_db: bad query", "discuss_channel_member"),
]
FINISH = "#finish button[type=submit]"
START_CLOCK = "form[data-step=clock_start]"
STOP_CLOCK = "form[data-step=clock_stop]"


@pytest.fixture(scope="module")
def field(client):
    return Field(client)


@pytest.fixture(scope="module")
def opened(server):
    with Phone(server.url) as phone:
        yield phone


@pytest.fixture
def phone(opened, server):
    """The technician's phone, with nothing left from before: none of these tests needs another."""
    opened.cut(False)
    opened.leave()
    opened.log_in(server.url, "technician")
    opened.forget()
    return opened


def test_lost_connection(phone, field):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.cut()
    phone.choose("#result", "solved")
    phone.type("#result_note", "New capacitor")
    phone.click(FINISH)
    phone.wait_for_status("kept")
    assert field.read(visit, "state")["state"] == "at_work"
    assert "New capacitor" in phone.kept()

    # What he adds while he waits takes the place of what he sent first.
    phone.type("#result_note", " and fan")
    phone.click("[data-retry]")
    phone.wait_for_status("kept")
    assert phone.value("#result_note") == "New capacitor and fan"
    phone.click(FINISH)
    phone.wait_for_status("kept")
    phone.run("window.left = true")
    phone.cut(False)
    phone.wait_for_page()
    phone.wait_for_status("sent")
    found = field.read(visit, "state", "result", "result_note")
    assert found == {
        "id": visit,
        "state": "done",
        "result": "solved",
        "result_note": "New capacitor and fan",
    }
    assert phone.kept() == "[]", "what the server has is not kept on the phone"


def test_set_out_and_arrived_without_connection(phone, field):
    visit = field.make_visit("start")
    phone.open(f"/my-visits/{visit}")
    phone.cut()
    phone.click("form[data-step=arrive] button[type=submit]")
    phone.wait_for_status("kept")
    phone.choose("#result", "follow_up")
    phone.type("#result_note", "Needs a ladder")
    phone.click(FINISH)
    phone.wait_for_status("kept")
    phone.cut(False)
    field.wait_for(visit, "state", "done")
    phone.wait_for_status("sent")
    found = field.read(visit, "result", "result_note")
    assert (found["result"], found["result_note"]) == ("follow_up", "Needs a ladder")


def test_lost_answer(phone, field):
    """The server did it, and the phone did not hear of it."""
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.run(
        "window.realFetch = window.fetch; window.fetch = async (...args) => {"
        "await window.realFetch(...args); throw new TypeError('lost'); }"
    )
    phone.choose("#result", "solved")
    phone.type("#result_note", "Once")
    phone.click(FINISH)
    phone.wait_for_status("kept")
    left = field.read(visit, "left")["left"]
    assert left
    phone.run("window.fetch = window.realFetch; window.left = true")
    phone.click("[data-retry]")
    phone.wait_for_page()
    assert field.read(visit, "left", "result_note") == {
        "id": visit,
        "left": left,
        "result_note": "Once",
    }
    assert phone.kept() == "[]"


def test_double_tap(phone, field):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.run(
        "window.sent = 0; window.realFetch = window.fetch; window.fetch = (...args) => {"
        "window.sent += String(args[0]).includes('/finish');"
        "sessionStorage.setItem('sent', window.sent); return window.realFetch(...args); }"
    )
    phone.choose("#result", "solved")
    phone.run("window.left = true")
    phone.click(FINISH, times=2)
    phone.wait_for_page()
    assert phone.run("sessionStorage.getItem('sent')") == "1"
    assert field.read(visit, "state")["state"] == "done"


def test_draft_is_his_and_restored(phone, field, server):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.choose("#result", "parts_needed")
    phone.type("#result_note", "Board is burnt")
    phone.open(f"/my-visits/{visit}")
    assert phone.value("#result_note") == "Board is burnt"
    assert phone.value("#result") == "parts_needed"
    phone.wait_for_status("draft")

    # Somebody else on the same phone sees nothing of it, and sends nothing of it.
    phone.log_in(server.url, "technician2")
    for path in ("/my-visits", f"/my-visits/{visit}"):
        phone.open(path)
        assert "Board is burnt" not in phone.run("document.documentElement.outerHTML")
        assert not phone.run("document.querySelector('[data-status]').offsetParent")
    assert field.read(visit, "state")["state"] == "at_work"

    phone.log_in(server.url, "technician")
    phone.open(f"/my-visits/{visit}")
    assert phone.value("#result_note") == "Board is burnt"
    phone.run("window.left = true")
    phone.click("[data-discard]")
    phone.wait_for_page()
    assert phone.value("#result_note") == ""
    assert phone.kept() == "[]"


def test_what_waits_is_sent_by_its_owner_alone(phone, field, server):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.cut()
    phone.choose("#result", "solved")
    phone.click(FINISH)
    phone.wait_for_status("kept")
    phone.run("window.stop()")
    phone.call("Network.clearBrowserCookies")
    # The page is still open, and its user is not logged in any more.
    phone.cut(False)
    phone.wait_for_status("login")
    phone.log_in(server.url, "technician2")
    phone.open("/my-visits")
    assert field.read(visit, "state")["state"] == "at_work"
    phone.log_in(server.url, "technician")
    phone.open("/my-visits")
    field.wait_for(visit, "state", "done")


def test_refused_in_words_and_nothing_lost(phone, field):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.choose("#result", "solved")
    phone.type("#result_note", "Tightened the belt")
    # Meanwhile the desk took it back: it is planned, and cannot be finished.
    field.agent.call("aftersales.visit", "action_put_back", ids=visit)
    phone.click(FINISH)
    phone.wait_for_status("error")
    assert "cannot make it" in phone.run("document.querySelector('[data-error]').textContent")
    assert field.read(visit, "state", "result_note") == {
        "id": visit,
        "state": "planned",
        "result_note": False,
    }
    field.client("technician").call("aftersales.visit", "action_arrive", ids=visit)
    phone.open(f"/my-visits/{visit}")
    assert phone.value("#result_note") == "Tightened the belt"


def test_part_checks_and_payment_without_connection(phone, field):
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    phone.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    part = phone.run("document.querySelector('#quant option:nth-child(2)').value")
    phone.cut()
    for _time in range(2):
        # The same part twice is two parts.
        phone.choose("#quant", part)
        phone.click("form[data-step=part] button[type=submit]")
        phone.wait("document.querySelector('#quant').value === ''")
    phone.type("form[data-step=payment] [name=amount]", "12,50")
    phone.type("form[data-step=payment] [name=reference]", "R-1")
    phone.click("form[data-step=payment] button[type=submit]")
    phone.wait_for_status("kept")
    assert field.read(visit, "payment_amount")["payment_amount"] == 0
    phone.run("window.left = true")
    phone.cut(False)
    phone.wait_for_page()
    phone.wait_for_status("sent")
    found = field.read(visit, "payment_amount", "payment_reference", "repair_id")
    assert (found["payment_amount"], found["payment_reference"]) == (12.5, "R-1")
    moves = field.client("manager").search_read(
        "stock.move",
        [("repair_id", "=", found["repair_id"]), ("repair_line_type", "=", "add")],
        ["quantity", "state"],
    )
    assert [move["quantity"] for move in moves] == [1, 1]
    assert phone.kept() == "[]"


def test_two_posts_at_once(phone, field, server):
    """Two workers get the same form at the same moment; one does it."""
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    cookies = phone.call("Network.getCookies")["cookies"]
    token = phone.run("odoo.csrf_token")

    def post(step, **form):
        form |= {"csrf_token": token, "answer": "json", "key": f"key of {step}"}
        request = urllib.request.Request(
            f"{server.url}/my-visits/{visit}/{step}",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in cookies)},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read().decode()

    def post_both(*arguments, **form):
        with ThreadPoolExecutor(2) as both:
            calls = [both.submit(post, *arguments, **form) for _time in range(2)]
        answers = [call.result() for call in calls]
        assert all('"error": null' in answer for answer in answers), answers

    # A part is no state that could be compared: only the key tells that it is the same.
    part = phone.run("document.querySelector('#quant option:nth-child(2)').value")
    post_both("part", quant=part, quantity=1)
    order = field.read(visit, "repair_id")["repair_id"]
    domain = [("repair_id", "=", order), ("repair_line_type", "=", "add")]
    moves = field.client("manager").search_read("stock.move", domain, ["quantity"])
    assert [move["quantity"] for move in moves] == [1]
    post_both("finish", result="solved", result_note="Once")
    found = field.read(visit, "state", "result_note")
    assert (found["state"], found["result_note"]) == ("done", "Once")


def draw(phone):
    """Draw a stroke where the customer signs."""
    phone.wait("!!document.querySelector('[data-to-sign] canvas')?.offsetParent")
    box = phone.run(
        "(() => { const field = document.querySelector('[data-to-sign] canvas');"
        "field.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const at = field.getBoundingClientRect(); return [at.x, at.y, at.width, at.height]; })()"
    )
    x, y, width, height = box
    steps = [("mousePressed", 0.2), *(("mouseMoved", n / 10) for n in range(3, 8))]
    for kind, part in [*steps, ("mouseReleased", 0.8)]:
        phone.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x + width * part,
            y=y + height * part,
            button="left",
            buttons=1,
            clickCount=1,
        )
    phone.wait("!document.querySelector('.o_portal_sign_submit').disabled")


def test_signed_without_connection(phone, field):
    """He finishes and the customer signs; both are sent, one after the other."""
    visit = field.make_visit("arrive")
    phone.open(f"/my-visits/{visit}")
    assert not phone.run("document.querySelector('[data-signature]').offsetParent")
    phone.cut()
    phone.choose("#result", "solved")
    phone.click(FINISH)
    phone.wait_for_status("kept")
    draw(phone)
    phone.click(".o_portal_sign_submit")
    phone.wait("!!document.querySelector('[data-signed]')?.offsetParent")
    assert not field.read(visit, "signed_by")["signed_by"]
    phone.cut(False)
    field.wait_for(visit, "state", "done")
    phone.wait_for_status("sent")
    found = field.read(visit, "signed_by", "signature")
    assert found["signed_by"] and found["signature"]
    assert phone.kept() == "[]"


def keep_pages(phone, *paths):
    """Open the list once, and wait until the phone keeps these pages."""
    phone.open("/my-visits")
    for path in paths:
        phone.wait(
            "caches.open('aftersales-visits-pages').then((kept) => "
            f"kept.match('{path}')).then(Boolean)"
        )


@contextmanager
def no_connection(phone):
    """Cut the page and the script that opens pages; both are given back."""
    phone.cut_worker()
    phone.cut()
    try:
        yield
    finally:
        phone.cut_worker(False)
        phone.cut(False)


def test_opens_without_connection(phone, field):
    """On a phone that saw the list once, and no visit: in the basement he opens his first."""
    visit = field.make_visit("arrive")
    keep_pages(phone, f"/my-visits/{visit}")
    with no_connection(phone):
        phone.open(f"/my-visits/{visit}")
        phone.wait("!!document.querySelector('[data-kept-page]').offsetParent")
        # The notice moves what stands below it.
        phone.wait_for_page()
        assert not phone.get_covers()
        keys = phone.run("[...document.querySelectorAll('[name=key]')].map((one) => one.value)")
        phone.choose("#result", "solved")
        phone.type("#result_note", "In the basement")
        phone.click(FINISH)
        phone.wait_for_status("kept")
        phone.open(f"/my-visits/{visit}")
        phone.wait_for_status("kept")
        assert phone.value("#result_note") == "In the basement"
        again = phone.run("[...document.querySelectorAll('[name=key]')].map((one) => one.value)")
        assert not set(keys) & set(again), "a kept page is no second tap"
        # The customer signs there, too.
        draw(phone)
        phone.click(".o_portal_sign_submit")
        phone.wait("!!document.querySelector('[data-signed]')?.offsetParent")
        assert not phone.get_covers()
        # What it does not keep it says so of.
        phone.run("window.left = true")
        phone.call("Page.navigate", url=phone.base + "/my-visits/999999")
        phone.wait("document.body.innerText.includes('No connection')")
    phone.open(f"/my-visits/{visit}")
    field.wait_for(visit, "state", "done")
    phone.wait("!!document.querySelector('[name=signature] img')")
    found = field.read(visit, "result_note", "signed_by")
    assert found["result_note"] == "In the basement"
    assert found["signed_by"]
    assert phone.kept() == "[]"


def test_signing_that_does_not_load_covers_nothing(phone, field):
    """The connection is lost while the page is on its way: what can be noted is noted."""
    visit = field.make_visit("arrive")
    phone.call("Network.setBlockedURLs", urls=["*signature_pad*", "*/my-visits/service-worker*"])
    try:
        phone.open(f"/my-visits/{visit}")
        phone.wait("!!document.querySelector('[data-no-signature]')")
        assert not phone.get_covers()
        phone.cut()
        phone.choose("#result", "solved")
        phone.click(FINISH)
        phone.wait_for_status("kept")
    finally:
        phone.call("Network.setBlockedURLs", urls=[])
    phone.cut(False)
    field.wait_for(visit, "state", "done")


def test_kept_pages_are_nobody_elses(phone, field, server):
    visit = field.make_visit("arrive")
    path = f"/my-visits/{visit}"
    kept = (
        "caches.open('aftersales-visits-pages').then((kept) => kept.keys()).then((k) => k.length)"
    )
    keep_pages(phone, path)
    assert phone.run(kept)
    # Whoever logs in comes to the login page: nothing is left there.
    phone.log_in(server.url, "technician2")
    phone.open("/my-visits")
    phone.cut_worker()
    try:
        phone.call("Page.navigate", url=phone.base + path)
        phone.wait("document.body.innerText.includes('No connection')")
    finally:
        phone.cut_worker(False)


def test_pages_of_another_are_thrown_away(phone, field):
    """Also when no login page was seen: the word of the owner is another."""
    phone.open("/my-visits")
    phone.wait(
        "caches.open('aftersales-visits-pages').then((kept) => kept.match('/my-visits'))"
        ".then(Boolean)"
    )
    phone.run(
        "caches.open('aftersales-visits-pages').then((kept) => kept.put('/my-visits/1', "
        "new Response('secret', {headers: {'X-Aftersales-Owner': 'somebody'}}))).then(() => true)"
    )
    phone.open("/my-visits")
    phone.wait(
        "caches.open('aftersales-visits-pages').then((kept) => kept.match('/my-visits/1'))"
        ".then((found) => !found)"
    )


def work_times(field, order):
    times = field.client("manager").search_read(
        "aftersales.work.time", [("repair_id", "=", order)], ["date_from", "date_to", "hours"]
    )
    return sorted(times, key=lambda one: one["date_from"])


def test_bench_without_connection(phone, field):
    """Clock, finding and end of the work in the cellar workshop, on a page opened there first."""
    order = field.make_order()
    page = f"/my-visits/order/{order}"
    keep_pages(phone, page)
    with no_connection(phone):
        phone.open(page)
        phone.wait("!!document.querySelector('[data-kept-page]').offsetParent")
        assert not phone.get_covers()
        phone.click(f"{START_CLOCK} button")
        phone.wait_for_status("kept")
        time.sleep(2)
        phone.click(f"{STOP_CLOCK} button")
        phone.wait(f"!!document.querySelector('{START_CLOCK}').offsetParent")
        phone.type("#work_note", "Seal was gone")
        phone.click("#finish button:not([name])")
        phone.wait_for_status("kept")
        phone.type("#work_note", ", new one")
        phone.click("#finish button[name=end]")
        # What is added after the end was tapped takes nothing of it back.
        phone.wait("!document.querySelector('#finish[data-busy]')")
        phone.type("#work_note", ".")
        phone.click("#finish button:not([name])")
        phone.wait("!document.querySelector('#finish[data-busy]')")
        assert not work_times(field, order)
        # Later than he tapped by so much that it can be told.
        time.sleep(4)
    phone.open("/my-visits")
    field.wait_for(order, "state", "done", model="repair.order")
    phone.wait_for_status("sent")
    note = field.read(order, "work_note", model="repair.order")["work_note"]
    assert note == "Seal was gone, new one."
    (worked,) = work_times(field, order)
    assert 1 <= worked["hours"] * 3600 <= 10, "from tap to tap, whenever it was sent"
    assert phone.kept() == "[]"


def test_changed_after_a_lost_answer(phone, field):
    """The server has the first, and the phone does not know: what he adds is no second tap."""
    order = field.make_order()
    phone.open(f"/my-visits/order/{order}")
    phone.run(
        "window.realFetch = window.fetch; window.fetch = async (...args) => {"
        "await window.realFetch(...args); throw new TypeError('lost'); }"
    )
    phone.type("#work_note", "Seal")
    phone.click("#finish button:not([name])")
    phone.wait_for_status("kept")
    field.wait_for(order, "work_note", "Seal", model="repair.order")
    phone.run("window.fetch = window.realFetch; window.left = true")
    phone.type("#work_note", " and fan")
    phone.click("#finish button:not([name])")
    phone.wait_for_page()
    field.wait_for(order, "work_note", "Seal and fan", model="repair.order")
    assert phone.kept() == "[]"


def test_double_tap_on_the_clock(phone, field):
    order = field.make_order()
    for selector in (START_CLOCK, STOP_CLOCK):
        phone.open(f"/my-visits/order/{order}")
        phone.run("window.left = true")
        phone.click(f"{selector} button", times=2)
        phone.wait_for_page()
        phone.wait_for_status("sent")
        (worked,) = work_times(field, order)
        assert bool(worked["date_to"]) == (selector == STOP_CLOCK)


def test_bench_work_of_somebody_else(phone, field):
    order = field.make_order("technician2")
    phone.open("/my-visits")
    assert not phone.run(f"document.querySelector('[href$=\"/order/{order}\"]')")
    phone.open(f"/my-visits/order/{order}")
    assert phone.run("location.pathname") == "/my-visits"
