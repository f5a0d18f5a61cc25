"""News from a payment processor: each step is taken when it is told of, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from reference_impl.domain.deposits import Bank, FailureCode
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session, Status
from reference_impl.domain.transitions import IllegalTransitionError
from reference_impl.use_cases.payments import report
from tests.reference_impl.paying import COMPLETED, CREATED, FAILURE, INITIATED, Till


class SilentBank:
    """Takes orders and announces nothing."""

    def banks(self, *, country: str) -> Sequence[Bank]:
        return [Bank(bank_id="bank-silent", name="Silent Bank", country=country)]

    def describe(self, bank: Bank) -> str | None:
        return None

    def instruction(self, request: Mapping[str, Any]) -> str | None:
        return None

    def place_order(self, session: Session, *, pace: Pace, now: datetime) -> Plan:
        return Plan(steps=(), due_at=None)

    def debtor_iban(self, session: Session) -> str | None:
        return None

    def proceed(self, plan: Plan, *, pace: Pace, now: datetime) -> Plan:
        return Plan(steps=plan.steps[1:], due_at=None)


@pytest.fixture
def till() -> Till:
    till = Till()
    till.environment = replace(till.environment, processor=SilentBank())
    return till


def tell(till: Till, session_id: str, *actions: Action) -> Session:
    for action in actions:
        session = report(till.environment, session_id=session_id, step=Step(action))
    return session


def test_a_payment_goes_as_far_as_has_been_reported(till: Till) -> None:
    session_id = till.open()
    till.choose(session_id, "silent")
    assert till.told(session_id) == CREATED
    tell(till, session_id, Action.INITIATE)
    assert till.told(session_id) == INITIATED
    session = tell(till, session_id, Action.SUBMIT, Action.ACCEPT, Action.COMPLETE)
    assert session.status is Status.COMPLETED
    assert till.told(session_id) == COMPLETED


def test_the_bank_s_own_identifier_of_the_payment_is_kept(till: Till) -> None:
    session_id = till.open()
    till.choose(session_id, "silent")
    tell(till, session_id, Action.INITIATE)
    session = report(
        till.environment, session_id=session_id, step=Step(Action.SUBMIT), external_payment_id="theirs-7"
    )
    assert session.deposit is not None
    assert session.deposit.external_payment_id == "theirs-7"


def test_a_failure_says_why(till: Till) -> None:
    session_id = till.open()
    till.choose(session_id, "silent")
    step = Step(Action.FAIL, failure_code=FailureCode.INSUFFICIENT_FUNDS)
    session = report(till.environment, session_id=session_id, step=step)
    assert session.deposit is not None
    assert session.deposit.failure_code is FailureCode.INSUFFICIENT_FUNDS
    assert till.told(session_id) == [*CREATED, *FAILURE]


@pytest.mark.parametrize("action", [Action.INITIATE, Action.ACCEPT, Action.COMPLETE])
def test_news_that_comes_twice_or_out_of_order_changes_nothing(till: Till, action: Action) -> None:
    session_id = till.open()
    till.choose(session_id, "silent")
    tell(till, session_id, Action.INITIATE)
    with pytest.raises(IllegalTransitionError):
        tell(till, session_id, action)
    assert till.told(session_id) == INITIATED


def test_news_of_a_payment_that_has_timed_out_comes_too_late(till: Till) -> None:
    """PAY-06: whoever notices it first."""
    session_id = till.open()
    till.choose(session_id, "silent")
    till.now = till.now.replace(minute=till.now.minute + 15)
    with pytest.raises(IllegalTransitionError):
        tell(till, session_id, Action.INITIATE)
    assert till.session(session_id).status is Status.FAILED


def test_news_of_what_nobody_ordered_is_refused(till: Till) -> None:
    session_id = till.open()
    with pytest.raises(IllegalTransitionError):
        tell(till, session_id, Action.INITIATE)
    with pytest.raises(Problem):
        tell(till, "unknown", Action.INITIATE)
