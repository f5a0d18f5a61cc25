"""What environments announce, as the stream tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.stream import Stream
from reference_impl.delivery.dispatcher import Attempted
from reference_impl.domain.deliveries import Delivery
from reference_impl.domain.sessions import Session
from reference_impl.domain.transitions import Transition
from reference_impl.http.driver_representation import show_attempted, show_delivery, show_transition


@dataclass(frozen=True, slots=True)
class Reset:
    """A namespace forgot what had happened in it."""


def publish_fact(stream: Stream, fact: object) -> None:
    """Publish what an environment announced."""
    match fact:
        case Session():
            stream.publish("session", lambda: _show_new(fact))
        case Transition():
            stream.publish("transition", lambda: show_transition(fact))
        case Attempted():
            stream.publish("delivery", lambda: show_attempted(fact.delivery, fact.attempt))
        case Reset():
            stream.publish("reset", dict)
        case Delivery():
            stream.publish("delivery", lambda: show_delivery(fact))


def _show_new(session: Session) -> Mapping[str, Any]:
    return {
        "sessionId": session.session_id,
        "partner": session.partner_id,
        "type": session.type,
        "status": session.status,
    }
