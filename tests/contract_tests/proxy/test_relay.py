"""Byte for byte: what a server is sent and a client gets, with the proxy and without."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract_tests.proxy.record import Side
from contract_tests.proxy.relay import AddressError, parse_address
from mockserver import MockServer
from mockserver.tls import Certificate
from tests.contract_tests.proxy.proxied import PATIENCE, Raw, connected, proxied, read_all
from tests.contract_tests.scripted import answer, scripted

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = (
    b"POST /a HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"5;ext=1\r\nhello\r\n000\r\nX-Sum: 9\r\n\r\n"
)
CONVERSATIONS: dict[str, tuple[bytes, list[bytes]]] = {
    "odd names, order, repeats and spaces": (
        (
            b"POST /session/hosted?b=2&a=%7e HTTP/1.1\r\nhOsT:  shop.example \r\nX-B: 1\r\nx-a: 2\r\n"
            b"X-B: 3\r\n"
            b"X-Empty:\r\ncontent-length: 3\r\n\r\n{ }"
        ),
        [b"HTTP/1.1 201 Made It\r\nsEt-Cookie: a\r\nSet-Cookie: b\r\nContent-Length:   2\r\n\r\n{}"],
    ),
    "chunks, extensions and trailers": (
        CHUNKED,
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            b"A\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
        ],
    ),
    "early hints and 100": (
        b"POST /a HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", PLAIN],
    ),
    "HEAD": (
        b"HEAD /session/x HTTP/1.1\r\nHost: shop\r\n\r\n",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"],
    ),
    "an answer that ends with the connection": (
        b"GET /session/x HTTP/1.0\r\n\r\n",
        [b"HTTP/1.0 200 OK\r\n\r\n", b"as long as", b" it is"],
    ),
    "two requests at once": (
        b"GET /session/x HTTP/1.1\r\nHost: shop\r\n\r\nGET /session/y HTTP/1.1\r\nHost: shop\r\n\r\n",
        [PLAIN + PLAIN],
    ),
    "no HTTP at all": (b"\x16\x03\x01 hello\r\n\r\n", [b"\x00\xff not HTTP"]),
    "an answer that breaks off": (
        b"GET /session/x HTTP/1.1\r\nHost: shop\r\n\r\n",
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
    ),
    "another protocol": (
        b"GET /chat HTTP/1.1\r\nHost: shop\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x01\x02"],
    ),
}


def converse(port: int, sent: bytes, *, pieces: int) -> bytes:
    with connected(port) as connection:
        size = max(1, len(sent) // pieces)
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_no_byte_is_changed(name: str, pieces: int) -> None:
    """In neither direction, whatever it is: the same with the proxy as without."""
    sent, answers = CONVERSATIONS[name]
    with Raw(answers, until=sent) as server:
        direct = converse(server.port, sent, pieces=pieces), server.received
    with Raw(answers, until=sent) as server, proxied(server.url) as proxy:
        through = converse(proxy.port, sent, pieces=pieces), server.received
    assert through == direct == (b"".join(answers), sent)


@pytest.mark.parametrize("pieces", [1, 7, 1_000])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_rewriting_host_changes_nothing_else(name: str, pieces: int) -> None:
    """Not the name's case, nor the spaces before the value; and nothing where there is no Host."""
    sent, answers = CONVERSATIONS[name]
    with Raw(answers, until=sent[-3:]) as server, proxied(server.url, rewrite_host=True) as proxy:
        assert converse(proxy.port, sent, pieces=pieces) == b"".join(answers)
        authority = server.url.removeprefix("http://").encode()
    wanted = sent.replace(b"Host: shop", b"Host: " + authority)
    assert server.received == wanted.replace(b"hOsT:  shop.example ", b"hOsT:  " + authority)


def send_until_nobody_takes(connection: socket.socket, most: int) -> int:
    """How many bytes were taken before half a second passed without one."""
    taken, piece = 0, b"x" * 65_536
    connection.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while taken < most:
            taken += connection.send(piece)
    connection.settimeout(PATIENCE)
    return taken


def test_a_large_body_streams_with_back_pressure() -> None:
    """What the target does not read is not taken from the client, once the system's buffers are full."""
    size = 48_000_000
    head = b"POST /session/hosted HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n" % size
    reading = threading.Event()
    with (
        Raw([PLAIN], until=b"the end", reading=reading) as server,
        proxied(server.url) as proxy,
        connected(proxy.port) as connection,
    ):
        connection.sendall(head)
        taken = send_until_nobody_takes(connection, size)
        assert taken < size // 2
        reading.set()
        left = b"x" * (size - taken - 7) + b"the end"
        connection.sendall(left)
        assert connection.recv(65_536) == PLAIN
    assert len(server.received) == len(head) + size
    assert proxy.broken(Side.PARTNER) >= {"HTTP-13"}


def test_a_million_bytes_come_through_whole() -> None:
    """There and back."""
    body = bytes(range(256)) * 4_000 + b"the end"
    head = b"POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n" % len(body)
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with Raw([large], until=b"the end") as server, proxied(server.url) as proxy:
        got = converse(proxy.port, head + body, pieces=3)
    assert server.received == head + body
    assert got == large


def test_the_answer_to_half_a_request_arrives() -> None:
    """A server may refuse before it has read everything: 413 and the like."""
    early = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    head = b"POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: 9999\r\n\r\n"
    with (
        Raw([early], until=head) as server,
        proxied(server.url) as proxy,
        connected(proxy.port) as connection,
    ):
        connection.sendall(head)
        assert read_all(connection) == early


def test_a_reset_is_passed_on() -> None:
    """The target aborts: so does the connection to the client."""
    listener = socket.create_server(("127.0.0.1", 0))
    with (
        listener,
        proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
        connected(proxy.port) as connection,
    ):
        connection.sendall(b"GET /session/x HTTP/1.1\r\nHost: shop\r\n\r\n")
        accepted, _ = listener.accept()
        accepted.recv(65_536)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(65_536)
    assert proxy.broken(Side.IMPLEMENTATION) == {"ERR-11"}


def test_a_dead_target_is_a_502_that_says_so() -> None:
    """By the proxy itself, with the reason; nothing is said of an implementation that was not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with proxied(dead) as proxy, connected(proxy.port) as connection:
        connection.sendall(b"POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n{}")
        got = read_all(connection)
    assert got.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert f"stablemint proxy: {dead} cannot be reached: ".encode() in got
    assert proxy.record.exchanges == 0
    assert f"502: {dead} cannot be reached" in proxy.printed.getvalue()


def test_many_clients_at_once_each_get_their_own_answer() -> None:
    """Fifty connections, kept open, three requests on each."""

    def echo(request: bytes) -> bytes:
        return answer("200 OK", request.split(b" ")[1])

    problems: list[str] = []

    def client(number: int, port: int) -> None:
        with connected(port) as connection:
            for turn in range(3):
                path = f"/session/{number}-{turn}".encode()
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: shop\r\n\r\n")
                got = connection.recv(65_536)
                if not got.endswith(b"\r\n\r\n" + path):
                    problems.append(f"{path!r}: {got!r}")

    with scripted(echo) as server, proxied(server.url) as proxy:
        threads = [threading.Thread(target=client, args=(number, proxy.port)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
    assert proxy.record.exchanges == 150


def test_tls_targets_are_verified(tmp_path: Path) -> None:
    """A certificate of nobody is a 502; one that was named is trusted."""
    home = tmp_path / "home"
    with MockServer(home=home, tls=True) as mock:
        target = mock.url.replace("localhost", "127.0.0.1")
        for trusted, status in ((False, 502), (True, 404)):
            ca_file = str(home / "tls_certificate.pem") if trusted else None
            with proxied(target, ca_file=ca_file) as proxy:
                connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
                connection.request("GET", "/nothing")
                assert connection.getresponse().status == status
                connection.close()


def test_a_target_that_takes_no_leave_is_left_all_the_same(tmp_path: Path) -> None:
    """Over TLS both ends say that they close: one that does not holds no connection open beyond the end."""
    certificate = Certificate(tmp_path)
    certificate.prepare(host="127.0.0.1", now=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key_path)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(PATIENCE)
        accepted = pool.submit(lambda: context.wrap_socket(listener.accept()[0], server_side=True))
        target = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with proxied(target, ca_file=str(certificate.path)) as proxy:
            with connected(proxy.port) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                held = accepted.result(PATIENCE)
                assert held.recv(65_536)
                held.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                assert client.recv(65_536)
            assert held.recv(1) == b"", "the proxy has taken its leave, and waits for the target's"
        with held, socket.socket(fileno=os.dup(held.fileno())) as beneath:
            beneath.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionError):
                assert beneath.recv(1) == b""


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://a/", "http://", "http://a:99999", "http://u@a/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """With what was expected."""
    with pytest.raises(AddressError, match="is no URL"):
        parse_address(url)
