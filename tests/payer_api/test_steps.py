"""The payer's steps: what each leads to, where it is refused, and that nothing happens twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.deposits import AUTHORISATION_TIMEOUT
from reference_impl.domain.events import EventType
from tests.payer_api.checkout import STEPS, Answer, call, look, take
from tests.payer_api.states import (
    LIFETIME,
    STATES,
    STATUSES,
    awaiting_consent,
    identified,
    processing,
    unidentified,
)
from tests.serving import Server
from tests.session_api.calls import read
from tests.timed import NOON, TimedServer

POSSIBLE = {
    "unidentified": {"identifyPayer", "exitSession"},
    "identified": {"makeDeposit", "exitSession"},
    "without_amount": {"makeDeposit", "exitSession"},
    "awaiting_consent": {"giveConsent", "exitSession"},
    "processing": {"exitSession"},
}
"""The steps that each state takes; the final ones take none."""

AT_ONCE = {
    "success": ("completed", None),
    "refused_by_bank": ("failed", "refused_by_bank"),
    "insufficient_funds": ("failed", "insufficient_funds"),
    "authorisation_timed_out": ("processing", None),
    "identity_rejected": ("failed", "identity_rejected"),
    "risk_declined": ("failed", "risk_declined"),
    "amount_mismatch": ("failed", "amount_mismatch"),
    "processing_error": ("failed", "processing_error"),
    "failed_after_submission": ("processing", None),
    "abandoned": ("processing", None),
    "accepted_late": ("processing", None),
    "waiting": ("processing", None),
}
"""Where each outcome leaves the session before the clock moves: status, and why the deposit failed."""


def count_deposits(server: Server, session_id: str) -> int:
    """How many deposits the partner is told of."""
    with server.environment.storage.transaction() as transaction:
        told = transaction.deliveries(session_id=session_id)
    return sum(delivery.event_type is EventType.DEPOSIT_CREATED for delivery in told)


def at_once(*steps: tuple[Server, str, str]) -> list[Answer]:
    """Take the steps at one time, each over a connection of its own."""
    gate = threading.Barrier(len(steps))

    def go(step: tuple[Server, str, str]) -> Answer:
        gate.wait()
        server, name, session_id = step
        return take(server, name, session_id)

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(go, steps))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_a_step_is_taken_where_it_begins_and_changes_nothing_elsewhere(
    timed: TimedServer, state: str, step: str
) -> None:
    session_id = STATES[state](timed)
    before = look(timed.server, session_id)
    members = {"amount": 5} if (state, step) == ("without_amount", "makeDeposit") else {}
    answer = take(timed.server, step, session_id, **members)
    if step in POSSIBLE.get(state, ()):
        assert answer.status == 200
        return
    assert (answer.status, answer.code) == (409, "step_not_possible")
    assert answer.document["sessionStatus"] == STATUSES[state]
    assert look(timed.server, session_id) == before


def test_a_payer_pays_step_by_step(timed: TimedServer) -> None:
    """PAY-02, PAY-09: each answer shows what is next, and the last one the way to the partner."""
    session_id = unidentified(timed)
    identity = take(timed.server, "identifyPayer", session_id).document
    assert (identity["status"], identity["needsIdentity"]) == ("open", False)
    chosen = take(timed.server, "makeDeposit", session_id, paymentMethod="bank_transfer").document
    assert (chosen["status"], chosen["deposit"]["awaitsConsent"]) == ("processing", True)
    assert chosen["paymentMethod"] == chosen["deposit"]["paymentMethod"] == "bank_transfer"
    paid = take(timed.server, "giveConsent", session_id).document
    assert (paid["status"], paid["deposit"]["status"]) == ("completed", "completed")
    assert paid["redirectUrl"] == "https://shop.example/success"
    assert read(timed.server, session_id).document["status"] == "completed"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_bank_plays_its_outcome(timed: TimedServer, outcome: str) -> None:
    session_id = identified(timed)
    shown = take(timed.server, "makeDeposit", session_id, bankId=f"bank-{outcome}").document
    if shown["deposit"]["awaitsConsent"]:
        shown = take(timed.server, "giveConsent", session_id).document
    assert (shown["status"], shown["deposit"].get("failureCode")) == AT_ONCE[outcome]
    assert shown["deposit"]["awaitsConsent"] is False
    assert bool(shown["deposit"].get("failureReason")) is (shown["status"] == "failed")


def test_a_payer_can_refuse(timed: TimedServer) -> None:
    session_id = awaiting_consent(timed)
    shown = call(timed.server, "giveConsent", session_id, {"approved": False}).document
    assert (shown["status"], shown["deposit"]["failureCode"]) == ("failed", "refused_by_bank")
    assert shown["redirectUrl"] == "https://shop.example/error"


def test_identity_can_be_corrected_until_the_deposit_is_made(timed: TimedServer) -> None:
    """What was said last is what the partner is told (HOOK-09)."""
    session_id = unidentified(timed)
    for name in ("Erika Mustrmann", "Erika Mustermann"):
        assert take(timed.server, "identifyPayer", session_id, fullName=name).status == 200
    take(timed.server, "makeDeposit", session_id)
    with timed.server.environment.storage.transaction() as transaction:
        session = transaction.session(session_id)
    assert session is not None
    assert session.payer is not None
    assert session.payer.full_name == "Erika Mustermann"


def test_any_number_of_clicks_makes_one_deposit(server: Server, timed: TimedServer) -> None:
    """PAY-01: one answer is 200, the others are 409, and all are of one payment."""
    session_id = identified(timed)
    answers = at_once(*[(server, "makeDeposit", session_id)] * 8)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert {a.document["sessionStatus"] for a in answers if a.status == 409} == {"processing"}
    assert count_deposits(server, session_id) == 1
    reference = next(a.document["deposit"]["reference"] for a in answers if a.status == 200)
    assert look(server, session_id)["deposit"]["reference"] == reference


def test_any_number_of_consents_is_one(server: Server, timed: TimedServer) -> None:
    session_id = awaiting_consent(timed)
    answers = at_once(*[(server, "giveConsent", session_id)] * 4)
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert look(server, session_id)["status"] == "completed"


def test_paying_and_leaving_at_one_time_is_one_of_both(server: Server, timed: TimedServer) -> None:
    """PAY-07: a session is cancelled without a deposit, or pays and is left."""
    for _ in range(5):
        session_id = identified(timed)
        paid, left = at_once((server, "makeDeposit", session_id), (server, "exitSession", session_id))
        assert left.status == 200
        status = look(server, session_id)["status"]
        assert (paid.status, status) in {(200, "processing"), (409, "cancelled")}
        assert count_deposits(server, session_id) == (status == "processing")


def test_a_session_can_expire_between_two_steps(timed: TimedServer) -> None:
    """SESS-16, SESS-17: the payer who comes too late is told so, and a payment that began in time goes on."""
    late, in_time = unidentified(timed), awaiting_consent(timed)
    assert take(timed.server, "identifyPayer", late).status == 200
    timed.clocks.session = NOON + LIFETIME
    refused = take(timed.server, "makeDeposit", late)
    assert (refused.code, refused.document["sessionStatus"]) == ("step_not_possible", "expired")
    assert look(timed.server, late)["redirectUrl"] == "https://shop.example/error"
    assert count_deposits(timed.server, late) == 0
    assert look(timed.server, in_time)["status"] == "processing"


def test_the_last_millisecond_is_in_time(timed: TimedServer) -> None:
    session_id = identified(timed)
    timed.clocks.session = NOON + LIFETIME - timedelta(milliseconds=1)
    assert take(timed.server, "makeDeposit", session_id).status == 200


def test_consent_after_the_time_out_comes_too_late(timed: TimedServer) -> None:
    """PAY-06: what time has decided stands, whether anybody had looked or not."""
    session_id = awaiting_consent(timed)
    timed.clocks.session += AUTHORISATION_TIMEOUT
    refused = take(timed.server, "giveConsent", session_id)
    assert (refused.code, refused.document["sessionStatus"]) == ("step_not_possible", "failed")
    assert look(timed.server, session_id)["deposit"]["failureCode"] == "authorisation_timed_out"


def test_leaving_a_payment_in_progress_only_leads_back(timed: TimedServer) -> None:
    """PAY-07: as often as the payer likes, and nothing but the way out is shown to who left."""
    session_id = processing(timed)
    before = look(timed.server, session_id)
    for _ in range(2):
        left = take(timed.server, "exitSession", session_id)
        assert left.status == 200
        assert left.document == {**before, "redirectUrl": "https://shop.example/cart"}
    assert look(timed.server, session_id) == before


def test_leaving_an_open_session_cancels_it_once(timed: TimedServer) -> None:
    """PAY-07, PAY-09."""
    session_id = unidentified(timed)
    left = take(timed.server, "exitSession", session_id).document
    assert (left["status"], left["redirectUrl"]) == ("cancelled", "https://shop.example/cart")
    again = take(timed.server, "exitSession", session_id)
    assert (again.code, again.document["sessionStatus"]) == ("step_not_possible", "cancelled")


def test_an_exit_takes_no_body_and_ignores_one(timed: TimedServer) -> None:
    """A page that is being closed sends what its beacon sends."""
    session_id = identified(timed)
    answer = call(timed.server, "exitSession", session_id, body=b"bye", fields={"Content-Type": "text/plain"})
    assert answer.document["status"] == "cancelled"
