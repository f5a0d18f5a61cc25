"""What goes by is reported under the requirement that it breaks, and of whom: and nothing private is."""

from __future__ import annotations

import gzip
import http.client
import json
import math
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract_tests.proxy.record import Side
from contract_tests.proxy.report import Lines, as_json
from contract_tests.receivers import keys
from contract_tests.receivers.delivery import Delivery, encode, sign
from contract_tests.receivers.events import Event, Events
from contract_tests.receivers.receiver import KnownSession, Receiver
from mockserver import MockServer
from tests.contract_tests.proxy.proxied import PATIENCE, Proxied, proxied
from tests.contract_tests.scripted import Script, answer, scripted
from tests.project.fences import read_blocks
from tests.project.tree import ROOT, plain_environment
from tests.tools import need_tools

NOW, LONG_AGO = "<now>", "<long ago>"
"""Time stamps, put in when a request is sent: the tests are collected long before the last of them runs."""
SIGNATURE = "QUJD" * 86
CREDENTIALS = {"ApiKey": "key_demo_0123456789", "Timestamp": NOW, "Signature": SIGNATURE}
JSON = {"Content-Type": "application/json"}
URLS = dict.fromkeys(("successUrl", "supportUrl", "exitUrl", "errorUrl"), "https://shop.example/")
ORDER: Mapping[str, Any] = {"userCountryCode": "DE", "currency": "EUR", "amount": 5, **URLS}
PAYER: Mapping[str, Any] = {
    **ORDER,
    "userId": "customer-77",
    "userEmail": "ada@lovelace.example",
    "userKyc": {"fullName": "Augusta Ada King", "personalIdentificationNumber": "PIN-1815-12-10"},
}
SESSION: Mapping[str, Any] = {
    "sessionId": "fB3hZu0kCv8rTm5_YqLn2w",
    "type": "hosted",
    "customerManagement": "stablemint",
    "status": "open",
    "currency": "EUR",
    "country": "DE",
    "amount": 5,
    "createdAt": "2026-03-14T09:27:20.000Z",
    "expiresAt": "2026-03-14T09:57:20.000Z",
    "deposit": None,
    "sessionUrl": "https://checkout.example/fB3hZu0kCv8rTm5_YqLn2w",
}
STANDARD = ("Content-Type: application/json", "Cache-Control: no-store")
LOCATION = f"Location: /session/{SESSION['sessionId']}"


class Numbered:
    """Answers with a Request-Id of its own each time."""

    def __init__(self, status: str, body: bytes, *headers: str) -> None:
        self.count = 0
        self._answer = (status, body, headers)

    def __call__(self, request: bytes) -> bytes:
        self.count += 1
        status, body, headers = self._answer
        return answer(status, body, f"Request-Id: r{self.count}", *headers)


def created(members: Mapping[str, Any] = SESSION, *headers: str) -> Script:
    return Numbered("201 Created", json.dumps(members).encode(), *(headers or (*STANDARD, LOCATION)))


def stamped(value: str) -> str:
    now = int(time.time())
    return value.replace(NOW, str(now)).replace(LONG_AGO, str(now - 900))


def call(
    proxy: Proxied,
    method: str = "POST",
    path: str = "/session/hosted",
    document: object = ORDER,
    headers: Mapping[str, str] = CREDENTIALS | JSON,
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
    body = document if isinstance(document, bytes | None) else json.dumps(document).encode()
    try:
        connection.request(method, path, body, {name: stamped(value) for name, value in headers.items()})
        got = connection.getresponse()
        got.read()
        return got.status
    except http.client.RemoteDisconnected:
        return 0
    finally:
        connection.close()


def watch(script: Script, *calls: Mapping[str, Any]) -> Proxied:
    with scripted(script) as server, proxied(server.url) as proxy:
        for arguments in calls or ({},):
            call(proxy, **arguments)
    return proxy


def test_nothing_is_said_against_what_is_right() -> None:
    """A valid request, a valid answer: both sides are seen to keep the contract."""
    proxy = watch(created())
    assert proxy.record.counts == {}
    assert proxy.held(Side.IMPLEMENTATION) >= {"SESS-01", "SESS-02", "SESS-04", "HTTP-16", "HTTP-17"}
    assert proxy.held(Side.PARTNER) >= {"DATA-10", "DATA-11", "DATA-12", "DATA-15"}


def problem(code: str, status: int, **members: Any) -> bytes:
    return json.dumps(
        {
            "type": f"https://api.example/docs/problems/{code}",
            "title": "T",
            "status": status,
            "detail": "D",
            "instance": "urn:stablemint:request:r1",
            "code": code,
            **members,
        }
    ).encode()


GZIPPED = CREDENTIALS | JSON | {"Content-Encoding": "gzip"}
PROBLEM = ("Content-Type: application/problem+json", "Cache-Control: no-store")


@pytest.mark.parametrize(
    ("code", "status", "call"),
    [
        ("session_not_found", 404, {"method": "GET", "path": "/session/none", "document": None}),
        ("invalid_request", 400, {"document": {**ORDER, "currency": "XXX"}}),
        ("malformed_json", 400, {"document": b"\xef\xbb\xbf" + json.dumps(ORDER).encode()}),
        ("malformed_json", 400, {"document": json.dumps(ORDER).encode("utf-16")}),
        ("malformed_json", 400, {"document": json.dumps({**ORDER, "amount": math.nan}).encode()}),
        ("malformed_json", 400, {"document": b'{"amount": 5,' + json.dumps(ORDER).encode()[1:]}),
        ("malformed_json", 400, {"document": b'{"customFields": ' + b"[" * 32 + b"]" * 32 + b"}"}),
        ("malformed_json", 400, {"document": b"[" * 100_000}),
        ("not_found", 404, {"path": "/api/session/hosted"}),
        ("unsupported_media_type", 415, {"headers": GZIPPED, "document": gzip.compress(b"{}")}),
        ("unsupported_media_type", 415, {"headers": GZIPPED}),
        ("invalid_request", 400, {"document": {**ORDER, "websiteReference": "\ud800"}}),
        ("invalid_request", 400, {"document": json.dumps(ORDER).replace(" 5", " 5e999").encode()}),
    ],
)
def test_nothing_is_said_against_a_right_refusal(code: str, status: int, call: Mapping[str, Any]) -> None:
    """An error is judged as a problem, and by the rules of reading JSON, which are not Python's."""
    wrong = {"pointer": "/currency", "code": "not_in_list", "detail": "D"}
    members = {"errors": [wrong] if code == "invalid_request" else []} if status == 400 else {}
    proxy = watch(Numbered(f"{status} X", problem(code, status, **members), *PROBLEM), call)
    assert proxy.broken(Side.IMPLEMENTATION) == set(), proxy.record.counts


@pytest.mark.parametrize(
    ("requirement", "script"),
    [
        ("HTTP-17", created(SESSION, "Content-Type: application/json", LOCATION)),
        ("HTTP-16", lambda _: answer("201 Created", json.dumps(SESSION).encode(), *STANDARD, LOCATION)),
        ("HTTP-07", created(SESSION, *STANDARD, LOCATION, "Access-Control-Allow-Origin: *")),
        ("SESS-01", created(SESSION, *STANDARD)),
        ("SESS-01", created({**SESSION, "status": "new"})),
        ("SESS-02", created({**SESSION, "sessionId": "7"}, *STANDARD, "Location: /session/7")),
        ("SESS-04", created({**SESSION, "currency": "PLN"})),
        ("SESS-14", created({**SESSION, "createdAt": "2026-03-14 09:27"})),
        ("ERR-11", Numbered("500 Internal Server Error", b"oops")),
        ("ERR-11", lambda _: None),
        ("ERR-01", Numbered("401 Unauthorized", b'{"error": "no"}', *STANDARD)),
        ("ERR-02", Numbered("418 I'm a teapot", problem("teapot", 418), *PROBLEM)),
        ("ERR-03", lambda _: answer("404 Not Found", problem("not_found", 404), "Request-Id: r9", *PROBLEM)),
        ("ERR-09", Numbered("429 Too Many Requests", problem("rate_limited", 429), *PROBLEM)),
        ("SESS-01", Numbered("400 Bad Request", problem("malformed_json", 400, errors=[]), *PROBLEM)),
        ("AUTH-01", Numbered("401 Unauthorized", problem("invalid_signature", 401), *PROBLEM)),
    ],
)
def test_a_wrong_answer_is_reported_under_its_requirement(requirement: str, script: Script) -> None:
    """Of the implementation, and not of the partner."""
    proxy = watch(script)
    assert requirement in proxy.broken(Side.IMPLEMENTATION)
    assert proxy.broken(Side.PARTNER) == set()


def test_what_never_changes_is_remembered() -> None:
    """SESS-15, SESS-18: from one answer to the next."""
    later = {**SESSION, "expiresAt": "2026-03-14T10:57:20.000Z"}
    answers: Iterator[Script] = iter(
        [created(), Numbered("200 OK", json.dumps(later).encode(), "Request-Id: x", *STANDARD)]
    )
    with scripted(lambda request: next(answers)(request)) as server, proxied(server.url) as proxy:
        call(proxy)
        call(proxy, "GET", f"/session/{SESSION['sessionId']}", None, CREDENTIALS)
    assert "SESS-15" in proxy.broken(Side.IMPLEMENTATION)


def test_an_answer_that_was_overtaken_takes_nothing_back() -> None:
    """SESS-18 is about what is asked after a final status was answered: of two readers one may be slow."""
    path = f"/session/{SESSION['sessionId']}"
    asked, told = threading.Event(), threading.Event()

    def reply(request: bytes) -> bytes:
        is_slow = b"?slow" in request
        if is_slow:
            asked.set()
            told.wait(PATIENCE)
        status = "processing" if is_slow or b"?back" in request else "completed"
        body = json.dumps({**SESSION, "status": status}).encode()
        return answer("200 OK", body, f"Request-Id: {request[:60]!r}", *STANDARD)

    with scripted(reply) as server, proxied(server.url) as proxy:
        slow = threading.Thread(target=call, args=(proxy, "GET", f"{path}?slow", None, CREDENTIALS))
        slow.start()
        assert asked.wait(PATIENCE)
        call(proxy, "GET", path, None, CREDENTIALS)
        told.set()
        slow.join(PATIENCE)
    assert "SESS-18" not in proxy.broken(Side.IMPLEMENTATION)
    with scripted(reply) as server, proxied(server.url) as proxy:
        for query in ("", "?back"):
            call(proxy, "GET", path + query, None, CREDENTIALS)
    assert "SESS-18" in proxy.broken(Side.IMPLEMENTATION)


def test_an_implementation_that_accepts_what_is_invalid_is_reported_too() -> None:
    """The partner's mistake, and that it went unnoticed."""
    proxy = watch(created({**SESSION, "currency": "XXX"}), {"document": {**ORDER, "currency": "XXX"}})
    assert proxy.broken(Side.PARTNER) == {"DATA-11"}
    assert "DATA-11" in proxy.broken(Side.IMPLEMENTATION)


@pytest.mark.parametrize(
    ("requirement", "arguments"),
    [
        ("AUTH-06", {"headers": JSON}),
        ("AUTH-06", {"headers": CREDENTIALS | JSON | {"Signature": ""}}),
        ("AUTH-08", {"headers": CREDENTIALS | JSON | {"Timestamp": f"{NOW}000"}}),
        ("AUTH-09", {"headers": CREDENTIALS | JSON | {"Timestamp": LONG_AGO}}),
        ("AUTH-11", {"headers": CREDENTIALS | JSON | {"Signature": "no base64!"}}),
        ("HTTP-10", {"headers": CREDENTIALS | {"Content-Type": "text/plain"}}),
        ("HTTP-01", {"path": "/sessions/hosted"}),
        ("HTTP-01", {"path": "/api/session/hosted"}),
        ("HTTP-11", {"headers": GZIPPED, "document": gzip.compress(b"{}")}),
        ("HTTP-02", {"method": "PUT"}),
        ("HTTP-13", {"document": b" " * 262_145}),
        ("HTTP-10", {"headers": CREDENTIALS | {"Content-Type": "text/plain; charset"}}),
        ("DATA-01", {"document": b"{"}),
        ("DATA-01", {"document": b'{"amount": NaN}'}),
        ("DATA-02", {"document": b'{"amount": 5, "amount": 5}'}),
        ("DATA-03", {"document": b"[" * 100_000}),
        ("DATA-03", {"document": b"[" * 33 + b"]" * 33}),
        ("DATA-03", {"document": b'{"a":' * 900 + b"1" + b"}" * 900}),
        ("DATA-09", {"document": {**ORDER, "currency": ["EUR"]}}),
        ("DATA-06", {"document": {**ORDER, "userID": "1"}}),
        ("DATA-07", {"document": {**ORDER, "websiteReference": None}}),
        ("DATA-08", {"document": {"currency": "EUR"}}),
        ("DATA-09", {"document": {**ORDER, "amount": "5"}}),
        ("DATA-10", {"document": {**ORDER, "userCountryCode": "XX"}}),
        ("DATA-12", {"document": {**ORDER, "amount": 0.105}}),
        ("DATA-15", {"document": {**ORDER, "successUrl": "/thanks"}}),
        ("DATA-26", {"document": {**ORDER, "blockchainDestinationType": "Partner"}}),
    ],
)
def test_a_wrong_request_is_reported_under_its_requirement(
    requirement: str, arguments: Mapping[str, Any]
) -> None:
    """Of the partner; the implementation that refuses it is right."""
    code = "malformed_json"
    proxy = watch(Numbered("400 Bad Request", problem(code, 400, errors=[]), *PROBLEM), arguments)
    assert requirement in proxy.broken(Side.PARTNER)
    assert proxy.record.unjudged == 0


ODD: Mapping[str, bytes] = {
    "a list for each word": json.dumps({name: [value] for name, value in SESSION.items()}).encode(),
    "a list for the status": json.dumps({**SESSION, "status": ["open"]}).encode(),
    "nested without end": b"[" * 100_000,
    "a number without end": b'{"amount": ' + b"9" * 10_000 + b"}",
    "compressed": gzip.compress(b"{}"),
    "UTF-16": json.dumps(SESSION).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(SESSION).encode(),
    "a name twice": json.dumps(SESSION).replace('"status"', '"status": "failed", "status"').encode(),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_whatever_is_answered_is_judged(body: bytes) -> None:
    """No fault of the implementation is one of ours, and all are said in words."""
    status = Numbered("201 Created", body, *STANDARD, LOCATION)
    proxy = watch(status, {}, {"method": "GET", "path": f"/session/{SESSION['sessionId']}", "document": None})
    assert "SESS-01" in proxy.broken(Side.IMPLEMENTATION)
    assert proxy.record.unjudged == 0
    assert "Error" not in proxy.printed.getvalue()


def test_nothing_private_is_in_any_report(tmp_path: Path) -> None:
    """Not in the live lines, not in the summary, not in JSON, under whatever name it comes back."""
    leaking = {**SESSION, "note": PAYER["userKyc"]["fullName"], "userKyc": PAYER["userKyc"]}
    path = "/session/hosted/partner-managed-customer"
    proxy = watch(
        created(leaking, "Content-Type: application/json"),
        {"path": path, "document": PAYER},
        {"path": f"{path}?email={PAYER['userEmail']}", "document": PAYER},
    )
    Lines(proxy.printed, colour=False).summary(proxy.record)
    written = json.dumps(as_json(proxy.record, target="http://x"), ensure_ascii=False)
    for text in (proxy.printed.getvalue(), written):
        assert "<masked>" in text
        for private in (
            *PAYER["userKyc"].values(),
            PAYER["userEmail"],
            PAYER["userId"],
            CREDENTIALS["ApiKey"],
            SIGNATURE,
        ):
            assert private not in text


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_readmes_client_works_through_the_proxy(language: str, tmp_path: Path) -> None:
    """With nothing to be said against it or the mock server."""
    if language == "node":
        need_tools("node")
    heading, fence, command = {
        "python": ("Python", "python", [sys.executable]),
        "node": ("Node", "js", ["node"]),
    }[language]
    code = next(
        b.code for b in read_blocks(ROOT / "README.md") if (b.heading, b.language) == (heading, fence)
    )
    script = tmp_path / ("client.py" if language == "python" else "client.mjs")
    script.write_text(code)
    home = tmp_path / "home"
    with MockServer(home=home) as mock, proxied(mock.url) as proxy:
        folder = home / "partners" / "demo"
        environment = plain_environment(
            STABLEMINT_URL=proxy.url,
            STABLEMINT_API_KEY=(folder / "api_key").read_text(),
            STABLEMINT_API_SECRET=(folder / "api_secret").read_text(),
            STABLEMINT_PRIVATE_KEY=str(folder / "private_key.pem"),
        )
        done = subprocess.run(
            [*command, str(script)], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert re.search(r"status['\"]?: ['\"]open", done.stdout)
    assert proxy.record.counts == {}
    assert proxy.record.exchanges == 2


# -- webhooks -----------------------------------------------------------------------------------------------

KEY = keys.make()
EVENTS = Events(
    Receiver(
        url="http://localhost/",
        keys=(KEY,),
        partner_name="Shop",
        sessions=(KnownSession(session_id=str(SESSION["sessionId"])),),
    )
)


def deliver(*sent: Delivery, status: str = "204 No Content", trusting: bool = True) -> Proxied:
    with (
        scripted(lambda _: answer(status)) as receiver,
        proxied(
            "http://127.0.0.1:9",
            webhooks_to=f"{receiver.url}/hook",
            key=KEY.public_key() if trusting else None,
        ) as proxy,
    ):
        for one in sent:
            connection = http.client.HTTPConnection("127.0.0.1", proxy.webhook_port or 0, timeout=PATIENCE)
            connection.request("POST", "/hook", one.body, dict(one.headers()))
            assert f"{connection.getresponse().status}" in status
            connection.close()
    assert all(request.startswith(b"POST /hook HTTP/1.1\r\n") for request in receiver.received)
    return proxy


def signed(event: Event | bytes, *, age: float = 0) -> Delivery:
    body = event if isinstance(event, bytes) else encode(event)
    return sign(body, key=KEY, at=datetime.now(UTC) - timedelta(seconds=age))


def test_every_event_of_the_document_is_right() -> None:
    """HOOK-01 to HOOK-04, and the receiver that acknowledges."""
    proxy = deliver(*(signed(event) for _, event in EVENTS.all()))
    assert proxy.record.counts == {}
    assert proxy.held(Side.IMPLEMENTATION) == {"HOOK-01", "HOOK-02", "HOOK-03", "HOOK-04"}
    assert proxy.held(Side.RECEIVER) == {"RECV-01"}


def without(event: Event, name: str) -> Event:
    del event["data"][name]
    return event


@pytest.mark.parametrize(
    ("requirements", "sent"),
    [
        ({"HOOK-01"}, signed(EVENTS.any()).but(content_type="text/json")),
        ({"HOOK-01"}, signed(b"\xef\xbb\xbf{}")),
        ({"HOOK-02"}, signed(without(EVENTS.any(), "partnerName"))),
        ({"HOOK-02"}, signed({**EVENTS.any(), "eventId": "7"})),
        ({"HOOK-02"}, signed({"eventId": EVENTS.any()["eventId"], "data": {"eventType": "x"}})),
        ({"HOOK-03"}, signed(EVENTS.any()).but(body=encode(EVENTS.any()))),
        ({"HOOK-03"}, signed(EVENTS.any()).but(signature=None)),
        ({"HOOK-04"}, signed(EVENTS.any(), age=400)),
    ],
)
def test_a_wrong_delivery_is_reported_under_its_requirement(requirements: set[str], sent: Delivery) -> None:
    """Of the implementation; and a receiver that takes a forged or a stale one, of the receiver."""
    proxy = deliver(sent)
    assert proxy.broken(Side.IMPLEMENTATION) >= requirements
    taken = {"HOOK-03": {"RECV-02"}, "HOOK-04": {"RECV-03"}}.get(min(requirements), set())
    assert proxy.broken(Side.RECEIVER) >= taken
    assert deliver(sent, status="400 Bad Request").broken(Side.RECEIVER) == set()


def test_without_a_public_key_signatures_are_not_seen_to_hold() -> None:
    """What was not verified is not counted."""
    proxy = deliver(signed(EVENTS.any()), trusting=False)
    assert "HOOK-03" not in proxy.held(Side.IMPLEMENTATION)


def test_the_mock_servers_webhooks_go_through(tmp_path: Path) -> None:
    """A payment from end to end: seven events, and nothing to be said against them."""
    home = tmp_path / "home"
    with MockServer(home=home) as mock, scripted(lambda _: answer("204 No Content")) as receiver:
        key = keys.read_public(home / "webhook_public_key.pem")
        with proxied(mock.url, webhooks_to=receiver.url, key=key) as proxy:
            mock.set_endpoint(f"http://127.0.0.1:{proxy.webhook_port}/hook")
            body = json.dumps(ORDER).encode()
            connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
            connection.request("POST", "/session/hosted", body, mock.sign(body) | JSON)
            session = json.load(connection.getresponse())
            connection.close()
            mock.pay(session)
            mock.clock.advance(seconds=0)
    assert proxy.record.counts == {}
    assert proxy.record.exchanges == 8
    assert len(receiver.received) == 7
