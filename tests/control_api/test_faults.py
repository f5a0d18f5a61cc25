"""Faults that strike the next requests that fit, and are gone."""

from __future__ import annotations

import http.client
import time
from typing import Any

import pytest

import openapi
from reference_impl.http.contract import Contract
from tests.control_api.control import Control, call
from tests.openapi.reading import compile_schema, resolve
from tests.session_api.calls import EMBEDDED, HOSTED, valid

CONTRACT = Contract(openapi.load())


def create(sandbox: Control, *, partner: str = "demo", path: str = EMBEDDED, **members: Any) -> Any:
    return sandbox.request("POST", path, valid(path, **members), partner=partner)


@pytest.mark.parametrize("code", openapi.problems())
def test_every_problem_of_the_contract_can_be_injected(sandbox: Control, code: str) -> None:
    """With the body and the header fields that the contract gives it, and once."""
    added = sandbox.post("/faults", {"code": code})
    kind = openapi.problems()[code]
    assert (added["code"], added["status"]) == (code, kind.status)
    reply = create(sandbox)
    assert (reply.status, reply.code) == (kind.status, code)
    assert reply.document["type"] == f"{sandbox.url}/docs/problems/{code}"
    assert reply.document["instance"] == f"urn:stablemint:request:{reply.fields['request-id']}"
    declared = {
        status: response
        for operation in CONTRACT.operations.values()
        for status, response in operation.responses.items()
        if code in response["content"].get("application/problem+json", {}).get("examples", {})
    }
    response = declared[str(kind.status)]
    for name in response["headers"]:
        assert name.lower() in reply.fields
    schema = response["content"]["application/problem+json"]["schema"]
    assert compile_schema(CONTRACT.document, schema).is_valid(reply.document)  # type: ignore[arg-type]
    assert resolve(dict(CONTRACT.document), dict(response))
    assert create(sandbox).status == 201
    assert sandbox.get("/faults") == {"faults": []}


def test_a_struck_request_does_nothing(sandbox: Control) -> None:
    """Its idempotency key is not consumed either."""
    sandbox.post("/faults", {"code": "internal_error"})
    assert create(sandbox, idempotencyKey="fault-1").status == 500
    assert sandbox.get("/sessions")["sessions"] == []
    reply = create(sandbox, idempotencyKey="fault-1")
    assert reply.status == 201
    assert "idempotency-replayed" not in reply.fields


def test_a_bare_status_is_no_problem(sandbox: Control) -> None:
    sandbox.post("/faults", {"status": 502})
    reply = create(sandbox)
    assert (reply.status, reply.fields["content-type"], reply.code) == (502, "text/html", None)


def test_a_dropped_connection_gives_no_answer(sandbox: Control) -> None:
    fault = sandbox.post("/faults", {"drop": True})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        create(sandbox)
    assert create(sandbox).status == 201
    dropped = sandbox.get("/requests")["requests"][-1]
    assert (dropped["status"], dropped["faultId"]) == (None, fault["faultId"])


def test_a_delay_comes_before_the_right_answer_or_the_wrong_one(sandbox: Control) -> None:
    for how, status in (({}, 201), ({"code": "rate_limited"}, 429)):
        sandbox.post("/faults", {"delaySeconds": 0.3, **how})
        started = time.monotonic()
        assert create(sandbox).status == status
        assert time.monotonic() - started >= 0.3


def test_it_strikes_as_often_as_it_is_told_to(sandbox: Control) -> None:
    sandbox.post("/faults", {"code": "service_unavailable", "times": 3})
    assert [create(sandbox).status for _ in range(5)] == [503, 503, 503, 201, 201]


def test_the_first_that_fits_strikes(sandbox: Control) -> None:
    sandbox.post("/faults", {"code": "rate_limited"})
    sandbox.post("/faults", {"code": "internal_error"})
    remaining = [(fault["code"], fault["remaining"]) for fault in sandbox.get("/faults")["faults"]]
    assert remaining == [("rate_limited", 1), ("internal_error", 1)]
    assert [create(sandbox).status for _ in range(3)] == [429, 500, 201]


def test_it_strikes_an_operation_alone(sandbox: Control) -> None:
    sandbox.post("/faults", {"code": "internal_error", "match": {"operationId": "getSession"}})
    session_id = sandbox.new_session()
    assert sandbox.request("GET", f"/session/{session_id}").status == 500
    assert sandbox.request("GET", f"/session/{session_id}").status == 200


def test_it_strikes_a_path_alone_or_all_paths_that_begin_so(sandbox: Control) -> None:
    sandbox.post("/faults", {"status": 418, "match": {"path": HOSTED}})
    sandbox.post("/faults", {"status": 418, "times": 2, "match": {"path": "/session/embedded*"}})
    assert [create(sandbox, path=path).status for path in (EMBEDDED, HOSTED, HOSTED, EMBEDDED)] == [
        418,
        418,
        201,
        418,
    ]


def test_it_strikes_a_partner_alone(sandbox: Control) -> None:
    sandbox.post("/faults", {"code": "rate_limited", "match": {"partner": "partner-only"}})
    assert create(sandbox, partner="demo").status == 201
    assert create(sandbox, partner="partner-only").status == 429


def test_payers_are_struck_only_where_they_are_named(sandbox: Control) -> None:
    """A checkout page that polls must not use up what was meant for a partner's next request."""
    session_id = sandbox.new_session()
    sandbox.post("/faults", {"code": "rate_limited"})
    assert call(sandbox.url, "GET", f"/payer/session/{session_id}").status == 200
    sandbox.post("/faults", {"code": "service_unavailable", "match": {"operationId": "getPayerSession"}})
    assert call(sandbox.url, "GET", f"/payer/session/{session_id}").status == 503
    assert create(sandbox).status == 429


def test_the_control_api_itself_is_never_struck(sandbox: Control) -> None:
    sandbox.post("/faults", {"drop": True, "match": {"path": "/*"}})
    assert len(sandbox.get("/faults")["faults"]) == 1


@pytest.mark.parametrize(
    ("match", "pointer"),
    [
        *(
            ({"path": path}, "/match/path")
            for path in ("/checkout/*", "/checkout*", "/widget/x.js", "/assets/*", "/docs/*", "/_sandbox/*")
        ),
        ({"operationId": "createNothing"}, "/match/operationId"),
        ({"operationId": "addFault"}, "/match/operationId"),
        ({"partner": "nobody"}, "/match/partner"),
    ],
)
def test_a_fault_that_could_strike_nothing_is_refused(
    sandbox: Control, match: dict[str, str], pointer: str
) -> None:
    reply = sandbox.ask("POST", "/faults", {"code": "internal_error", "match": match})
    assert (reply.status, reply.code, reply.pointers) == (400, "invalid_request", {pointer})
    assert sandbox.get("/faults") == {"faults": []}


def test_faults_are_taken_away_one_by_one_or_all(sandbox: Control) -> None:
    one, *_ = (sandbox.post("/faults", {"code": "internal_error"}) for _ in range(3))
    assert sandbox.delete(f"/faults/{one['faultId']}") == {"cleared": 1}
    assert sandbox.delete("/faults") == {"cleared": 2}
    assert create(sandbox).status == 201
