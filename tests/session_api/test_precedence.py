"""Which answer wins: of two faults that one request can have, the earlier one of the contract's order."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest

from tests.serving import Server
from tests.session_api.calls import (
    CREATIONS,
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    create,
    encode,
    new_session,
    valid,
)
from tests.session_api.exchange import Answer, exchange

HOUR = 3600
USED_KEY = "used-by-another-request"


@dataclass
class Draft:
    """A request in the making: faults change it, then it is signed and sent."""

    method: str
    target: str
    document: dict[str, Any] | None = None
    partner: str = "demo"
    accept: str = "application/json"
    content_type: str = "application/json"
    timestamp_offset: int = 0
    body_suffix: bytes = b""
    credentials: dict[str, str | None] = field(default_factory=dict)

    def send(self, server: Server, *, now: int) -> Answer:
        body = None if self.document is None else encode(self.document) + self.body_suffix
        signature = server.sign(body or b"", partner=self.partner, timestamp=now + self.timestamp_offset)
        credentials = {**signature, **self.credentials}
        fields = [(name, value) for name, value in credentials.items() if value is not None]
        fields += [("Accept", self.accept), ("Content-Type", self.content_type)]
        return exchange(server.port, self.method, self.target, fields=fields, body=body)


Fault = Callable[[Draft], None]

STRANGER: Mapping[str, str] = {
    HOSTED: "partner-only",
    HOSTED_PARTNER_MANAGED: "managed-only",
    EMBEDDED: "managed-only",
}
"""For each creation, a partner that is not onboarded for it."""


def no_such_path(draft: Draft) -> None:
    draft.target += "/"


def no_such_method(draft: Draft) -> None:
    draft.method = "PATCH"


def body_too_large(draft: Draft) -> None:
    draft.body_suffix += b" " * 262_145


def no_signature(draft: Draft) -> None:
    draft.credentials["Signature"] = None


def strange_api_key(draft: Draft) -> None:
    draft.credentials["ApiKey"] = "issued-to-nobody"


def timestamp_in_milliseconds(draft: Draft) -> None:
    draft.credentials["Timestamp"] = "1772366400000"


def timestamp_of_an_hour_ago(draft: Draft) -> None:
    draft.timestamp_offset = -HOUR


def wrong_signature(draft: Draft) -> None:
    draft.credentials["Signature"] = base64.b64encode(bytes(256)).decode()


def other_model(draft: Draft) -> None:
    draft.partner = STRANGER[draft.target.rstrip("/")]


def unacceptable(draft: Draft) -> None:
    draft.accept = "text/html"


def other_media_type(draft: Draft) -> None:
    draft.content_type = "application/xml"


def trailing_content(draft: Draft) -> None:
    draft.body_suffix = b"}" + draft.body_suffix


def unknown_member(draft: Draft) -> None:
    assert draft.document is not None
    draft.document["unknown"] = 1


def amount_above_the_limit(draft: Draft) -> None:
    assert draft.document is not None
    draft.document["amount"] = 10.01


def used_key(draft: Draft) -> None:
    assert draft.document is not None
    draft.document["idempotencyKey"] = USED_KEY


def unknown_session(draft: Draft) -> None:
    draft.target = draft.target.replace("/session/", "/session/not-", 1)


OF_CREATIONS: Mapping[Fault, str] = {
    no_such_path: "not_found",
    no_such_method: "method_not_allowed",
    body_too_large: "body_too_large",
    no_signature: "missing_credentials",
    strange_api_key: "unknown_api_key",
    timestamp_in_milliseconds: "malformed_timestamp",
    timestamp_of_an_hour_ago: "timestamp_out_of_window",
    wrong_signature: "invalid_signature",
    other_model: "flow_not_enabled",
    unacceptable: "not_acceptable",
    other_media_type: "unsupported_media_type",
    trailing_content: "malformed_json",
    unknown_member: "invalid_request",
    amount_above_the_limit: "amount_out_of_range",
    used_key: "idempotency_key_reused",
}
"""In the contract's order; 429, 409, 500 and 503 depend on more than the request."""

OF_THE_LOOK_UP: Mapping[Fault, str] = {
    no_such_path: "not_found",
    no_such_method: "method_not_allowed",
    no_signature: "missing_credentials",
    strange_api_key: "unknown_api_key",
    timestamp_in_milliseconds: "malformed_timestamp",
    timestamp_of_an_hour_ago: "timestamp_out_of_window",
    wrong_signature: "invalid_signature",
    unacceptable: "not_acceptable",
    unknown_session: "session_not_found",
}

EXCLUDE_EACH_OTHER = (
    {no_signature, wrong_signature},
    {timestamp_in_milliseconds, timestamp_of_an_hour_ago},
    {strange_api_key, other_model},  # a model is a known partner's
)


def pairs(faults: Mapping[Fault, str]) -> list[Any]:
    """Every two faults that can occur together, the earlier one first."""
    return [
        pytest.param(earlier, later, id=f"{earlier.__name__}-{later.__name__}")
        for earlier, later in combinations(faults, 2)
        if {earlier, later} not in EXCLUDE_EACH_OTHER
    ]


@pytest.fixture
def now(server: Server) -> int:
    """The server's time."""
    return int(server.environment.real_time())


def creation(path: str) -> Draft:
    return Draft("POST", path, valid(path, amount=9.99))


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize("fault", OF_CREATIONS, ids=lambda fault: str(fault.__name__))
def test_each_fault_of_a_creation_alone_has_its_own_answer(
    server: Server, now: int, path: str, fault: Fault
) -> None:
    """HTTP-18: what the pairs below are made of."""
    create(server, path, valid(path, websiteReference="another", idempotencyKey=USED_KEY))
    draft = creation(path)
    fault(draft)
    assert draft.send(server, now=now).code == OF_CREATIONS[fault]


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(("earlier", "later"), pairs(OF_CREATIONS))
def test_of_two_faults_of_a_creation_the_earlier_one_answers(
    server: Server, now: int, path: str, earlier: Fault, later: Fault
) -> None:
    """HTTP-18, AUTH-12, and DATA-14 for an amount above the limit beside another fault."""
    create(server, path, valid(path, websiteReference="another", idempotencyKey=USED_KEY))
    draft = creation(path)
    earlier(draft)
    later(draft)
    assert draft.send(server, now=now).code == OF_CREATIONS[earlier]


@pytest.mark.parametrize("fault", OF_THE_LOOK_UP, ids=lambda fault: str(fault.__name__))
def test_each_fault_of_a_look_up_alone_has_its_own_answer(server: Server, now: int, fault: Fault) -> None:
    """HTTP-19: what the pairs below are made of."""
    draft = Draft("GET", f"/session/{new_session(server)['sessionId']}")
    fault(draft)
    assert draft.send(server, now=now).code == OF_THE_LOOK_UP[fault]


@pytest.mark.parametrize(("earlier", "later"), pairs(OF_THE_LOOK_UP))
def test_of_two_faults_of_a_look_up_the_earlier_one_answers(
    server: Server, now: int, earlier: Fault, later: Fault
) -> None:
    """HTTP-19, AUTH-12."""
    draft = Draft("GET", f"/session/{new_session(server)['sessionId']}")
    earlier(draft)
    later(draft)
    assert draft.send(server, now=now).code == OF_THE_LOOK_UP[earlier]


@pytest.mark.parametrize("path", CREATIONS)
def test_a_request_with_every_fault_at_once_is_answered_one_fault_at_a_time(
    server: Server, now: int, path: str
) -> None:
    """HTTP-18: repaired in the contract's order, the request meets each answer in turn, and then 201."""
    create(server, path, valid(path, websiteReference="another", idempotencyKey=USED_KEY))
    remaining = [fault for fault in OF_CREATIONS if fault not in (no_signature, timestamp_in_milliseconds)]
    met = []
    while remaining:
        draft = creation(path)
        for fault in remaining:
            fault(draft)
        met.append(draft.send(server, now=now).code)
        del remaining[0]
    replaced = ("missing_credentials", "malformed_timestamp")  # by wrong_signature, timestamp_of_an_hour_ago
    assert met == [code for code in OF_CREATIONS.values() if code not in replaced]
    assert creation(path).send(server, now=now).status == 201
