"""Deliveries and their attempts as rows, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType

Values = dict[str, Any]


def delivery_values(delivery: Delivery) -> Values:
    return {
        "delivery_id": delivery.delivery_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type.value,
        "partner_id": delivery.partner_id,
        "session_id": delivery.session_id,
        "body": delivery.body,
        "created_at": delivery.created_at,
        **standing_values(delivery),
    }


def standing_values(delivery: Delivery) -> Values:
    """What attempts change of a delivery."""
    return {"status": delivery.status.value, "due_at": delivery.due_at, "attempts": delivery.attempts}


def delivery_from_row(row: Row[Any], *, body: bytes | None = None) -> Delivery:
    """The delivery; ``body`` where the row has it as it lies in the database."""
    return Delivery(
        delivery_id=row.delivery_id,
        event_id=row.event_id,
        event_type=EventType(row.event_type),
        partner_id=row.partner_id,
        session_id=row.session_id,
        body=row.body if body is None else body,
        created_at=row.created_at,
        status=DeliveryStatus(row.status),
        due_at=row.due_at,
        attempts=row.attempts,
    )


def attempt_values(delivery_id: str, attempt: Attempt) -> Values:
    return {
        "delivery_id": delivery_id,
        "number": attempt.number,
        "started_at": attempt.started_at,
        "url": attempt.url,
        "request_headers": dict(attempt.request_headers),
        "request_body": attempt.request_body,
        "behaviour": attempt.behaviour,
        "status": attempt.status,
        "response_headers": dict(attempt.response_headers),
        "response_body": attempt.response_body,
        "error": attempt.error,
        "duration_in_seconds": attempt.duration,
    }


def attempt_from_row(row: Row[Any]) -> Attempt:
    return Attempt(
        number=row.number,
        started_at=row.started_at,
        url=row.url,
        request_headers=row.request_headers,
        request_body=row.request_body,
        behaviour=row.behaviour,
        status=row.status,
        response_headers=row.response_headers,
        response_body=row.response_body,
        error=row.error,
        duration=row.duration_in_seconds,
    )
