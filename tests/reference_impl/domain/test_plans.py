"""Plans: what is to come of a deposit, and what that makes due of its session."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reference_impl.domain.deposits import DepositStatus
from reference_impl.domain.plans import Action, Plan, Step
from reference_impl.domain.sessions import FINAL, Status
from tests.reference_impl.builders import NOW, a_deposit, a_session, a_session_in_processing

TIMEOUT = NOW + timedelta(minutes=15)
EARLY, LATE = NOW + timedelta(minutes=1), NOW + timedelta(minutes=20)


@pytest.mark.parametrize("action", Action)
def test_a_plan_waits_for_the_payer_only_while_consent_comes_next(action: Action) -> None:
    assert Plan(steps=(Step(action), Step(Action.CONSENT)), due_at=None).awaits_payer is (
        action is Action.CONSENT
    )


def test_a_plan_without_steps_waits_for_nobody() -> None:
    assert Plan(steps=(), due_at=None).awaits_payer is False


def test_an_open_session_is_due_at_its_expiry() -> None:
    """SESS-16."""
    assert a_session().due_at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("deposit", "planned", "due_at"),
    [
        (DepositStatus.CREATED, EARLY, EARLY),
        (DepositStatus.CREATED, LATE, TIMEOUT),
        (DepositStatus.INITIATED, None, TIMEOUT),
        (DepositStatus.SUBMITTED, LATE, LATE),
        (DepositStatus.SUBMITTED, None, None),
        (DepositStatus.ACCEPTED, EARLY, EARLY),
    ],
)
def test_a_session_in_processing_is_due_at_its_step_or_its_time_out(
    deposit: DepositStatus, planned: datetime | None, due_at: datetime | None
) -> None:
    """PAY-06, SESS-17: the time-out ends with the submission, and expiry plays no part."""
    plan = Plan(steps=(Step(Action.NEVER),), due_at=planned)
    assert a_session_in_processing(deposit=a_deposit(deposit), plan=plan).due_at == due_at


def test_a_session_whose_processor_announced_nothing_is_due_at_its_time_out() -> None:
    assert a_session_in_processing(plan=None).due_at == TIMEOUT


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nothing_is_due_of_a_final_session(status: Status) -> None:
    """SESS-18."""
    assert a_session_in_processing(status=status).due_at is None
