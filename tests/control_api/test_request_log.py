"""The log of requests: what was asked, what was answered, which check decided; no secret, no KYC."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

import openapi
from mockserver.request_log import LENGTH, LONGEST_BODY, problem_code
from mockserver.verdicts import CHECK_OF, CREATION, LOOK_UP
from tests.control_api.control import Control, Reply, call
from tests.session_api.calls import EMBEDDED, valid

CREATE = "createEmbeddedSessionForPartnerManagedCustomer"


def logged(sandbox: Control, reply: Reply) -> Any:
    """What the log says of an exchange."""
    return sandbox.get(f"/requests/{reply.fields['request-id']}")


def verdicts(request: Any) -> dict[str, str]:
    return {judgement["check"]: judgement["verdict"] for judgement in request["verdicts"]}


def test_a_request_is_logged_with_its_answer(sandbox: Control) -> None:
    body = valid(EMBEDDED, websiteReference="order ü")
    reply = sandbox.request("POST", EMBEDDED, body)
    request = logged(sandbox, reply)
    assert (request["method"], request["path"], request["operationId"]) == ("POST", EMBEDDED, CREATE)
    assert (request["partner"], request["status"], request["code"]) == ("demo", 201, None)
    assert request["body"]["websiteReference"] == "order ü"
    assert request["answerBody"] == reply.document
    assert request["answerHeaders"]["location"] == reply.fields["location"]
    assert set(verdicts(request)) == set(CREATION)
    assert set(verdicts(request).values()) == {"passed"}
    assert request["durationSeconds"] > 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"null", b'"x"', b'{"code":1}', b"[" * 100_000],
    ids=["empty", "cut", "no text", "a list", "null", "a text", "a number", "deep"],
)
def test_of_a_problem_without_a_readable_body_no_code_is_told(body: bytes) -> None:
    assert problem_code({"content-type": "application/problem+json"}, body) is None


def test_a_refused_look_up_without_a_body_is_logged_as_any_other(sandbox: Control) -> None:
    """HEAD: the fields of the problem, and nothing behind them."""
    reply = sandbox.request("HEAD", "/session/unknown", signature="bm9uZQ==")
    assert (reply.status, reply.body) == (401, b"")
    request = logged(sandbox, reply)
    assert (request["method"], request["status"], request["code"]) == ("HEAD", 401, None)


def test_credentials_are_masked(sandbox: Control) -> None:
    reply = sandbox.request("POST", EMBEDDED, valid(EMBEDDED))
    request = logged(sandbox, reply)
    assert (request["headers"]["apikey"], request["headers"]["signature"]) == ("•••", "•••")
    shown = sandbox.ask("GET", f"/requests/{reply.fields['request-id']}").body.decode()
    assert sandbox.partners["demo"].api_key not in shown
    assert sandbox.partners["demo"].api_secret not in shown


@pytest.mark.parametrize("field", ["Api-Secret", "X-Signature", "Timestamp", "User-Agent"])
def test_credentials_are_masked_in_whatever_field_they_were_put(sandbox: Control, field: str) -> None:
    """Secret, key and correct signature: in a header of another name, in the target, in the body."""
    partner = sandbox.partners["demo"]
    signature = partner.sign(b"", timestamp=int(time.time()))["Signature"]
    for given in (partner.api_secret, partner.api_key, signature):
        body = json.dumps({"apiSecret": given, "websiteReference": f"<{given}>"}).encode()
        quoted = quote(given, safe="")
        for target in (f"{EMBEDDED}?sig={quoted}", f"/session/{quoted}"):
            reply = call(sandbox.url, "POST", target, body, headers={field: given})
            shown = sandbox.ask("GET", f"/requests/{reply.fields['request-id']}").body.decode()
            listed = sandbox.ask("GET", "/requests").body.decode()
            for text in (shown, listed):
                assert given not in text
                assert quoted not in text


def test_a_body_that_was_serialised_twice_is_masked_as_a_whole(sandbox: Control) -> None:
    """ERR-10: nothing in a string has a name."""
    twice = json.dumps(json.dumps(valid(EMBEDDED, userKyc={"fullName": "Canary Quux"}))).encode()
    reply = call(sandbox.url, "POST", EMBEDDED, twice, headers={"Content-Type": "application/json"})
    assert "Canary" not in str(logged(sandbox, reply))


def test_who_the_payer_is_is_masked_in_what_was_sent(sandbox: Control) -> None:
    """Of a request that was accepted, and of one that was refused."""
    kyc = {
        name: f"canary {name}" for name in openapi.load()["components"]["schemas"]["UserKyc"]["properties"]
    }
    reply = sandbox.request("POST", EMBEDDED, valid(EMBEDDED, userKyc=kyc))
    assert reply.status == 400
    request = logged(sandbox, reply)
    assert request["body"]["userKyc"] == dict.fromkeys(kyc, "•••")
    assert request["body"]["userEmail"] == "•••"
    assert request["body"]["userId"] == "user-1"
    assert "canary" not in str(request)


def test_what_says_who_the_payer_is_is_masked_wherever_the_exchange_repeats_it(sandbox: Control) -> None:
    """ERR-10: under another name, in the query, in a header field, and in the answer that echoes it."""
    kyc = {"fullName": "Canary Quux"}
    taken = valid(
        EMBEDDED, userKyc=kyc, customFields={"for": "Canary Quux"}, websiteReference="to canary quux"
    )
    refused = {**taken, "user": {"name": "Canary Quux"}}
    for body, status in ((taken, 201), (refused, 400)):
        raw = json.dumps(body).encode()
        headers = sandbox.partners["demo"].sign(raw, timestamp=int(time.time())) | {
            "Content-Type": "application/json",
            "X-For": "Canary Quux",
        }
        target = f"{EMBEDDED}?who=Canary%20Quux&userEmail=canary%40shop.example"
        reply = call(sandbox.url, "POST", target, raw, headers=headers)
        assert reply.status == status
        request = logged(sandbox, reply)
        assert "canary" not in str(request).lower()
        assert request["body"]["websiteReference"] == "to •••"
        assert request["headers"]["x-for"] == "•••"
    assert "canary" not in str(sandbox.get("/requests")).lower()


@pytest.mark.parametrize(
    "body", [b'{"userKyc":{"fullName":"canary"', b"canary", b"\xff canary", b'{"a":1}' + b" " * LONGEST_BODY]
)
def test_a_body_that_cannot_be_masked_is_not_shown(sandbox: Control, body: bytes) -> None:
    signed = sandbox.partners["demo"].sign(body, timestamp=0)
    reply = call(sandbox.url, "POST", EMBEDDED, body, headers={**signed, "Content-Type": "application/json"})
    request = logged(sandbox, reply)
    assert (request["body"], request["bodySize"]) == (None, len(body))
    assert "canary" not in str(request)


@pytest.mark.parametrize(
    ("method", "target", "document", "how", "code"),
    [
        ("POST", "/nowhere", {}, {}, "not_found"),
        ("PUT", EMBEDDED, {}, {}, "method_not_allowed"),
        ("POST", EMBEDDED, {}, {"signature": "bm8="}, "invalid_signature"),
        ("POST", EMBEDDED, {}, {"signature": ""}, "missing_credentials"),
        ("POST", EMBEDDED, {}, {"partner": "managed-only"}, "flow_not_enabled"),
        ("POST", EMBEDDED, {}, {}, "invalid_request"),
        ("POST", EMBEDDED, valid(EMBEDDED, amount=11), {}, "amount_out_of_range"),
        ("GET", "/session/x", None, {}, "session_not_found"),
    ],
)
def test_the_check_that_refused_is_named(
    sandbox: Control, method: str, target: str, document: Any, how: Any, code: str
) -> None:
    """Those before it passed, those after it were not reached."""
    reply = sandbox.request(method, target, document, **how)
    assert reply.code == code
    request = logged(sandbox, reply)
    assert (request["code"], request["status"]) == (code, reply.status)
    found = [judgement["verdict"] for judgement in request["verdicts"]]
    failed = found.index("failed")
    assert request["verdicts"][failed]["check"] == CHECK_OF[code]
    assert found == ["passed"] * failed + ["failed"] + ["not_reached"] * (len(found) - failed - 1)


def test_a_conflict_of_keys_is_found_after_all_other_checks(sandbox: Control) -> None:
    sandbox.new_session(idempotencyKey="log-1")
    reply = sandbox.request("POST", EMBEDDED, valid(EMBEDDED, idempotencyKey="log-1", amount=2))
    judged = verdicts(logged(sandbox, reply))
    assert judged.pop("idempotency_key") == "failed"
    assert set(judged.values()) == {"passed"}


def test_a_look_up_has_its_own_checks(sandbox: Control) -> None:
    reply = sandbox.request("GET", f"/session/{sandbox.new_session()}")
    request = logged(sandbox, reply)
    assert tuple(verdicts(request)) == LOOK_UP
    assert request["body"] is None
    assert request["bodySize"] == 0


def test_a_diagnosis_that_quotes_the_payer_is_masked(sandbox: Control) -> None:
    """A body that was changed after it was signed: the answer may show where, the log not whom."""
    document = {**valid(EMBEDDED), "userEmail": "canary@mail.example"}
    signature = sandbox.partners["demo"].sign(json.dumps(document).encode(), timestamp=int(time.time()))[
        "Signature"
    ]
    document["userEmail"] = "canary@mail.example "
    reply = sandbox.request("POST", EMBEDDED, document, signature=signature)
    assert reply.code == "invalid_signature"
    request = logged(sandbox, reply)
    assert "canary" not in str(request)
    assert request["answerBody"]["code"] == "invalid_signature"
    assert request["diagnosis"] == request["answerBody"]["diagnosis"]


def test_a_refused_signature_is_logged_with_why(sandbox: Control) -> None:
    """Even where the answer does not tell, and only there."""
    reply = sandbox.request("GET", "/session/x", signature="bm8=")
    assert logged(sandbox, reply)["diagnosis"]["code"] == reply.document["diagnosis"]["code"]
    reply = sandbox.request("GET", "/session/x")
    assert logged(sandbox, reply)["diagnosis"] is None


def test_payers_requests_are_logged_in_their_sessions_namespace(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    reply = call(sandbox.url, "GET", f"/payer/session/{session_id}?x=1")
    request = logged(sandbox, reply)
    assert (request["operationId"], request["partner"]) == ("getPayerSession", None)
    assert request["path"] == f"/payer/session/{session_id}?x=1"


def test_an_injected_answer_names_its_fault_and_no_check(sandbox: Control) -> None:
    fault = sandbox.post("/faults", {"code": "invalid_signature"})
    request = logged(sandbox, sandbox.request("POST", EMBEDDED, valid(EMBEDDED)))
    assert (request["faultId"], request["verdicts"]) == (fault["faultId"], [])


def test_the_latest_are_listed_first_by_partner_and_code(sandbox: Control) -> None:
    first = sandbox.request("GET", "/session/x")
    second = sandbox.request("GET", "/session/x", partner="partner-only")
    third = sandbox.request("GET", "/session/x", signature="bm8=")
    ids = [reply.fields["request-id"] for reply in (first, second, third)]

    def listed(query: str) -> list[str]:
        return [request["requestId"] for request in sandbox.get(f"/requests{query}")["requests"]]

    assert listed("") == ids[::-1]
    assert listed("?limit=1") == [ids[2]]
    assert listed("?partner=partner-only") == [ids[1]]
    assert listed("?code=invalid_signature") == [ids[2]]
    assert listed("?code=session_not_found&partner=demo") == [ids[0]]


def test_it_is_bounded_and_leaves_out_the_control_api(sandbox: Control) -> None:
    first = call(sandbox.url, "GET", "/nowhere")
    assert logged(sandbox, first)["code"] == "not_found"
    for _ in range(LENGTH):
        call(sandbox.url, "GET", "/nowhere")
    assert len(sandbox.get("/requests?limit=1000")["requests"]) == LENGTH
    reply = sandbox.ask("GET", f"/requests/{first.fields['request-id']}")
    assert reply.code == "resource_not_found"


def test_every_problem_that_a_check_answers_with_has_its_check() -> None:
    codes = {*openapi.problems(), *openapi.problems("payer")}
    assert codes - CHECK_OF.keys() == {"internal_error", "service_unavailable"}
    assert codes >= CHECK_OF.keys()
