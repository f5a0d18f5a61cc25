"""The receiver takes whatever is sent to it, and answers as it was told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from contract_tests.receiver import ACKNOWLEDGE, Inbox, Receiver, Reply, server
from contract_tests.receiver.reading import BODY_LIMIT, Unreadable
from contract_tests.wire import Answer, Client, Request

EVENT = b'{"eventId": "e-1", "data": {"eventType": "transaction.status.changed", "sessionId": "s-1"}}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with Receiver() as running:
        yield running


def deliver(inbox: Inbox, body: bytes = EVENT, *, timeout: float = 5, chunked: bool = False) -> Answer | None:
    """POST to the inbox: the answer, or None."""
    parts = urlsplit(inbox.url)
    client = Client(f"{parts.scheme}://{parts.netloc}", timeout=timeout)
    try:
        headers = (("Content-Type", "application/json"),)
        request = Request(
            method="POST", path=f"{parts.path}?{parts.query}", headers=headers, body=body, chunked=chunked
        )
        # Not `send`, which repeats what is answered 503.
        return client._exchange(request).answer
    finally:
        client.close()


def send_raw(receiver: Receiver, data: bytes) -> bytes:
    """What the receiver answers to these bytes, up to its closing of the connection."""
    parts = urlsplit(receiver.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionError:
            pass
        return answer


@pytest.mark.parametrize("chunked", [False, True])
def test_a_delivery_is_kept_as_it_came(receiver: Receiver, chunked: bool) -> None:
    """The bytes, the headers, the time, and what can be read of the event."""
    inbox = receiver.open("inbox?a=b%20c")
    before = time.time()
    answer = deliver(inbox, b"  " + EVENT, chunked=chunked)
    assert answer is not None
    assert answer.status == ACKNOWLEDGE.status
    (arrival,) = inbox.about("s-1")
    assert arrival.request.body == b"  " + EVENT
    assert arrival.request.path == "/inbox?a=b%20c"
    assert arrival.request.header("content-type") == "application/json"
    assert before <= arrival.at <= time.time()
    assert (arrival.event_id, arrival.event_type) == ("e-1", "transaction.status.changed")
    assert arrival.exchange.answer is not None


@pytest.mark.parametrize(("limit", "value", "kept"), [("KEPT_ARRIVALS", 2, 2), ("KEPT_BYTES", 1, 1)])
def test_what_never_stops_sending_fills_no_memory(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, kept: int
) -> None:
    """All is answered, and what there is no room for is not kept."""
    monkeypatch.setattr(server, limit, value)
    inbox = receiver.open("inbox?a=b")
    answers = [deliver(inbox) for _ in range(4)]
    assert [answer.status for answer in answers if answer] == [ACKNOWLEDGE.status] * 4
    assert len(inbox.about("s-1")) == kept


def test_each_attempt_of_an_event_gets_its_reply(receiver: Receiver) -> None:
    """Twice 500, then 200 for good; another event begins anew."""
    inbox = receiver.open("inbox?x", Reply(status=500), Reply(status=500), Reply(status=200, body=b"thanks"))
    statuses = [answer.status for _ in range(4) if (answer := deliver(inbox)) is not None]
    assert statuses == [500, 500, 200, 200]
    other = deliver(inbox, EVENT.replace(b"e-1", b"e-2"))
    assert other is not None
    assert other.status == 500
    assert [arrival.attempt for arrival in inbox.arrivals] == [1, 2, 3, 4, 1]


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(status=307, headers=(("Location", "http://127.0.0.1:1/"),)), 307),
        (Reply(status=410, headers=(("Retry-After", "60"),)), 410),
        (Reply(status=200, body=b"x" * 900_000), 200),
        (Reply(status=200, delay=0.2), 200),
        (Reply(status=200, delay=0.8, trickles=True), 200),
    ],
    ids=["redirect", "410", "huge body", "slow", "slow head"],
)
def test_scripted_answers_arrive(receiver: Receiver, reply: Reply, status: int) -> None:
    """Status, headers and body are those of the script, when their time has come."""
    inbox = receiver.open("inbox?x", reply)
    start = time.monotonic()
    answer = deliver(inbox)
    assert answer is not None
    assert (answer.status, answer.body) == (status, reply.body)
    assert set(reply.headers) <= set(answer.headers)
    assert time.monotonic() - start >= reply.delay


def test_a_connection_is_broken(receiver: Receiver) -> None:
    """The delivery is noted, and nobody is answered."""
    inbox = receiver.open("inbox?x", Reply(breaks_off=True))
    assert deliver(inbox) is None
    assert inbox.arrivals
    assert {arrival.exchange.answer for arrival in inbox.arrivals} == {None}


def test_who_says_no_more_may_wait_for_the_answer(receiver: Receiver) -> None:
    """A sender may close its side of the connection behind the body."""
    receiver.open("inbox", Reply(status=200, delay=0.3))
    head = f"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n"
    assert send_raw(receiver, head.encode() + EVENT).startswith(b"HTTP/1.1 200 ")


def test_who_gives_up_holds_nobody_up() -> None:
    """A receiver ends although answers are still to come, to senders that have gone."""
    begun = time.monotonic()
    with Receiver() as receiver:
        assert deliver(receiver.open("inbox?x", Reply(delay=30)), timeout=0.3) is None
    assert time.monotonic() - begun < 20


def test_waiting_ends_with_what_is_waited_for(receiver: Receiver) -> None:
    """Whoever waits for a session's delivery is not held up by others, and is told at once."""
    inbox = receiver.open("inbox?x")
    deliver(inbox, EVENT.replace(b"s-1", b"s-2"))
    timer = threading.Timer(0.1, deliver, (inbox,))
    timer.start()
    assert len(inbox.wait("s-1", 1, seconds=5)) == 1
    timer.join()
    assert inbox.wait("s-1", 2, seconds=0.05) == inbox.about("s-1")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 70_000,
        b"GET\r\n\r\n",
        b"POST / HTTP/2.0\r\n\r\n",
        b"POST /inbox?x HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /inbox?x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /inbox?x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /inbox?x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        b"POST /inbox?x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /inbox?x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"POST /inbox?x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_LIMIT + 1),
        b"POST /inbox?x HTTP/1.1\r\nHost: a",
    ],
    ids=range(12),
)
def test_garbage_is_noted_and_survived(receiver: Receiver, garbage: bytes) -> None:
    """What is no request is kept as a stray with a reason, and the next delivery arrives."""
    inbox = receiver.open("inbox?x")
    answer = send_raw(receiver, garbage)
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""
    (stray,) = receiver.strays
    assert isinstance(stray, Unreadable)
    assert stray.reason
    assert inbox.arrivals == ()
    assert deliver(inbox) is not None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"null", b'{"data": 5}', b"[" * 100_000])
def test_a_body_that_is_no_event_is_a_delivery(receiver: Receiver, body: bytes) -> None:
    """It arrives, and nothing can be read of it."""
    inbox = receiver.open("inbox?x")
    assert deliver(inbox, body) is not None
    (arrival,) = inbox.arrivals
    assert (arrival.request.body, arrival.event_id, arrival.event_type) == (body, "", "")


def test_a_path_that_nobody_opened(receiver: Receiver) -> None:
    """It is answered 404, and kept as a stray."""
    assert send_raw(receiver, b"POST /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 404")
    (stray,) = receiver.strays
    assert isinstance(stray, Request)
    assert stray.path == "/elsewhere"
