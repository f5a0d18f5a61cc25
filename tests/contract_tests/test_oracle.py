"""The oracle works out from the document what a request deserves."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.judging.oracle import deserve
from contract_tests.operations import EMBEDDED, HOSTED, PARTNER_HOSTED
from contract_tests.trial import encode
from contract_tests.wire import Request

JSON = (("Content-Type", "application/json"),)


def judged(body: bytes, *, creation: Any = HOSTED, headers: Any = JSON, method: str = "POST") -> Any:
    """What this body deserves in an environment with a limit of 10."""
    request = Request(method=method, path=creation.path, headers=headers, body=body)
    deserved = deserve(request, max_amount=10, known=frozenset())
    assert deserved is not None
    return deserved


@pytest.mark.parametrize("creation", [HOSTED, PARTNER_HOSTED, EMBEDDED], ids=lambda creation: creation.name)
def test_the_smallest_request_is_valid(creation: Any) -> None:
    """What the suite builds on deserves a session."""
    assert judged(encode(creation.members()), creation=creation).status == 201


@pytest.mark.parametrize(
    ("members", "code", "faults"),
    [
        ({"unknown": 1}, "invalid_request", {"/unknown": "DATA-06"}),
        ({"a/b~": 1}, "invalid_request", {"/a~1b~0": "DATA-06"}),
        ({"userId": "x"}, "invalid_request", {"/userId": "DATA-06"}),
        ({"currency": None}, "invalid_request", {"/currency": "DATA-08"}),
        ({"currency": 5}, "invalid_request", {"/currency": "DATA-09"}),
        ({"idempotencyKey": 5}, "invalid_request", {"/idempotencyKey": "DATA-09"}),
        ({"exitUrl": []}, "invalid_request", {"/exitUrl": "DATA-09"}),
        ({"currency": "EURO"}, "invalid_request", {"/currency": "DATA-11"}),
        ({"userCountryCode": "de"}, "invalid_request", {"/userCountryCode": "DATA-10"}),
        ({"amount": 0.105}, "invalid_request", {"/amount": "DATA-12"}),
        ({"amount": 0.29}, None, {}),
        ({"amount": 10.01}, "amount_out_of_range", {"/amount": "DATA-14"}),
        ({"amount": 10.01, "x": 1}, "invalid_request", {"/amount": "DATA-14", "/x": "DATA-06"}),
        ({"amount": 1_000_001}, "invalid_request", {"/amount": "DATA-12"}),
        ({"amount": 10**400}, "invalid_request", {"/amount": "DATA-12"}),
        ({"exitUrl": "https://a@b.example"}, "invalid_request", {"/exitUrl": "DATA-17"}),
        ({"exitUrl": "http://b.example"}, "invalid_request", {"/exitUrl": "DATA-16"}),
        ({"exitUrl": "https://b.example:0"}, "invalid_request", {"/exitUrl": "DATA-15"}),
        ({"websiteReference": "a\0"}, "invalid_request", {"/websiteReference": "DATA-29"}),
        ({"customFields": {"": "x"}}, "invalid_request", {"/customFields/": "DATA-24"}),
        ({"": 1, "00": 1}, "invalid_request", {"/": "DATA-06", "/00": "DATA-06"}),
        (
            {"customFields": {"0": {}, "00": {}, "+0": 1}},
            "invalid_request",
            dict.fromkeys(["/customFields/0", "/customFields/00", "/customFields/+0"], "DATA-09"),
        ),
        ({"customFields": {"": {"a": ""}}}, "invalid_request", {"/customFields/": "DATA-24"}),
        ({"customFields": {"a\0": "x"}}, "invalid_request", {"/customFields/a\0": "DATA-29"}),
        (
            {"blockchainDestinationType": "Partner"},
            "invalid_request",
            {"/blockchainDestinationAddress": "DATA-26"},
        ),
    ],
)
def test_faults_are_found_with_their_requirement(
    members: dict[str, Any], code: str | None, faults: dict[str, str]
) -> None:
    """Each fault has its pointer and the requirement that makes it one."""
    deserved = judged(encode(HOSTED.members(**members)))
    assert (deserved.code, dict(deserved.faults)) == (code, faults)


@pytest.mark.parametrize(
    ("birthday", "status"),
    [("1980-02-29", 201), ("1981-02-29", 400), ("1899-12-31", 400), ("9999-01-01", 400), ("1980-2-9", 400)],
)
def test_the_calendar(birthday: str, status: int) -> None:
    """A date of birth is a day that there was."""
    body = encode(EMBEDDED.members(userKyc={"dateOfBirth": birthday}))
    assert judged(body, creation=EMBEDDED).status == status


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (Request(method="GET", path="/session/abc"), 404, "session_not_found"),
        (Request(method="GET", path="/session/known"), 200, None),
        (Request(method="GET", path="/session/known?x=1"), 200, None),
        (Request(method="PUT", path="/session/abc"), 405, "method_not_allowed"),
        (Request(method="GET", path="/session/hosted"), 405, "method_not_allowed"),
        (Request(method="GET", path="/session/"), 404, "not_found"),
        (Request(method="GET", path="/session/a/b"), 404, "not_found"),
        (Request(method="POST", path="/session/hosted", body=b"{}"), 415, "unsupported_media_type"),
        (Request(method="POST", path="/session/hosted", headers=JSON, body=b"{"), 400, "malformed_json"),
        (Request(method="POST", path="/session/hosted", headers=JSON, body=b"[]"), 400, "invalid_request"),
    ],
)
def test_paths_methods_and_types(request_: Request, status: int, code: str | None) -> None:
    """The order of the contract decides what is looked at first."""
    deserved = deserve(request_, max_amount=10, known=frozenset({"known"}))
    assert deserved is not None
    assert (deserved.status, deserved.code) == (status, code)


def test_what_the_contract_leaves_open_is_not_judged() -> None:
    """An encoded slash may be decided before any application sees it."""
    open_question = Request(method="GET", path="/session/a%2Fb")
    assert deserve(open_question, max_amount=10, known=frozenset()) is None
