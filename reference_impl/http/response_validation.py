"""Answers held to the document before they are sent: always in tests, by a switch otherwise."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from reference_impl.domain.problems import Fault
from reference_impl.environment import Environment
from reference_impl.http.api import Api
from reference_impl.http.boundary import INTERNAL_ERROR, common_fields
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import (
    App,
    Message,
    Receive,
    Scope,
    Send,
    header_fields,
    request_id,
    send_answer,
)
from reference_impl.http.messages import PROBLEM_JSON
from reference_impl.http.problem_details import render_problem
from reference_impl.http.validation import Validator, typed_text

log = logging.getLogger(__name__)

_ANYWHERE = ("404", "405", "500", "503")
"""Statuses that a request can meet before it has found an operation, or at any point."""

_PROBLEM = {"content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


class ResponseValidation:
    """The outermost part where it is switched on: an answer that breaks the document is logged as an error,
    by pointers and causes, and replaced by 500 ``internal_error``. Content is buffered whole.
    """

    def __init__(self, app: App, *, apis: Sequence[Api], environment: Environment) -> None:
        self._app = app
        self._environment = environment
        self._apis = apis
        self._validators: dict[int, Validator] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        content = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                if _is_stream(message):
                    await send(message)
                return
            if _is_stream(start):
                await send(message)
                return
            content.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            faults = self.faults(scope, start["status"], header_fields(start["headers"]), bytes(content))
            if faults:
                log.error(
                    "the answer to %s %s breaks the contract: %s", scope["method"], scope["path"], faults
                )
                identifier = request_id(scope)
                answer = render_problem(
                    INTERNAL_ERROR, request_id=identifier, public_url=self._environment.public_url
                )
                readable = [field for field in start["headers"] if field[0].startswith(b"access-control-")]
                await send_answer(answer, send, [*common_fields(identifier), *readable])
                return
            await send(start)
            await send({"type": "http.response.body", "body": bytes(content)})

        await self._app(scope, receive, hold)

    def faults(self, scope: Scope, status: int, fields: Mapping[str, str], content: bytes) -> list[Fault]:
        """What in an answer the document does not allow."""
        if scope["method"] == "OPTIONS" and status == 204:
            return []  # a preflight: the Fetch standard says what that is, not the document
        found = self._definition(scope, str(status))
        if found is None:
            return [Fault("/status", "not_in_list", f"{status} is not declared here")]
        contract, definition = found
        faults = self._header_faults(contract, definition, fields)
        if scope["method"] == "HEAD":
            return [*faults, *([Fault("/body", "too_long", "HEAD has no content")] if content else [])]
        media_type = fields.get("content-type", "").split(";")[0]
        if media_type not in definition["content"]:
            return [*faults, Fault("/headers/content-type", "not_in_list", f"{media_type} is not declared")]
        validator = self._validator(contract, definition["content"][media_type]["schema"])
        return faults + validator.schema_faults(json.loads(content))  # a pointer may hold a faulty NUL

    def _definition(self, scope: Scope, status: str) -> tuple[Contract, Mapping[str, Any]] | None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        for api in self._apis:
            match = api.contract.match(scope["raw_path"].decode("latin-1"))
            operation = match.operations.get(method) if match else None
            if operation is not None and status in operation.responses:
                return api.contract, operation.responses[status]
        return (self._apis[0].contract, _PROBLEM) if status in _ANYWHERE else None

    def _header_faults(
        self, contract: Contract, definition: Mapping[str, Any], fields: Mapping[str, str]
    ) -> list[Fault]:
        faults = []
        for name, reference in definition.get("headers", {}).items():
            header = contract.resolve(reference)
            value = fields.get(name.lower())
            pointer = f"/headers/{name.lower()}"
            if value is None and header.get("required"):
                faults.append(Fault(pointer, "required", "is missing"))
            elif value is not None:
                typed = typed_text(value, contract.resolve(header["schema"]).get("type"))
                faults += [
                    Fault(pointer, fault.code, fault.detail)
                    for fault in self._validator(contract, header["schema"]).schema_faults(typed)
                ]
        return faults

    def _validator(self, contract: Contract, schema: Mapping[str, Any]) -> Validator:
        if id(schema) not in self._validators:
            self._validators[id(schema)] = Validator(schema, document=contract.document)
        return self._validators[id(schema)]


def _is_stream(start: Message) -> bool:
    """Whether the content has no end that could be waited for."""
    return header_fields(start["headers"]).get("content-type", "").startswith("text/event-stream")
