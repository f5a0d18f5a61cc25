"""Every step of a session's life, from everywhere: those that are legal, and all the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from reference_impl.domain import transitions
from reference_impl.domain.deposits import FAILURE_REASONS, Bank, DepositStatus, FailureCode
from reference_impl.domain.events import EventType, Occasion
from reference_impl.domain.sessions import FINAL, Session, Status
from reference_impl.domain.transitions import IllegalTransitionError, Transition
from reference_impl.environment import new_uuid
from tests.reference_impl.builders import (
    EMBEDDED,
    HOSTED_PARTNER_MANAGED,
    NOW,
    a_deposit,
    a_partner,
    a_payer,
    a_session,
    a_session_in_processing,
)
from tests.reference_impl.published_events import require_valid

LIFETIME = timedelta(minutes=30)
BANK = Bank(bank_id="bank-success", name="Bank of Success", country="DE")


def at(after: timedelta = timedelta(minutes=1)) -> Occasion:
    return Occasion(now=NOW + after, partner=a_partner(), new_event_id=new_uuid)


def in_processing(status: DepositStatus) -> Session:
    return a_session_in_processing("s" * 24, deposit=a_deposit(status), plan=None)


def closed(status: Status) -> Session:
    return dataclasses.replace(a_session("s" * 24), status=status)


STATES: dict[str, Session] = {
    "unidentified": a_session("s" * 24),
    "identified": dataclasses.replace(a_session("s" * 24), payer=a_payer()),
    "known": a_session("s" * 24, operation_id=HOSTED_PARTNER_MANAGED),
    "without amount": a_session("s" * 24, operation_id=EMBEDDED, amount=None),
    "created": in_processing(DepositStatus.CREATED),
    "initiated": in_processing(DepositStatus.INITIATED),
    "submitted": in_processing(DepositStatus.SUBMITTED),
    "accepted": in_processing(DepositStatus.ACCEPTED),
    "completed": dataclasses.replace(in_processing(DepositStatus.COMPLETED), status=Status.COMPLETED),
    "failed": dataclasses.replace(in_processing(DepositStatus.FAILED), status=Status.FAILED),
    "expired": closed(Status.EXPIRED),
    "cancelled": closed(Status.CANCELLED),
}

Step = Callable[[Session, Occasion], Transition]


def make_deposit(session: Session, occasion: Occasion, *, amount: int | None = None) -> Transition:
    return transitions.make_deposit(
        session,
        occasion,
        reference="SM-1",
        end_to_end_id="E2E-1",
        payment_method="open_banking",
        bank=BANK,
        amount=amount,
    )


STEPS: dict[str, Step] = {
    "identify": lambda session, occasion: transitions.identify_payer(session, a_payer(), occasion),
    "deposit": make_deposit,
    "deposit with amount": lambda session, occasion: make_deposit(session, occasion, amount=10),
    "initiate": transitions.initiate,
    "submit": lambda session, occasion: transitions.submit(session, occasion, external_payment_id="pay_1"),
    "accept": lambda session, occasion: transitions.accept(
        session, occasion, debtor_iban_masked="DE12**************3456"
    ),
    "complete": transitions.complete,
    "fail": lambda session, occasion: transitions.fail(session, occasion, code=FailureCode.RISK_DECLINED),
    "cancel": transitions.cancel,
    "expire": lambda session, occasion: transitions.expire(session, at(LIFETIME)),
}

DEPOSIT = [EventType.DEPOSIT_CREATED, EventType.STATUS_CHANGED]
FAILURE = [EventType.DEPOSIT_FAILED, EventType.STATUS_CHANGED]
OPEN = ["unidentified", "identified", "known", "without amount"]

LEGAL: dict[tuple[str, str], tuple[Status, DepositStatus | None, list[EventType]]] = {
    ("unidentified", "identify"): (Status.OPEN, None, []),
    ("identified", "identify"): (Status.OPEN, None, []),
    ("identified", "deposit"): (Status.PROCESSING, DepositStatus.CREATED, DEPOSIT),
    ("known", "deposit"): (Status.PROCESSING, DepositStatus.CREATED, DEPOSIT),
    ("without amount", "deposit with amount"): (Status.PROCESSING, DepositStatus.CREATED, DEPOSIT),
    ("created", "initiate"): (Status.PROCESSING, DepositStatus.INITIATED, [EventType.DEPOSIT_INITIATED]),
    ("initiated", "submit"): (Status.PROCESSING, DepositStatus.SUBMITTED, [EventType.DEPOSIT_SUBMITTED]),
    ("submitted", "accept"): (Status.PROCESSING, DepositStatus.ACCEPTED, [EventType.DEPOSIT_ACCEPTED]),
    ("accepted", "complete"): (
        Status.COMPLETED,
        DepositStatus.COMPLETED,
        [EventType.DEPOSIT_COMPLETED, EventType.STATUS_CHANGED],
    ),
    **{
        (state, "fail"): (Status.FAILED, DepositStatus.FAILED, FAILURE)
        for state in ("created", "initiated", "submitted")
    },
    **{(state, "cancel"): (Status.CANCELLED, None, [EventType.STATUS_CHANGED]) for state in OPEN},
    **{(state, "expire"): (Status.EXPIRED, None, [EventType.STATUS_CHANGED]) for state in OPEN},
    **{
        (status, "cancel"): (Status.PROCESSING, DepositStatus(status), [])  # PAY-07: an exit only redirects
        for status in ("created", "initiated", "submitted", "accepted")
    },
}
"""From where which step leads where, and what it tells (HOOK-06). Nothing else is possible."""


@pytest.mark.parametrize(("state", "step"), LEGAL)
class TestLegalSteps:
    def test_it_leads_there_and_tells_that(self, state: str, step: str) -> None:
        """HOOK-06, PAY-02, PAY-03, PAY-04, PAY-05, PAY-07."""
        status, deposit, told = LEGAL[state, step]
        transition = STEPS[step](STATES[state], at())
        assert transition.session.status is status
        assert (transition.session.deposit and transition.session.deposit.status) == deposit
        assert [event.event_type for event in transition.events] == told

    def test_its_events_are_valid_and_of_one_instant(self, state: str, step: str) -> None:
        """HOOK-02, HOOK-07, HOOK-08, HOOK-13."""
        transition = STEPS[step](STATES[state], at())
        events = [require_valid(event.body) for event in transition.events]
        instant = transition.session.expires_at if step == "expire" else at().now
        assert {event.occurred_at for event in transition.events} <= {instant}
        assert len({event["data"]["timestamp"] for event in events}) <= 1
        assert len({event["eventId"] for event in events}) == len(events)
        for event in events:
            if event["data"]["eventType"] == EventType.STATUS_CHANGED:
                told = (event["data"]["previousStatus"], event["data"]["status"])
                assert told == (STATES[state].status, transition.session.status)

    def test_it_leaves_alone_what_never_changes(self, state: str, step: str) -> None:
        """SESS-15."""
        before, after = STATES[state], STEPS[step](STATES[state], at()).session
        moved = {"status", "payer", "deposit", "amount", "payment_method"}
        for field in dataclasses.fields(Session):
            if field.name not in moved:
                assert getattr(after, field.name) == getattr(before, field.name)


@pytest.mark.parametrize(("state", "step"), sorted(set(product(STATES, STEPS)) - set(LEGAL)))
def test_every_other_step_is_refused(state: str, step: str) -> None:
    """PAY-01, PAY-03, PAY-04, SESS-17, SESS-18."""
    with pytest.raises(IllegalTransitionError) as refusal:
        STEPS[step](STATES[state], at())
    assert str(refusal.value)


@pytest.mark.parametrize("step", ["identify", "deposit", "cancel"])
def test_a_payer_is_refused_from_the_very_instant_of_the_expiry(step: str) -> None:
    """SESS-16."""
    session = STATES["identified"]
    STEPS[step](session, at(LIFETIME - timedelta(milliseconds=1)))
    with pytest.raises(IllegalTransitionError, match="expired"):
        STEPS[step](session, at(LIFETIME))


def test_a_session_does_not_expire_before_its_time() -> None:
    with pytest.raises(IllegalTransitionError, match="not before its time"):
        transitions.expire(a_session(), at(LIFETIME - timedelta(milliseconds=1)))


def test_an_expiry_that_is_noticed_late_is_told_with_its_time() -> None:
    """HOOK-08."""
    transition = transitions.expire(a_session("s" * 24), at(timedelta(days=3)))
    (event,) = transition.events
    assert event.occurred_at == NOW + LIFETIME
    assert require_valid(event.body)["data"]["timestamp"] == "2030-01-02T03:34:05.678Z"


def test_a_deposit_is_what_the_payer_chose() -> None:
    """PAY-02."""
    session = make_deposit(STATES["identified"], at()).session
    assert session.deposit == a_deposit(
        reference="SM-1",
        end_to_end_id="E2E-1",
        payment_method="open_banking",
        bank=BANK,
        created_at=at().now,
    )
    assert session.payment_method == "open_banking"
    assert session.amount == STATES["identified"].amount


def test_an_amount_that_the_payer_chose_is_the_sessions() -> None:
    """PAY-08."""
    transition = make_deposit(STATES["without amount"], at(), amount=725)
    assert transition.session.amount == 725
    assert require_valid(transition.events[0].body)["data"]["amount"] == 7.25


def test_a_payment_carries_what_the_bank_said_to_its_end() -> None:
    session = make_deposit(STATES["known"], at()).session
    session = transitions.initiate(session, at()).session
    session = transitions.submit(session, at(), external_payment_id="pay_1").session
    session = transitions.accept(session, at(), debtor_iban_masked="DE12**************3456").session
    session = transitions.complete(session, at()).session
    assert session.deposit is not None
    assert session.deposit.external_payment_id == "pay_1"
    assert session.deposit.debtor_iban_masked == "DE12**************3456"
    assert session.deposit.failure_code is None


@pytest.mark.parametrize("code", FailureCode)
def test_a_failure_has_its_code_and_reason(code: FailureCode) -> None:
    """PAY-04."""
    transition = transitions.fail(STATES["initiated"], at(), code=code)
    data: dict[str, Any] = require_valid(transition.events[0].body)["data"]
    assert (data["failureCode"], data["failureReason"]) == (code, FAILURE_REASONS[code])
    assert transition.session.deposit is not None
    assert transition.session.deposit.failure_code is code


def test_the_identity_of_a_customer_that_the_partner_manages_is_the_partners_to_say() -> None:
    with pytest.raises(IllegalTransitionError, match="partner"):
        STEPS["identify"](STATES["known"], at())


def test_final_statuses_are_those_that_no_step_leaves() -> None:
    """SESS-18."""
    left = {STATES[state].status for state, _ in LEGAL}
    assert set(Status) - left == FINAL
