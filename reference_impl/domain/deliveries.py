"""Deliveries: an event on its way to a partner's endpoint, and the schedule of its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reference_impl.domain.events import Event, EventType

RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 90))
"""From the start of an attempt to the next one, by the session clock (HOOK-15)."""

ATTEMPT_TIMEOUT = 10.0
"""Seconds of real time from the start of connecting to a complete response head (HOOK-16)."""

LOGGED_ATTEMPTS = 50
"""Attempts of one delivery that are kept, the last ones: a schedule has six, and resends begin it anew."""


_MOMENT = timedelta(milliseconds=1)
"""The least difference of two times that every store keeps."""


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt. ``status`` is a complete response head's, None if there was none; ``error`` then says why.

    ``started_at`` by the session clock; ``duration`` in seconds of real time. ``request_body`` is what was
    sent where that was not the delivery's own body; ``behaviour`` names what a sandbox did to it on demand.
    """

    number: int
    started_at: datetime
    url: str
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes | None = field(default=None, repr=False)
    behaviour: str | None = None
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: bytes = b""
    error: str | None = None
    duration: float = 0.0

    @property
    def acknowledged(self) -> bool:
        """Any 2xx acknowledges (HOOK-14); a redirect is not followed and does not."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one partner. ``due_at`` by the session clock, None when no attempt is to come."""

    delivery_id: str
    event_id: str
    event_type: EventType
    partner_id: str
    session_id: str
    body: bytes = field(repr=False)
    created_at: datetime
    status: DeliveryStatus
    due_at: datetime | None
    attempts: int = 0
    """Attempts of the schedule so far; a resend on demand begins a schedule anew."""


def schedule(event: Event, *, delivery_id: str, configured: bool) -> Delivery:
    """The delivery of an event: due at once, or never where no URL is configured for its type (HOOK-22)."""
    return Delivery(
        delivery_id=delivery_id,
        event_id=event.event_id,
        event_type=event.event_type,
        partner_id=event.partner_id,
        session_id=event.session_id,
        body=event.body,
        created_at=event.occurred_at,
        status=DeliveryStatus.PENDING if configured else DeliveryStatus.NOT_CONFIGURED,
        due_at=event.occurred_at if configured else None,
    )


def record(delivery: Delivery, attempt: Attempt) -> Delivery:
    """The delivery after an attempt: delivered, due again, or failed (HOOK-14, HOOK-15)."""
    attempts = delivery.attempts + 1
    if attempt.acknowledged:
        return replace(delivery, status=DeliveryStatus.DELIVERED, due_at=None, attempts=attempts)
    if attempts > len(RETRY_DELAYS):
        return replace(delivery, status=DeliveryStatus.FAILED, due_at=None, attempts=attempts)
    due_at = attempt.started_at + RETRY_DELAYS[attempts - 1]
    return replace(delivery, status=DeliveryStatus.PENDING, due_at=due_at, attempts=attempts)


def abandon(delivery: Delivery) -> Delivery:
    """The delivery once its URL was removed: failed (HOOK-23)."""
    return replace(delivery, status=DeliveryStatus.FAILED, due_at=None)


def resend(delivery: Delivery, *, now: datetime) -> Delivery:
    """The delivery due once more, with the same event and body, on a schedule begun anew (HOOK-19).

    One that waits for its first attempt becomes due a moment earlier than it was: where the clock stands
    it would else be equal to what an attempt under way has claimed, whose end would then undo the resend.
    """
    due_at = now
    if delivery.attempts == 0 and delivery.due_at is not None:
        due_at = min(now, delivery.due_at - _MOMENT)
    return replace(delivery, status=DeliveryStatus.PENDING, due_at=due_at, attempts=0)
