"""A payer's browser: calls the payer API from a page of another origin, and reads the answers strictly."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import openapi
from tests.openapi.reading import compile_schema, list_operations, resolve
from tests.serving import Server

PAGE = "https://shop.example"
DOCUMENT = openapi.load("payer")
OPERATIONS = {operation.content["operationId"]: operation for operation in list_operations(DOCUMENT, "paths")}
STEPS: Mapping[str, Mapping[str, Any] | None] = {
    "identifyPayer": {"email": "erika@mail.example", "fullName": "Erika Mustermann"},
    "makeDeposit": {"paymentMethod": "open_banking", "bankId": "bank-success"},
    "giveConsent": {"approved": True},
    "exitSession": None,
}
"""Each step with a valid request of required members alone."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came in; field names in lower case."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code; the status, for a readable failure, where it is none."""
        return str(self.document.get("code", self.status))

    @property
    def faults(self) -> dict[str, str]:
        """What a 400 names: the codes of faults, by pointer."""
        return {entry["pointer"]: entry["code"] for entry in self.document["errors"]}


def send(
    server: Server,
    method: str,
    target: str,
    *,
    body: bytes | None = None,
    fields: Mapping[str, str] | None = None,
) -> Answer:
    """One request, as written."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, target, body, dict(fields or {}))
        response = connection.getresponse()
        return Answer(
            status=response.status,
            fields={name.lower(): value for name, value in response.getheaders()},
            body=response.read(),
        )
    finally:
        connection.close()


def call(
    server: Server,
    operation_id: str,
    session_id: str,
    document: object = None,
    *,
    body: bytes | None = None,
    fields: Mapping[str, str] | None = None,
) -> Answer:
    """Call an operation from another origin; the answer must be one that the document declares for it."""
    operation = OPERATIONS[operation_id]
    if document is not None:
        body = json.dumps(document).encode()
    sent = {
        "Origin": PAGE,
        **({} if body is None else {"Content-Type": "application/json"}),
        **(fields or {}),
    }
    target = operation.path.replace("{sessionId}", session_id)
    answer = send(server, operation.method.upper(), target, body=body, fields=sent)
    check(operation_id, answer)
    return answer


def check(operation_id: str, answer: Answer) -> None:
    """Hold an answer to the document, independently of the server's own validation."""
    declared = resolve(DOCUMENT, OPERATIONS[operation_id].content["responses"][str(answer.status)])
    ((media_type, content),) = declared["content"].items()
    assert answer.fields["content-type"] == media_type
    errors = list(compile_schema(DOCUMENT, content["schema"]).iter_errors(answer.document))
    assert [(error.instance_path, error.message) for error in errors] == []
    for name, header in declared["headers"].items():
        schema = resolve(DOCUMENT, header)["schema"]
        if schema.get("type") == "string":
            assert compile_schema(DOCUMENT, schema).is_valid(answer.fields[name.lower()]), name
    assert "access-control-allow-credentials" not in answer.fields


def take(server: Server, step: str, session_id: str, **members: Any) -> Answer:
    """Take a step with its smallest valid request, and ``members`` added or replaced."""
    smallest = STEPS[step]
    return call(server, step, session_id, None if smallest is None else {**smallest, **members})


def look(server: Server, session_id: str) -> dict[str, Any]:
    """The session as the payer sees it now."""
    answer = call(server, "getPayerSession", session_id)
    assert answer.status == 200, answer
    document: dict[str, Any] = answer.document
    return document


def bank_ids(server: Server, session_id: str) -> list[str]:
    """The banks to choose from, in their order."""
    answer = call(server, "listBanks", session_id)
    return [bank["id"] for bank in answer.document["banks"]]
