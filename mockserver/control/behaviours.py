"""Operations on webhook behaviours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.namespaces import Namespace
from mockserver.waiting import MOST_WAITING, Entry, TooManyError
from mockserver.webhook_behaviours import DEFAULT_SECONDS, Behaviour, Kind
from reference_impl.domain.events import EventType
from reference_impl.domain.problems import Problem
from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request, answer_json


def list_behaviours(request: Request) -> Answer:
    """200 with the behaviours that wait."""
    namespace: Namespace = request.caller
    return answer_json({"behaviours": [_show(entry) for entry in namespace.behaviours.listed()]})


def add_behaviour(request: Request) -> Answer:
    """201 with the behaviour, which waits for its attempts."""
    namespace: Namespace = request.caller
    document = request.document
    kind = Kind(document["kind"])
    behaviour = Behaviour(
        kind=kind,
        event_types=frozenset(map(EventType, document.get("eventTypes", EventType))),
        partner=document.get("partner"),
        seconds=document.get("seconds", DEFAULT_SECONDS[kind]) if kind in DEFAULT_SECONDS else None,
    )
    try:
        entry = namespace.behaviours.add(behaviour, times=document.get("times", 1))
    except TooManyError:
        raise limit_reached("behaviours") from None
    location = f"/_sandbox/namespaces/{namespace.name}/webhook-behaviours"
    return answer_json(_show(entry), status=201, location=location)


def clear_behaviours(request: Request) -> Answer:
    """200 with how many were taken away."""
    namespace: Namespace = request.caller
    return answer_json({"cleared": namespace.behaviours.clear()})


def limit_reached(what: str) -> Problem:
    """The 409 for one more of ``what`` than can wait."""
    return Problem("limit_reached", f"There are {MOST_WAITING} {what} already. Clear them first.")


def _show(entry: Entry[Behaviour]) -> dict[str, Any]:
    behaviour = entry.thing
    return {
        "behaviourId": entry.identifier,
        "kind": behaviour.kind,
        "eventTypes": [event_type for event_type in EventType if event_type in behaviour.event_types],
        "partner": behaviour.partner,
        "remaining": entry.remaining,
        "seconds": behaviour.seconds,
    }


HANDLERS: Mapping[str, Handler] = {
    "listWebhookBehaviours": list_behaviours,
    "addWebhookBehaviour": add_behaviour,
    "clearWebhookBehaviours": clear_behaviours,
}
