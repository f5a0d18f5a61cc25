"""Strangers must be able to use the document: tools of others load it and do their work with it."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest
from schemathesis.core.result import Ok

from openapi import bundle, load
from tests.openapi.reading import Node, compile_schema, list_operations, resolve

DOCUMENT = bundle.FOLDER / "dist" / "openapi.yaml"
CREDENTIALS = {"ApiKey": "key", "Timestamp": "1773480413", "Signature": "c2lnbmF0dXJl"}
POSTS = [operation.path for operation in list_operations(load(), "paths") if operation.method == "post"]
WEBHOOKS = list(load()["webhooks"])


def first_example(document: Node, section: str, path: str) -> Any:
    body = document[section][path]["post"]["requestBody"]["content"]["application/json"]
    return resolve(document, next(iter(body["examples"].values())))["value"]


@pytest.fixture(scope="session")
def core(document: Node) -> OpenAPI:
    """The document as openapi-core understands it."""
    return OpenAPI.from_dict(document)


@pytest.mark.parametrize("path", POSTS)
def test_openapi_core_validates_requests(core: OpenAPI, document: Node, path: str) -> None:
    def request(body: Any) -> MockRequest:
        return MockRequest(
            "http://localhost:8080", "post", path, headers=CREDENTIALS, data=json.dumps(body).encode()
        )

    body = first_example(document, "paths", path)
    core.validate_request(request(body))
    with pytest.raises(OpenAPIError):
        core.validate_request(request({**body, "unknown": 1}))


class Delivery:
    """A webhook as openapi-core wants to see it."""

    def __init__(self, name: str, body: Any, headers: dict[str, str]) -> None:
        plain = MockRequest("http://localhost", "post", "/", headers=headers, data=json.dumps(body).encode())
        self.name = name
        self.method = plain.method
        self.parameters = plain.parameters
        self.content_type = plain.content_type
        self.body = plain.body


@pytest.mark.parametrize("name", WEBHOOKS)
def test_openapi_core_validates_webhooks(core: OpenAPI, document: Node, name: str) -> None:
    headers = {"StableMint-Timestamp": "2026-03-14T09:27:41.380Z", "StableMint-Signature": "A" * 344}
    body = first_example(document, "webhooks", name)
    core.validate_webhook_request(Delivery(name, body, headers))
    with pytest.raises(OpenAPIError):
        core.validate_webhook_request(Delivery(name, {**body, "data": {}}, headers))
    with pytest.raises(OpenAPIError):
        core.validate_webhook_request(Delivery(name, body, {}))


def test_schemathesis_sees_the_four_operations(document: Node) -> None:
    found = schemathesis.openapi.from_dict(document).get_all_operations()
    operations = [result.ok() for result in found if isinstance(result, Ok)]
    assert sorted(operation.label for operation in operations) == [
        "GET /session/{sessionId}",
        "POST /session/embedded/partner-managed-customer",
        "POST /session/hosted",
        "POST /session/hosted/partner-managed-customer",
    ]


@pytest.mark.parametrize("path", POSTS)
def test_schemathesis_generates_requests_that_the_schema_accepts(document: Node, path: str) -> None:
    operation = schemathesis.openapi.from_dict(document)[path]["POST"]
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    validator = compile_schema(document, body["schema"])
    fields: set[str] = set()

    @given(operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
    @settings(
        max_examples=100,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def judge(case: schemathesis.Case[Any]) -> None:
        assert validator.is_valid(case.body), case.body
        assert isinstance(case.body, dict)
        fields.update(case.body)

    judge()
    assert fields == set(resolve(document, body["schema"])["properties"])


def run_tool(node_tools: Path, name: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(node_tools / name), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )
    assert done.returncode == 0, f"{name} {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", bundle.find_names())
def test_redocly_finds_nothing_to_complain_of(node_tools: Path, name: str) -> None:
    bundled = bundle.find_root(name).parent / "dist" / "openapi.yaml"
    said = run_tool(
        node_tools, "redocly", "lint", "--config", str(bundle.FOLDER / "redocly.yaml"), str(bundled)
    )
    assert "Your API description is valid" in said
    assert "warning" not in said.split("validating", 1)[1]


@pytest.fixture(scope="module")
def prism(node_tools: Path) -> Iterator[str]:
    """The URL of Prism, mocking the document."""
    process = subprocess.Popen(
        [str(node_tools / "prism"), "mock", "--port", "0", "--host", "127.0.0.1", str(DOCUMENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                yield found[1]
                return
        pytest.fail(f"Prism ended before it listened:\n{''.join(said)}")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def call(url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data=data, headers={**CREDENTIALS, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("path", POSTS)
def test_prism_mocks_the_creations(document: Node, prism: str, path: str) -> None:
    body = first_example(document, "paths", path)
    status, answer = call(prism + path, body)
    assert status == 201
    created = resolve(document, document["paths"][path]["post"]["responses"]["201"])
    assert compile_schema(document, created["content"]["application/json"]["schema"]).is_valid(answer)
    # Prism answers what its validator refuses with 422 where an operation declares one, as these do.
    assert call(prism + path, {**body, "unknown": 1})[0] == 422


def test_prism_mocks_the_look_up(document: Node, prism: str) -> None:
    status, answer = call(prism + "/session/Jk3vQ0m8TzS5xWbN2rYc7A")
    assert status == 200
    assert compile_schema(document, {"$ref": "#/components/schemas/Session"}).is_valid(answer)
