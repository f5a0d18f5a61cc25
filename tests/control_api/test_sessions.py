"""Paying sessions without a browser, and seeing what happened to them."""

from __future__ import annotations

import pytest

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.deposits import FailureCode
from tests.control_api.control import Control
from tests.session_api.calls import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED

LATER = {"authorisation_timed_out": 15, "abandoned": 15, "failed_after_submission": 5, "accepted_late": 10}
"""Minutes until the outcomes that take their time are there."""


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_can_be_played_to_its_end(sandbox: Control, outcome: str) -> None:
    session_id = sandbox.new_session(HOSTED_PARTNER_MANAGED)
    session = sandbox.play(session_id, outcome=outcome)
    assert session["outcome"] == outcome
    if outcome in LATER or outcome == "waiting":
        assert session["status"] == "processing"
        sandbox.advance(minutes=LATER.get(outcome, 24 * 60))
    session = sandbox.get(f"/sessions/{session_id}")
    if outcome in ("success", "accepted_late", "waiting"):
        assert (session["status"], session["deposit"]["status"]) == ("completed", "completed")
        return
    expected = {"failed_after_submission": "processing_error", "abandoned": "authorisation_timed_out"}
    assert session["status"] == "failed"
    assert session["deposit"]["failureCode"] == expected.get(outcome, outcome) in list(FailureCode)


@pytest.mark.parametrize("path", [HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED])
def test_sessions_of_every_kind_can_be_paid(sandbox: Control, path: str) -> None:
    """An anonymous payer is identified, an embedded session gets an amount."""
    session = sandbox.play(sandbox.new_session(path))
    assert session["status"] == "completed"
    assert session["customerId"]
    assert session["amount"] == (5 if path == EMBEDDED else 9.99)


def test_the_payer_fills_in_the_amount_that_was_asked_for(sandbox: Control) -> None:
    assert sandbox.play(sandbox.new_session(), amount=7.25)["amount"] == 7.25


def test_an_amount_above_the_maximum_is_refused_by_the_code_that_names_it(sandbox: Control) -> None:
    reply = sandbox.ask("POST", f"/sessions/{sandbox.new_session()}/play", {"amount": 10.01})
    assert (reply.status, reply.code) == (400, "amount_out_of_range")
    assert reply.document["maximum"] == sandbox.get("/limits")["maximumAmount"] == 10


def test_an_amount_for_a_session_that_has_one_is_refused(sandbox: Control) -> None:
    session_id = sandbox.new_session(amount=3)
    reply = sandbox.ask("POST", f"/sessions/{session_id}/play", {"amount": 3})
    assert (reply.status, reply.pointers) == (400, {"/amount"})
    assert sandbox.get(f"/sessions/{session_id}")["status"] == "open"


def test_a_magic_amount_is_played_where_nothing_else_is_asked_for(sandbox: Control) -> None:
    session = sandbox.play(sandbox.new_session(amount=4.02))
    assert session["deposit"]["failureCode"] == "insufficient_funds"
    session = sandbox.play(sandbox.new_session(amount=4.02), outcome="success")
    assert session["status"] == "completed"


def test_steps_are_made_one_by_one(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    session = sandbox.play(session_id, steps=0)
    seen = [(session["deposit"]["status"], session["nextStep"]["action"])]
    while session["nextStep"]:
        session = sandbox.post(f"/sessions/{session_id}/step")
        seen.append((session["deposit"]["status"], session["nextStep"] and session["nextStep"]["action"]))
    assert seen == [
        ("created", "initiate"),
        ("initiated", "consent"),
        ("initiated", "submit"),
        ("submitted", "accept"),
        ("accepted", "complete"),
        ("completed", None),
    ]


def test_as_many_steps_as_asked_for_are_made_and_no_more(sandbox: Control) -> None:
    session = sandbox.play(sandbox.new_session(), steps=3)
    assert (session["pace"], session["deposit"]["status"]) == ("manual", "submitted")
    assert session["nextStep"] == {"action": "accept", "dueAt": None}


def test_steps_beyond_the_end_change_nothing(sandbox: Control) -> None:
    assert sandbox.play(sandbox.new_session(), steps=20)["status"] == "completed"
    session = sandbox.play(sandbox.new_session(), outcome="abandoned", steps=20)
    assert (session["status"], session["nextStep"]["action"]) == ("processing", "never")


def test_on_a_timer_the_payment_goes_on_by_itself(sandbox: Control) -> None:
    """The payer's consent does not hold it up: it is part of what was played."""
    session_id = sandbox.new_session()
    session = sandbox.play(session_id, pace="timer")
    assert session["deposit"]["status"] == "created"
    moved = sandbox.advance(seconds=10)
    steps = [found["depositStatus"] for found in moved["occurrences"] if found["kind"] == "transition"]
    assert steps == ["initiated", "submitted", "accepted", "completed"]


def test_the_namespaces_pace_holds_where_nothing_else_is_said(sandbox: Control) -> None:
    assert sandbox.put("/settings", {"pace": "manual"}) == {"pace": "manual"}
    waiting = sandbox.play(sandbox.new_session())
    assert (waiting["pace"], waiting["deposit"]["status"]) == (None, "created")
    assert sandbox.play(sandbox.new_session(), pace="at_once")["status"] == "completed"


def test_a_session_is_paid_once(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    sandbox.play(session_id)
    before = sandbox.get(f"/sessions/{session_id}")
    for path, body in (
        (f"/sessions/{session_id}/play", {"outcome": "risk_declined"}),
        (f"/sessions/{session_id}/step", None),
    ):
        reply = sandbox.ask("POST", path, body)
        assert (reply.status, reply.code) == (409, "step_not_possible")
        assert reply.document["sessionStatus"] == "completed"
    assert sandbox.get(f"/sessions/{session_id}") == before


def test_an_expired_session_is_not_paid(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    sandbox.advance(minutes=30)
    reply = sandbox.ask("POST", f"/sessions/{session_id}/play", {})
    assert (reply.status, reply.document["sessionStatus"]) == (409, "expired")


def test_an_open_session_has_no_step(sandbox: Control) -> None:
    reply = sandbox.ask("POST", f"/sessions/{sandbox.new_session()}/step")
    assert (reply.status, reply.document["sessionStatus"]) == (409, "open")


def test_the_timeline_tells_every_transition_with_its_events(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    sandbox.play(session_id, outcome="failed_after_submission")
    sandbox.advance(minutes=5)
    session = sandbox.get(f"/sessions/{session_id}")
    timeline = [(moment["status"], moment["depositStatus"]) for moment in session["timeline"]]
    assert timeline == [
        ("open", None),
        ("processing", "created"),
        (None, "initiated"),
        (None, "submitted"),
        ("failed", "failed"),
    ]
    assert session["timeline"][0]["at"] == session["createdAt"]
    told = [event_type for moment in session["timeline"] for event_type in moment["eventTypes"]]
    assert told == [delivery["eventType"] for delivery in session["deliveries"]]


def test_the_timeline_of_a_session_that_only_expires_has_two_moments(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    sandbox.advance(minutes=31)
    session = sandbox.get(f"/sessions/{session_id}")
    assert [moment["status"] for moment in session["timeline"]] == ["open", "expired"]
    assert session["timeline"][1]["at"] == session["expiresAt"]


def test_sessions_are_listed_latest_first_by_partner_and_status(sandbox: Control) -> None:
    first = sandbox.new_session()
    second = sandbox.new_session(partner="partner-only")
    third = sandbox.new_session()
    sandbox.play(third)

    def listed(query: str) -> list[str]:
        return [session["sessionId"] for session in sandbox.get(f"/sessions{query}")["sessions"]]

    assert listed("") == [third, second, first]
    assert listed("?limit=1") == [third]
    assert listed("?partner=demo") == [third, first]
    assert listed("?partner=demo&status=open") == [first]
    assert listed("?status=completed&limit=1") == [third]
    assert listed("?partner=nobody") == []


def test_kyc_data_is_in_no_answer(sandbox: Control) -> None:
    kyc = {"fullName": "Zenobia Quill", "residenceAddress": "7 Canary Row", "mobilePhone": "+4915112345678"}
    session_id = sandbox.new_session(userEmail="zenobia.quill@mail.example", userKyc=kyc)
    sandbox.play(session_id)
    customer_id = sandbox.get(f"/sessions/{session_id}")["customerId"]
    answers = [
        sandbox.ask("GET", path).body.decode()
        for path in (
            "/sessions",
            f"/sessions/{session_id}",
            "/customers",
            f"/customers/{customer_id}",
            "/deliveries",
            *(f"/deliveries/{delivery['deliveryId']}" for delivery in sandbox.deliveries()),
            *(f"/requests/{logged['requestId']}" for logged in sandbox.get("/requests")["requests"]),
        )
    ]
    for private in (*kyc.values(), "zenobia.quill"):
        assert not [answer for answer in answers if private in answer]
    assert any("•••" in answer for answer in answers)
