"""Driver operations on webhook endpoints: one URL for each partner and event type."""

from __future__ import annotations

from collections.abc import Mapping

from reference_impl.domain.events import EventType
from reference_impl.domain.partners import Partner
from reference_impl.http.driver_problems import resource_not_found
from reference_impl.http.messages import Answer, Request, answer_json
from reference_impl.storage.port import Reading


def list_endpoints(request: Request) -> Answer:
    """200 with the URL of every event type that has one."""
    with request.environment.storage.reading() as reading:
        return _shown(reading.endpoints(find_partner(request, reading).partner_id))


def set_endpoints(request: Request) -> Answer:
    """200 with the endpoints, once the given event types, or all of them, have the given URL."""
    return _set(request, request.document.get("eventTypes"), request.document["url"])


def remove_endpoints(request: Request) -> Answer:
    """200 with the endpoints that are left."""
    chosen = request.query.get("eventType")
    return _set(request, None if chosen is None else [chosen], None)


def find_partner(request: Request, reading: Reading) -> Partner:
    """The partner that the path names; raises ``resource_not_found``."""
    try:
        return reading.partner(request.path_parameters["partner"])
    except KeyError:
        raise resource_not_found("partner") from None


def _set(request: Request, event_types: list[str] | None, url: str | None) -> Answer:
    with request.environment.storage.transaction() as transaction:
        partner_id = find_partner(request, transaction).partner_id
        for event_type in EventType if event_types is None else map(EventType, event_types):
            transaction.set_endpoint(partner_id, event_type, url)
        return _shown(transaction.endpoints(partner_id))


def _shown(endpoints: Mapping[EventType, str]) -> Answer:
    listed = [
        {"eventType": event_type, "url": endpoints[event_type]}
        for event_type in EventType
        if event_type in endpoints
    ]
    return answer_json({"endpoints": listed})
