"""What the payer API refuses as a request, with every fault and its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.payer_api.checkout import OPERATIONS, STEPS, call, look, send, take
from tests.payer_api.states import identified, unidentified, without_amount
from tests.serving import Server
from tests.session_api.calls import EMBEDDED, HOSTED, new_session
from tests.timed import TimedServer

STRANGERS = ["unknown", "a" * 24, "%00", "..", "%2e%2e", "a%2Fb", "%F0%9F%98%80", "%FF", "'--", "a" * 4000]
WITH_BODY = [step for step, document in STEPS.items() if document is not None]


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_an_unknown_session_is_not_found_whatever_else_is_wrong(server: Server, operation_id: str) -> None:
    for session_id in STRANGERS:
        answer = call(server, operation_id, session_id, body=b"{", fields={"Accept": "text/html"})
        assert answer.code == "session_not_found", session_id


@pytest.mark.parametrize(
    ("step", "changes", "faults"),
    [
        ("identifyPayer", {"email": "erika"}, {"/email": "bad_format"}),
        ("identifyPayer", {"email": "erika@mail.example\n"}, {"/email": "bad_format"}),
        (
            "identifyPayer",
            {"email": None, "fullName": 1},
            {"/email": "wrong_type", "/fullName": "wrong_type"},
        ),
        ("identifyPayer", {"fullName": ""}, {"/fullName": "too_short"}),
        ("identifyPayer", {"fullName": "n" * 201}, {"/fullName": "too_long"}),
        ("identifyPayer", {"fullName": "a\0b"}, {"/fullName": "bad_format"}),
        ("identifyPayer", {"fullName": "\ud800"}, {"/fullName": "bad_format"}),
        ("identifyPayer", {"residenceAddress": "a" * 501}, {"/residenceAddress": "too_long"}),
        ("identifyPayer", {"citizenshipCountryCode": "de"}, {"/citizenshipCountryCode": "not_in_list"}),
        ("identifyPayer", {"dateOfBirth": "1988-02-29"}, {"/dateOfBirth": "unknown_field"}),
        ("makeDeposit", {"paymentMethod": "card"}, {"/paymentMethod": "not_in_list"}),
        ("makeDeposit", {"bankId": "bank-unknown"}, {"/bankId": "not_in_list"}),
        ("makeDeposit", {"bankId": 7}, {"/bankId": "wrong_type"}),
        ("makeDeposit", {"bankId": ""}, {"/bankId": "too_short"}),
        ("makeDeposit", {"userId": "another"}, {"/userId": "unknown_field"}),
        ("giveConsent", {"approved": "true"}, {"/approved": "wrong_type"}),
        ("giveConsent", {"approved": None}, {"/approved": "wrong_type"}),
        ("giveConsent", {"approved": 1}, {"/approved": "wrong_type"}),
    ],
)
def test_a_faulty_request_is_refused_with_its_pointers(
    timed: TimedServer, step: str, changes: dict[str, Any], faults: dict[str, str]
) -> None:
    """DATA-06, DATA-07, DATA-09, ERR-05: nothing of the session is changed."""
    session_id = unidentified(timed)
    before = look(timed.server, session_id)
    answer = take(timed.server, step, session_id, **changes)
    assert (answer.status, answer.code, answer.faults) == (400, "invalid_request", faults)
    assert look(timed.server, session_id) == before


@pytest.mark.parametrize(
    ("step", "pointers"),
    [
        ("identifyPayer", {"/email", "/fullName"}),
        ("makeDeposit", {"/paymentMethod", "/bankId"}),
        ("giveConsent", {"/approved"}),
    ],
)
def test_what_is_required_is_named_where_it_is_missing(
    timed: TimedServer, step: str, pointers: set[str]
) -> None:
    """DATA-08."""
    answer = call(timed.server, step, unidentified(timed), {})
    assert answer.faults == dict.fromkeys(pointers, "required")
    assert call(timed.server, step, unidentified(timed), []).faults == {"": "wrong_type"}


def test_all_faults_are_named_at_once_those_of_the_session_too(timed: TimedServer) -> None:
    answer = take(
        timed.server, "makeDeposit", identified(timed), paymentMethod="card", bankId="x", amount=1, extra=1
    )
    assert answer.faults == {
        "/paymentMethod": "not_in_list",
        "/bankId": "not_in_list",
        "/amount": "unknown_field",
        "/extra": "unknown_field",
    }


@pytest.mark.parametrize("amount", [0.1, 0.29, 5, 5.0, 9.99, 10])
def test_a_payer_names_the_amount_where_the_partner_has_not(timed: TimedServer, amount: float) -> None:
    """PAY-08: within the limits that the session shows, to the hundredth."""
    session_id = without_amount(timed)
    paid = take(timed.server, "makeDeposit", session_id, amount=amount).document
    assert (paid["amount"], paid["needsAmount"]) == (amount, False)
    assert look(timed.server, session_id)["amount"] == amount


@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        (0.09, "out_of_range"),
        (0, "out_of_range"),
        (-5, "out_of_range"),
        (0.105, "bad_format"),
        (1_000_000.01, "out_of_range"),
        ("5", "wrong_type"),
        (None, "wrong_type"),
        (True, "wrong_type"),
        (..., "required"),
    ],
)
def test_no_other_amount_is_taken(timed: TimedServer, amount: object, fault: str) -> None:
    """PAY-08, DATA-12."""
    session_id = without_amount(timed)
    members = {} if amount is ... else {"amount": amount}
    answer = take(timed.server, "makeDeposit", session_id, **members)
    assert (answer.code, answer.faults) == ("invalid_request", {"/amount": fault})
    assert look(timed.server, session_id)["status"] == "open"


def test_an_amount_above_the_environments_limit_is_told_the_limits(timed: TimedServer) -> None:
    """DATA-14: by a code of its own where nothing else is wrong, and among the faults otherwise."""
    session_id = without_amount(timed)
    answer = take(timed.server, "makeDeposit", session_id, amount=10.01)
    assert (answer.code, answer.faults) == ("amount_out_of_range", {"/amount": "out_of_range"})
    assert (answer.document["minimum"], answer.document["maximum"]) == (0.1, 10)
    both = take(timed.server, "makeDeposit", session_id, amount=10.01, bankId="x")
    assert both.code == "invalid_request"
    assert both.faults == {"/amount": "out_of_range", "/bankId": "not_in_list"}


def test_the_partners_amount_is_not_the_payers_to_change(server: Server) -> None:
    session_id = new_session(server, EMBEDDED, amount=5)["sessionId"]
    answer = take(server, "makeDeposit", session_id, amount=5)
    assert answer.faults == {"/amount": "unknown_field"}


def test_what_only_an_open_session_can_tell_is_not_held_against_a_closed_one(timed: TimedServer) -> None:
    """A double click of a payer who has named the amount is 409, as any other."""
    session_id = without_amount(timed)
    first = take(timed.server, "makeDeposit", session_id, amount=5)
    second = take(timed.server, "makeDeposit", session_id, amount=5)
    assert (first.status, second.code) == (200, "step_not_possible")


@pytest.mark.parametrize("step", WITH_BODY)
def test_bodies_are_strict_json(server: Server, step: str) -> None:
    """DATA-01 to DATA-03, HTTP-10, HTTP-11, HTTP-13: as in the payment-session API."""
    session_id = new_session(server, HOSTED)["sessionId"]
    valid = json.dumps(STEPS[step]).encode()
    for body in (b"", b"{", valid + b"x", b"\xff", b"\xef\xbb\xbf" + valid, b'{"a":NaN}', b'{"a":1,"a":2}'):
        assert call(server, step, session_id, body=body).code == "malformed_json", body
    for fields in ({"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}):
        assert call(server, step, session_id, body=valid, fields=fields).code == "unsupported_media_type"
    assert call(server, step, session_id, body=valid.ljust(262_145)).code == "body_too_large"
    accept = {"Accept": "text/html"}
    assert call(server, step, session_id, body=b"{", fields=accept).code == "not_acceptable"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/payer/session/{}", 405),
        ("GET", "/payer/session/{}/deposit", 405),
        ("DELETE", "/payer/session/{}/exit", 405),
        ("GET", "/payer/session/{}/", 404),
        ("GET", "/payer/session/", 404),
        ("GET", "/payer/session//banks", 404),
        ("GET", "/payer/Session/{}", 404),
        ("GET", "/payer", 404),
    ],
)
def test_paths_are_exact_and_methods_few(server: Server, method: str, path: str, status: int) -> None:
    session_id = new_session(server, HOSTED)["sessionId"]
    answer = send(server, method, path.format(session_id))
    assert answer.status == status
    assert ("allow" in answer.fields) is (status == 405)
