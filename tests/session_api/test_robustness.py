"""Whatever is sent to the server: never a 500, never a hang, nothing secret, and it answers on."""

from __future__ import annotations

import logging
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving import Server
from tests.session_api.calls import CREATIONS, HOSTED, HOSTED_PARTNER_MANAGED, create, encode, signed, valid
from tests.session_api.conversation import converse, statuses
from tests.session_api.exchange import TIMEOUT, compose, exchange

PROMPT = 2
"""Seconds within which a server is done with the most awkward request; it takes milliseconds."""


class _Errors(logging.Handler):
    """Keeps what is logged as an error, by whatever part of the server."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


@contextmanager
def unharmed(server: Server) -> Iterator[None]:
    """Check that what is done in the block leaves no error in the log, and a server ready for the next."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield
        assert create(server, HOSTED, valid(HOSTED)).status == 201
    finally:
        logging.getLogger().removeHandler(errors)
    assert errors.messages == []


def check_heard(server: Server, heard: bytes) -> None:
    """ERR-10, ERR-11: whatever was said, it was no 5xx, and nothing that stays inside."""
    assert not [status for status in statuses(heard) if status >= 500], heard
    assert server.partners["demo"].api_secret.encode() not in heard
    assert b"Traceback" not in heard


def good_request(server: Server, *, closing: bool = True) -> bytes:
    body = encode(valid(HOSTED))
    fields = [*server.sign(body).items(), ("Content-Type", "application/json")]
    return compose(
        "POST", HOSTED, fields=[*fields, *([("Connection", "close")] if closing else [])], body=body
    )


def post(head: str, body: bytes = b"", *, target: str = HOSTED, version: str = "HTTP/1.1") -> bytes:
    return f"POST {target} {version}\r\nHost: x\r\n{head}\r\n".encode("latin-1") + body


HOSTILE = {
    "nothing": b"",
    "empty lines": b"\r\n" * 2000,
    "zeros": bytes(10_000),
    "every byte": bytes(range(256)) * 40,
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(193),
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "HTTP/0.9": b"GET /session/hosted\r\n",
    "HTTP/1.0": b"GET /session/hosted HTTP/1.0\r\n\r\n",
    "HTTP/1.0 kept alive": post("Connection: keep-alive\r\nContent-Length: 2\r\n", b"{}", version="HTTP/1.0"),
    "HTTP/9.9": b"GET / HTTP/9.9\r\n\r\n",
    "another protocol": b"INVITE sip:a@b SIP/2.0\r\n\r\n",
    "an SSH banner": b"SSH-2.0-OpenSSH_9.7\r\n",
    "a line without end": b"GET /" + b"a" * 300_000,
    "a long target": b"GET /session/" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long query": b"GET /session/x?" + b"a=%41&" * 50_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long field": post("Accept: " + "a" * 300_000 + "\r\n"),
    "a long name of a field": post("a" * 300_000 + ": 1\r\n"),
    "many fields": post("".join(f"Field-{number}: x\r\n" for number in range(10_000))),
    "one field many times": post("Accept: a/b\r\n" * 10_000),
    "many credentials": post("ApiKey: a\r\nTimestamp: 1\r\nSignature: AAAA\r\n" * 3000),
    "fields without end": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000,
    "no host": b"POST /session/hosted HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host of nonsense": b"GET /session/x HTTP/1.1\r\nHost: \xff\xfe:99999999\r\n\r\n",
    "bytes beyond ASCII in the target": b"GET /session/\xf0\x9f\x9b\x92\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the target": b"GET /session/\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the target": b"GET /session/a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a fragment in the target": b"GET /session/hosted#x HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target": b"GET http://x/session/hosted HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target without a path": b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target of nonsense": b"GET http://[::1:999999/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an empty target": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a query for a target": b"GET ?x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a field": post("Accept: a\x00b\r\n"),
    "controls in a field": post("ApiKey: \x01\x02\x7f\r\nTimestamp: \x1b\r\nSignature: \x0c\r\n"),
    "bytes beyond ASCII in fields": post(
        "ApiKey: \xff\xfe\r\nTimestamp: \xe9\r\nSignature: \xe9=\r\nAccept: \xe9\r\n"
    ),
    "a field without a colon": post("Accept\r\n"),
    "a field without a name": post(": x\r\n"),
    "a space before the colon": post("Accept : x\r\n"),
    "a folded field": post("Accept: a/b,\r\n c/d\r\n"),
    "bare line feeds": b"POST /session/hosted HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}",
    "bare carriage returns": b"POST /session/hosted HTTP/1.1\rHost: x\r\r",
    "a negative length": post("Content-Length: -1\r\n", b"{}"),
    "a signed length": post("Content-Length: +2\r\n", b"{}"),
    "a length in hexadecimal": post("Content-Length: 0x2\r\n", b"{}"),
    "a length in other digits": post("Content-Length: \xb2\r\n", b"{}"),
    "a length beyond all bounds": post("Content-Length: " + "9" * 5000 + "\r\n", b"{}"),
    "a length of 2**63": post(f"Content-Length: {2**63}\r\n", b"{}"),
    "a length of 2**64 + 2": post(f"Content-Length: {2**64 + 2}\r\n", b"{}"),
    "two lengths": post("Content-Length: 2\r\nContent-Length: 3\r\n", b"{} "),
    "the same length twice": post("Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    "a list of lengths": post("Content-Length: 2, 2\r\n", b"{}"),
    "a length and chunks": post(
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"
    ),
    "a body that stops short": post("Content-Length: 100\r\n", b"{}"),
    "more than the length": post("Content-Length: 2\r\n", b"{}{}{}"),
    "an unknown transfer coding": post("Transfer-Encoding: gzip\r\n", b"{}"),
    "chunked before another coding": post("Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    "chunked twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunked in disguise": post("Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "chunks that stop short": post("Transfer-Encoding: chunked\r\n", b"5\r\n{}"),
    "a chunk longer than it says": post("Transfer-Encoding: chunked\r\n", b"1\r\n{}\r\n0\r\n\r\n"),
    "a chunk of negative size": post("Transfer-Encoding: chunked\r\n", b"-1\r\n{}\r\n0\r\n\r\n"),
    "a chunk beyond all bounds": post("Transfer-Encoding: chunked\r\n", b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n"),
    "a chunk without a size": post("Transfer-Encoding: chunked\r\n", b"\r\n{}\r\n0\r\n\r\n"),
    "a chunk with an extension": post("Transfer-Encoding: chunked\r\n", b"2;a=b\r\n{}\r\n0\r\n\r\n"),
    "an extension without end": post("Transfer-Encoding: chunked\r\n", b"2;" + b"a" * 300_000),
    "trailers": post(
        "Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\nApiKey: a\r\nContent-Length: 9\r\n\r\n"
    ),
    "a websocket": (
        b"GET /session/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ),
    "an upgrade to HTTP/2": post(
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    ),
    "an expectation": post("Expect: 100-continue\r\nContent-Length: 2\r\n", b"{}"),
    "an expectation nobody meets": post("Expect: 200-maybe\r\nContent-Length: 2\r\n", b"{}"),
    "a hundred requests in a row": post("Content-Length: 2\r\n", b"{}") * 100,
    "a request inside a body": post("Content-Length: 4\r\n", b"{}\r\n" + post("Content-Length: 0\r\n")),
    "a body on every method": b"".join(
        b"%s /session/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" % method
        for method in (b"HEAD", b"TRACE", b"DELETE", b"OPTIONS", b"GET")
    ),
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_broken_and_hostile_http_is_answered_or_hung_up_on(server: Server, message: bytes) -> None:
    """ERR-11, ERR-10: and the next client is served."""
    with unharmed(server):
        check_heard(server, converse(server.port, message))


def test_smuggled_requests_are_not_answered_as_the_clients_own(server: Server) -> None:
    """RFC 9112 section 6.3: with a length and chunks, at most one reading is acted upon."""
    inner = good_request(server)
    chunks = b"0\r\n\r\n" + inner
    outer = post(f"Content-Length: {len(chunks)}\r\nTransfer-Encoding: chunked\r\n", chunks)
    assert 201 not in statuses(converse(server.port, outer))


def test_clients_that_never_finish_hold_nobody_up(server: Server) -> None:
    """Fifty requests, each missing its last byte, stay open while others are served."""
    with unharmed(server), ExitStack() as stack:
        for _ in range(50):
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)
            )
            connection.sendall(good_request(server)[:-1])
        started = time.monotonic()
        assert create(server, HOSTED, valid(HOSTED)).status == 201
        assert time.monotonic() - started < PROMPT


@pytest.mark.parametrize("sent", [1.0, 0.5, 0.05])
def test_clients_that_vanish_leave_no_trace(server: Server, sent: float) -> None:
    """A connection reset before the answer, within the body or within the head is no error of the server."""
    request = good_request(server, closing=False)
    with unharmed(server):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(request[: int(len(request) * sent)])


AWKWARD_FIELDS = {
    "parameters of white space": ("Content-Type", "application/json" + ";  " * 20_000 + "@"),
    "parameters of semicolons": ("Content-Type", "application/json" + ";" * 60_000 + "@"),
    "white space": ("Content-Type", "application/json" + " " * 60_000 + "@"),
    "quotes": ("Content-Type", 'application/json; a="' + '\\"' * 30_000),
    "many quoted parameters": ("Content-Type", "application/json" + '; a="b"' * 8000 + "@"),
    "a long subtype": ("Content-Type", "application/" + "j" * 60_000 + "@"),
    "ranges": ("Accept", "a/b;q=0.1," * 6000 + "@"),
    "ranges of white space": ("Accept", "a/b" + " \t" * 30_000 + "@"),
    "ranges with parameters": ("Accept", "a/b" + ";  " * 20_000 + "@"),
    "commas": ("Accept", "," * 60_000),
    "open quotes": ("Accept", '"' * 60_001),
    "escaped quotes": ("Accept", '"\\' * 30_000),
    "quotes and commas": ("Accept", '",' * 30_000),
    "codings": ("Content-Encoding", "identity," * 6000),
    "a key": ("ApiKey", "k" * 60_000),
    "digits": ("Timestamp", "1" * 60_000),
    "base64": ("Signature", "A" * 60_000),
    "padding": ("Signature", "=" * 60_000),
}


@pytest.mark.parametrize(("name", "value"), AWKWARD_FIELDS.values(), ids=AWKWARD_FIELDS)
def test_no_field_takes_the_server_long_to_read(server: Server, name: str, value: str) -> None:
    """A field of 60 KB is read in time that grows with its length, not with its square or its exponential."""
    body = encode(valid(HOSTED))
    typed = [] if name == "Content-Type" else [("Content-Type", "application/json")]
    credentials = {**server.sign(body), "Accept": "*/*", name: value}
    started = time.monotonic()
    answer = exchange(server.port, "POST", HOSTED, fields=[*credentials.items(), *typed], body=body)
    assert time.monotonic() - started < PROMPT
    assert answer.status < 500


bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same examples in every run, and no more than a few seconds of them."""

FRAGMENTS = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b"\x00",
            b"\xff",
            b"/",
            b"%",
            b"?",
            b"#",
            b"{",
            b"[",
            b'"',
            b"\\",
        ),
        *(
            b"HTTP/1.1",
            b"HTTP/1.0",
            b"GET ",
            b"Host: y\r\n",
            b"Connection: close\r\n",
            b"Content-Length: 1\r\n",
        ),
        *(
            b"Transfer-Encoding: chunked\r\n",
            b"0\r\n\r\n",
            b"1\r\n",
            b"\r\n\r\n",
            b"9" * 30,
            b"-1",
            b"\xe2\x82\xac",
        ),
    ]
) | st.binary(min_size=1, max_size=12)

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "overwrite", "delete", "repeat", "cut off"]),
        st.floats(0, 1),
        st.integers(1, 60),
        FRAGMENTS,
    ),
    min_size=1,
    max_size=5,
)


def edit(message: bytes, edits: list[tuple[str, float, int, bytes]]) -> bytes:
    """``message`` with the edits made one after the other, each at its share of the length."""
    for kind, share, length, fragment in edits:
        position = int(share * len(message))
        before, after = message[:position], message[position:]
        match kind:
            case "insert":
                message = before + fragment + after
            case "overwrite":
                message = before + fragment + after[len(fragment) :]
            case "delete":
                message = before + after[length:]
            case "repeat":
                message = before + after[:length] * 2 + after[length:]
            case _:
                message = before
    return message


@bounded
@given(edits=EDITS, pieces=st.integers(1, 3))
def test_no_damage_to_a_good_request_harms_the_server(
    server: Server, edits: list[tuple[str, float, int, bytes]], pieces: int
) -> None:
    """ERR-11: whatever happens to its bytes on the way, in as many packets."""
    message = edit(good_request(server), edits)
    size = len(message) // pieces + 1
    with unharmed(server):
        heard = converse(
            server.port, *(message[start : start + size] for start in range(0, len(message), size))
        )
        check_heard(server, heard)


@bounded
@given(message=st.lists(FRAGMENTS, max_size=40).map(b"".join))
def test_no_string_of_bytes_harms_the_server(server: Server, message: bytes) -> None:
    """ERR-11."""
    with unharmed(server):
        check_heard(server, converse(server.port, message))


FIELD_VALUE = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30
)
FIELD_NAME = st.sampled_from(
    [
        *(
            "Accept",
            "Content-Type",
            "Content-Encoding",
            "Timestamp",
            "Signature",
            "ApiKey",
            "Accept-Language",
        ),
        *(
            "Origin",
            "Cookie",
            "Authorization",
            "Range",
            "If-None-Match",
            "X-HTTP-Method-Override",
            "Forwarded",
        ),
    ]
)


@bounded
@given(
    method=st.sampled_from(["GET", "POST"]),
    target=st.sampled_from([*CREATIONS, "/session/x"]),
    fields=st.lists(st.tuples(FIELD_NAME, FIELD_VALUE), max_size=6),
)
def test_no_header_field_harms_the_server(
    server: Server, method: str, target: str, fields: list[tuple[str, str]]
) -> None:
    """ERR-11: signed well, and with any further fields."""
    body = encode(valid(HOSTED)) if method == "POST" else None
    answer = signed(server, method, target, body, fields=fields)
    assert answer.status < 500


@bounded
@given(host=FIELD_VALUE)
def test_no_host_harms_the_server(server: Server, host: str) -> None:
    """ERR-11: the contract's answers do not depend on it."""
    assert signed(server, "POST", HOSTED, encode(valid(HOSTED)), host=host).status == 201


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            "json",
            "text",
            "/",
            "a/b/c",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "; charset=x",
        ),
        *(
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-99",
            "text/plain; charset=\x80",
        ),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{", b"--x\r\n" * 3000, b"a=b&" * 3000, b"\xff"])
def test_no_type_of_an_ignored_body_harms_the_server(server: Server, content_type: str, body: bytes) -> None:
    """HTTP-08, ERR-11: whatever a body on GET claims to be, nothing parses it."""
    answer = signed(server, "GET", "/session/x", body, content_type=content_type)
    assert answer.code == "session_not_found"


@bounded
@given(
    segment=st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#/"), max_size=40
    )
)
def test_no_path_harms_the_server(server: Server, segment: str) -> None:
    """HTTP-01, SESS-12, ERR-11: one segment is an unknown session, or nothing where it is empty."""
    answer = signed(server, "GET", f"/session/{segment}")
    allowed = {"session_not_found"} if segment else {"not_found"}
    assert answer.code in allowed | {"method_not_allowed"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        *valid(HOSTED_PARTNER_MANAGED),
        *("userKyc", "customFields", "websiteReference", "idempotencyKey", "__proto__"),
        *("blockchainDestinationType", "blockchainDestinationAddress"),
    ]
)


@bounded
@given(changes=st.dictionaries(NAMES, JSON, max_size=4))
def test_no_value_harms_the_server(server: Server, changes: dict[str, object]) -> None:
    """ERR-05, ERR-11: a session, or a 400 that names only what was changed, or the rest of its pair."""
    answer = create(server, HOSTED_PARTNER_MANAGED, valid(HOSTED_PARTNER_MANAGED, **changes))
    assert answer.status in (201, 400, 422)
    if answer.status == 400:
        pair = {"blockchainDestinationType", "blockchainDestinationAddress"}
        named = {pointer.split("/")[1] for pointer in answer.pointers}
        assert named <= set(changes) | (pair if pair & set(changes) else set())


@bounded
@given(edits=EDITS)
def test_no_damage_to_a_signed_body_harms_the_server(
    server: Server, edits: list[tuple[str, float, int, bytes]]
) -> None:
    """ERR-11, AUTH-03: the signature holds for any bytes; what they say decides."""
    body = edit(encode(valid(HOSTED, websiteReference="Straße 🛒", customFields={"a": "b"})), edits)
    assert signed(server, "POST", HOSTED, body).status in (201, 400)
