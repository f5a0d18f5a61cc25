"""Deliveries are held to the document, and their signatures to their bytes."""

from __future__ import annotations

import base64
import datetime
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import openapi
from contract_tests.driven.events import steps_of_status
from contract_tests.judging.delivery import judge_attempts, judge_delivery
from contract_tests.receiver import Reply
from contract_tests.receiver.server import Arrival
from contract_tests.webhooks import event_faults, event_types
from contract_tests.wire import Exchange, Headers, Request

CREATED = "partner.customer.deposit.created"


def example(name: str = "DepositCreated") -> Any:
    """An example of the document."""
    return openapi.load()["components"]["examples"][name]["value"]


def test_the_examples_of_the_document_are_events() -> None:
    """Every example of every webhook is valid, and of its own type alone."""
    webhooks = openapi.load()["webhooks"]
    for name in event_types():
        examples = webhooks[name]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for reference in examples.values():
            body = json.dumps(example(reference["$ref"].rpartition("/")[2])).encode()
            assert event_faults(name, body) == []
            other = next(each for each in event_types() if each != name)
            assert event_faults(other, body) != []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda event: event.update(eventId="1"), "/eventId: "),
        (lambda event: event["data"].pop("reference"), "'reference' is a required property"),
        (lambda event: event["data"].pop("websiteReference"), "'websiteReference' is a required property"),
        (lambda event: event["data"].update(timestamp="2026-03-14T09:27:41Z"), "/data/timestamp: "),
        (lambda event: event["data"].update(amount="7.25"), "/data/amount: "),
        (lambda event: event["data"].update(currency="XXX"), "/data/currency: "),
        (lambda event: event["data"].update(customFields=None), "/data/customFields: "),
        (lambda event: event.pop("data"), "'data' is a required property"),
    ],
)
def test_faults_of_an_event_are_put_into_words(change: Any, words: str) -> None:
    """Where, and what."""
    event = example()
    change(event)
    assert any(words in fault for fault in event_faults(CREATED, json.dumps(event).encode()))


@pytest.mark.parametrize("amount", [0.29, 19.99, 1.13, 0.1, 1_000_000])
def test_amounts_that_floating_point_spoils_are_valid(amount: float) -> None:
    """No multiple of 0.01 is asked for."""
    event = example()
    event["data"]["amount"] = amount
    assert event_faults(CREATED, json.dumps(event).encode()) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff", "not UTF-8"),
        ("\ufeff{}".encode(), "byte order mark"),
        (b'{"eventId": 1, "eventId": 2}', "a name twice"),
        (b'{"eventId": NaN}', "NaN is no JSON"),
        (b"", "no JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[1]", "not of type 'object'"),
        (b'{"eventId": "\\ud800"}', "an unpaired surrogate"),
    ],
)
def test_what_is_no_event_is_put_into_words(body: bytes, words: str) -> None:
    """Whatever came, nothing raises; the type of what cannot be read is none of its faults."""
    assert any(words in fault for fault in event_faults(CREATED, body))
    if not body.startswith(b"{"):
        assert event_faults("", body) == event_faults(CREATED, body)


@pytest.mark.parametrize("name", ["timestamp", "reference", "status", "previousStatus", "customFields"])
def test_a_list_in_place_of_a_word_is_a_fault(name: str) -> None:
    """And nothing that a test could not go on for."""
    event = example("StatusChangedToProcessing")
    event["data"][name] = given = [event["data"][name]]
    body = json.dumps(event).encode()
    assert event_faults("transaction.status.changed", body) != []
    arrival = Arrival(request=Request(method="POST", path="/", body=body), reply=Reply(), at=0, attempt=1)
    assert arrival.word(name) == f"{given!r}, which is no text"
    assert steps_of_status((arrival,)).total() == 1


def test_numbers_that_python_does_not_read_leave_an_event() -> None:
    """In a member that nobody asked for."""
    body = json.dumps(example()).encode().replace(b'"eventId"', b'"x": ' + b"9" * 10_000 + b', "eventId"', 1)
    assert event_faults(CREATED, body) == []
    arrival = Arrival(request=Request(method="POST", path="/", body=body), reply=Reply(), at=0, attempt=1)
    assert arrival.event_type == CREATED


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Verdicts:
    """The requirements that were seen to hold, and those that were seen broken."""

    def __init__(self) -> None:
        self.kept: set[str] = set()
        self.broken: set[str] = set()

    def check(self, requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        (self.kept if truth else self.broken).add(requirement)
        return truth


def arrival_of(body: bytes, headers: Headers, *, at: float) -> Arrival:
    """A delivery that came at this real time."""
    request = Request(method="POST", path="/", headers=headers, body=body)
    return Arrival(request=request, reply=Reply(), at=at, attempt=1)


def broken(body: bytes, headers: Headers, *, at: float) -> set[str]:
    """The requirements that this delivery breaks."""
    verdicts, partner = Verdicts(), example()["data"]["partnerName"]
    judge_delivery(
        arrival_of(body, headers, at=at),
        key=KEY.public_key(),
        since=at - 1,
        skew=0,
        partner=partner,
        check=verdicts.check,
    )
    return verdicts.broken


def signed(body: bytes, timestamp: str, *, over: bytes | None = None) -> Headers:
    """The header fields of a delivery, its signature over these bytes."""
    message = timestamp.encode() + b"," + (body if over is None else over)
    signature = base64.b64encode(KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
    return (
        ("Content-Type", "application/json"),
        ("StableMint-Timestamp", timestamp),
        ("StableMint-Signature", signature),
    )


def test_signatures_and_time_stamps() -> None:
    """Over these bytes, by this key, of this time."""
    body = json.dumps(example(), ensure_ascii=False).encode()
    now = time.time()
    stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    right = signed(body, stamp)
    assert broken(body, right, at=now) == set()
    assert broken(body, signed(body, stamp, over=body + b" "), at=now) == {"HOOK-03"}
    assert broken(body, (*right[:2], ("StableMint-Signature", "no base64!")), at=now) == {"HOOK-03"}
    assert broken(body, right[:2], at=now) == {"HOOK-03"}
    assert broken(body, right, at=now + 120) == {"HOOK-04"}
    assert broken(body, signed(body, stamp[:-5] + "Z"), at=now) == {"HOOK-04"}
    text = (("Content-Type", "text/plain"), *right[1:])
    assert broken(body, text, at=now) == {"HOOK-01"}
    marked = "\ufeff".encode() + body
    assert broken(marked, signed(marked, stamp), at=now) == {"HOOK-01", "HOOK-02"}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", set()),
        ("APPLICATION/JSON;CHARSET=UTF-8", set()),
        ('application/json ; charset="utf-8"', set()),
        ('application/json; version=2; note="a;b"; charset=utf-8', set()),
        ("application/json; charset=utf-16", {"HOOK-01"}),
        ("application/json; version=2; charset=latin1", {"HOOK-01"}),
        ('application/json; charset="utf-8', {"HOOK-01"}),
        ("application/json, application/json", {"HOOK-01"}),
        ("application/json version=2", {"HOOK-01"}),
        ("application/cloudevents+json", {"HOOK-01"}),
    ],
)
def test_media_types(content_type: str, expected: set[str]) -> None:
    """HOOK-01: JSON in UTF-8, whatever parameters it has besides."""
    body = json.dumps(example()).encode()
    now = time.time()
    stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    headers = (("Content-Type", content_type), *signed(body, stamp)[1:])
    assert broken(body, headers, at=now) == expected


def test_attempts_are_compared_with_the_first() -> None:
    """HOOK-18, HOOK-19: the same bytes, a time stamp and a signature of their own."""
    body = json.dumps(example()).encode()
    first, later = (signed(body, f"2026-03-14T09:27:41.00{digit}Z") for digit in (0, 1))
    stale_signature, stale_stamp = (*later[:2], first[2]), (*first[:2], later[2])
    cases: list[tuple[bytes, Headers, set[str]]] = [
        (body, later, set()),
        (body + b" ", later, {"HOOK-19"}),
        (body, first, {"HOOK-18"}),
        (body, stale_signature, {"HOOK-18"}),
        (body, stale_stamp, {"HOOK-18"}),
    ]
    for again, headers, expected in cases:
        verdicts = Verdicts()
        judge_attempts((arrival_of(body, first, at=7), arrival_of(again, headers, at=8.1)), verdicts.check)
        assert verdicts.broken == expected
        assert verdicts.kept == {"HOOK-18", "HOOK-19"} - expected


@pytest.mark.parametrize("apart", [0.001, 1])
def test_attempts_of_one_second_are_not_compared_by_their_signatures(apart: float) -> None:
    """HOOK-18: they are a function of time stamp and body, and of a clock that may count in whole seconds."""
    body = json.dumps(example()).encode()
    headers = signed(body, "2026-03-14T09:27:41.000Z")
    verdicts = Verdicts()
    judge_attempts((arrival_of(body, headers, at=7), arrival_of(body, headers, at=7 + apart)), verdicts.check)
    assert (verdicts.kept, verdicts.broken) == ({"HOOK-19"}, set())
