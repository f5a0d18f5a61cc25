"""Limits on what a connection may send before the application hears of it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from reference_impl.http.exchange import Receive, Scope, Send, read_body
from reference_impl.serving.connections import MAXIMUM_FIELDS, MAXIMUM_HEAD
from reference_impl.serving.sockets import bind
from reference_impl.serving.web import WebServer
from reference_impl.settings import load_settings

PATIENCE = 20
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await read_body(receive, {})
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def serve(request_timeout: float) -> Iterator[int]:
    listeners = bind("127.0.0.1", 0)
    port: int = listeners[0].getsockname()[1]
    ready = threading.Event()
    settings = load_settings({"request_timeout": request_timeout})
    server = WebServer(application, settings, ready=ready.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve_on(listeners)), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield port
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve(600) as port:
        yield port


@pytest.fixture(scope="module")
def impatient() -> Iterator[int]:
    with serve(0.3) as port:
        yield port


def answer(port: int, *parts: bytes, read: Callable[[bytes], bool] = lambda _: False) -> bytes:
    """All that comes back until the server closes the connection, or ``read`` has what it wants."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as connection:
        received = b""
        try:
            for part in parts:
                connection.sendall(part)
            while not read(received) and (chunk := connection.recv(65536)):
                received += chunk
        except ConnectionError:  # closed while more was sent
            pass
        return received


def test_an_ordinary_request_is_answered(port: int) -> None:
    fields = b"".join(b"X-%d: a\r\n" % number for number in range(MAXIMUM_FIELDS - 2))
    whole = answer(port, GET + fields + b"Connection: close\r\n\r\n")
    assert whole.startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X: " + b"a" * (MAXIMUM_HEAD + 1) + b"\r\n\r\n",
        GET + b"".join(b"X-%d: a\r\n" % number for number in range(MAXIMUM_FIELDS + 1)) + b"\r\n",
        b"GET /" + b"a" * (MAXIMUM_HEAD + 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["one long field", "many fields", "a long target"],
)
def test_a_head_beyond_the_limits_is_refused(port: int, head: bytes) -> None:
    assert answer(port, head).startswith(b"HTTP/1.1 431 ")


def test_a_field_that_never_ends_is_not_kept(port: int) -> None:
    """Refused while it comes in, long before it is whole: what is sent after that finds nobody."""
    endless = [b"a" * 65536] * 200
    assert answer(port, GET + b"X: ", *endless)[:13] in (b"HTTP/1.1 431 ", b"")


@pytest.mark.parametrize("beginning", [b"0\r\nX: ", b"0;x="], ids=["a trailer", "an extension of a chunk"])
def test_a_line_that_never_ends_after_the_head_is_not_kept(port: int, beginning: bytes) -> None:
    """Nor does it cost more the longer it gets: trailers are a head like any other."""
    taken = 0
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as connection:
        connection.sendall(head + beginning)
        with suppress(ConnectionError):
            while taken < 20_000_000:
                connection.sendall(b"a" * 65536)
                taken += 65536
    assert taken < 20_000_000


def test_a_body_in_chunks_of_a_byte_each_is_taken(port: int) -> None:
    """HTTP-15: what frames them is many times larger than the limit of a head, and none of it."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = answer(port, head, b"1\r\na\r\n" * 50_000, b"0\r\n\r\n")
    assert whole.startswith(b"HTTP/1.1 204 ")


def test_a_request_that_does_not_get_whole_is_ended(impatient: int) -> None:
    """In its head, in its body, and a connection on which nothing comes."""
    assert answer(impatient, GET).startswith(b"HTTP/1.1 408 ")
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12"
    assert answer(impatient, body).startswith(b"HTTP/1.1 408 ")
    assert answer(impatient) == b""


def test_a_connection_kept_alive_is_not_ended_for_being_idle(impatient: int) -> None:
    """The time runs from the first byte of each request."""
    with closing(socket.create_connection(("127.0.0.1", impatient), timeout=PATIENCE)) as connection:
        for _ in range(2):
            connection.sendall(GET + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")
            connection.settimeout(0.6)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(PATIENCE)


@pytest.mark.parametrize("idle", [0.0, 0.6])
def test_a_later_request_that_does_not_get_whole_is_ended_too(impatient: int, idle: float) -> None:
    """Whether the time of the one before would be over by then or not."""
    with closing(socket.create_connection(("127.0.0.1", impatient), timeout=PATIENCE)) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")
        if idle:
            connection.settimeout(idle)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(PATIENCE)
        connection.sendall(GET)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert connection.recv(1) == b""
