"""What the control API shows of sessions, deliveries and occurrences; who the payer is, it does not show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reference_impl.delivery.dispatcher import Occurrence
from reference_impl.domain.customers import identify_customer
from reference_impl.domain.cut_json import mask_cut
from reference_impl.domain.deliveries import Attempt, Delivery
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.privacy import Privacy
from reference_impl.domain.sessions import Session
from reference_impl.domain.timelines import Moment
from reference_impl.domain.transitions import Transition
from reference_impl.http.representation import represent_session

_UNSHOWN_HEADERS = frozenset({"set-cookie"})


def show_session(session: Session, *, now: datetime, checkout_url: str) -> dict[str, Any]:
    """A session as its partner sees it, and beside that whose it is and what is planned for it."""
    document: dict[str, Any] = json.loads(represent_session(session, now=now, checkout_url=checkout_url))
    payer, plan = session.payer, session.plan
    return document | {
        "partner": session.partner_id,
        "customerId": (
            identify_customer(session.partner_id, session.user_id, email=payer.email) if payer else None
        ),
        "outcome": session.instruction,
        "pace": session.pace,
        "bank": (
            {"id": session.deposit.bank.bank_id, "name": session.deposit.bank.name}
            if session.deposit
            else None
        ),
        "nextStep": (
            {"action": plan.steps[0].action, "dueAt": _time(plan.due_at)} if plan and plan.steps else None
        ),
        "dueAt": _time(session.due_at),
    }


def show_moment(moment: Moment) -> dict[str, Any]:
    """One transition of a session's timeline."""
    return {
        "at": as_rfc3339(moment.at),
        "status": moment.status,
        "depositStatus": moment.deposit_status,
        "eventTypes": list(moment.event_types),
    }


def show_delivery(delivery: Delivery) -> dict[str, Any]:
    """A delivery in a list."""
    return {
        "deliveryId": delivery.delivery_id,
        "eventId": delivery.event_id,
        "eventType": delivery.event_type,
        "partner": delivery.partner_id,
        "sessionId": delivery.session_id,
        "createdAt": as_rfc3339(delivery.created_at),
        "status": delivery.status,
        "dueAt": _time(delivery.due_at),
        "attempts": delivery.attempts,
    }


def show_delivery_log(delivery: Delivery, attempts: Sequence[Attempt], *, privacy: Privacy) -> dict[str, Any]:
    """A delivery with its body and every attempt that is still in the log, both masked by ``privacy``."""
    return show_delivery(delivery) | {
        "body": privacy.mask_json(delivery.body),
        "log": [_show_attempt(attempt, privacy) for attempt in attempts],
    }


def show_occurrence(occurrence: Occurrence) -> dict[str, Any]:
    """Something that was due, and what came of it."""
    due_at = {"dueAt": as_rfc3339(occurrence.due_at)}
    if isinstance(occurrence.outcome, Transition):
        return {"kind": "transition", **due_at, **show_transition(occurrence.outcome)}
    return {
        "kind": "attempt",
        **due_at,
        **show_attempted(occurrence.outcome.delivery, occurrence.outcome.attempt),
    }


def show_transition(transition: Transition) -> dict[str, Any]:
    """A session as a step left it, in short."""
    session = transition.session
    return {
        "sessionId": session.session_id,
        "status": session.status,
        "depositStatus": session.deposit.status if session.deposit else None,
        "eventTypes": [event.event_type for event in transition.events],
    }


def show_attempted(delivery: Delivery, attempt: Attempt | None) -> dict[str, Any]:
    """A delivery as an attempt left it, in short; without one where its URL had been removed."""
    return {
        "sessionId": delivery.session_id,
        "deliveryId": delivery.delivery_id,
        "eventId": delivery.event_id,
        "eventType": delivery.event_type,
        "deliveryStatus": delivery.status,
        "attempt": attempt.number if attempt else None,
        "url": attempt.url if attempt else None,
        "answerStatus": attempt.status if attempt else None,
        "error": attempt.error if attempt else None,
        "nextDueAt": _time(delivery.due_at),
    }


def _show_attempt(attempt: Attempt, privacy: Privacy) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "startedAt": as_rfc3339(attempt.started_at),
        "url": attempt.url,
        "requestHeaders": dict(attempt.request_headers),
        "requestBody": None
        if attempt.request_body is None
        else mask_cut(attempt.request_body, privacy=privacy),
        "behaviour": attempt.behaviour,
        "answerStatus": attempt.status,
        "answerHeaders": {
            name: privacy.mask_text(value)
            for name, value in attempt.response_headers.items()
            if name.lower() not in _UNSHOWN_HEADERS
        },
        "answerBody": privacy.mask_text(attempt.response_body.decode("utf-8", "replace")),
        "error": attempt.error,
        "durationSeconds": attempt.duration,
    }


def _time(time: datetime | None) -> str | None:
    return as_rfc3339(time) if time else None
