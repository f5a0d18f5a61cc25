"""The stream of events, as a client reads it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver import MockServer
from tests.control_api.control import TIMEOUT, Control, new_namespace
from tests.control_api.receiver import Receiver


class Watcher:
    """Reads server-sent events: their names and data."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.lost = 0

    def events(self) -> Iterator[tuple[str, Any]]:
        """What comes, until the server ends it."""
        name = ""
        while line := self._response.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)

    def until(self, name: str) -> list[tuple[str, Any]]:
        """What comes, up to the first event of that name."""
        seen = []
        for event in self.events():
            seen.append(event)
            if event[0] == name:
                return seen
        raise AssertionError(f"the stream ended without {name}: {seen}")


@contextmanager
def watch(control: Control) -> Iterator[Watcher]:
    """A watcher that misses nothing of what is done inside the block."""
    parts = urlsplit(control.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", f"/_sandbox/namespaces/{control.namespace}/events")
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("content-type") == "text/event-stream"
        assert response.getheader("cache-control") == "no-store"
        assert response.getheader("request-id")
        assert response.readline() == b": connected\n"
        yield Watcher(response)
    finally:
        connection.close()


def test_what_happens_to_a_session_is_told_in_its_order(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=["transaction.status.changed"])
    with watch(sandbox) as watcher:
        session_id = sandbox.new_session()
        sandbox.play(session_id)
        sandbox.advance()
        sandbox.post("/reset")
        seen = watcher.until("reset")
    assert seen[0] == (
        "session",
        {"sessionId": session_id, "partner": "demo", "type": "embedded", "status": "open"},
    )
    told = [data for name, data in seen if name == "transition" and data["eventTypes"]]
    assert [(data["status"], data["depositStatus"]) for data in told] == [
        ("processing", "created"),
        ("processing", "initiated"),
        ("processing", "submitted"),
        ("processing", "accepted"),
        ("completed", "completed"),
    ]
    attempts = [data for name, data in seen if name == "delivery"]
    assert [(data["deliveryStatus"], data["answerStatus"]) for data in attempts] == [("delivered", 204)] * 2
    (request,) = (data for name, data in seen if name == "request")
    assert (request["status"], request["partner"]) == (201, "demo")


def test_a_resend_is_told(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=["transaction.status.changed"])
    sandbox.new_session()
    sandbox.advance(minutes=30)
    (delivery,) = sandbox.deliveries()
    with watch(sandbox) as watcher:
        sandbox.post(f"/deliveries/{delivery['deliveryId']}/resend")
        ((_, data),) = watcher.until("delivery")
    assert (data["deliveryId"], data["status"]) == (delivery["deliveryId"], "pending")


def test_other_namespaces_are_not_heard(mock: MockServer, sandbox: Control) -> None:
    other = new_namespace(mock.url)
    with watch(sandbox) as watcher:
        other.play(other.new_session())
        sandbox.post("/reset")
        assert watcher.until("reset") == [("reset", {})]
    with watch(other) as watcher:
        sandbox.ask("DELETE", "")  # the default one stays
        sandbox.namespace, name = other.namespace, sandbox.namespace
        sandbox.delete("")
        sandbox.namespace = name
        assert list(watcher.events()) == [], "a dropped namespace ends its streams"


def test_several_watchers_each_see_all(sandbox: Control) -> None:
    with watch(sandbox) as one, watch(sandbox) as other:
        session_id = sandbox.new_session()
        for watcher in (one, other):
            assert watcher.until("session")[0][1]["sessionId"] == session_id


def test_a_server_that_stops_ends_its_streams_and_breaks_nothing_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without that, uvicorn waits for them in vain, cancels them, and says so."""
    with MockServer() as mock:
        control = Control(mock.url, mock.partners)
        with watch(control) as watcher:
            mock.stop()
            assert list(watcher.events()) == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
