"""The recorder: how often it writes what came of an attempt where the store fails meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reference_impl.delivery.questions import Questions
from reference_impl.delivery.recorder import Recorder
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus, record
from reference_impl.domain.problems import Problem, unavailable
from reference_impl.storage.port import Claim, Transaction
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.builders import NOW, a_delivery, an_attempt


class Breaking(SqlStorage):
    """Its connection breaks in the commit: before the store has heard of it, or before it could answer."""

    breaks: str | None = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:  # type: ignore[override]  # what the port asks for
        breaks, self.breaks = self.breaks, None
        with super().transaction() as transaction:
            yield transaction
            if breaks == "before":
                raise unavailable("The connection broke.")
        if breaks == "after":
            raise unavailable("The connection broke.")


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Breaking]:
    """A store with one delivery that is due."""
    with closing(Breaking.connect(f"sqlite:///{tmp_path / 'store.db'}")) as opened:
        assert isinstance(opened, Breaking)
        with opened.transaction() as transaction:
            transaction.add_delivery(a_delivery("one"))
        yield opened


def record_attempt(storage: Breaking, attempt: Attempt, *, breaks: str | None) -> Delivery | None:
    """Claim the delivery, and record an attempt while the connection breaks."""
    with storage.transaction() as transaction:
        (claim,) = transaction.claim_deliveries(NOW, lease=timedelta(minutes=1), limit=1)
    storage.breaks = breaks

    async def work(held: Claim) -> Delivery | None:
        return await Recorder(storage, Questions(storage)).record(
            held, record(held.delivery, attempt), [attempt]
        )

    return asyncio.run(work(claim))


@pytest.mark.parametrize("status", [204, 503])
@pytest.mark.parametrize("breaks", ["before", "after", None])
def test_an_attempt_is_logged_once_wherever_the_connection_breaks(
    storage: Breaking, breaks: str | None, status: int
) -> None:
    """HOOK-24: what was committed is found to be so, what was not is written again."""
    attempt = an_attempt(status=status)
    present = record_attempt(storage, attempt, breaks=breaks)
    with storage.reading() as reading:
        assert list(reading.attempts("one")) == [attempt]
        assert reading.delivery("one") == present
    assert present is not None
    assert present.status is (DeliveryStatus.DELIVERED if status == 204 else DeliveryStatus.PENDING)
    assert present.attempts == 1


def test_whoever_waits_is_told_that_the_store_stays_away(
    storage: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the rest of the lease may be too short: the delivery is then attempted again."""
    monkeypatch.setattr("reference_impl.delivery.recorder.PATIENCE", 0.0)
    with pytest.raises(Problem) as refused:
        record_attempt(storage, an_attempt(), breaks="before")
    assert refused.value.code == "service_unavailable"
    with storage.reading() as reading:
        assert list(reading.attempts("one")) == []


def test_a_result_that_cannot_be_written_keeps_no_other_from_it(storage: Breaking) -> None:
    """Results that end together are written together: the one at fault is found, and told alone."""
    with storage.transaction() as transaction:
        transaction.add_delivery(a_delivery("two"))
        claims = transaction.claim_deliveries(NOW, lease=timedelta(minutes=1), limit=2)
    sound = an_attempt(status=204)
    unwritable = replace(sound, request_headers={"X": object()})  # type: ignore[dict-item]

    async def work() -> list[Delivery | BaseException | None]:
        recorder = Recorder(storage, Questions(storage))
        sent = zip(claims, (unwritable, sound), strict=True)
        results = (recorder.record(claim, record(claim.delivery, made), [made]) for claim, made in sent)
        return await asyncio.gather(*results, return_exceptions=True)

    refused, written = asyncio.run(work())
    assert isinstance(refused, Exception)
    assert isinstance(written, Delivery)
    with storage.reading() as reading:
        statuses = [reading.delivery(claim.delivery.delivery_id) for claim in claims]
        assert [delivery and delivery.status for delivery in statuses] == [
            DeliveryStatus.PENDING,
            DeliveryStatus.DELIVERED,
        ]
