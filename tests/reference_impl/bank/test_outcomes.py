"""Every outcome of the simulated bank, played to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from reference_impl.bank.outcomes import BY_MAGIC_AMOUNT, OUTCOMES
from reference_impl.domain.amounts import MINIMUM, as_json_number
from reference_impl.domain.deposits import FAILURE_REASONS, FailureCode
from reference_impl.domain.plans import Action, Pace
from reference_impl.domain.sessions import Status
from reference_impl.environment import SANDBOX_MAXIMUM
from tests.reference_impl.paying import ACCEPTED, COMPLETED, CREATED, FAILURE, INITIATED, SUBMITTED, Till

AT_ONCE, TIMED_OUT = timedelta(0), timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What an outcome is to look like from outside; ``ends_after`` with a clock that stands still before."""

    told: Sequence[str]
    failure_code: FailureCode | None = None
    ends_after: timedelta = AT_ONCE


COURSES = {
    "success": Course(told=COMPLETED),
    "refused_by_bank": Course(told=[*SUBMITTED, *FAILURE], failure_code=FailureCode.REFUSED_BY_BANK),
    "insufficient_funds": Course(told=[*INITIATED, *FAILURE], failure_code=FailureCode.INSUFFICIENT_FUNDS),
    "authorisation_timed_out": Course(
        told=[*INITIATED, *FAILURE],
        failure_code=FailureCode.AUTHORISATION_TIMED_OUT,
        ends_after=TIMED_OUT,
    ),
    "identity_rejected": Course(told=[*CREATED, *FAILURE], failure_code=FailureCode.IDENTITY_REJECTED),
    "risk_declined": Course(told=[*CREATED, *FAILURE], failure_code=FailureCode.RISK_DECLINED),
    "amount_mismatch": Course(told=[*SUBMITTED, *FAILURE], failure_code=FailureCode.AMOUNT_MISMATCH),
    "processing_error": Course(told=[*INITIATED, *FAILURE], failure_code=FailureCode.PROCESSING_ERROR),
    "failed_after_submission": Course(
        told=[*SUBMITTED, *FAILURE],
        failure_code=FailureCode.PROCESSING_ERROR,
        ends_after=timedelta(minutes=5),
    ),
    "abandoned": Course(
        told=[*INITIATED, *FAILURE],
        failure_code=FailureCode.AUTHORISATION_TIMED_OUT,
        ends_after=TIMED_OUT,
    ),
    "accepted_late": Course(told=COMPLETED, ends_after=timedelta(minutes=10)),
    "waiting": Course(told=COMPLETED, ends_after=timedelta(days=1)),
}


def play(till: Till, outcome: str, *, magic: bool = False) -> str:
    """Pay with the bank of an outcome, or with its magic amount at the bank of success; the session."""
    amount = as_json_number(OUTCOMES[outcome].magic_amount)
    session_id = till.open(amount=amount) if magic else till.open()
    till.choose(session_id, "success" if magic else outcome)
    plan = till.session(session_id).plan
    if plan is not None and plan.awaits_payer:
        till.consent(session_id)
    return session_id


def assert_ended(till: Till, session_id: str, course: Course) -> None:
    session = till.session(session_id)
    assert session.status is (Status.FAILED if course.failure_code else Status.COMPLETED)
    assert session.deposit is not None
    assert session.deposit.failure_code is course.failure_code
    assert session.deposit.failure_reason == (
        FAILURE_REASONS[course.failure_code] if course.failure_code else None
    )
    assert till.told(session_id) == course.told
    assert (session.plan, session.due_at) == (None, None)


def test_every_outcome_and_every_failure_code_is_tested_here() -> None:
    assert set(COURSES) == set(OUTCOMES)
    assert {course.failure_code for course in COURSES.values()} == {*FailureCode, None}


@pytest.mark.parametrize("magic", [False, True], ids=["by its bank", "by its amount"])
@pytest.mark.parametrize("outcome", COURSES)
class TestPlaying:
    def test_it_ends_as_it_is_described_and_tells_every_event_once(self, outcome: str, magic: bool) -> None:
        """HOOK-06, PAY-03, PAY-04, PAY-05, PAY-06."""
        till, course = Till(), COURSES[outcome]
        session_id = play(till, outcome, magic=magic)
        if course.ends_after:
            till.move(seconds=course.ends_after.total_seconds() - 0.001)
            assert till.session(session_id).status is Status.PROCESSING
            till.move(milliseconds=1)
        assert_ended(till, session_id, course)
        assert till.told_at(session_id)[-1] == course.ends_after
        till.move(days=2)
        assert_ended(till, session_id, course)

    def test_on_a_timer_the_same_is_told_more_slowly(self, outcome: str, magic: bool) -> None:
        till, course = Till(pace=Pace.TIMER), COURSES[outcome]
        session_id = play(till, outcome, magic=magic)
        assert till.told(session_id) == CREATED
        till.move(seconds=2)
        plan = till.session(session_id).plan
        if plan is not None and plan.awaits_payer:
            till.consent(session_id)
        till.move(days=2)
        assert_ended(till, session_id, course)
        times = till.told_at(session_id)
        assert times == sorted(times)
        assert len(set(times)) == len([event for event in course.told if "→" not in event])

    def test_step_by_step_the_same_is_told_as_far_as_there_are_steps(self, outcome: str, magic: bool) -> None:
        till, course = Till(pace=Pace.MANUAL), COURSES[outcome]
        session_id = play(till, outcome, magic=magic)
        assert till.told(session_id) == CREATED
        while (plan := till.session(session_id).plan) is not None and plan.steps[
            0
        ].action is not Action.NEVER:
            till.step(session_id)
        if course.ends_after == TIMED_OUT:
            till.move(minutes=15)
        assert_ended(till, session_id, course)


class TestTable:
    def test_each_magic_amount_and_each_bank_chooses_one_outcome(self) -> None:
        assert len(BY_MAGIC_AMOUNT) == len(OUTCOMES)
        assert len({outcome.bank_name for outcome in OUTCOMES.values()}) == len(OUTCOMES)
        assert all(BY_MAGIC_AMOUNT[outcome.magic_amount] is outcome for outcome in OUTCOMES.values())

    def test_magic_amounts_are_payable_in_the_sandbox(self) -> None:
        assert all(MINIMUM <= amount <= SANDBOX_MAXIMUM for amount in BY_MAGIC_AMOUNT)

    @pytest.mark.parametrize("code", sorted(OUTCOMES))
    def test_a_script_ends_a_deposit_or_leaves_it_for_ever(self, code: str) -> None:
        *before, last = OUTCOMES[code].script
        assert last.action in (Action.COMPLETE, Action.FAIL, Action.NEVER)
        assert all(step.action not in (Action.COMPLETE, Action.FAIL, Action.NEVER) for step in before)
        assert (last.failure_code is not None) is (last.action is Action.FAIL)

    @pytest.mark.parametrize("code", sorted(OUTCOMES))
    def test_an_outcome_is_described_for_people(self, code: str) -> None:
        outcome = OUTCOMES[code]
        assert outcome.code == code
        assert outcome.description.endswith(".")
        assert len({outcome.title, outcome.description, outcome.bank_name}) == 3


def test_at_once_everything_before_the_wait_is_told_before_the_payer_is_answered() -> None:
    till = Till()
    for outcome, told in (("accepted_late", SUBMITTED), ("waiting", ACCEPTED), ("abandoned", INITIATED)):
        assert till.told(play(till, outcome)) == told
