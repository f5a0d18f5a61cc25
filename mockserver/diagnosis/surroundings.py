"""What a gatekeeper is not told of a request: method, target and peer."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from mockserver.diagnosis.diagnosis import Diagnosis
from reference_impl.http.exchange import App, Receive, Scope, Send

_DIAGNOSIS = "stablemint.diagnosis"
_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


class Surroundings:
    """The outermost part of an application whose gatekeepers give diagnoses."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault(
                "state", {}
            )  # one mapping for all parts, so that a log outside sees what is kept
            _scope.set(scope)
        await self._app(scope, receive, send)


def diagnosis_in(scope: Mapping[str, Any]) -> Diagnosis | None:
    """The diagnosis of an exchange, for a log or a page; None where it was not refused by 401."""
    diagnosis: Diagnosis | None = scope.get("state", {}).get(_DIAGNOSIS)
    return diagnosis


def keep_diagnosis(diagnosis: Diagnosis) -> None:
    """Leave the diagnosis with the exchange that is under way."""
    scope = _scope.get()
    if scope is not None:
        scope["state"][_DIAGNOSIS] = diagnosis


def request_line() -> tuple[str, str]:
    """Method and target (path and query, as sent) of the exchange under way; empty where there is none."""
    scope = _scope.get()
    if scope is None:
        return "", ""
    path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
    query = scope.get("query_string", b"").decode("latin-1")
    return scope["method"], f"{path}?{query}" if query else path


def peer() -> str | None:
    """The address of the client of the exchange under way; None where it has none."""
    scope = _scope.get()
    client = scope.get("client") if scope else None
    return str(client[0]) if client else None
