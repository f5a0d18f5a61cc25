"""Driver operations on deliveries: the log of every attempt, and sending once more."""

from __future__ import annotations

import json

from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.domain.privacy import Privacy
from reference_impl.domain.problems import Problem
from reference_impl.http.driver_problems import resource_not_found
from reference_impl.http.driver_representation import show_delivery, show_delivery_log
from reference_impl.http.messages import Answer, Request, answer_json
from reference_impl.use_cases.deliveries import (
    NeverSentError,
    read_delivery,
    resend_delivery,
    resend_failed,
)

DEFAULT_LIMIT = 100

_EVENTS_OF_A_SESSION = 20
"""More than any session causes."""


def list_deliveries(request: Request) -> Answer:
    """200 with the latest deliveries that match, the latest first."""
    query = request.query
    with request.environment.storage.reading() as reading:
        found = reading.deliveries(
            partner_id=query.get("partner"),
            session_id=query.get("sessionId"),
            status=DeliveryStatus(query["status"]) if "status" in query else None,
            limit=query.get("limit", DEFAULT_LIMIT),
        )
    return answer_json({"deliveries": [show_delivery(delivery) for delivery in found]})


def get_delivery(request: Request) -> Answer:
    """200 with a delivery, its body and its attempts."""
    found = read_delivery(request.environment, request.path_parameters["deliveryId"])
    if found is None:
        raise resource_not_found("delivery")
    delivery, attempts = found
    with request.environment.storage.reading() as reading:
        session = reading.session(delivery.session_id)
        of_session = reading.deliveries(session_id=delivery.session_id, limit=_EVENTS_OF_A_SESSION)
    # Identity stands in one event alone, and some of it in none; a partner may have put it elsewhere too.
    known = [each.body for each in of_session]
    if session is not None and session.user_kyc:
        known.append(json.dumps({"userKyc": dict(session.user_kyc)}).encode())
    return answer_json(show_delivery_log(delivery, attempts, privacy=Privacy(delivery.body, *known)))


def resend_one(request: Request) -> Answer:
    """200 with the delivery, due at once; its attempt is not waited for."""
    try:
        due = resend_delivery(request.environment, request.path_parameters["deliveryId"])
    except NeverSentError:
        raise Problem(
            "not_resendable",
            "No endpoint was configured for this event type when the event arose, so it is never sent. Set "
            "an endpoint, and play another session.",
        ) from None
    if due is None:
        raise resource_not_found("delivery")
    return answer_json(show_delivery(due))


def resend_all_failed(request: Request) -> Answer:
    """200 with every failed delivery that matches, due at once."""
    due = resend_failed(
        request.environment,
        partner_id=request.query.get("partner"),
        session_id=request.query.get("sessionId"),
    )
    return answer_json({"deliveries": [show_delivery(delivery) for delivery in due]})
