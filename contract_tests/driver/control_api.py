"""The control API of `openapi/sandbox/` as a driver: its operations marked ``x-driver: true``."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import jsonschema_rs

import openapi

from ..wire import Client, Hanging, Request, StillBusy
from .port import DriverError, Refused

NAMESPACE_PATH: Final = "/_sandbox/namespaces/{namespace}"
DEFAULT_BASE: Final = "/_sandbox/namespaces/default"
"""Below the base URL of an implementation: where its control API is, unless it says otherwise."""
ANSWER_LIMIT: Final = 64 << 20
"""Bytes: a move of the clock lists everything that fell due, every session of a run included."""
DELIVERIES_LIMIT: Final = 1_000
REFUSALS: Final = frozenset({400, 404, 409, 422})
"""With a problem's ``code``, the API's own word; other errors say nothing of what was asked."""


class ControlApi:
    """A :class:`~.port.Driver` that can do more: step a payment, freeze the clock, look deliveries up.

    Answers are held to the document, so that a test may rely on the members that it requires.
    """

    def __init__(
        self, url: str, *, timeout: float = 60.0, token: str | None = None, ca_file: Path | None = None
    ) -> None:
        """`url` is that of a namespace; `timeout` is in seconds; `token` opens the API beyond loopback."""
        self._client = Client(url, timeout=timeout, answer_limit=ANSWER_LIMIT, ca_file=ca_file)
        self._url = url
        self._headers = (("Authorization", f"Bearer {token}"),) if token else ()

    @property
    def deadline(self) -> float | None:
        """When a run's time is over; see :class:`.port.Driver`."""
        return self._client.deadline

    @deadline.setter
    def deadline(self, deadline: float | None) -> None:
        self._client.deadline = deadline

    def play(
        self,
        session_id: str,
        outcome: str | None = None,
        *,
        amount: float | None = None,
        steps: int | None = None,
    ) -> None:
        """See :meth:`.port.Driver.play`."""
        self.played(session_id, outcome, amount=amount, steps=steps)

    def played(
        self,
        session_id: str,
        outcome: str | None = None,
        *,
        amount: float | None = None,
        steps: int | None = None,
    ) -> Mapping[str, Any]:
        """Play, and return the session as it stands afterwards."""
        how = {"outcome": outcome, "amount": amount, "steps": steps}
        how |= {"pace": "manual"} if steps is not None else {"pace": "at_once"}
        body = {name: value for name, value in how.items() if value is not None}
        return self.call("playSession", body, sessionId=session_id)

    def step(self, session_id: str) -> Mapping[str, Any]:
        """Make the payment's next step now: the session as it stands afterwards."""
        return self.call("stepSession", sessionId=session_id)

    def advance(self, duration: timedelta) -> Sequence[Mapping[str, Any]]:
        """See :meth:`.port.Driver.advance`."""
        moved = self.call("advanceClock", {"seconds": duration.total_seconds()})
        occurrences: Sequence[Mapping[str, Any]] = moved["occurrences"]
        return occurrences

    def now(self) -> datetime:
        """See :meth:`.port.Driver.now`."""
        return self._time(self.call("getClock"))

    def freeze(self) -> datetime:
        """Stop the session clock where it is; ``advance`` still moves it."""
        return self._time(self.call("freezeClock"))

    def resume(self) -> datetime:
        """Let a frozen clock run on from where it stands."""
        return self._time(self.call("resumeClock"))

    def _time(self, clock: Mapping[str, Any]) -> datetime:
        try:
            return datetime.fromisoformat(clock["now"])
        except ValueError as error:  # of the form of a time, and none
            raise DriverError(f"the control API at {self._url} shows {clock['now']!r}: {error}") from None

    def set_endpoint(self, partner: str, url: str | None, event_types: Sequence[str] | None = None) -> None:
        """See :meth:`.port.Driver.set_endpoint`."""
        if url is not None:
            types = {} if event_types is None else {"eventTypes": list(event_types)}
            self.call("setEndpoints", {"url": url, **types}, partner=partner)
        elif event_types is None:
            self.call("removeEndpoints", partner=partner)
        else:
            for event_type in event_types:
                self.call("removeEndpoints", query={"eventType": event_type}, partner=partner)

    def reset(self) -> None:
        """See :meth:`.port.Driver.reset`."""
        self.call("resetNamespace")

    def limits(self) -> Mapping[str, Any]:
        """The limits of amounts and of what is kept, and ``webhookPublicKey`` as SPKI PEM."""
        return self.call("getLimits")

    def deliveries(self, **query: str) -> Sequence[Mapping[str, Any]]:
        """The deliveries that match, first told first; `query` as ``listDeliveries`` takes it."""
        found = self.call("listDeliveries", query={"limit": str(DELIVERIES_LIMIT), **query})
        return list(reversed(found["deliveries"]))

    def delivery(self, delivery_id: str) -> Mapping[str, Any]:
        """One delivery with the log of its attempts."""
        return self.call("getDelivery", deliveryId=delivery_id)

    def resend(self, delivery_id: str) -> Mapping[str, Any]:
        """Make a delivery due once more."""
        return self.call("resendDelivery", deliveryId=delivery_id)

    def close(self) -> None:
        """See :meth:`.port.Driver.close`."""
        self._client.close()

    def call(
        self, operation: str, body: object = None, *, query: Mapping[str, str] | None = None, **path: str
    ) -> Mapping[str, Any]:
        """Call the operation of this ``operationId``; the answer, held to its schema."""
        method, template = _operations()[operation]
        target = template.format(**{name: quote(value, safe="") for name, value in path.items()})
        if query:
            target += "?" + urlencode(query)
        content = json.dumps(body).encode() if body is not None else None
        headers = (*self._headers, *([("Content-Type", "application/json")] if body is not None else []))
        request = Request(method=method, path=target, headers=headers, body=content)
        said = f"the control API at {self._url} ({method} {target})"
        try:
            exchange = self._client.send(request)
        except (Hanging, StillBusy) as busy:
            raise DriverError(f"{said}: {busy}") from None
        answer = exchange.answer
        if answer is None:
            raise DriverError(f"{said}: {exchange.failure}")
        document = answer.json()
        if answer.status != 200 or not isinstance(document, dict):
            code = document.get("code", "") if isinstance(document, dict) else ""
            detail = document.get("detail", "") if isinstance(document, dict) else ""
            kind = Refused if answer.status in REFUSALS and code else DriverError
            raise kind(f"{said} answered {answer.status} {code} {detail}".rstrip())
        fault = next(_answer_validator(operation).iter_errors(document), None)
        if fault is not None:
            place = "/".join(map(str, fault.instance_path))
            raise DriverError(
                f"{said} answered what its document does not allow, at /{place}: {fault.message[:200]}"
            )
        return document


@cache
def _document() -> dict[str, Any]:
    return openapi.load("sandbox")


@cache
def _operations() -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method.upper(), path.removeprefix(NAMESPACE_PATH))
        for path, item in _document()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and operation.get("x-driver")
    }


@cache
def _answer_validator(operation: str) -> jsonschema_rs.Draft202012Validator:
    method, path = _operations()[operation]
    components = _document()["components"]
    response = _document()["paths"][NAMESPACE_PATH + path][method.lower()]["responses"]["200"]
    if "$ref" in response:
        response = components["responses"][response["$ref"].rpartition("/")[2]]
    schema = response["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": components})
