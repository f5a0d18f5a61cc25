"""The inspector's page and files: who gets them, under which policy; no browser needed."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import openapi
from mockserver import MockServer
from mockserver.pages.assets import STATIC, inspector_assets
from mockserver.verdicts import CHECK_OF, CREATION, LOOK_UP, PAYER_LOOK_UP, PAYER_STEP
from mockserver.webhook_behaviours import Kind
from reference_impl.domain.plans import Pace
from tests.project.running import run_mock
from tests.project.tree import ROOT

FOLDER = STATIC / "inspector"
PATHS = ("/_sandbox/", "/_sandbox/inspector/main.js", "/_sandbox/inspector/inspector.css")


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def call(
    mock: MockServer, path: str, *, method: str = "GET", host: str | None = None, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, fields by lower-case name, and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", int(mock.url.rsplit(":", 1)[1]), timeout=10)
    try:
        connection.request(method, path, headers=headers | ({"Host": host} if host else {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_file_is_sent_under_a_strict_policy(mock: MockServer, path: str) -> None:
    status, fields, body = call(mock, path)
    assert (status, fields["cache-control"], fields["referrer-policy"]) == (200, "no-store", "no-referrer")
    assert (fields["x-frame-options"], fields["x-content-type-options"]) == ("DENY", "nosniff")
    assert fields["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in fields
    directives = {
        name: values for name, *values in map(str.split, fields["content-security-policy"].split("; "))
    }
    assert directives.pop("require-trusted-types-for") == ["'script'"]
    assert directives.pop("trusted-types") == ["'none'"]
    for name in ("script-src", "style-src", "connect-src", "img-src"):
        assert directives.pop(name) == ["'self'"]
    nowhere = ("default-src", "form-action", "frame-ancestors", "base-uri")
    assert directives == {name: ["'none'"] for name in nowhere}
    assert body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "192.0.2.1.evil.example"]
)
@pytest.mark.parametrize("path", [*PATHS, "/_sandbox"])
def test_a_name_that_is_not_this_servers_gets_nothing(mock: MockServer, path: str, host: str) -> None:
    """A name that was made to point here, as in DNS rebinding, is told by `Host`."""
    status, fields, body = call(mock, path, host=host)
    assert (status, fields["content-type"]) == (403, "text/plain; charset=utf-8")
    assert b"not this server's" in body


def test_the_page_is_found_without_its_final_slash(mock: MockServer) -> None:
    status, fields, _ = call(mock, "/_sandbox")
    assert (status, fields["location"]) == (308, "_sandbox/")


@pytest.mark.parametrize(
    "path", ["/_sandbox/inspector/", "/_sandbox/inspector/../site.py", "/_sandbox/inspector/none.js"]
)
def test_other_files_cannot_be_had(mock: MockServer, path: str) -> None:
    assert call(mock, path)[0] == 404


def test_the_command_says_where_the_inspector_is_and_the_documentation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stablemint", "mock", "--port", "0", "--home", str(tmp_path), "--json"]
    with (
        run_mock(command, folder=ROOT, environment=os.environ) as running,
        urllib.request.urlopen(running.ready["inspector"], timeout=10) as page,
        urllib.request.urlopen(running.ready["documentation"], timeout=10) as documentation,
    ):
        assert b"Stable Mint payment sessions" in documentation.read()
        assert page.read() == inspector_assets()["inspector.html"].content


def test_pages_are_read_and_nothing_else(mock: MockServer) -> None:
    for path in PATHS:
        assert call(mock, path, method="POST")[0] == 405
        status, fields, body = call(mock, path, method="HEAD")
        assert (status, body) == (200, b"")
        assert fields["content-length"] == str(len(call(mock, path)[2]))


def test_what_the_page_and_its_modules_name_is_there() -> None:
    names = set(inspector_assets())
    assert set(re.findall(r'"inspector/([^"]+)"', (FOLDER / "inspector.html").read_text("utf-8"))) <= names
    imported = {
        name
        for file in FOLDER.glob("*.js")
        for name in re.findall(r'from "\./([^"]+)"', file.read_text("utf-8"))
    }
    assert imported | {"main.js", "inspector.html", "inspector.css"} == names


def test_every_module_parses(node: str) -> None:
    for file in FOLDER.glob("*.js"):
        subprocess.run(
            [node, "--input-type=module", "--check"],
            input=file.read_bytes(),
            check=True,
            capture_output=True,
            timeout=60,
        )


def vocabulary(name: str) -> list[str]:
    """The words, or the names, of a constant of ``vocabulary.js``."""
    text = (FOLDER / "vocabulary.js").read_text("utf-8")
    (content,) = re.findall(rf"export const {name} = [\[{{]\n(.*?)\n[\]}}];", text, re.DOTALL)
    return re.findall(r'^  "?([\w.]+)"?[,:]', content, re.MULTILINE)


def test_forms_offer_the_words_of_the_documents() -> None:
    schemas = openapi.load("sandbox")["components"]["schemas"]
    assert vocabulary("EVENT_TYPES") == schemas["EventType"]["enum"]
    assert vocabulary("PROBLEM_CODES") == schemas["AddFaultRequest"]["properties"]["code"]["enum"]
    assert vocabulary("BEHAVIOURS") == schemas["WebhookBehaviourKind"]["enum"] == list(Kind)
    assert vocabulary("PACES") == list(Pace)
    assert vocabulary("CHECKS") == schemas["Verdict"]["properties"]["check"]["enum"]
    assert set(vocabulary("CHECKS")) == {*CREATION, *LOOK_UP, *PAYER_LOOK_UP, *PAYER_STEP, *CHECK_OF.values()}
    assert vocabulary("OPERATIONS") == [*operations(openapi.load()), *operations(openapi.load("payer"))]


def operations(document: Mapping[str, Any]) -> list[str]:
    """The operationIds of a document."""
    return [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, Mapping) and "operationId" in operation
    ]
