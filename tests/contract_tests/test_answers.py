"""What an answer says is read as strictly as what is sent, and told of in words where it cannot be."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import openapi
from contract_tests.driven.payments import deposit_of, deposit_status, is_next
from contract_tests.judging.creation import (
    differing,
    is_representation,
    judge_creation,
    judge_representation,
)
from contract_tests.operations import CREATIONS
from contract_tests.trial import describe
from contract_tests.wire import Answer, Exchange, Headers, Request

HOSTED = next(creation for creation in CREATIONS if creation.type == "hosted")
JSON = (("Content-Type", "application/json"),)
DEPOSIT = {"reference": "r", "endToEndId": "e", "status": "created", "paymentMethod": "open_banking"}
A, B, C = ({"id": name, "name": name, "ibanMasked": "DE00****0000"} for name in "abc")
OTHER_ACCOUNT = {**A, "ibanMasked": "DE00****0001"}


def answered(body: bytes, status: int = 201, headers: Headers = JSON) -> Exchange:
    """A creation that was answered so."""
    answer = Answer(status=status, reason="", headers=headers, body=body)
    return Exchange(request=Request(method="POST", path=HOSTED.path, body=b"{}"), answer=answer)


def session() -> Any:
    """A hosted session of the document."""
    return openapi.load()["components"]["examples"]["HostedSessionMinimal"]["value"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty"),
        (b"<html>", "the body is no JSON: Expecting value at character 0"),
        (b"\xef\xbb\xbf{}", "the body begins with a byte order mark"),
        ("{}".encode("utf-16"), "the body is not UTF-8: invalid start byte at byte 0"),
        (b'{"x": "\xff"}', "the body is not UTF-8: invalid start byte at byte 7"),
        (b'{"x": NaN}', "NaN is no JSON"),
        (b'{"status": "open", "status": "failed"}', "an object has a name twice"),
        (b'{"x": ' + b"[" * 100_000, "the body is nested too deeply"),
    ],
)
def test_what_is_no_json_is_no_session(body: bytes, reason: str) -> None:
    """RFC 8259 section 8.1, and the report says why nothing can be read."""
    exchange = answered(body)
    assert exchange.answer is not None
    assert exchange.answer.json() is None
    assert describe(exchange) == f"201 ({reason})"
    problem = (("Content-Type", "application/problem+json"),)
    assert describe(answered(body, 404, problem)) == f"404 ({reason})"
    assert describe(answered(body, 404, ())) == "404"


def test_json_may_say_more_than_anybody_asks() -> None:
    """Answers are open: a number that no Python takes for an integer is no reason to read none of them."""
    exchange = answered(b'{"x": ' + b"9" * 10_000 + b', "y": ' + b"[" * 300 + b"]" * 300 + b"}")
    assert exchange.answer is not None
    assert exchange.answer.json()["x"] == math.inf
    assert describe(exchange) == "201"


@pytest.mark.parametrize(
    ("content_type", "holds"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/html", False),
        (None, False),
    ],
)
def test_a_session_is_of_its_media_type(content_type: str | None, holds: bool) -> None:
    """SESS-01 and SESS-10: `application/json` is what the document has both answers in."""
    seen: dict[str, list[bool]] = {}

    def check(requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        seen.setdefault(requirement, []).append(truth)
        return truth

    found = session()
    headers: Headers = (("Location", f"/session/{found['sessionId']}"),)
    headers += (("Content-Type", content_type),) if content_type else ()
    exchange = answered(json.dumps(found).encode(), headers=headers)
    judge_creation(exchange, creation=HOSTED, members={}, check=check)
    assert all(seen["SESS-01"]) is holds
    assert exchange.answer is not None
    looked_up = answered(exchange.answer.body, 200, headers).answer
    assert is_representation(looked_up, found) is holds


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"updatedAt": "2026-03-14T09:27:41.380Z"}, True),
        ({"deposit": {**DEPOSIT, "links": []}}, True),
        ({"deposit": {**DEPOSIT, "status": "initiated"}}, False),
        ({"userId": "someone"}, False),
        ({"currency": "PLN"}, False),
    ],
)
def test_what_no_document_names_may_change(changes: dict[str, object], holds: bool) -> None:
    """SESS-10: a look-up repeats what the document names of a session, and may tell more."""
    first = {**session(), "deposit": DEPOSIT, "version": 1}
    looked_up = answered(json.dumps(first | changes).encode(), 200)
    assert is_representation(looked_up.answer, first) is holds


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        ([A, B], True),
        ([A], False),
        ([OTHER_ACCOUNT, B], True),
        ([OTHER_ACCOUNT, A, B], True),
        ([C, A, B], True),
        ([B, A], True),
        ([], False),
        ([C], False),
        ([C, B, A], False),
        ([B, A, B], False),
        ([OTHER_ACCOUNT, B, A], False),
    ],
)
def test_the_bank_of_the_last_payment_comes_first(found: list[object], holds: bool) -> None:
    """SESS-11: a bank used by another account is listed with the last one, or once for each."""
    assert is_next(found, [A, B]) is holds


@pytest.mark.parametrize("deposit", [None, [], ["created"], "created", 7])
def test_what_is_no_deposit_is_none(deposit: object) -> None:
    """Whatever stands in its place: a test of what it says can go on, and finds that it says nothing."""
    assert deposit_of({"deposit": deposit}) == {}
    assert deposit_status({"deposit": deposit}) is None


def test_a_look_up_that_differs_is_told_by_its_members() -> None:
    """SESS-10: those that are other, or missing, or too many; of what no document names nothing is said."""
    first = {"sessionId": "a", "amount": 5, "deposit": None, "x": 1}
    found = {"sessionId": "a", "amount": 6, "status": "open", "x": 2}
    assert differing(found, first) == ["amount", "deposit", "status"]
    said: list[str] = []

    def check(requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        said.append(f"{requirement} {truth} {expected}")
        return truth

    body = json.dumps(found).encode()
    answer = Answer(status=200, reason="OK", headers=(("Content-Type", "application/json"),), body=body)
    exchange = Exchange(request=Request(method="GET", path="/session/a"), answer=answer)
    judge_representation(exchange, first, check)
    assert said == [
        "SESS-10 False 200 with the representation of the 201, where amount, deposit, status are another;"
    ]
