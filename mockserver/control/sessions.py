"""Operations on sessions that only look, and the list of what the simulated bank can play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_impl.bank.outcomes import OUTCOMES, Outcome
from reference_impl.bank.simulated import BANK_PREFIX
from reference_impl.domain.amounts import as_json_number
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.sessions import Session, Status, session_not_found
from reference_impl.domain.timelines import read_timeline
from reference_impl.http.api import Handler
from reference_impl.http.driver_representation import show_delivery, show_moment, show_session
from reference_impl.http.messages import Answer, Request, answer_json

DEFAULT_LIMIT = 100
MOST_LOOKED_AT = 10_000
"""Sessions that are looked through for those of a status."""

_MOST_DELIVERIES = 1_000


def list_sessions(request: Request) -> Answer:
    """200 with the latest sessions that match, the latest first."""
    query, now = request.query, request.environment.session_clock()
    limit = query.get("limit", DEFAULT_LIMIT)
    with request.environment.storage.reading() as reading:
        found = reading.sessions(
            partner_id=query.get("partner"), limit=MOST_LOOKED_AT if "status" in query else limit
        )
    if "status" in query:
        found = [session for session in found if session.status_at(now) is Status(query["status"])]
    return answer_json({"sessions": [show(request, session) for session in found[:limit]]})


def get_session(request: Request) -> Answer:
    """200 with a session, its timeline and its deliveries."""
    session_id = request.path_parameters["sessionId"]
    with request.environment.storage.reading() as reading:
        session = reading.session(session_id)
        deliveries = reading.deliveries(session_id=session_id, limit=_MOST_DELIVERIES)[::-1]
    if session is None:
        raise session_not_found()
    opened: dict[str, Any] = {
        "at": as_rfc3339(session.created_at),
        "status": Status.OPEN,
        "depositStatus": None,
        "eventTypes": [],
    }
    return answer_json(
        show(request, session)
        | {
            "timeline": [opened, *(show_moment(moment) for moment in read_timeline(deliveries))],
            "deliveries": [show_delivery(delivery) for delivery in deliveries],
        }
    )


def list_outcomes(_: Request) -> Answer:
    """200 with every outcome and the ways to choose it."""
    return answer_json({"outcomes": [_show_outcome(outcome) for outcome in OUTCOMES.values()]})


def show(request: Request, session: Session) -> dict[str, Any]:
    """A session as it is now."""
    environment = request.environment
    return show_session(session, now=environment.session_clock(), checkout_url=environment.checkout_url)


def _show_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "title": outcome.title,
        "description": outcome.description,
        "bankId": f"{BANK_PREFIX}{outcome.code}",
        "bankName": outcome.bank_name,
        "magicAmount": as_json_number(outcome.magic_amount),
    }


HANDLERS: Mapping[str, Handler] = {
    "listSandboxSessions": list_sessions,
    "getSandboxSession": get_session,
    "listOutcomes": list_outcomes,
}
