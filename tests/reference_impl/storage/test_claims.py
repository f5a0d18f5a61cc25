"""Claims of deliveries: who is given what, for how long, and who may say what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest

from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus, record, resend
from reference_impl.domain.problems import Problem
from reference_impl.storage.port import Claim, Storage
from reference_impl.storage.sql import SqlStorage
from tests.postgresql import Postgresql
from tests.reference_impl.builders import NOW, a_delivery, a_partner, a_session, an_attempt
from tests.reference_impl.storage.conftest import undone
from tests.reference_impl.storage.test_deliveries import find, keep, replace
from tests.reference_impl.storage.test_port import add

LEASE = timedelta(minutes=1)
RUN_OUT = timedelta(0)
"""A lease that has ended by when anybody else asks."""


def claim(
    storage: Storage,
    *,
    lease: timedelta = LEASE,
    limit: int = 100,
    passing_over: Sequence[Delivery] = (),
) -> list[Claim]:
    """What a dispatcher is given that asks at ``NOW``, patiently where another process is writing."""
    receivers = [(delivery.partner_id, delivery.event_type) for delivery in passing_over]
    while True:
        try:
            with storage.transaction() as transaction:
                return list(
                    transaction.claim_deliveries(NOW, lease=lease, limit=limit, passing_over=receivers)
                )
        except Problem as problem:
            if problem.code != "service_unavailable":
                raise


def names(claims: Sequence[Claim]) -> list[str]:
    return [claim.delivery.delivery_id for claim in claims]


def end(storage: Storage, held: Claim, attempt: Attempt) -> Delivery | None:
    """What a dispatcher writes when its attempt has ended."""
    with storage.transaction() as transaction:
        present = transaction.end_claim(held, record(held.delivery, attempt))
        if present is not None:
            transaction.add_attempt(held.delivery.delivery_id, attempt)
    return present


def logged(storage: Storage, delivery_id: str) -> list[int | None]:
    """The statuses of a delivery's attempts."""
    with storage.reading() as reading:
        return [attempt.status for attempt in reading.attempts(delivery_id)]


class TestLeases:
    def test_what_is_claimed_is_given_to_nobody_else(self, storage: Storage) -> None:
        keep(storage, *map(a_delivery, "abc"))
        assert names(claim(storage, limit=2)) == ["a", "b"]
        assert names(claim(storage)) == ["c"]
        assert names(claim(storage)) == []

    def test_a_lease_that_ran_out_is_claimed_by_another_under_a_greater_number(
        self, storage: Storage
    ) -> None:
        """HOOK-24: whatever became of the first one."""
        keep(storage, a_delivery("one"))
        (first,) = claim(storage, lease=RUN_OUT)
        (second,) = claim(storage)
        assert second.delivery == first.delivery
        assert second.number > first.number
        assert claim(storage) == []

    def test_a_claim_that_is_undone_was_none(self, storage: Storage) -> None:
        """The process died before it committed: there is nothing to wait for."""
        keep(storage, a_delivery("one"))
        with undone(storage) as transaction:
            assert len(transaction.claim_deliveries(NOW, lease=LEASE, limit=9)) == 1
        assert names(claim(storage)) == ["one"]

    def test_receivers_that_are_passed_over_are_left_to_others(self, storage: Storage) -> None:
        """HOOK-21."""
        slow, prompt = a_delivery("slow", partner_id="beta"), a_delivery("prompt")
        keep(storage, slow, prompt)
        assert names(claim(storage, passing_over=[slow])) == ["prompt"]
        assert names(claim(storage)) == ["slow"]

    def test_what_ends_is_claimed_again_when_it_is_due_again(self, storage: Storage) -> None:
        """HOOK-15: a failed attempt ends the claim and puts the delivery off."""
        keep(storage, a_delivery("one"))
        (held,) = claim(storage)
        after = end(storage, held, an_attempt(status=503))
        assert after is not None
        assert after.due_at == NOW + timedelta(minutes=5)
        assert claim(storage) == []
        with storage.transaction() as transaction:
            (again,) = transaction.claim_deliveries(NOW + timedelta(minutes=5), lease=LEASE, limit=9)
        assert (again.delivery, again.delivery.attempts) == (after, 1)

    def test_the_one_process_of_a_store_releases_what_the_one_before_held(self, storage: Storage) -> None:
        keep(storage, *map(a_delivery, "ab"))
        (former, _) = claim(storage)
        with storage.transaction() as transaction:
            transaction.release_claims()
        assert end(storage, former, an_attempt()) is None
        assert names(claim(storage)) == ["a", "b"]


class TestFencing:
    @pytest.mark.parametrize(("late", "present"), [(204, 503), (503, 204)])
    def test_the_late_result_of_a_former_holder_is_not_recorded(
        self, storage: Storage, late: int, present: int
    ) -> None:
        """Neither a success over a failure nor the other way round."""
        keep(storage, a_delivery("one"))
        (former,) = claim(storage, lease=RUN_OUT)
        (successor,) = claim(storage)
        recorded = end(storage, successor, an_attempt(status=present))
        assert recorded is not None
        assert end(storage, former, an_attempt(status=late)) is None
        assert find(storage, "one") == recorded
        assert logged(storage, "one") == [present]

    def test_nor_is_it_while_the_successor_still_works(self, storage: Storage) -> None:
        keep(storage, a_delivery("one"))
        (former,) = claim(storage, lease=RUN_OUT)
        (successor,) = claim(storage)
        assert end(storage, former, an_attempt()) is None
        assert find(storage, "one") == former.delivery
        assert claim(storage) == []  # and the successor's lease is as it was
        assert end(storage, successor, an_attempt(status=503)) is not None

    def test_a_result_that_is_late_but_has_no_successor_is_recorded(self, storage: Storage) -> None:
        """Nobody else has begun: what is known already need not be found out again."""
        keep(storage, a_delivery("one"))
        (held,) = claim(storage, lease=RUN_OUT)
        after = end(storage, held, an_attempt())
        assert after is not None
        assert after.status is DeliveryStatus.DELIVERED

    def test_a_resend_while_the_attempt_is_under_way_goes_on(self, storage: Storage) -> None:
        """HOOK-19: the attempt is logged; the schedule that was begun anew stays."""
        keep(storage, a_delivery("one", attempts=3))
        (held,) = claim(storage)
        again = resend(held.delivery, now=NOW)
        replace(storage, again)
        assert claim(storage) == []
        assert end(storage, held, an_attempt(4, status=503)) == again
        assert logged(storage, "one") == [503]
        assert names(claim(storage)) == ["one"]

    def test_a_resend_while_the_first_attempt_is_under_way_is_not_undone_where_the_clock_stands(
        self, storage: Storage
    ) -> None:
        """HOOK-19: nor is a second one, which comes before the attempt has ended."""
        keep(storage, a_delivery("one"))
        (held,) = claim(storage)
        again = resend(resend(held.delivery, now=NOW), now=NOW)
        replace(storage, again)
        assert end(storage, held, an_attempt()) == again
        assert names(claim(storage)) == ["one"]

    def test_a_result_of_a_delivery_that_is_gone_is_not_recorded(self, storage: Storage) -> None:
        keep(storage, a_delivery("one"))
        (held,) = claim(storage)
        storage.clear()
        assert end(storage, held, an_attempt()) is None


@pytest.fixture
def two_stores(url: str) -> Iterator[tuple[SqlStorage, SqlStorage]]:
    """Two stores over one database stand for the dispatchers of two machines."""
    with closing(SqlStorage.connect(url)) as one, closing(SqlStorage.connect(url)) as other:
        yield one, other


def test_dispatchers_that_claim_at_once_share_no_delivery_and_leave_none(
    two_stores: tuple[SqlStorage, SqlStorage],
) -> None:
    keep(two_stores[0], *(a_delivery(f"{number:03}") for number in range(200)))
    together = threading.Barrier(4)

    def work(storage: SqlStorage) -> list[str]:
        together.wait()
        taken: list[str] = []
        while batch := names(claim(storage, limit=7)):
            taken += batch
        return taken

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, two_stores * 2))
    assert sorted(name for share in shares for name in share) == [f"{number:03}" for number in range(200)]


def test_of_two_that_end_one_claim_at_once_the_latest_holder_alone_is_heard(
    two_stores: tuple[SqlStorage, SqlStorage],
) -> None:
    """Whichever of them the database takes first."""
    one, other = two_stores
    pairs = 20
    keep(one, *(a_delivery(f"{number:03}") for number in range(pairs)))
    former, latest = claim(one, lease=RUN_OUT), claim(other)
    together = threading.Barrier(2)

    def work(storage: SqlStorage, held: Sequence[Claim], status: int) -> list[bool]:
        together.wait()
        return [end_patiently(storage, each, an_attempt(status=status)) is not None for each in held]

    with ThreadPoolExecutor(2) as pool:
        heard = pool.submit(work, other, latest, 204)
        unheard = pool.submit(work, one, former, 503)
    assert heard.result() == [True] * pairs
    assert unheard.result() == [False] * pairs
    assert {tuple(logged(one, name)) for name in names(latest)} == {(204,)}


def end_patiently(storage: Storage, held: Claim, attempt: Attempt) -> Delivery | None:
    """As a recorder does that is told to try again."""
    while True:
        try:
            return end(storage, held, attempt)
        except Problem as problem:
            if problem.code != "service_unavailable":
                raise


def test_on_postgresql_nobody_waits_for_a_claim_that_is_not_committed_yet(
    postgresql: Postgresql,
) -> None:
    """SKIP LOCKED: what another transaction has in hand is passed over, deliveries and sessions alike."""
    later = NOW + timedelta(hours=1)
    with postgresql.database() as url, closing(SqlStorage.connect(url)) as one:
        with closing(SqlStorage.connect(url)) as other, one.transaction() as transaction:
            transaction.add_partner(a_partner())
            keep(other, *map(a_delivery, "abc"))
            assert names(transaction.claim_deliveries(NOW, lease=LEASE, limit=2)) == ["a", "b"]
            assert names(claim(other)) == ["c"]
        add(one, *map(a_session, "de"))
        with closing(SqlStorage.connect(url)) as other, one.transaction() as transaction:
            taken = transaction.take_due_session(later)
            with other.transaction() as meanwhile:
                left = meanwhile.take_due_session(later)
        assert taken is not None
        assert left is not None
        assert [taken.session_id, left.session_id] == ["d", "e"]
