"""The client sends what it is given and makes a finding of whatever comes back."""

from __future__ import annotations

import contextlib
import itertools
import select
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract_tests.wire import (
    ANSWER_LIMIT,
    Client,
    Hanging,
    Losses,
    OutOfTime,
    Request,
    StillBusy,
    parse_date,
)
from tests.certificates import LOOPBACK, Authority, serving_context
from tests.contract_tests.scripted import answer, scripted

GET = Request(method="GET", path="/session/x")


def test_bytes_and_headers_go_out_as_they_are() -> None:
    """Nothing is added but Host and framing, nothing is sorted, and equal headers stay apart."""
    request = Request(
        method="POST", path="/a//b?c", headers=(("X-B", "1"), ("x-a", "2"), ("X-B", "3")), body=b'{"a":\xff'
    )
    with (
        scripted(lambda _: answer("204 No Content")) as server,
        closing(Client(server.url, timeout=5)) as client,
    ):
        client.send(request)
    host = server.url.removeprefix("http://").encode()
    assert server.received == [
        b"POST /a//b?c HTTP/1.1\r\n"
        b"Host: " + host + b"\r\n"
        b"X-B: 1\r\nx-a: 2\r\nX-B: 3\r\n"
        b'Content-Length: 6\r\n\r\n{"a":\xff'
    ]


def test_chunks() -> None:
    """A chunked body has no length and ends with an empty chunk."""
    with scripted(lambda _: answer("200 OK")) as server, closing(Client(server.url, timeout=5)) as client:
        client.send(Request(method="POST", path="/", body=b"abc", chunked=True))
    assert server.received[0].endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")


def test_white_space_around_values_is_no_part_of_them() -> None:
    """On both sides, of repeated fields and of those by which the answer is read."""
    fields = ("X-A: \t a b\t ", "X-A:c ", "X-B: ", "Transfer-Encoding: chunked \t")
    reply = "\r\n".join(("HTTP/1.1 200 OK", *fields, "", "3", "abc", "0", "", "")).encode()
    with scripted(lambda _: reply) as server, closing(Client(server.url, timeout=5)) as client:
        found = client.send(GET).answer
    assert found is not None
    assert found.headers[:3] == (("X-A", "a b"), ("X-A", "c"), ("X-B", ""))
    assert found.body == b"abc"


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_busy_is_no_answer(status: str) -> None:
    """After 429 and 503 the client waits as long as it is asked to, and sends the same bytes again."""
    replies = iter([answer(status, b"", "Retry-After: 7"), answer(status), answer("200 OK")])
    pauses: list[float] = []
    with scripted(lambda _: next(replies)) as server, closing(Client(server.url, timeout=5)) as client:
        client.pause = pauses.append
        exchange = client.send(GET)
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    assert pauses == [7.0, 1.0]
    assert len(set(server.received)) == 1
    assert len(server.received) == 3


def _pauses(*replies: bytes, then: bytes = b"", deadline: float | None = None) -> list[float]:
    """The waits before these answers were followed by another; `then` repeats for ever."""
    pauses: list[float] = []
    started = time.monotonic()
    script = itertools.chain(replies, itertools.repeat(then or answer("200 OK")))
    with (
        scripted(lambda _: next(script)) as server,
        closing(Client(server.url, timeout=5, deadline=deadline)) as client,
        contextlib.suppress(StillBusy),
    ):
        client.pause = pauses.append
        client.clock = lambda: started + sum(pauses)
        client.send(GET)
    return pauses


def test_who_is_told_not_to_wait_still_gives_up() -> None:
    """`Retry-After: 0` without end is neither an endless run nor a flood of requests."""
    pauses = _pauses(then=answer("429 Too Many Requests", b"", "Retry-After: 0"))
    assert pauses[:3] == [0.0, 0.05, 0.1]
    assert 20 < sum(pauses) <= 30
    assert len(pauses) < 30


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:45 GMT"), 8.0),
        (("Retry-After: Sun, 06 Nov 1994 08:49:45 GMT",), 0.0),
        (("Retry-After: Sun, 06 Nov 99999999999999999999 08:49:45 GMT",), 1.0),
        (("Retry-After: -5",), 1.0),
    ],
)
def test_the_date_of_an_intermediary_is_waited_for(headers: tuple[str, ...], seconds: float) -> None:
    """RFC 9110 section 10.2.3 has both forms; the date is by the clock of `Date`."""
    assert _pauses(answer("503 Service Unavailable", b"", *headers)) == [seconds]


def test_no_wait_is_longer_than_the_time_of_the_run() -> None:
    """``--max-time`` ends a wait, too."""
    busy = answer("429 Too Many Requests", b"", "Retry-After: 20")
    (pause,) = _pauses(busy, deadline=time.monotonic() + 5)
    assert 0 < pause <= 5


def test_interim_answers_are_passed_over() -> None:
    """RFC 9110 section 15.2: the answer is the final one, and that of the next request is its own."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    replies = iter([hints + answer("200 OK", b"one"), answer("200 OK", b"two")])
    with scripted(lambda _: next(replies)) as server, closing(Client(server.url, timeout=5)) as client:
        answers = [client.send(GET).answer for _ in range(2)]
    assert [each and (each.status, each.body) for each in answers] == [(200, b"one"), (200, b"two")]


@pytest.mark.parametrize(
    ("first", "each", "repetitions"),
    [(0, 0, 2), (40, 0, 2), (0, 2, 2), (0, 3, 1), (31, 31, 1)],
    ids=["at once", "slow to say so first", "just in time", "a second later", "slower than patience"],
)
def test_patience_is_time_from_the_first_busy_answer(first: int, each: int, repetitions: int) -> None:
    """A target that is busy for longer than half a minute gets no verdict, however the time goes by.

    Waits of 14 s, and answers that take `each` seconds: no third wait fits, nor a second behind slow ones.
    """
    time_is = itertools.chain([first, *([each] * 9)])
    now = [0.0]

    def busy(_: bytes) -> bytes:
        now[0] += next(time_is)
        return answer("503 Service Unavailable", b"", "Retry-After: 14")

    def pause(seconds: float) -> None:
        now[0] += seconds

    with scripted(busy) as server, closing(Client(server.url, timeout=5)) as client:
        client.pause, client.clock = pause, lambda: now[0]
        with pytest.raises(StillBusy, match="answers 503 and asks to wait 14 s more"):
            client.send(GET)
    assert len(server.received) == repetitions + 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (None, "the connection was closed without an answer"),
        (b"", "the connection was broken off before there was a whole answer"),
        (b"rubbish\r\n\r\n", "no readable answer: it begins with 'rubbish'"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", "its chunks are none"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "no answer within the time allowed"),
        (answer("200 OK", b"x" * (ANSWER_LIMIT + 1)), "an answer of more than"),
    ],
)
def test_what_is_no_answer_is_a_finding(reply: bytes | None, reason: str) -> None:
    """Closed connections, other protocols, endless and half answers raise nothing."""
    with scripted(lambda _: reply) as server, closing(Client(server.url, timeout=0.5)) as client:
        exchange = client.send(GET)
    assert exchange.answer is None
    assert reason in str(exchange.failure)


def test_half_an_answer_is_none() -> None:
    """What ends before its Content-Length fails, and spoils no answer to a request that follows."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
    replies = iter([(half,), (answer("200 OK", b"whole"),)])

    def reply(_: bytes) -> Iterator[bytes]:
        yield from next(replies)
        raise ConnectionError  # which closes the connection

    with scripted(reply) as server, closing(Client(server.url, timeout=5)) as client:
        first, second = (client.send(GET) for _ in range(2))
    assert first.failure == "no readable answer: it ended 7 bytes before its Content-Length"
    assert second.answer is not None
    assert second.answer.body == b"whole"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9", "nothing listens there (connection refused)"),
        ("http://no-such-host.invalid", "there is no such host, or its name cannot be looked up now"),
    ],
)
def test_a_target_that_is_not_there_is_told_of_in_words(address: str, reason: str) -> None:
    """Of a failure of the system, whose number says nothing to anybody."""
    with closing(Client(address, timeout=5)) as client:
        assert client.send(GET).failure == reason


def test_a_connection_that_was_kept_open_may_be_closed() -> None:
    """A server may close an idle connection; the next request goes out on another."""
    replies = iter([answer("200 OK"), None, answer("200 OK")])
    with scripted(lambda _: next(replies)) as server, closing(Client(server.url, timeout=5)) as client:
        assert client.send(GET).answer is not None
        assert client.send(GET).answer is not None


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("secure", [False, True])
def test_a_connection_that_was_kept_open_may_be_broken_off(secure: bool, size: int, tmp_path: Path) -> None:
    """So it may without a farewell, of TLS or TCP, before the next request is on its way."""
    authority = Authority(tmp_path)
    tls = serving_context(*authority.issue(*LOOPBACK)) if secure else None
    heard = threading.Event()

    def reply(request: bytes) -> Iterator[bytes]:
        yield answer("200 OK")
        if request.startswith(b"GET"):
            heard.wait(5)
            yield b""

    with (
        scripted(reply, tls=tls) as server,
        closing(Client(server.url, timeout=5, ca_file=authority.path)) as client,
    ):
        assert client.send(GET).answer is not None
        assert client._connection is not None
        heard.set()
        select.select([client._connection.sock], [], [], 5)  # until the news has come
        exchange = client.send(Request(method="POST", path="/", body=b" " * size))
        assert exchange.failure is None


def test_an_answer_has_to_come_to_an_end() -> None:
    """A byte now and then is no answer: the time allowed is for the whole of it."""
    stopped = threading.Event()

    def drip(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not stopped.wait(0.02):
            yield b"x"

    with scripted(drip) as server, closing(Client(server.url, timeout=0.4)) as client:
        started = time.monotonic()
        exchange = client.send(GET)
        stopped.set()
    assert exchange.failure == "no answer within the time allowed"
    assert time.monotonic() - started < 5


def test_a_target_that_hangs_is_not_waited_for_again_and_again() -> None:
    """Three in a row, and then one more for each that is asked for."""
    stopped = threading.Event()
    with (
        scripted(lambda _: iter(lambda: b"" if not stopped.wait(10) else b"-", b"-")) as server,
        closing(Client(server.url, timeout=0.05)) as client,
    ):
        for _ in range(3):
            assert client.send(GET).answer is None
        with pytest.raises(Hanging, match=r"left 3 requests in a row without an answer for 0\.05 s each"):
            client.send(GET)
        client.try_again()
        assert client.send(GET).answer is None
        with pytest.raises(Hanging):
            client.send(GET)
        stopped.set()


def test_time_runs_out() -> None:
    """After the deadline nothing is sent any more."""
    with scripted(lambda _: answer("200 OK")) as server:
        with pytest.raises(OutOfTime):
            Client(server.url, timeout=5, deadline=0.0).send(GET)
        assert server.received == []


def test_what_the_end_of_the_time_cuts_short_is_no_verdict() -> None:
    """An answer that would take longer than the run may is not waited for, and not called late."""
    stopped = threading.Event()

    def hang(_: bytes) -> None:
        stopped.wait(10)

    with scripted(hang) as server, closing(Client(server.url, timeout=10)) as client:
        begun = time.monotonic()
        client.deadline = begun + 0.3
        with pytest.raises(OutOfTime):
            client.send(GET)
        stopped.set()
        assert 0.3 <= time.monotonic() - begun < 5
        assert not client.is_hanging


def test_what_is_waited_for_at_once_is_lost_once() -> None:
    """Twelve requests of a race that hang for ten seconds have cost ten, not a hundred and twenty."""
    losses = Losses()
    for start, end in ((0.0, 10.0), (0.5, 10.5), (1.0, 9.0), (20.0, 25.0)):
        losses.add(start, end)
    assert losses.seconds == 15.5


def test_a_client_beside_another_ends_with_its_time() -> None:
    """``--max-time`` and what was lost hold for all connections of a run."""
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
    with scripted(lambda _: late) as server:
        with (
            closing(Client(server.url, timeout=5, deadline=time.monotonic())) as client,
            closing(client.beside()) as other,
            pytest.raises(OutOfTime),
        ):
            other.send(GET)
        # Long beside what a busy machine adds to each.
        with closing(Client(server.url, timeout=0.5)) as client:
            while not client.is_hanging:
                with closing(client.beside()) as other:
                    other.send(GET)
            assert 6 <= len(server.received) <= 7
            with pytest.raises(Hanging, match=r"without an answer for 3 s in all"):
                client.send(GET)


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_dates_are_in_utc_wherever_this_runs(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each of the three forms that a recipient has to take (RFC 9110 section 5.6.7)."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        found = parse_date(text)
    time.tzset()
    assert found == 784_111_777
