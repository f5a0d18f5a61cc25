"""Operations on faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openapi
from mockserver.control.behaviours import limit_reached
from mockserver.faults import Fault, Match
from mockserver.namespaces import Namespace
from mockserver.waiting import Entry, TooManyError
from reference_impl.http.api import Handler
from reference_impl.http.driver_problems import resource_not_found
from reference_impl.http.messages import Answer, Request, answer_json


def list_faults(request: Request) -> Answer:
    """200 with the faults that wait."""
    namespace: Namespace = request.caller
    return answer_json({"faults": [_show(entry) for entry in namespace.faults.listed()]})


def add_fault(request: Request) -> Answer:
    """201 with the fault, which waits for its requests."""
    namespace: Namespace = request.caller
    document = request.document
    match = document.get("match", {})
    fault = Fault(
        code=document.get("code"),
        status=document.get("status"),
        drop=document.get("drop", False),
        delay=document.get("delaySeconds", 0),
        match=Match(
            path=match.get("path"), operation_id=match.get("operationId"), partner=match.get("partner")
        ),
    )
    try:
        entry = namespace.faults.add(fault, times=document.get("times", 1))
    except TooManyError:
        raise limit_reached("faults") from None
    location = f"/_sandbox/namespaces/{namespace.name}/faults/{entry.identifier}"
    return answer_json(_show(entry), status=201, location=location)


def clear_faults(request: Request) -> Answer:
    """200 with how many were taken away."""
    namespace: Namespace = request.caller
    return answer_json({"cleared": namespace.faults.clear()})


def remove_fault(request: Request) -> Answer:
    """200 once the fault is taken away."""
    namespace: Namespace = request.caller
    if not namespace.faults.remove(request.path_parameters["faultId"]):
        raise resource_not_found("fault")
    return answer_json({"cleared": 1})


def _show(entry: Entry[Fault]) -> dict[str, Any]:
    fault, match = entry.thing, entry.thing.match
    criteria = {"path": match.path, "operationId": match.operation_id, "partner": match.partner}
    return {
        "faultId": entry.identifier,
        "code": fault.code,
        "status": fault.status if fault.code is None else openapi.problems()[fault.code].status,
        "drop": fault.drop,
        "delaySeconds": fault.delay,
        "remaining": entry.remaining,
        "match": {name: value for name, value in criteria.items() if value is not None},
    }


HANDLERS: Mapping[str, Handler] = {
    "listFaults": list_faults,
    "addFault": add_fault,
    "clearFaults": clear_faults,
    "removeFault": remove_fault,
}
