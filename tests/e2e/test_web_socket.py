"""What one user writes reaches another one's open page, without reloading it."""

import json
import time

import pytest
import requests
import websocket

PATIENCE = 30


@pytest.fixture
def session(server):
    """The manager's session in a browser, and the version his page has of the web socket."""
    session = requests.Session()
    credentials = {"db": server.database, "login": "manager", "password": "manager"}
    answer = session.post(
        f"{server.url}/web/session/authenticate", json={"params": credentials}, timeout=60
    )
    session.version = answer.json()["result"]["websocket_worker_version"]
    return session


@pytest.fixture
def socket(server, session):
    """An open web socket, as the page of the manager has it: at the port of the pages."""
    address = server.url.replace("http", "ws", 1)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
    socket = websocket.create_connection(
        f"{address}/websocket?version={session.version}",
        origin=server.url,
        cookie=cookies,
        timeout=PATIENCE,
    )
    socket.send(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))
    yield socket
    socket.close()


def received(socket, kind):
    """The first notification of a kind that comes within a short time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for notification in json.loads(socket.recv() or "[]"):
            if notification["message"]["type"] == kind:
                return notification["message"]["payload"]
    raise AssertionError(f"no {kind} came within {PATIENCE} s")


def test_a_message_on_a_request_arrives_at_once(client, socket):
    manager, agent = client("manager"), client("agent")
    (user,) = manager.search_read("res.users", [("login", "=", "manager")], ["partner_id"])
    manager.write("res.users", user["id"], notification_type="inbox")
    request = agent.search_read("aftersales.request", [], ["name"], limit=1)[0]["id"]
    agent.call(
        "aftersales.request",
        "message_post",
        ids=request,
        body="The customer waits outside.",
        partner_ids=[user["partner_id"][0]],
        message_type="comment",
    )
    payload = received(socket, "mail.message/inbox")
    bodies = [str(message["body"]) for message in payload["store_data"]["mail.message"]]
    assert "The customer waits outside." in " ".join(bodies)
