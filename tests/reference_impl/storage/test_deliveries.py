"""Deliveries, their attempts and the log of what was settled: what every adapter of the storage port does."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from reference_impl.domain.deliveries import LOGGED_ATTEMPTS, Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.storage.port import SETTLED_DELIVERIES_PER_SESSION, Storage
from tests.reference_impl.builders import NOW, a_delivery, a_session, an_attempt
from tests.reference_impl.storage.conftest import OpenStorage, undone
from tests.reference_impl.storage.test_port import add

LEASE = timedelta(seconds=60)
SETTLED = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.NOT_CONFIGURED)


def keep(storage: Storage, *deliveries: Delivery) -> None:
    with storage.transaction() as transaction:
        for delivery in deliveries:
            transaction.add_delivery(delivery)


def replace(storage: Storage, delivery: Delivery) -> None:
    with storage.transaction() as transaction:
        transaction.replace_delivery(delivery)


def settle(storage: Storage, delivery_id: str) -> None:
    replace(storage, a_delivery(delivery_id, status=DeliveryStatus.DELIVERED))


def find(storage: Storage, delivery_id: str) -> Delivery | None:
    with storage.transaction() as transaction:
        return transaction.delivery(delivery_id)


def listed(
    storage: Storage,
    *,
    partner_id: str | None = None,
    session_id: str | None = None,
    status: DeliveryStatus | None = None,
    limit: int = 100,
) -> list[str]:
    """Which deliveries match, by identifier."""
    with storage.transaction() as transaction:
        found = transaction.deliveries(
            partner_id=partner_id, session_id=session_id, status=status, limit=limit
        )
    return [delivery.delivery_id for delivery in found]


def due(storage: Storage, *, after: timedelta = timedelta(0), limit: int = 100) -> list[str]:
    """Which deliveries can be claimed that long after ``NOW``, by identifier; they are not."""
    with undone(storage) as transaction:
        claims = transaction.claim_deliveries(NOW + after, lease=LEASE, limit=limit)
    return [claim.delivery.delivery_id for claim in claims]


class TestDeliveries:
    @pytest.mark.parametrize("event_type", EventType)
    @pytest.mark.parametrize("status", DeliveryStatus)
    def test_a_delivery_is_read_back_as_it_was_written(
        self, storage: Storage, event_type: EventType, status: DeliveryStatus
    ) -> None:
        delivery = a_delivery(event_type=event_type, status=status, attempts=3)
        keep(storage, delivery)
        found = find(storage, delivery.delivery_id)
        assert found == delivery
        assert isinstance(found.body, bytes)

    def test_a_delivery_is_read_as_last_written(self, storage: Storage) -> None:
        delivery = a_delivery("one")
        keep(storage, delivery)
        for status in (*SETTLED, DeliveryStatus.PENDING, *SETTLED):
            delivery = dataclasses.replace(delivery, status=status, attempts=delivery.attempts + 1)
            replace(storage, delivery)
            assert find(storage, "one") == delivery
        assert listed(storage) == ["one"]

    def test_an_unknown_delivery_is_not_there_and_cannot_be_replaced(self, storage: Storage) -> None:
        keep(storage, a_delivery("one"))
        assert find(storage, "ONE") is None
        for status in DeliveryStatus:
            with pytest.raises(KeyError), storage.transaction() as transaction:
                transaction.replace_delivery(a_delivery("two", status=status))
        assert listed(storage) == ["one"]

    def test_a_delivery_outlives_its_session(self, open_storage: OpenStorage) -> None:
        """HOOK-24: what is still to be told is told."""
        storage = open_storage(capacity=1)
        session = a_session()
        add(storage, session)
        keep(storage, a_delivery("one", session_id=session.session_id))
        add(storage, a_session(), a_session())
        assert due(storage) == ["one"]

    def test_deliveries_are_listed_last_added_first(self, storage: Storage) -> None:
        """Not by their times: an expiry is told at once under a time that is past (HOOK-08)."""
        times = (NOW, NOW - timedelta(hours=1), NOW, NOW)
        keep(storage, *(a_delivery(str(number), created_at=time) for number, time in enumerate(times)))
        settle(storage, "1")
        settle(storage, "0")
        assert listed(storage) == ["3", "2", "1", "0"]
        assert listed(storage, limit=3) == ["3", "2", "1"]
        assert listed(storage, limit=0) == []

    def test_every_filter_narrows_the_list(self, storage: Storage) -> None:
        keep(
            storage,
            a_delivery("1"),
            a_delivery("2", partner_id="beta", session_id="session-2"),
            a_delivery("3", status=DeliveryStatus.FAILED),
            a_delivery("4", partner_id="beta", status=DeliveryStatus.FAILED),
            a_delivery("5", session_id="session-2"),
        )
        assert listed(storage, partner_id="beta") == ["4", "2"]
        assert listed(storage, session_id="session-2") == ["5", "2"]
        assert listed(storage, status=DeliveryStatus.FAILED) == ["4", "3"]
        assert listed(storage, status=DeliveryStatus.FAILED, limit=1) == ["4"]
        assert listed(storage, status=DeliveryStatus.FAILED, partner_id="acme") == ["3"]
        assert listed(storage, session_id="session-2", partner_id="acme") == ["5"]
        assert listed(storage, session_id="session-2", status=DeliveryStatus.FAILED) == []


class TestDueDeliveries:
    def test_first_due_first_then_first_added(self, storage: Storage) -> None:
        seconds = {"a": 3, "b": 1, "c": 3, "d": 2, "e": 1}
        keep(storage, *map(a_delivery, seconds))
        for name in reversed(seconds):  # the order of the last writes does not count
            replace(storage, a_delivery(name, due_at=NOW + timedelta(seconds=seconds[name])))
        assert due(storage, after=timedelta(milliseconds=999)) == []
        assert due(storage, after=timedelta(seconds=1)) == ["b", "e"]
        assert due(storage, after=timedelta(seconds=3)) == ["b", "e", "d", "a", "c"]
        assert due(storage, after=timedelta(seconds=3), limit=4) == ["b", "e", "d", "a"]
        assert due(storage, after=timedelta(seconds=3), limit=0) == []

    @pytest.mark.parametrize("status", SETTLED)
    def test_a_settled_delivery_is_not_due_until_it_is_resent(
        self, storage: Storage, status: DeliveryStatus
    ) -> None:
        keep(storage, a_delivery("one"), a_delivery("two"))
        replace(storage, a_delivery("one", status=status))
        assert due(storage, after=timedelta(days=1)) == ["two"]
        replace(storage, a_delivery("one"))
        assert due(storage) == ["one", "two"]


class TestAttempts:
    @pytest.mark.parametrize(
        "attempt",
        [
            an_attempt(),
            an_attempt(6, status=503, response_headers={}, duration=9.999),
            an_attempt(status=None, error="no answer within 10 s é🙂", response_body=b""),
            an_attempt(request_body=b'{"cut": "\xc3', behaviour="truncated_body"),
            an_attempt(request_body=b""),
            Attempt(number=1, started_at=NOW, url="http://localhost"),
        ],
    )
    def test_an_attempt_is_read_back_as_it_was_logged(self, storage: Storage, attempt: Attempt) -> None:
        keep(storage, a_delivery("one"), a_delivery("two"))
        with storage.transaction() as transaction:
            transaction.add_attempt("one", attempt)
        with storage.transaction() as transaction:
            assert list(transaction.attempts("one")) == [attempt]
            assert list(transaction.attempts("two")) == []

    def test_attempts_are_read_first_to_last(self, storage: Storage) -> None:
        keep(storage, a_delivery("one"), a_delivery("two"))
        for number in (1, 2, 3, 1):  # the last one after a resend
            with storage.transaction() as transaction:
                transaction.add_attempt("one", an_attempt(number))
                transaction.add_attempt("two", an_attempt(7))
        with storage.transaction() as transaction:
            assert [attempt.number for attempt in transaction.attempts("one")] == [1, 2, 3, 1]
            assert len(transaction.attempts("two")) == 4

    def test_the_last_ones_are_kept_however_often_it_is_resent(self, storage: Storage) -> None:
        """And those of another delivery are not counted with them."""
        keep(storage, a_delivery("one"), a_delivery("two"))
        for number in range(1, LOGGED_ATTEMPTS + 21):
            with storage.transaction() as transaction:
                transaction.add_attempt("one", an_attempt(number))
            if number % 10 == 0:
                replace(storage, a_delivery("one", due_at=NOW + timedelta(seconds=number)))
        with storage.transaction() as transaction:
            transaction.add_attempt("two", an_attempt(1))
            numbers = [attempt.number for attempt in transaction.attempts("one")]
            assert numbers == list(range(21, LOGGED_ATTEMPTS + 21))
            assert len(transaction.attempts("two")) == 1

    def test_a_delivery_that_is_not_there_has_no_attempts(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert list(transaction.attempts("nowhere")) == []
        with pytest.raises(KeyError), storage.transaction() as transaction:
            transaction.add_attempt("nowhere", an_attempt())


class TestUndoing:
    def test_deliveries_and_attempts_are_as_before(self, storage: Storage) -> None:
        failed = a_delivery("failed", status=DeliveryStatus.FAILED)
        keep(storage, a_delivery("pending"), failed)
        with storage.transaction() as transaction:
            transaction.add_attempt("failed", an_attempt(1))
        with undone(storage) as transaction:
            transaction.add_delivery(a_delivery("new"))
            transaction.replace_delivery(a_delivery("pending", status=DeliveryStatus.DELIVERED))
            transaction.add_attempt("pending", an_attempt(1))
            transaction.add_attempt("failed", an_attempt(2))
            transaction.replace_delivery(a_delivery("failed", due_at=NOW - timedelta(hours=1)))
            claims = transaction.claim_deliveries(NOW, lease=LEASE, limit=9)
            assert [claim.delivery.delivery_id for claim in claims] == ["failed", "new"]
            transaction.replace_delivery(failed)
            assert transaction.next_due_at() == NOW
        assert due(storage, after=timedelta(days=1)) == ["pending"]
        assert find(storage, "failed") == failed
        assert listed(storage, status=DeliveryStatus.FAILED) == ["failed"]
        assert listed(storage) == ["failed", "pending"]
        with storage.transaction() as transaction:
            assert list(transaction.attempts("pending")) == []
            assert list(transaction.attempts("failed")) == [an_attempt(1)]


class TestLog:
    """Of deliveries that are settled, a store with a capacity keeps the last ones."""

    def test_those_that_were_settled_first_go_first_with_their_attempts(
        self, open_storage: OpenStorage
    ) -> None:
        storage = open_storage(capacity=2)
        assert SETTLED_DELIVERIES_PER_SESSION * 2 == 4
        names = [str(number) for number in range(7)]
        keep(storage, *map(a_delivery, names))
        for name in reversed(names[:6]):
            with storage.transaction() as transaction:
                transaction.add_attempt(name, an_attempt())
            settle(storage, name)
        assert listed(storage) == ["6", "3", "2", "1", "0"]
        with storage.transaction() as transaction:
            assert [len(transaction.attempts(name)) for name in names] == [1, 1, 1, 1, 0, 0, 0]

    def test_pending_ones_are_kept_however_many(self, open_storage: OpenStorage) -> None:
        """HOOK-24."""
        storage = open_storage(capacity=1)
        names = [str(number) for number in range(20)]
        keep(storage, *map(a_delivery, names))
        keep(storage, *(a_delivery(status=status) for status in SETTLED for _ in range(3)))
        assert due(storage) == names
        assert len(listed(storage)) == 22

    def test_one_that_is_settled_again_keeps_its_place(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=1)
        keep(storage, *(a_delivery(name, status=DeliveryStatus.FAILED) for name in "ab"))
        replace(storage, a_delivery("a", status=DeliveryStatus.DELIVERED))
        keep(storage, a_delivery("c", status=DeliveryStatus.FAILED))
        assert listed(storage) == ["c", "b"]

    def test_one_that_is_resent_leaves_the_log_and_comes_back_at_its_end(
        self, open_storage: OpenStorage
    ) -> None:
        storage = open_storage(capacity=1)
        keep(storage, *(a_delivery(name, status=DeliveryStatus.FAILED) for name in "ab"))
        replace(storage, a_delivery("a"))
        keep(storage, *(a_delivery(name, status=DeliveryStatus.FAILED) for name in "cd"))
        assert listed(storage) == ["d", "c", "a"]
        settle(storage, "a")
        assert listed(storage) == ["d", "a"]

    def test_a_transaction_that_fails_drops_nothing(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=1)
        keep(storage, *(a_delivery(name, status=DeliveryStatus.FAILED) for name in "ab"))
        with undone(storage) as transaction:
            for _ in range(5):
                transaction.add_delivery(a_delivery(status=DeliveryStatus.FAILED))
        assert listed(storage) == ["b", "a"]

    def test_without_a_capacity_everything_is_kept(self, storage: Storage) -> None:
        keep(storage, *(a_delivery(status=DeliveryStatus.DELIVERED) for _ in range(50)))
        assert len(listed(storage)) == 50
