"""Which answer wins: the checks between routing and handler, in the contract's order of precedence."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from reference_impl.domain.problems import Fault
from reference_impl.http.contract import Operation
from reference_impl.http.exchange import (
    App,
    Receive,
    Scope,
    Send,
    admit,
    found_target,
    header_fields,
    note_caller,
    read_body,
    replay,
    request_id,
)
from reference_impl.http.json_text import may_hold_unsafe_values, read_json
from reference_impl.http.media_types import require_json, require_json_acceptable
from reference_impl.http.messages import Request
from reference_impl.http.patience import Threads, begin_to_wait
from reference_impl.http.validation import typed_text

LOOK_UPS = 2
"""Threads that ask the store who calls: as many for those whom it knew before as for everybody else.

Anybody can call by a key, or a session, that there is not. However slow the store, and however many they are,
they keep no partner waiting.
"""


class Admission:
    """Runs the checks; the first that fails answers (HTTP-18, HTTP-19).

    Before it, ``Paths`` has answered 404 and 405; after it, the handler answers 404 ``session_not_found``,
    422 and 409.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._for_acquaintances = Threads(LOOK_UPS, name="acquaintances")
        self._for_strangers = Threads(LOOK_UPS, name="strangers")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = found_target(scope)
        gatekeeper, operation = target.api.gatekeeper, target.operation
        fields = header_fields(scope["headers"])
        if target.api.fence is not None:
            peer = scope["client"][0] if scope.get("client") else None
            target.api.fence(fields, method=scope["method"], peer=peer)
        body = await read_body(receive, fields)  # 413
        if target.api.answers_in_time:
            begin_to_wait(scope)
        authenticate = functools.partial(gatekeeper.authenticate, fields, body, target.path_parameters)
        if gatekeeper.waits(fields, target.path_parameters):
            known = gatekeeper.is_acquainted(fields)
            threads = self._for_acquaintances if known else self._for_strangers
            environment, caller = await threads.do(scope, authenticate)
        else:
            environment, caller = authenticate()  # 401
        note_caller(scope, caller)
        gatekeeper.authorise(caller, operation.operation_id)  # 429, 403
        require_json_acceptable(fields.get("accept"))  # 406
        document = None  # what GET brings along was signed, and is ignored (HTTP-08)
        parameters = _parameters(operation, target.path_parameters, scope, fields)
        faults = operation.parameters.schema_faults(parameters) if operation.parameters else []
        further: Sequence[Fault] = ()
        if operation.body is not None:
            require_json(fields.get("content-type"), fields.get("content-encoding"))  # 415
            document = read_json(body)  # 400 malformed_json
            validate = operation.body.faults if may_hold_unsafe_values(body) else operation.body.schema_faults
            faults += validate(document)
            further = gatekeeper.further_faults(environment, caller, operation.operation_id, document)
        if faults or further:
            raise gatekeeper.refuse(environment, faults, further)  # 400
        admit(
            scope,
            Request(
                operation_id=operation.operation_id,
                request_id=request_id(scope),
                environment=environment,
                caller=caller,
                path_parameters=target.path_parameters,
                query=parameters.get("query", {}),
                document=document,
            ),
        )
        await self._app(scope, replay(body, receive), send)


def _parameters(
    operation: Operation, path_parameters: Mapping[str, str], scope: Scope, fields: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The declared parameters that were sent, typed, as ``{"query": {"limit": 10}}``; others are ignored."""
    values: dict[str, dict[str, Any]] = {}
    for parameter in operation.parameter_definitions:
        place, name = parameter["in"], parameter["name"]
        match place:
            case "path":
                text = path_parameters.get(name)
            case "query":
                text = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)).get(
                    name
                )
            case _:
                text = fields.get(name.lower())
        if text is not None:
            values.setdefault(place, {})[name] = typed_text(text, parameter["schema"].get("type"))
    return values
