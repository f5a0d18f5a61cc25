"""Operations on the log of requests."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from mockserver.namespaces import Namespace
from mockserver.request_log import show_exchange, show_request
from reference_impl.http.api import Handler
from reference_impl.http.driver_problems import resource_not_found
from reference_impl.http.messages import Answer, Request, answer_json

_DEFAULT_LIMIT = 100


def list_requests(request: Request) -> Answer:
    """200 with the latest requests that match, the latest first."""
    namespace: Namespace = request.caller
    query = request.query
    matching = (
        logged
        for logged in namespace.requests
        if query.get("partner") in (None, logged.partner) and query.get("code") in (None, logged.code)
    )
    latest = islice(matching, query.get("limit", _DEFAULT_LIMIT))
    secrets = namespace.secrets()
    return answer_json({"requests": [show_request(logged, secrets) for logged in latest]})


def get_request(request: Request) -> Answer:
    """200 with a request, its answer and the verdict of every check."""
    namespace: Namespace = request.caller
    logged = namespace.requests.get(request.path_parameters["requestId"])
    if logged is None:
        raise resource_not_found("request")
    return answer_json(show_exchange(logged, namespace.secrets()))


HANDLERS: Mapping[str, Handler] = {"listRequests": list_requests, "getRequest": get_request}
