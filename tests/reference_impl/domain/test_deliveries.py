"""Deliveries: the schedule of attempts by a clock that stands where it is put."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from reference_impl.domain.deliveries import (
    Attempt,
    Delivery,
    DeliveryStatus,
    abandon,
    record,
    resend,
    schedule,
)
from reference_impl.domain.events import Event, EventType
from tests.reference_impl.builders import NOW, a_delivery, an_attempt

EVENT = Event(
    event_id="event-1",
    event_type=EventType.DEPOSIT_CREATED,
    partner_id="acme",
    session_id="session-1",
    occurred_at=NOW,
    body=b'{"eventId": "event-1"}',
)
FAILURES = {
    "a redirect": an_attempt(status=307),
    "a refusal": an_attempt(status=400),
    "gone for good": an_attempt(status=410),
    "told when to retry": an_attempt(status=503, response_headers={"Retry-After": "1"}),
    "a server's fault": an_attempt(status=500),
    "below 200": an_attempt(status=199),
    "no answer": an_attempt(status=None),
}


def failing(delivery: Delivery, *, late: timedelta = timedelta(0)) -> list[Delivery]:
    """The delivery after each attempt, each starting ``late`` after it is due and failing, to the end."""
    states = []
    while delivery.due_at is not None:
        attempt = an_attempt(delivery.attempts + 1, status=500, started_at=delivery.due_at + late)
        delivery = record(delivery, attempt)
        states.append(delivery)
    return states


def minutes_of(states: list[Delivery]) -> list[float | None]:
    return [None if state.due_at is None else (state.due_at - NOW) / timedelta(minutes=1) for state in states]


def test_an_event_with_a_url_is_due_at_once() -> None:
    delivery = schedule(EVENT, delivery_id="one", configured=True)
    assert delivery == Delivery(
        delivery_id="one",
        event_id="event-1",
        event_type=EventType.DEPOSIT_CREATED,
        partner_id="acme",
        session_id="session-1",
        body=EVENT.body,
        created_at=NOW,
        status=DeliveryStatus.PENDING,
        due_at=NOW,
    )


def test_an_event_without_a_url_is_recorded_and_never_due() -> None:
    """HOOK-22."""
    delivery = schedule(EVENT, delivery_id="one", configured=False)
    assert (delivery.status, delivery.due_at) == (DeliveryStatus.NOT_CONFIGURED, None)
    assert delivery.body == EVENT.body


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
def test_any_2xx_acknowledges(status: int) -> None:
    """HOOK-14."""
    delivery = record(a_delivery(), an_attempt(status=status))
    assert (delivery.status, delivery.due_at, delivery.attempts) == (DeliveryStatus.DELIVERED, None, 1)


@pytest.mark.parametrize("attempt", FAILURES.values(), ids=FAILURES)
def test_anything_else_is_tried_again_after_5_minutes(attempt: Attempt) -> None:
    """HOOK-15, HOOK-16, HOOK-17."""
    delivery = record(a_delivery(), attempt)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, 1)
    assert delivery.due_at == NOW + timedelta(minutes=5)


def test_retries_come_after_5_10_30_60_and_90_minutes_and_then_it_has_failed() -> None:
    """HOOK-15."""
    states = failing(a_delivery())
    assert minutes_of(states) == [5, 15, 45, 105, 195, None]
    assert [state.status for state in states] == [*[DeliveryStatus.PENDING] * 5, DeliveryStatus.FAILED]
    assert states[-1].attempts == 6


def test_each_delay_counts_from_the_start_of_the_attempt_before() -> None:
    """HOOK-15: not from its end, and not from when it was due."""
    states = failing(a_delivery(), late=timedelta(seconds=12))
    assert minutes_of(states) == pytest.approx([5.2, 15.4, 45.6, 105.8, 196, None])
    slow = an_attempt(status=None, started_at=NOW, duration=10.0)
    assert record(a_delivery(), slow).due_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("failures", range(6))
def test_each_attempt_of_the_schedule_can_be_the_one_that_succeeds(failures: int) -> None:
    """HOOK-14."""
    delivery = a_delivery()
    for number in range(failures):
        delivery = record(delivery, an_attempt(number + 1, status=500))
    delivery = record(delivery, an_attempt(failures + 1, status=200))
    assert (delivery.status, delivery.due_at) == (DeliveryStatus.DELIVERED, None)
    assert delivery.attempts == failures + 1


@pytest.mark.parametrize("status", DeliveryStatus)
def test_a_resend_is_due_now_on_a_schedule_begun_anew(status: DeliveryStatus) -> None:
    """HOOK-19."""
    now = NOW + timedelta(days=1)
    delivery = resend(a_delivery(status=status, attempts=6), now=now)
    assert (delivery.status, delivery.due_at, delivery.attempts) == (DeliveryStatus.PENDING, now, 0)
    assert len(failing(delivery)) == 6


@pytest.mark.parametrize("attempts", range(6))
def test_a_delivery_whose_url_was_removed_has_failed(attempts: int) -> None:
    """HOOK-23."""
    delivery = abandon(a_delivery(attempts=attempts))
    assert (delivery.status, delivery.due_at) == (DeliveryStatus.FAILED, None)


def test_event_and_body_are_the_same_through_everything() -> None:
    """HOOK-19."""
    first = schedule(EVENT, delivery_id="one", configured=True)
    states = [first, *failing(first)]
    states += [resend(states[-1], now=NOW), abandon(states[-1]), record(states[-1], an_attempt())]
    constant = ("delivery_id", "event_id", "event_type", "partner_id", "session_id", "body", "created_at")
    for state in states:
        assert [getattr(state, name) for name in constant] == [getattr(first, name) for name in constant]


def test_a_body_is_not_shown_by_accident() -> None:
    """SESS-06: it can hold identity data."""
    assert "canary" not in repr(dataclasses.replace(a_delivery(), body=b"canary"))
