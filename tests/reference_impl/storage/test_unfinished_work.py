"""Sessions on their way, and what is due of them: what every adapter of the storage port does."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from reference_impl.domain.deposits import AUTHORISATION_TIMEOUT, Bank, DepositStatus, FailureCode, Payer
from reference_impl.domain.events import EventType
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.sessions import FINAL, Session, Status
from reference_impl.storage.port import Storage
from tests.reference_impl.builders import (
    EMBEDDED,
    NOW,
    a_bank,
    a_delivery,
    a_deposit,
    a_partner,
    a_payer,
    a_session,
    a_session_in_processing,
    an_attempt,
)
from tests.reference_impl.storage.conftest import OpenStorage, undone
from tests.reference_impl.storage.test_port import SCOPE, add, an_answer, read

FAILED = a_deposit(
    DepositStatus.FAILED,
    bank=Bank(bank_id='";--', name="Bänk \u202e🙂", country="PL"),
    external_payment_id="pay_1",
    debtor_iban_masked="DE00**************0000",
    failure_code=FailureCode.AMOUNT_MISMATCH,
    failure_reason="Too much.",
)
WAITS = Plan(
    steps=(
        Step(Action.CONSENT),
        Step(Action.ACCEPT, timedelta(days=1, microseconds=1)),
        Step(Action.FAIL, timedelta(minutes=5), FailureCode.PROCESSING_ERROR),
    ),
    due_at=None,
)


def due(storage: Storage, *, after: timedelta, limit: int = 100) -> list[str]:
    """Which sessions are taken, one after another, that long after ``NOW``, by identifier."""
    found: list[str] = []
    with storage.transaction() as transaction:
        while len(found) < limit:
            session = transaction.take_due_session(NOW + after)
            if session is None:
                break
            found.append(session.session_id)
            transaction.postpone_session(session.session_id, NOW + after + timedelta(microseconds=1_000))
        for session_id in found:  # due as it was: whoever writes a session ends its being postponed
            session = transaction.session(session_id)
            assert session is not None
            transaction.replace_session(session)
    return found


def listed(storage: Storage, *, partner_id: str | None = None, limit: int = 100) -> list[str]:
    with storage.transaction() as transaction:
        return [session.session_id for session in transaction.sessions(partner_id=partner_id, limit=limit)]


class TestFields:
    @pytest.mark.parametrize(
        "session",
        [
            a_session_in_processing("created"),
            a_session_in_processing("waits for consent", plan=WAITS, deposit=a_deposit()),
            a_session_in_processing("failed", status=Status.FAILED, plan=None, deposit=FAILED),
            a_session_in_processing("nothing left", plan=Plan(steps=(), due_at=None)),
            dataclasses.replace(a_session("identified"), payer=Payer(email="a@b.example")),
            dataclasses.replace(a_session("known"), payer=a_payer(), user_kyc={}, user_email="c@d.example"),
            dataclasses.replace(a_session("told", operation_id=EMBEDDED), instruction="waiting"),
            *(dataclasses.replace(a_session(pace), pace=pace) for pace in Pace),
        ],
        ids=lambda session: session.session_id,
    )
    def test_a_session_on_its_way_is_read_back_as_it_was_written(
        self, storage: Storage, session: Session
    ) -> None:
        add(storage, a_session(session.session_id))
        with storage.transaction() as transaction:
            transaction.replace_session(session)
        assert read(storage, session.session_id) == session

    @pytest.mark.parametrize("status", DepositStatus)
    def test_a_deposit_is_read_back_in_every_status(self, storage: Storage, status: DepositStatus) -> None:
        session = a_session_in_processing(deposit=a_deposit(status))
        add(storage, session)
        found = read(storage, session.session_id)
        assert found == session
        assert found.deposit is not None
        assert isinstance(found.deposit.status, DepositStatus)


class TestListing:
    def test_sessions_are_listed_last_added_first(self, storage: Storage) -> None:
        """Not by their times: a clock that stands still, or other clocks, must not mix them up."""
        times = (NOW, NOW - timedelta(hours=1), NOW, NOW)
        add(storage, *(a_session(str(number), now=time) for number, time in enumerate(times)))
        with storage.transaction() as transaction:
            transaction.replace_session(a_session_in_processing("1", status=Status.COMPLETED))
        assert listed(storage) == ["3", "2", "1", "0"]
        assert listed(storage, limit=2) == ["3", "2"]
        assert listed(storage, limit=0) == []

    def test_the_sessions_of_a_partner_are_listed_alone(self, storage: Storage) -> None:
        beta = a_partner("beta")
        with storage.transaction() as transaction:
            transaction.add_partner(beta)
            transaction.add_session(a_session("1", partner=beta))
            transaction.add_session(a_session("2"))
            transaction.add_session(a_session("3", partner=beta))
        assert listed(storage, partner_id="beta") == ["3", "1"]
        assert listed(storage, partner_id="beta", limit=1) == ["3"]
        assert listed(storage, partner_id="nobody") == []


class TestDueSessions:
    def test_an_open_session_is_due_when_it_expires_at_the_very_instant(self, storage: Storage) -> None:
        """SESS-16."""
        add(storage, a_session("one"))
        assert due(storage, after=timedelta(minutes=30, milliseconds=-1)) == []
        assert due(storage, after=timedelta(minutes=30)) == ["one"]

    def test_first_due_first_then_first_added(self, storage: Storage) -> None:
        at = {"a": 3, "b": 1, "c": 3, "d": 2, "e": 1}
        add(storage, *(a_session(name) for name in at))
        for name in reversed(at):  # the order of the last writes does not count
            plan = Plan(steps=(Step(Action.INITIATE),), due_at=NOW + timedelta(seconds=at[name]))
            with storage.transaction() as transaction:
                transaction.replace_session(a_session_in_processing(name, plan=plan))
        assert due(storage, after=timedelta(seconds=3)) == ["b", "e", "d", "a", "c"]
        assert due(storage, after=timedelta(seconds=3), limit=3) == ["b", "e", "d"]
        assert due(storage, after=timedelta(seconds=2)) == ["b", "e", "d"]
        assert due(storage, after=timedelta(seconds=3), limit=0) == []

    def test_asking_changes_nothing(self, storage: Storage) -> None:
        add(storage, a_session("one"), a_session("two"))
        for _ in range(3):
            assert due(storage, after=timedelta(hours=1)) == ["one", "two"]
            assert due(storage, after=timedelta(hours=1), limit=1) == ["one"]

    def test_a_session_is_due_as_it_was_last_written(self, storage: Storage) -> None:
        """PAY-06: without a planned time the deposit's time-out is left."""
        add(storage, a_session("one"))
        with storage.transaction() as transaction:
            transaction.replace_session(a_session_in_processing("one"))
        assert due(storage, after=timedelta(seconds=2)) == ["one"]
        with storage.transaction() as transaction:
            transaction.replace_session(a_session_in_processing("one", plan=WAITS))
        assert due(storage, after=AUTHORISATION_TIMEOUT - timedelta(milliseconds=1)) == []
        assert due(storage, after=AUTHORISATION_TIMEOUT) == ["one"]

    @pytest.mark.parametrize("status", sorted(FINAL))
    def test_a_final_session_is_never_due(self, storage: Storage, status: Status) -> None:
        """SESS-18."""
        add(storage, a_session("one"))
        with storage.transaction() as transaction:
            transaction.replace_session(a_session_in_processing("one", status=status))
            assert transaction.next_due_at() is None
        assert due(storage, after=timedelta(days=999)) == []

    def test_a_dropped_session_is_not_due(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=1)
        add(storage, a_session("one"))
        add(storage, a_session("two", now=NOW + timedelta(seconds=1)))
        assert due(storage, after=timedelta(hours=1)) == ["two"]
        with storage.transaction() as transaction:
            assert transaction.next_due_at() == NOW + timedelta(minutes=30, seconds=1)

    def test_the_next_time_is_the_earliest_of_sessions_and_deliveries(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert transaction.next_due_at() is None
            transaction.add_session(a_session())
            assert transaction.next_due_at() == NOW + timedelta(minutes=30)
            transaction.add_delivery(a_delivery("one", due_at=NOW + timedelta(hours=1)))
            assert transaction.next_due_at() == NOW + timedelta(minutes=30)
            transaction.add_delivery(a_delivery("two", due_at=NOW + timedelta(minutes=5)))
            assert transaction.next_due_at() == NOW + timedelta(minutes=5)
            transaction.add_session(a_session_in_processing())
            assert transaction.next_due_at() == NOW + timedelta(seconds=2)


class TestPostponing:
    def test_a_session_is_not_taken_before_it_is_due_again_and_is_as_it_was(self, storage: Storage) -> None:
        session = a_session("one")
        add(storage, session, a_session("two"))
        with storage.transaction() as transaction:
            transaction.postpone_session("one", NOW + timedelta(minutes=31))
            assert transaction.next_due_at() == NOW + timedelta(minutes=30)
        with storage.transaction() as transaction:
            taken = transaction.take_due_session(NOW + timedelta(minutes=30))
            assert taken is not None
            assert taken.session_id == "two"
        assert read(storage, "one") == session
        assert due(storage, after=timedelta(minutes=31)) == ["two", "one"]

    def test_whoever_writes_the_session_ends_it(self, storage: Storage) -> None:
        add(storage, a_session("one"))
        with storage.transaction() as transaction:
            transaction.postpone_session("one", NOW + timedelta(days=1))
            transaction.replace_session(a_session_in_processing("one"))
            assert transaction.next_due_at() == NOW + timedelta(seconds=2)

    def test_what_is_not_due_is_not_postponed(self, storage: Storage) -> None:
        add(storage, dataclasses.replace(a_session("one"), status=Status.CANCELLED))
        with storage.transaction() as transaction:
            transaction.postpone_session("one", NOW + timedelta(minutes=1))
            transaction.postpone_session("unknown", NOW + timedelta(minutes=1))
            assert transaction.next_due_at() is None

    def test_what_is_undone_was_not_postponed(self, storage: Storage) -> None:
        add(storage, a_session("one"))
        with undone(storage) as transaction:
            transaction.postpone_session("one", NOW + timedelta(days=1))
            assert transaction.take_due_session(NOW + timedelta(hours=1)) is None
        assert due(storage, after=timedelta(minutes=30)) == ["one"]


class TestUndoing:
    def test_what_was_due_before_is_due_again(self, storage: Storage) -> None:
        """However often the failed transaction asked: asking clears lapsed entries out of the way."""
        add(storage, a_session("one"), a_session("two"))
        with undone(storage) as transaction:
            transaction.replace_session(a_session_in_processing("one"))
            transaction.replace_session(a_session_in_processing("one", status=Status.FAILED))
            transaction.replace_session(dataclasses.replace(a_session("two"), status=Status.CANCELLED))
            transaction.add_session(a_session("three"))
            assert transaction.take_due_session(NOW) is None
            assert transaction.next_due_at() == NOW + timedelta(minutes=30)
        assert due(storage, after=timedelta(minutes=30)) == ["one", "two"]
        assert listed(storage) == ["two", "one"]

    def test_what_was_due_before_is_due_again_after_very_many_changes(self, storage: Storage) -> None:
        """More of them than an index of what is due holds before it clears itself up."""
        add(storage, a_session("one"))
        with undone(storage) as transaction:
            transaction.replace_session(dataclasses.replace(a_session("one"), status=Status.CANCELLED))
            for number in range(1100):
                transaction.add_session(a_session(f"more-{number}"))
        assert due(storage, after=timedelta(minutes=30)) == ["one"]

    def test_the_order_of_dropping_is_kept(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=2)
        add(storage, a_session("one"), a_session("two"))
        with undone(storage) as transaction:
            transaction.replace_session(dataclasses.replace(a_session("one"), status=Status.CANCELLED))
        add(storage, a_session("three"))
        assert listed(storage) == ["three", "two"]


class TestEndpoints:
    def test_a_partner_has_one_url_for_each_event_type(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert transaction.endpoints("acme") == {}
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, "http://localhost/1")
            transaction.set_endpoint("acme", EventType.DEPOSIT_FAILED, "http://localhost/1?é=🙂")
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, "http://localhost/2")
        with storage.transaction() as transaction:
            assert transaction.endpoints("acme") == {
                EventType.STATUS_CHANGED: "http://localhost/2",
                EventType.DEPOSIT_FAILED: "http://localhost/1?é=🙂",
            }
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, None)
            transaction.set_endpoint("acme", EventType.DEPOSIT_CREATED, None)
            assert set(transaction.endpoints("acme")) == {EventType.DEPOSIT_FAILED}
            assert transaction.endpoints("beta") == {}

    def test_undone_endpoints_are_as_before(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, "http://localhost/1")
        with undone(storage) as transaction:
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, None)
            transaction.set_endpoint("acme", EventType.DEPOSIT_FAILED, "http://localhost/2")
        with storage.transaction() as transaction:
            assert transaction.endpoints("acme") == {EventType.STATUS_CHANGED: "http://localhost/1"}


class TestPartners:
    def test_a_partner_is_found_by_its_identifier(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert transaction.partner("acme") == a_partner()
            with pytest.raises(KeyError):
                transaction.partner("beta")


class TestSettings:
    def test_a_setting_is_read_as_last_kept(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert transaction.setting("clock") is None
            transaction.keep_setting("clock", "1")
            transaction.keep_setting("other", "")
        with undone(storage) as transaction:
            transaction.keep_setting("clock", "3")
            transaction.keep_setting("another", "4")
        with storage.transaction() as transaction:
            assert transaction.setting("clock") == "1"
            assert transaction.setting("other") == ""
            assert transaction.setting("another") is None
            transaction.keep_setting("clock", "é🙂")
            assert transaction.setting("clock") == "é🙂"


class TestClearing:
    def test_partners_and_their_endpoints_are_left_alone(self, storage: Storage) -> None:
        session = a_session("one")
        with storage.transaction() as transaction:
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, "http://localhost/1")
            transaction.add_session(session)
            transaction.consume_key(an_answer(session))
            transaction.save_bank("customer", a_bank(), used_at=NOW)
            transaction.add_delivery(a_delivery("pending"))
            transaction.add_attempt("pending", an_attempt())
            transaction.keep_setting("clock", "1")
        storage.clear()
        assert storage.count_sessions() == 0
        assert storage.partner_by_api_key("key_acme") == a_partner()
        with storage.transaction() as transaction:
            assert transaction.endpoints("acme") == {EventType.STATUS_CHANGED: "http://localhost/1"}
            assert transaction.session("one") is None
            assert transaction.sessions() == []
            assert transaction.first_answer(SCOPE) is None
            assert transaction.saved_banks("customer") == ()
            assert transaction.delivery("pending") is None
            assert transaction.deliveries() == []
            assert list(transaction.attempts("pending")) == []
            assert transaction.setting("clock") is None
            assert transaction.next_due_at() is None

    def test_a_cleared_store_is_as_good_as_new(self, storage: Storage) -> None:
        for _ in range(2):
            session = a_session("one")
            with storage.transaction() as transaction:
                transaction.add_session(session)
                transaction.consume_key(an_answer(session))
                transaction.add_delivery(a_delivery("pending"))
            assert due(storage, after=timedelta(minutes=30)) == ["one"]
            storage.clear()
