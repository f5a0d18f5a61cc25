"""The control API's `driver` operations: what contract tests need of any implementation, off by default."""

from __future__ import annotations

from collections.abc import Mapping

from reference_impl.driven import Driven
from reference_impl.http.api import Handler
from reference_impl.http.driver_clock import advance_clock, freeze_clock, get_clock, resume_clock, set_clock
from reference_impl.http.driver_deliveries import (
    get_delivery,
    list_deliveries,
    resend_all_failed,
    resend_one,
)
from reference_impl.http.driver_endpoints import list_endpoints, remove_endpoints, set_endpoints
from reference_impl.http.driver_payments import get_limits, play_session, step_session
from reference_impl.http.messages import Answer, Request, answer_json


def reset(request: Request) -> Answer:
    """200 once everything but partners and endpoints is forgotten."""
    driven: Driven = request.caller
    driven.reset()
    return answer_json({"reset": True})


DRIVER_HANDLERS: Mapping[str, Handler] = {
    "getLimits": get_limits,
    "playSession": play_session,
    "stepSession": step_session,
    "getClock": get_clock,
    "advanceClock": advance_clock,
    "setClock": set_clock,
    "freezeClock": freeze_clock,
    "resumeClock": resume_clock,
    "listEndpoints": list_endpoints,
    "setEndpoints": set_endpoints,
    "removeEndpoints": remove_endpoints,
    "listDeliveries": list_deliveries,
    "getDelivery": get_delivery,
    "resendDelivery": resend_one,
    "resendFailedDeliveries": resend_all_failed,
    "resetNamespace": reset,
}
"""By operationId. ``Request.caller`` is a ``Driven``: what the gatekeeper found the path to name."""
