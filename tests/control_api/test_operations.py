"""Every operation of the document is there, and takes what the document says and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import openapi
from mockserver import MockServer
from mockserver.control.api import control_api
from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.events import EventType
from reference_impl.http.driver_api import DRIVER_HANDLERS
from tests.control_api.control import Control, call
from tests.control_api.receiver import Receiver

DOCUMENT = openapi.load("sandbox")
PREFIX = "/_sandbox/namespaces/{namespace}"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, content in item.items():
            if method != "parameters":
                yield method.upper(), path, content


OPERATIONS = list(operations())
WITH_BODY = [(m, p, c) for m, p, c in OPERATIONS if "requestBody" in c]
IN_NAMESPACE = [(m, p, c) for m, p, c in OPERATIONS if p.startswith(PREFIX)]


def name_of(value: object) -> str | None:
    return value["operationId"] if isinstance(value, dict) else ""


def concrete(path: str, *, namespace: str = "default") -> str:
    """A path with something at every parameter; what it names is not there, but for `demo`."""
    path = path.replace("{namespace}", namespace).replace("{partner}", "demo")
    for name in ("sessionId", "customerId", "deliveryId", "faultId", "requestId"):
        path = path.replace(f"{{{name}}}", "not-there")
    return path


def test_each_operation_has_one_function(mock: MockServer) -> None:
    api = control_api(mock._running.namespaces)
    assert set(api.handlers) == {content["operationId"] for _, _, content in OPERATIONS}


def test_the_driver_operations_are_those_of_the_reference() -> None:
    driver = {content["operationId"] for _, _, content in OPERATIONS if content.get("x-driver")}
    assert driver == set(DRIVER_HANDLERS)


def test_the_document_lists_what_the_rules_know() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["OutcomeCode"]["enum"] == list(OUTCOMES)
    assert schemas["EventType"]["enum"] == list(EventType)
    assert schemas["AddFaultRequest"]["properties"]["code"]["enum"] == list(openapi.problems())
    assert schemas["ProblemCode"]["enum"] == list(openapi.problems("sandbox"))


def test_a_code_means_the_same_in_every_document() -> None:
    for name in ("payer", "sandbox"):
        for code, kind in openapi.problems(name).items():
            known = openapi.problems().get(code) or openapi.problems("sandbox").get(code)
            assert known is not None
            assert (kind.status, kind.title) == (known.status, known.title)


@pytest.mark.parametrize(("method", "path", "content"), IN_NAMESPACE, ids=name_of)
def test_an_unknown_namespace_is_not_found(
    sandbox: Control, method: str, path: str, content: dict[str, Any]
) -> None:
    reply = call(
        sandbox.url, method, concrete(path, namespace="nowhere"), {} if content.get("requestBody") else None
    )
    assert (reply.status, reply.code) == (404, "namespace_not_found")


@pytest.mark.parametrize(("method", "path", "content"), WITH_BODY, ids=name_of)
def test_a_body_at_fault_is_refused_with_every_fault(
    sandbox: Control, method: str, path: str, content: dict[str, Any]
) -> None:
    target = concrete(path)
    reply = call(sandbox.url, method, target, {"unknown/field": 1})
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert "/unknown~1field" in reply.pointers
    reply = call(sandbox.url, method, target, [])
    assert (reply.code, reply.pointers) == ("invalid_request", {""})
    for malformed in (b"", b"{", b'{"a":1,"a":2}', b"\xff"):
        reply = call(sandbox.url, method, target, malformed, headers={"Content-Type": "application/json"})
        assert (reply.status, reply.code) == (400, "malformed_json")
    reply = call(sandbox.url, method, target, b"{}", headers={"Content-Type": "text/plain"})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path", "content"), WITH_BODY, ids=name_of)
def test_the_examples_of_requests_are_taken(
    sandbox: Control, method: str, path: str, content: dict[str, Any]
) -> None:
    """But for a key that is shortened for print, and what the example's path does not name."""
    for example in content["requestBody"]["content"]["application/json"]["examples"].values():
        body = dict(DOCUMENT["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"])
        body.pop("publicKey", None)
        reply = call(sandbox.url, method, concrete(path), body)
        assert reply.status in (200, 201, 404, 409), reply.body
        if path == "/_sandbox/namespaces" and reply.status == 201:
            call(sandbox.url, "DELETE", f"/_sandbox/namespaces/{reply.document['name']}")


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        ("/sessions?limit=0", {"/query/limit"}),
        ("/sessions?limit=1001&status=paid", {"/query/limit", "/query/status"}),
        ("/deliveries?limit=x", {"/query/limit"}),
        ("/deliveries?status=completed", {"/query/status"}),
        ("/requests?limit=-1", {"/query/limit"}),
    ],
)
def test_a_parameter_at_fault_is_named(sandbox: Control, path: str, pointers: set[str]) -> None:
    reply = sandbox.ask("GET", path)
    assert (reply.status, reply.code, reply.pointers) == (400, "invalid_request", pointers)


@pytest.mark.parametrize(
    ("method", "path", "body", "pointers"),
    [
        ("POST", "/sessions/x/play", {"outcome": "luck", "steps": -1}, {"/outcome", "/steps"}),
        ("POST", "/sessions/x/play", {"steps": 1, "pace": "timer"}, {"/pace"}),
        ("POST", "/clock/advance", {}, {""}),
        ("POST", "/clock/advance", {"minutes": -1}, {"/minutes"}),
        ("POST", "/clock/advance", {"minutes": 1, "duration": "PT1M"}, {""}),
        ("POST", "/clock/advance", {"duration": "P1M"}, {"/duration"}),
        ("POST", "/clock/advance", {"duration": "P"}, {"/duration"}),
        ("POST", "/clock/advance", {"days": 3651}, {"/days"}),
        ("POST", "/clock/advance", {"duration": "P999999999W"}, {"/duration"}),
        ("POST", "/clock/set", {"now": "tomorrow"}, {"/now"}),
        ("POST", "/clock/set", {"now": "2999-01-01T00:00:00Z"}, {"/now"}),
        ("PUT", "/partners/demo/endpoints", {"url": "ftp://a.example"}, {"/url"}),
        ("PUT", "/partners/demo/endpoints", {"url": "http://a@b.example/"}, {"/url"}),
        ("PUT", "/partners/demo/endpoints", {"url": "http://a/", "eventTypes": ["x"]}, {"/eventTypes/0"}),
        ("POST", "/partners", {"partner": "Not A Slug", "colour": "red"}, {"/partner", "/colour"}),
        ("POST", "/partners", {"partner": "a", "publicKey": "x", "logoUrl": "y"}, {"/publicKey", "/logoUrl"}),
        ("PATCH", "/partners/demo", {}, {""}),
        ("POST", "/faults", {"times": 2}, {"/code"}),
        ("POST", "/faults", {"code": "rate_limited", "drop": True}, {"/drop"}),
        ("POST", "/faults", {"code": "step_not_possible"}, {"/code"}),
        ("POST", "/faults", {"status": 200}, {"/status"}),
        ("POST", "/faults", {"delaySeconds": 121}, {"/delaySeconds"}),
        ("POST", "/webhook-behaviours", {"kind": "loss", "times": 0}, {"/kind", "/times"}),
        ("PUT", "/settings", {"pace": "slow"}, {"/pace"}),
    ],
)  # fmt: skip
def test_a_value_at_fault_is_named(
    sandbox: Control, method: str, path: str, body: Any, pointers: set[str]
) -> None:
    reply = sandbox.ask(method, path, body)
    assert (reply.status, reply.code) == (400, "invalid_request"), reply.body
    assert reply.pointers == pointers


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/customers/not-there", None),
        ("GET", "/deliveries/not-there", None),
        ("POST", "/deliveries/not-there/resend", None),
        ("DELETE", "/faults/not-there", None),
        ("GET", "/requests/not-there", None),
        ("GET", "/partners/not-there/endpoints", None),
        ("PUT", "/partners/not-there/endpoints", {"url": "http://localhost:1/"}),
        ("DELETE", "/partners/not-there/endpoints", None),
        ("PATCH", "/partners/not-there", {"colour": None}),
    ],
)
def test_what_is_not_there_is_not_found(sandbox: Control, method: str, path: str, body: Any) -> None:
    reply = sandbox.ask(method, path, body)
    assert (reply.status, reply.code) == (404, "resource_not_found")


def test_an_unknown_session_is_not_found(sandbox: Control) -> None:
    for method, path, body in (
        ("GET", "/sessions/x", None),
        ("POST", "/sessions/x/play", {}),
        ("POST", "/sessions/x/step", None),
    ):
        reply = sandbox.ask(method, path, body)
        assert (reply.status, reply.code) == (404, "session_not_found")


def test_a_tour_of_all_operations_succeeds(sandbox: Control, receiver: Receiver) -> None:
    """Each is called with success at least once; the server holds every answer to the document."""
    called: set[str] = set()
    paths = {(method, path.removeprefix(PREFIX)): c["operationId"] for method, path, c in OPERATIONS}

    def tour(method: str, template: str, body: Any = None, *, query: str = "", **names: str) -> Any:
        path = template
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", value)
        reply = sandbox.ask(method, path + query, body)
        assert reply.status in (200, 201), (method, path, reply.body)
        called.add(paths[method, template])
        return reply.document

    endpoints = "/partners/{partner}/endpoints"
    tour("PUT", endpoints, {"url": receiver.url}, partner="demo")
    tour("GET", endpoints, partner="demo")
    tour("GET", "/limits")
    tour("GET", "/outcomes")
    tour("GET", "/settings")
    tour("PUT", "/settings", {"pace": "manual"})
    session_id = sandbox.new_session()
    tour("POST", "/sessions/{sessionId}/play", {"outcome": "success"}, sessionId=session_id)
    for _ in range(5):
        session = tour("POST", "/sessions/{sessionId}/step", sessionId=session_id)
    assert session["status"] == "completed"
    tour("GET", "/sessions")
    tour("GET", "/sessions/{sessionId}", sessionId=session_id)
    tour("GET", "/clock")
    tour("POST", "/clock/freeze")
    tour("POST", "/clock/resume")
    clock = tour("POST", "/clock/advance", {"seconds": 1})
    later = datetime.fromisoformat(clock["now"]) + timedelta(hours=1)
    tour("POST", "/clock/set", {"now": later.isoformat()})
    deliveries = tour("GET", "/deliveries")["deliveries"]
    delivery_id = deliveries[0]["deliveryId"]
    tour("GET", "/deliveries/{deliveryId}", deliveryId=delivery_id)
    tour("POST", "/deliveries/{deliveryId}/resend", deliveryId=delivery_id)
    tour("POST", "/deliveries/resend-failed", query="?partner=demo")
    tour("DELETE", endpoints, query="?eventType=transaction.status.changed", partner="demo")
    customers = tour("GET", "/customers")["customers"]
    tour("GET", "/customers/{customerId}", customerId=customers[0]["customerId"])
    tour("GET", "/partners")
    tour("PATCH", "/partners/{partner}", {"displayName": "Demo"}, partner="demo")
    requests = tour("GET", "/requests")["requests"]
    tour("GET", "/requests/{requestId}", requestId=requests[0]["requestId"])
    fault = tour("POST", "/faults", {"drop": True})
    tour("GET", "/faults")
    tour("DELETE", "/faults/{faultId}", faultId=fault["faultId"])
    tour("DELETE", "/faults")
    tour("POST", "/webhook-behaviours", {"kind": "delay"})
    tour("GET", "/webhook-behaviours")
    tour("DELETE", "/webhook-behaviours")
    tour("POST", "/reset")
    # In a namespace of its own, which takes its partner away with it.
    reply = call(sandbox.url, "POST", "/_sandbox/namespaces", {})
    assert reply.status == 201
    name = reply.document["name"]
    assert call(sandbox.url, "GET", "/_sandbox/namespaces").status == 200
    reply = call(sandbox.url, "POST", f"/_sandbox/namespaces/{name}/partners", {"partner": "acme"})
    assert (reply.status, reply.fields["location"]) == (201, f"/_sandbox/namespaces/{name}/partners/acme")
    assert call(sandbox.url, "DELETE", f"/_sandbox/namespaces/{name}").document == {"dropped": name}
    elsewhere = {"createNamespace", "listNamespaces", "createPartner", "dropNamespace", "streamEvents"}
    assert called | elsewhere == {content["operationId"] for _, _, content in OPERATIONS}
    assert json.dumps(sandbox.get("/settings")) == '{"pace": "at_once"}', "a reset brings the default back"
