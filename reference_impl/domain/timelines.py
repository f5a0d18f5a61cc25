"""Timelines: what happened to a session, read from the events that told it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reference_impl.domain.deliveries import Delivery
from reference_impl.domain.deposits import DepositStatus
from reference_impl.domain.events import OF_DEPOSIT, EventType
from reference_impl.domain.sessions import Status

_DEPOSIT_STATUS = {event_type: status for status, event_type in OF_DEPOSIT.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One transition: when, by the session clock, and which statuses it reached; None where it kept one."""

    at: datetime
    deposit_status: DepositStatus | None
    status: Status | None
    event_types: tuple[EventType, ...]


def read_timeline(deliveries: Iterable[Delivery]) -> list[Moment]:
    """The transitions that a session's ``deliveries``, in the order of their events, tell of.

    A deposit's event comes before the status event of the same transition (HOOK-06, HOOK-07).
    """
    moments: list[Moment] = []
    for delivery in deliveries:
        if delivery.event_type is not EventType.STATUS_CHANGED:
            deposit_status = _DEPOSIT_STATUS[delivery.event_type]
            moments.append(_moment(delivery, deposit_status=deposit_status))
            continue
        status = Status(json.loads(delivery.body)["data"]["status"])
        before = moments[-1] if moments else None
        if before is not None and before.status is None and before.at == delivery.created_at:
            moments[-1] = Moment(
                at=before.at,
                deposit_status=before.deposit_status,
                status=status,
                event_types=(*before.event_types, delivery.event_type),
            )
        else:
            moments.append(_moment(delivery, status=status))
    return moments


def _moment(
    delivery: Delivery, *, deposit_status: DepositStatus | None = None, status: Status | None = None
) -> Moment:
    return Moment(
        at=delivery.created_at,
        deposit_status=deposit_status,
        status=status,
        event_types=(delivery.event_type,),
    )
