"""Around the APIs of the mock server: strikes requests with faults, logs what was asked and answered."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import openapi
from mockserver.connections import break_off
from mockserver.diagnosis import diagnosis_in
from mockserver.faults import OWN_PATHS, Fault
from mockserver.namespaces import Namespace, Namespaces
from mockserver.request_log import LONGEST_BODY, LoggedRequest, problem_code, show_request
from mockserver.verdicts import CREATION, LOOK_UP, PAYER_LOOK_UP, PAYER_STEP, UNROUTED
from mockserver.waiting import Entry
from reference_impl.failures import describe
from reference_impl.http.boundary import common_fields
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App, Message, Receive, Scope, Send, header_fields, send_answer
from reference_impl.http.messages import PROBLEM_JSON, Answer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Addressed:
    """What a request is about, as far as path and `ApiKey` tell."""

    namespace: Namespace
    partner: str | None
    operation_id: str | None
    of_session_api: bool
    checks: tuple[str, ...]


class Interception:
    """Wraps all that answers, so that what it logs is what went over the wire."""

    def __init__(
        self, app: App, *, namespaces: Namespaces, session_contract: Contract, payer_contract: Contract
    ) -> None:
        self._app = app
        self._namespaces = namespaces
        self._session_contract = session_contract
        self._payer_contract = payer_contract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OWN_PATHS):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        addressed = self._address(scope, exchange.fields)
        path = scope["raw_path"].decode("latin-1")
        struck = addressed.namespace.faults.take(
            lambda fault: fault.match.fits(
                path=path,
                operation_id=addressed.operation_id,
                partner=addressed.partner,
                of_session_api=addressed.of_session_api,
            )
        )
        try:
            if struck is None or not await self._strike(struck.thing, addressed, exchange):
                await self._app(scope, exchange.receive, exchange.send)
        finally:
            _log(exchange, addressed, struck)

    def _address(self, scope: Scope, fields: dict[str, str]) -> _Addressed:
        path = scope["raw_path"].decode("latin-1")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        payer = self._payer_contract.match(path)
        match = payer or self._session_contract.match(path)
        operation = match.operations.get(method) if match else None
        api_key = fields.get("apikey", "")
        if payer is not None:
            namespace = self._namespaces.with_session(payer.path_parameters["sessionId"])
            checks: tuple[str, ...] = PAYER_STEP if method == "POST" else PAYER_LOOK_UP
        else:
            namespace = self._namespaces.with_api_key(api_key)
            checks = CREATION if method == "POST" else LOOK_UP
        partner = namespace.environment.storage.partner_by_api_key(api_key) if api_key else None
        return _Addressed(
            namespace=namespace,
            partner=partner.partner_id if partner else None,
            operation_id=operation.operation_id if operation else None,
            of_session_api=payer is None,
            checks=checks if operation else UNROUTED,
        )

    async def _strike(self, fault: Fault, addressed: _Addressed, exchange: _Exchange) -> bool:
        """Whether the fault took the place of an answer."""
        await asyncio.sleep(fault.delay)
        if fault.drop:
            break_off(exchange.scope)
            return True
        identifier = addressed.namespace.environment.new_request_id()
        if fault.code is not None:
            answer = _problem(fault.code, identifier, public_url=addressed.namespace.environment.public_url)
        elif fault.status is not None:
            answer = Answer(fault.status, b"<h1>A fault of the sandbox</h1>\n", content_type="text/html")
        else:
            return False
        await send_answer(answer, exchange.send, common_fields(identifier))
        return True


class _Exchange:
    """One request and its answer, noted as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.fields = header_fields(scope["headers"])
        self._receive, self._send = receive, send
        self._at, self._began = datetime.now(UTC), time.monotonic()
        self._body, self._answer_body = _Noted(), _Noted()
        self._status: int | None = None
        self._answer_fields: dict[str, str] = {}

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._body.add(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._answer_fields = header_fields(message["headers"])
        else:
            self._answer_body.add(message.get("body", b""))
        await self._send(message)

    def logged(self, addressed: _Addressed, struck: Entry[Fault] | None) -> LoggedRequest:
        query = self.scope["query_string"].decode("latin-1")
        target = self.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        code = problem_code(self._answer_fields, self._answer_body.whole)
        diagnosis = diagnosis_in(self.scope)
        return LoggedRequest(
            request_id=self._answer_fields.get("request-id")
            or addressed.namespace.environment.new_request_id(),
            at=self._at,
            method=self.scope["method"],
            target=target,
            partner=addressed.partner,
            operation_id=addressed.operation_id,
            fields=self.fields,
            body=self._body.whole,
            body_size=self._body.size,
            status=self._status,
            code=code,
            fault_id=struck.identifier if struck else None,
            duration=round(time.monotonic() - self._began, 6),
            answer_fields=self._answer_fields,
            answer_body=self._answer_body.whole,
            checks=() if struck else addressed.checks,
            diagnosis=diagnosis.document() if diagnosis else None,
        )


class _Noted:
    """Content as it passes: its size, and itself unless it is too long."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size <= LONGEST_BODY:
            self._parts.append(part)
        else:
            self._parts.clear()

    @property
    def whole(self) -> bytes | None:
        return b"".join(self._parts) if self.size <= LONGEST_BODY else None


def _log(exchange: _Exchange, addressed: _Addressed, struck: Entry[Fault] | None) -> None:
    """Note what went over the wire; whatever goes wrong with that, the answer stays what it was."""
    try:
        request = exchange.logged(addressed, struck)
        namespace = addressed.namespace
        namespace.requests.add(request)
        namespace.stream.publish("request", lambda: show_request(request, namespace.secrets()))
    except Exception as error:
        log.error("a request could not be logged: %s", describe(error))


def _problem(code: str, identifier: str, *, public_url: str) -> Answer:
    """The example of a problem, made an answer of this server's."""
    kind = openapi.problems()[code]
    document = {
        **kind.example,
        "type": f"{public_url}/docs/problems/{code}",
        "detail": "A fault that was added by the sandbox's control API struck this request.",
        "instance": f"urn:stablemint:request:{identifier}",
    }
    return Answer(kind.status, json.dumps(document).encode(), _fields_of(kind.status), PROBLEM_JSON)


def _fields_of(status: int) -> dict[str, str]:
    """What header fields a status needs besides those of every answer."""
    match status:
        case 401:
            return {"www-authenticate": 'StableMint realm="api"'}
        case 405:
            return {"allow": "POST"}
        case 409 | 429 | 503:
            return {"retry-after": "1"}
        case _:
            return {}
