"""Many payments from end to end: every event of each arrives, and memory stays bounded."""

from __future__ import annotations

import json
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest

from mockserver import MockServer
from reference_impl.http.exchange import Receive, Scope, Send
from tests.serving import serve_app

ORDER = json.dumps(
    {"userCountryCode": "DE", "currency": "EUR", "amount": 5}
    | {name: "https://shop.example/" for name in ("successUrl", "supportUrl", "exitUrl", "errorUrl")}
).encode()
EVENTS_OF_A_COMPLETED_PAYMENT = 7


class Counting:
    """A receiver that acknowledges everything and counts it by event."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.received[json.loads(body)["eventId"]] += 1
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def pay(sessions: int, *, most_megabytes: float) -> None:
    receiver = Counting()
    with serve_app(receiver) as url, MockServer(max_sessions=1_000, validate_responses=False) as mock:
        mock.set_endpoint(url)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(sessions):
            headers = mock.sign(ORDER) | {"Content-Type": "application/json"}
            with urlopen(Request(f"{mock.url}/session/hosted", ORDER, headers)) as answer:
                session = json.load(answer)
            assert mock.pay(session)["status"] == "completed"
        mock.clock.advance(seconds=1)  # returns when all that was due is done
        told = {event["eventId"] for event in mock.events}
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert len(told) == EVENTS_OF_A_COMPLETED_PAYMENT * sessions
    assert set(receiver.received) == told
    assert set(receiver.received.values()) == {1}
    assert grown < most_megabytes


def test_five_hundred_payments_arrive_whole() -> None:
    """HOOK-06, HOOK-14: seven events each, acknowledged at the first attempt, none twice."""
    pay(500, most_megabytes=100)


@pytest.mark.prove
def test_ten_thousand_payments_arrive_whole() -> None:
    """The same at length: ten times the bound on sessions, so that most of them are dropped meanwhile."""
    pay(10_000, most_megabytes=400)
