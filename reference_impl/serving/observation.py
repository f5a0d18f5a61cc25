"""One line of the log for each request, and its numbers."""

from __future__ import annotations

import logging
import time

from reference_impl.domain.partners import Partner
from reference_impl.http.exchange import (
    App,
    Message,
    Receive,
    Scope,
    Send,
    known_caller,
    request_id,
    sought_target,
)
from reference_impl.serving.metrics import Metrics
from reference_impl.use_cases.checkout import Checkout

log = logging.getLogger(__name__)

NO_OPERATION = "none"
"""What a request is counted as that names no operation: its path is the client's, and could be anything."""


class Observation:
    """Around an application: says who asked for which operation, what came of it and how long it took.

    Neither path nor query stands in the log, nor header fields and bodies: a session's identifier opens it
    to whoever reads it there.
    """

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        started = time.perf_counter()
        status: int | None = None
        replayed = False

        async def observe(message: Message) -> None:
            nonlocal status, replayed
            if message["type"] == "http.response.start":
                status = message["status"]
                replayed = any(name == b"idempotency-replayed" for name, _ in message["headers"])
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            self._note(scope, status, time.perf_counter() - started, replayed=replayed)

    def _note(self, scope: Scope, status: int | None, seconds: float, *, replayed: bool) -> None:
        target = sought_target(scope)
        operation = target.operation.operation_id if target else NO_OPERATION
        self._metrics.requests.labels(operation, status or "disconnected").inc()
        self._metrics.latency.labels(operation).observe(seconds)
        if replayed:
            self._metrics.replays.inc()
        log.info(
            "request",
            extra={
                "method": scope["method"],
                "operation": operation,
                "status": status,
                "seconds": round(seconds, 4),
                "partner": _partner_id(known_caller(scope)),
                "request_id": request_id(scope),
            },
        )


def _partner_id(caller: object) -> str | None:
    match caller:
        case Partner():
            return caller.partner_id
        case Checkout():
            return caller.session.partner_id
        case _:
            return None
