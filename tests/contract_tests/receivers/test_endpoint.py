"""The sender: as HOOK-14 to HOOK-17 have it."""

from __future__ import annotations

import time

import pytest

from contract_tests.receivers.endpoint import Endpoint, Unreachable
from contract_tests.receivers.trial import is_acknowledged, is_late
from contract_tests.wire import Exchange, OutOfTime, Request
from tests.contract_tests.scripted import Script, answer, scripted

DELIVERY = Request(method="POST", path="/hook?a=b", headers=(("StableMint-Timestamp", "now"),), body=b"{}")


def post(script: Script, *, timeout: float = 5, request: Request = DELIVERY) -> tuple[Exchange, list[bytes]]:
    with scripted(script) as server:
        return Endpoint(server.url, timeout=timeout).post(request), server.received


def test_a_delivery_goes_out_as_it_stands() -> None:
    """Names as spelt, the body byte for byte."""
    body = '{ "ключ" :\t1 }'.encode()
    request = Request(method="POST", path="/hook?a=b", headers=(("sTable", "x"),), body=body)
    exchange, (sent,) = post(lambda _: answer("204 No Content"), request=request)
    assert sent.startswith(b"POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nsTable: x\r\n" in sent
    assert sent.endswith(b"\r\n\r\n" + body)
    assert is_acknowledged(exchange)


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Fine"])
def test_any_2xx_acknowledges(status: str) -> None:
    """HOOK-14."""
    assert is_acknowledged(post(lambda _: answer(status))[0])


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    """HOOK-16: one request, and no acknowledgement."""
    exchange, sent = post(lambda _: answer(status, b"", "Location: /elsewhere"))
    assert not is_acknowledged(exchange)
    assert len(sent) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "410 Gone"])
def test_nothing_is_sent_again_by_itself(status: str) -> None:
    """HOOK-17: Retry-After means nothing here."""
    exchange, sent = post(lambda _: answer(status, b"", "Retry-After: 0"))
    assert not is_acknowledged(exchange)
    assert len(sent) == 1


def test_an_early_hint_is_no_answer() -> None:
    """1xx comes before the response head that counts."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert is_acknowledged(post(lambda _: early + answer("200 OK"))[0])


def test_a_response_head_that_does_not_end_is_late() -> None:
    """HOOK-16: the time is for the whole head, not for the next byte of it."""
    exchange, _ = post(lambda _: b"HTTP/1.1 200 OK\r\nX-Slow: ", timeout=0.2)
    assert is_late(exchange)


def test_a_body_that_does_not_end_is_ignored() -> None:
    """HOOK-17."""
    exchange, _ = post(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nhalf")
    assert is_acknowledged(exchange)
    assert exchange.answer is not None
    assert exchange.answer.body == b"half"


@pytest.mark.parametrize(
    "reply", [None, b"220 smtp.example\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"\x00\r\n\r\n"]
)
def test_what_is_no_answer_is_a_failure(reply: bytes | None) -> None:
    """A reason, and no exception."""
    exchange, _ = post(lambda _: reply)
    assert exchange.answer is None
    assert exchange.failure
    assert not is_late(exchange)


def test_nobody_there() -> None:
    """Before anything is sent."""
    with scripted(lambda _: None) as server:
        url = server.url
    with pytest.raises(Unreachable, match="onnect"):
        Endpoint(url, timeout=5).reach()


def test_no_attempt_after_the_deadline() -> None:
    """``--max-time`` of the run."""
    with pytest.raises(OutOfTime):
        Endpoint("http://127.0.0.1:9", timeout=5, deadline=time.monotonic()).post(DELIVERY)
