"""The payer's steps, the bank's and time's, through the use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Never

import pytest

from reference_impl.bank.simulated import SimulatedBank
from reference_impl.domain.customers import identify_customer
from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.domain.deposits import FailureCode
from reference_impl.domain.events import EventType
from reference_impl.domain.plans import Pace, Plan
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session, Status
from reference_impl.domain.transitions import IllegalTransitionError
from reference_impl.storage.port import ASIDE
from reference_impl.use_cases import payments
from tests.reference_impl.builders import EMBEDDED, HOSTED_PARTNER_MANAGED, NOW, a_payer
from tests.reference_impl.paying import ACCEPTED, COMPLETED, CREATED, FAILURE, INITIATED, SUBMITTED, Till
from tests.reference_impl.published_events import require_valid

EXPIRY = timedelta(minutes=30)
ACTIONS: dict[str, Callable[[Till, str], Session]] = {
    "identify": Till.identify,
    "choose": Till.choose,
    "consent": Till.consent,
    "refuse": lambda till, session_id: till.consent(session_id, approved=False),
    "leave": Till.leave,
    "step": Till.step,
}


@pytest.fixture
def till() -> Till:
    """Payments whose steps happen at once."""
    return Till()


@pytest.fixture
def slow() -> Till:
    """Payments whose steps happen when they are told to."""
    return Till(pace=Pace.MANUAL)


def die(*_: object) -> Never:
    raise SystemExit


def failure_code(till: Till, session_id: str) -> FailureCode | None:
    deposit = till.session(session_id).deposit
    return deposit.failure_code if deposit else None


class TestPayer:
    @pytest.mark.parametrize("operation_id", [HOSTED_PARTNER_MANAGED, EMBEDDED])
    def test_a_customer_of_the_partner_pays_without_being_identified(
        self, till: Till, operation_id: str
    ) -> None:
        session_id = till.open(operation_id)
        assert till.choose(session_id).status is Status.PROCESSING
        assert till.consent(session_id).status is Status.COMPLETED
        assert till.told(session_id) == COMPLETED

    def test_an_anonymous_payer_is_identified_first(self, till: Till) -> None:
        session_id = till.open(identified=False)
        with pytest.raises(IllegalTransitionError, match="identified"):
            till.choose(session_id)
        assert till.told(session_id) == []
        till.identify(session_id, a_payer(email="first@b.example"))
        till.identify(session_id, a_payer(email="second@b.example"))
        till.choose(session_id)
        data = require_valid(till.deliveries(session_id)[0].body)["data"]
        assert data["customerEmail"] == "second@b.example"

    def test_an_embedded_session_takes_its_amount_from_the_payer(self, till: Till) -> None:
        """PAY-08."""
        session_id = till.open(EMBEDDED, amount=None)
        with pytest.raises(IllegalTransitionError, match="amount"):
            till.choose(session_id)
        assert till.choose(session_id, amount=725).amount == 725

    def test_an_amount_of_the_partner_is_not_the_payers_to_change(self, till: Till) -> None:
        session_id = till.open()
        with pytest.raises(IllegalTransitionError, match="amount"):
            till.choose(session_id, amount=10)
        assert till.session(session_id).amount == 525

    def test_a_bank_that_is_not_offered_cannot_be_chosen(self, till: Till) -> None:
        session_id = till.open()
        with pytest.raises(LookupError):
            till.choose(session_id, "of nowhere")
        assert till.session(session_id).status is Status.OPEN

    @pytest.mark.parametrize("action", ["identify", "choose", "consent", "leave", "step"])
    def test_a_session_that_is_not_there_is_not_found(self, till: Till, action: str) -> None:
        """SESS-12."""
        with pytest.raises(Problem) as refusal:
            ACTIONS[action](till, "nowhere")
        assert refusal.value.code == "session_not_found"


class TestConsent:
    def test_it_is_waited_for_and_then_all_goes_on(self, till: Till) -> None:
        session_id = till.open()
        till.choose(session_id)
        assert till.told(session_id) == INITIATED
        till.move(minutes=14)
        assert till.told(session_id) == INITIATED
        till.consent(session_id)
        assert till.told(session_id) == COMPLETED

    def test_refused_it_fails_the_deposit(self, till: Till) -> None:
        session_id = till.open()
        till.choose(session_id)
        till.consent(session_id, approved=False)
        assert till.told(session_id) == [*INITIATED, *FAILURE]
        assert failure_code(till, session_id) is FailureCode.REFUSED_BY_BANK

    @pytest.mark.parametrize(("approved", "end"), [(True, Status.COMPLETED), (False, Status.FAILED)])
    def test_it_is_taken_where_who_made_the_deposit_died_before_the_bank_could_ask(
        self, till: Till, approved: bool, end: Status, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What fell due then is done first, though no dispatcher has come by."""
        session_id = till.open()
        with monkeypatch.context() as dying:
            dying.setattr(payments, "settle", die)
            with pytest.raises(SystemExit):
                till.choose(session_id)
        assert till.told(session_id) == CREATED
        assert till.consent(session_id, approved=approved).status is end

    @pytest.mark.parametrize("approved", [True, False])
    def test_it_cannot_be_given_before_the_bank_asks_nor_twice(self, slow: Till, approved: bool) -> None:
        session_id = slow.open()
        with pytest.raises(IllegalTransitionError, match="not waiting"):
            slow.consent(session_id, approved=approved)
        slow.choose(session_id)
        with pytest.raises(IllegalTransitionError, match="not waiting"):
            slow.consent(session_id, approved=approved)
        slow.step(session_id)
        slow.consent(session_id)
        with pytest.raises(IllegalTransitionError, match="not waiting"):
            slow.consent(session_id, approved=approved)
        assert slow.told(session_id) == INITIATED


class TestOneDeposit:
    @pytest.mark.parametrize("pace", [Pace.AT_ONCE, Pace.MANUAL])
    def test_a_second_choice_is_refused(self, pace: Pace) -> None:
        """PAY-01."""
        till = Till(pace=pace)
        session_id = till.open()
        first = till.choose(session_id)
        with pytest.raises(IllegalTransitionError, match="processing"):
            till.choose(session_id, "waiting")
        assert till.session(session_id) == first
        assert till.told(session_id).count("created") == 1


class TestLeaving:
    def test_an_open_session_is_cancelled(self, till: Till) -> None:
        """PAY-07."""
        session_id = till.open()
        assert till.leave(session_id).status is Status.CANCELLED
        assert till.told(session_id) == ["open → cancelled"]

    def test_one_in_processing_stays_as_it_is(self, till: Till) -> None:
        """PAY-07."""
        session_id = till.open()
        before = till.choose(session_id)
        assert till.leave(session_id) == before
        assert till.told(session_id) == INITIATED
        assert till.consent(session_id).status is Status.COMPLETED


class TestExpiry:
    def test_it_comes_at_its_instant(self, till: Till) -> None:
        """SESS-16, HOOK-08."""
        session_id = till.open()
        till.move(minutes=30, milliseconds=-1)
        assert (till.session(session_id).status, till.told(session_id)) == (Status.OPEN, [])
        till.move(milliseconds=1)
        assert till.session(session_id).status is Status.EXPIRED
        assert (till.told(session_id), till.told_at(session_id)) == (["open → expired"], [EXPIRY])

    @pytest.mark.parametrize("action", sorted(ACTIONS))
    def test_nobody_acts_at_that_instant_although_nobody_noticed_yet(self, till: Till, action: str) -> None:
        """SESS-16."""
        session_id = till.open()
        till.now = NOW + EXPIRY
        with pytest.raises(IllegalTransitionError):
            ACTIONS[action](till, session_id)
        till.move()
        assert till.told(session_id) == ["open → expired"]

    def test_one_in_processing_does_not_expire(self, till: Till) -> None:
        """SESS-17."""
        session_id = till.open()
        till.move(minutes=29)
        till.choose(session_id, "waiting")
        till.consent(session_id)
        till.move(hours=23)
        assert till.session(session_id).status is Status.PROCESSING
        till.move(hours=1)
        assert till.told(session_id) == COMPLETED

    def test_an_expiry_that_is_noticed_late_is_told_with_its_time(self, till: Till) -> None:
        """HOOK-08."""
        session_id = till.open()
        till.now = NOW + timedelta(days=1)
        till.move()
        assert till.told_at(session_id) == [EXPIRY]


class TestTimeOut:
    """PAY-06: 15 minutes from the deposit, whatever was waited for."""

    @pytest.mark.parametrize(("steps", "told"), [(0, CREATED), (1, INITIATED), (2, INITIATED)])
    def test_a_deposit_that_is_not_submitted_in_time_fails(
        self, slow: Till, steps: int, told: list[str]
    ) -> None:
        session_id = slow.open()
        slow.move(minutes=20)
        slow.choose(session_id)
        for _ in range(steps):
            slow.step(session_id)
        slow.move(minutes=15, milliseconds=-1)
        assert slow.told(session_id) == told
        slow.move(milliseconds=1)
        assert slow.told(session_id) == [*told, *FAILURE]
        assert failure_code(slow, session_id) is FailureCode.AUTHORISATION_TIMED_OUT
        assert slow.told_at(session_id)[-1] == timedelta(minutes=35)

    def test_what_the_bank_did_in_time_counts_although_it_is_noticed_late(self) -> None:
        till = Till(pace=Pace.TIMER)
        session_id = till.open()
        till.choose(session_id)
        till.move(minutes=14, seconds=57)
        till.consent(session_id)
        till.now += timedelta(minutes=1)
        with pytest.raises(IllegalTransitionError, match="not waiting"):
            till.consent(session_id)
        assert till.told(session_id) == SUBMITTED

    def test_one_that_was_submitted_waits_for_ever(self, slow: Till) -> None:
        session_id = slow.open()
        slow.choose(session_id)
        for _ in range(3):
            slow.step(session_id)
        slow.move(days=99)
        assert slow.told(session_id) == SUBMITTED

    @pytest.mark.parametrize("action", ["consent", "refuse", "step"])
    def test_nobody_acts_at_that_instant_although_nobody_noticed_yet(self, slow: Till, action: str) -> None:
        session_id = slow.open()
        slow.choose(session_id)
        slow.step(session_id)
        slow.now = NOW + timedelta(minutes=15)
        with pytest.raises(IllegalTransitionError):
            ACTIONS[action](slow, session_id)
        assert slow.told(session_id) == [*INITIATED, *FAILURE]
        assert failure_code(slow, session_id) is FailureCode.AUTHORISATION_TIMED_OUT


class TestBrokenSteps:
    def test_a_session_whose_step_fails_is_postponed_and_delays_no_other(self) -> None:
        """For every dispatcher, and however many they are: as where a processor is away."""

        class Away(SimulatedBank):
            def proceed(self, plan: Plan, *, pace: Pace, now: datetime) -> Plan:
                raise ConnectionError

        till = Till(pace=Pace.TIMER)
        broken = [till.open() for _ in range(3)]
        for session_id in broken:
            till.choose(session_id)
        other = till.open()
        till.now += timedelta(minutes=10)
        away = replace(till.environment, processor=Away(), session_clock=lambda: NOW + timedelta(hours=1))
        for _ in broken:
            with pytest.raises(payments.BrokenStepError):
                payments.do_first_due(away)
        done = payments.do_first_due(away)
        assert done is not None
        assert (done[1].session.session_id, done[1].session.status) == (other, Status.EXPIRED)
        assert payments.do_first_due(away) is None
        till.now = NOW + timedelta(hours=1) + ASIDE
        mended = payments.do_first_due(till.environment)
        assert mended is not None
        assert mended[1].session.session_id == broken[0]


class TestStepByStep:
    def test_each_step_is_made_when_it_is_told_to_and_not_before(self, slow: Till) -> None:
        session_id = slow.open()
        slow.choose(session_id)
        for told in (CREATED, INITIATED, INITIATED, SUBMITTED, ACCEPTED):
            assert slow.told(session_id) == told
            slow.step(session_id)
        assert slow.told(session_id) == COMPLETED
        with pytest.raises(IllegalTransitionError, match="no step"):
            slow.step(session_id)

    def test_a_wait_can_be_cut_short(self, till: Till) -> None:
        session_id = till.open()
        till.choose(session_id, "waiting")
        till.consent(session_id)
        assert till.told(session_id) == ACCEPTED
        till.step(session_id)
        assert till.told(session_id) == COMPLETED
        till.move(days=2)
        assert till.told(session_id) == COMPLETED

    def test_where_nothing_follows_no_step_can_be_made(self, slow: Till) -> None:
        session_id = slow.open()
        slow.choose(session_id, "abandoned")
        slow.step(session_id)
        with pytest.raises(IllegalTransitionError, match="time-out"):
            slow.step(session_id)

    def test_before_a_bank_is_chosen_there_is_no_step(self, slow: Till) -> None:
        with pytest.raises(IllegalTransitionError, match="no step"):
            slow.step(slow.open())

    def test_a_sessions_own_pace_goes_before_the_environments(self, till: Till, slow: Till) -> None:
        for environment, pace, told in ((till, Pace.MANUAL, CREATED), (slow, Pace.AT_ONCE, INITIATED)):
            session_id = environment.open()
            environment.set_pace(session_id, pace)
            environment.choose(session_id)
            assert environment.told(session_id) == told

    def test_on_a_timer_steps_follow_each_other(self) -> None:
        till = Till(pace=Pace.TIMER)
        session_id = till.open()
        till.choose(session_id)
        for told in (CREATED, INITIATED):
            assert till.told(session_id) == told
            till.move(seconds=2)
        till.consent(session_id)
        for told in (INITIATED, SUBMITTED, ACCEPTED, COMPLETED):
            assert till.told(session_id) == told
            till.move(seconds=2)
        seconds = [time.total_seconds() for time in till.told_at(session_id)]
        assert seconds == [0, 0, 2, 6, 8, 10, 10]


class TestFinality:
    @pytest.mark.parametrize("action", sorted(ACTIONS))
    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED])
    def test_nothing_late_moves_a_final_session(self, till: Till, status: Status, action: str) -> None:
        """SESS-18."""
        session_id = till.open()
        if status is Status.CANCELLED:
            till.leave(session_id)
        elif status is Status.EXPIRED:
            till.move(minutes=30)
        else:
            till.choose(session_id)
            till.consent(session_id, approved=status is Status.COMPLETED)
        final, told = till.session(session_id), till.told(session_id)
        assert final.status is status
        with pytest.raises(IllegalTransitionError):
            ACTIONS[action](till, session_id)
        till.move(days=9)
        assert (till.session(session_id), till.told(session_id)) == (final, told)


class TestOutbox:
    def test_an_event_without_a_url_is_recorded_and_never_due(self, till: Till) -> None:
        """HOOK-22: decided when it arises; a URL that comes later changes nothing."""
        with till.storage.transaction() as transaction:
            transaction.set_endpoint("acme", EventType.DEPOSIT_CREATED, None)
        session_id = till.open()
        till.choose(session_id)
        with till.storage.transaction() as transaction:
            transaction.set_endpoint("acme", EventType.DEPOSIT_CREATED, "http://localhost:9000")
        created, *others = till.deliveries(session_id)
        assert (created.status, created.due_at) == (DeliveryStatus.NOT_CONFIGURED, None)
        assert {(other.status, other.due_at) for other in others} == {(DeliveryStatus.PENDING, NOW)}

    def test_every_event_has_one_delivery_due_at_its_time(self, till: Till) -> None:
        session_id = till.open()
        till.choose(session_id)
        till.move(minutes=1)
        till.consent(session_id)
        deliveries = till.deliveries(session_id)
        assert len({delivery.delivery_id for delivery in deliveries}) == len(COMPLETED)
        assert len({delivery.event_id for delivery in deliveries}) == len(COMPLETED)
        for delivery in deliveries:
            assert delivery.due_at == delivery.created_at
            assert require_valid(delivery.body)["eventId"] == delivery.event_id

    def test_an_event_is_there_once_its_change_is_and_not_before(self, till: Till) -> None:
        """HOOK-20, HOOK-24: one transaction writes both; whoever is told of a change can read it."""
        seen: list[tuple[Status, list[str]]] = []
        session_id = till.open()

        def look(_: object) -> None:
            seen.append((till.session(session_id).status, till.told(session_id)))

        object.__setattr__(till.environment, "announce", look)
        till.choose(session_id)
        assert seen == [(Status.PROCESSING, CREATED), (Status.PROCESSING, INITIATED)]


class TestSavedBanks:
    def test_a_bank_is_saved_for_the_customer_that_completed_a_payment_with_it(self, till: Till) -> None:
        """SESS-11."""
        first = till.open(HOSTED_PARTNER_MANAGED)
        till.choose(first, "accepted_late")
        till.consent(first)
        assert till.session(till.open(EMBEDDED)).saved_banks == ()
        till.move(minutes=10)
        deposit = till.session(first).deposit
        assert deposit is not None
        (saved,) = till.session(till.open(EMBEDDED)).saved_banks
        assert (saved.bank_id, saved.name) == ("bank-accepted_late", "Slow & Steady Bank")
        assert saved.iban_masked == deposit.debtor_iban_masked
        assert till.session(till.open(EMBEDDED, userId="user-2")).saved_banks == ()

    def test_the_last_one_used_comes_first(self, till: Till) -> None:
        """SESS-11."""
        for outcome in ("success", "accepted_late", "success"):
            session_id = till.open(EMBEDDED)
            till.choose(session_id, outcome)
            till.consent(session_id)
            till.move(minutes=10)
        banks = till.session(till.open(EMBEDDED)).saved_banks
        assert [bank.bank_id for bank in banks] == ["bank-success", "bank-accepted_late"]

    def test_a_failed_payment_saves_nothing(self, till: Till) -> None:
        session_id = till.open(EMBEDDED)
        till.choose(session_id, "amount_mismatch")
        till.consent(session_id)
        assert till.session(till.open(EMBEDDED)).saved_banks == ()

    def test_an_anonymous_payer_and_a_partners_user_are_two_customers(self, till: Till) -> None:
        """HOOK-12."""
        session_id = till.open()
        till.choose(session_id)
        till.consent(session_id)
        with till.storage.transaction() as transaction:
            by_email = identify_customer("acme", None, email=a_payer().email)
            assert len(transaction.saved_banks(by_email)) == 1
            assert transaction.saved_banks(identify_customer("acme", a_payer().email)) == ()
