"""Which answer wins: the checks between routing and handler, in the contract's order of precedence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl

from reference_impl.domain.problems import Fault, Problem
from reference_impl.http.contract import Contract, Operation
from reference_impl.http.exchange import (
    App,
    Receive,
    Scope,
    Send,
    admit,
    header_fields,
    read_body,
    replay,
    request_id,
)
from reference_impl.http.json_text import read_json
from reference_impl.http.media_types import require_json, require_json_acceptable
from reference_impl.http.messages import Request


class Gatekeeper(Protocol):
    """What an API decides for itself: who calls, whether they may, and what its schemas cannot say."""

    def authenticate(self, fields: Mapping[str, str], body: bytes) -> Any:
        """The caller; raises a 401 problem."""

    def authorise(self, caller: Any, operation_id: str) -> None:
        """Raises a 403 problem."""

    def further_faults(self, operation_id: str, document: Any) -> Sequence[Fault]:
        """Faults that no schema can state."""

    def refuse(self, faults: Sequence[Fault], further: Sequence[Fault]) -> Problem:
        """The 400 for the schema's faults and the further ones, at least one in all."""


class Admission:
    """Runs the checks; the first that fails answers (HTTP-18, HTTP-19).

    Before it, ``Paths`` has answered 404 and 405; after it, the handler answers 404 ``session_not_found``,
    422 and 409.
    """

    def __init__(self, app: App, *, contract: Contract, gatekeeper: Gatekeeper) -> None:
        self._app = app
        self._contract = contract
        self._gatekeeper = gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        operation = self._contract.operations[scope["extensions"]["connexion_routing"]["operation_id"]]
        fields = header_fields(scope["headers"])
        body = await read_body(receive, fields)  # 413
        caller = self._gatekeeper.authenticate(fields, body)  # 401
        self._gatekeeper.authorise(caller, operation.operation_id)  # 403
        require_json_acceptable(fields.get("accept"))  # 406
        document = None
        faults = _parameter_faults(operation, scope, fields)
        further: Sequence[Fault] = ()
        if operation.body is not None:
            require_json(fields.get("content-type"), fields.get("content-encoding"))  # 415
            document = read_json(body)  # 400 malformed_json
            faults += operation.body.faults(document)
            further = self._gatekeeper.further_faults(operation.operation_id, document)
        if faults or further:
            raise self._gatekeeper.refuse(faults, further)  # 400
        admit(
            scope,
            Request(
                operation_id=operation.operation_id,
                request_id=request_id(scope),
                caller=caller,
                path_parameters=scope["match"].path_parameters,
                document=document,
            ),
        )
        await self._app(scope, replay(body, receive), send)


def _parameter_faults(operation: Operation, scope: Scope, fields: Mapping[str, str]) -> list[Fault]:
    """Faults of declared parameters, each at a pointer such as ``/query/limit``; others are ignored."""
    if operation.parameters is None:
        return []
    sent = {
        "path": scope["match"].path_parameters,
        "query": dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        "header": fields,
    }
    values: dict[str, dict[str, Any]] = {}
    for parameter in operation.parameter_definitions:
        place, name = parameter["in"], parameter["name"]
        text = sent[place].get(name.lower() if place == "header" else name)
        if text is not None:
            values.setdefault(place, {})[name] = _typed(text, parameter["schema"].get("type"))
    return operation.parameters.schema_faults(values)


def _typed(text: str, type_name: object) -> object:
    """A parameter's text as the type its schema names, or as it is for the schema to refuse."""
    if type_name == "integer" and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    if type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
