"""The checkout page's and the widget's files, and the headers that they are sent with; no browser needed."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

import openapi
from mockserver import MockServer
from mockserver.pages.assets import STATIC, WIDGET_MODULES, checkout_assets, widget

SOURCES = sorted(STATIC.rglob("*.*"))
HOSTED = "/session/hosted/partner-managed-customer"
EMBEDDED = "/session/embedded/partner-managed-customer"
WIDGET = "/widget/stable-payment-gateway.js"
WAYS = {
    way: f"https://shop.example/{way}?order=7&x=%C3%A4#top" for way in ("success", "support", "exit", "error")
}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


class Reply:
    """A whole answer; ``fields`` by lower-case name."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def call(
    mock: MockServer, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", int(mock.url.rsplit(":", 1)[1]), timeout=10)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        return Reply(connection.getresponse())
    finally:
        connection.close()


def create(mock: MockServer, path: str = HOSTED, **members: Any) -> str:
    document = {
        "userCountryCode": "DE",
        "currency": "EUR",
        "amount": 9.5,
        "userId": "u",
        "userEmail": "u@shop.example",
    }
    if path == HOSTED:
        document |= {f"{way}Url": url for way, url in WAYS.items()}
    body = json.dumps({**document, **members}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", int(mock.url.rsplit(":", 1)[1]), timeout=10)
    connection.request("POST", path, body, {**mock.sign(body), "Content-Type": "application/json"})
    answer = json.load(connection.getresponse())
    connection.close()
    session_id: str = answer["sessionId"]
    return session_id


def policy(reply: Reply) -> dict[str, set[str]]:
    directives = (part.split() for part in reply.fields["content-security-policy"].split("; "))
    return {name: set(values) for name, *values in directives}


def test_the_checkout_page_is_sent_under_a_strict_policy(mock: MockServer) -> None:
    reply = call(mock, f"/checkout/{create(mock)}")
    assert reply.status == 200
    assert reply.fields["content-type"] == "text/html; charset=utf-8"
    rules = policy(reply)
    images = rules.pop("img-src")
    assert rules == {
        "default-src": {"'none'"},
        "script-src": {"'self'"},
        "style-src": {"'self'"},
        "connect-src": {"'self'"},
        "form-action": {"'none'"},
        "frame-ancestors": {"'none'"},
        "base-uri": {"'none'"},
    }
    assert images == {"'self'", "https:", "http://localhost:*", "http://127.0.0.1:*"}
    expected = {
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    assert {name: reply.fields.get(name) for name in expected} == expected
    assert "access-control-allow-origin" not in reply.fields


@pytest.mark.parametrize(
    "path",
    ["/checkout/unknown", "/checkout/", "/checkout/a/b", "/checkout/%2e%2e", "/checkout/unknown/return"],
)
def test_what_is_no_payment_is_a_page_that_says_so(mock: MockServer, path: str) -> None:
    reply = call(mock, path)
    assert (reply.status, reply.fields["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"There is no such payment" in reply.body
    assert "content-security-policy" in reply.fields


def test_an_embedded_session_has_no_page_of_its_own(mock: MockServer) -> None:
    session_id = create(mock, EMBEDDED)
    assert call(mock, f"/checkout/{session_id}").status == 404
    assert call(mock, f"/checkout/{session_id}/return").status == 404


def test_files_of_other_folders_cannot_be_had(mock: MockServer) -> None:
    for path in (
        "/assets/../gateway/dom.js",
        "/assets/..%2fgateway%2fdom.js",
        "/assets/",
        "/widget/",
        "/widget/dom.js",
    ):
        assert call(mock, path).status == 404, path


@pytest.mark.parametrize("path", ["/checkout/unknown", WIDGET, "/assets/checkout.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_are_read_and_nothing_else(mock: MockServer, path: str, method: str) -> None:
    reply = call(mock, path, method=method)
    assert (reply.status, reply.fields["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", [WIDGET, "/assets/checkout.css", "/checkout/unknown"])
def test_head_is_get_without_the_content(mock: MockServer, path: str) -> None:
    head, get = call(mock, path, method="HEAD"), call(mock, path)
    assert (head.status, head.body) == (get.status, b"")
    assert head.fields["content-length"] == str(len(get.body))


def test_the_widget_can_be_loaded_by_any_origin(mock: MockServer) -> None:
    reply = call(mock, WIDGET, headers={"Origin": "https://shop.example"})
    assert (reply.status, reply.fields["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert reply.fields["access-control-allow-origin"] == "*"
    assert reply.fields["cross-origin-resource-policy"] == "cross-origin"
    assert reply.body == widget().content


@pytest.mark.parametrize(
    ("outcome", "way"), [("success", "success"), ("refused_by_bank", "error"), ("waiting", "exit")]
)
def test_the_way_back_follows_the_payment(mock: MockServer, outcome: str, way: str) -> None:
    """PAY-07, PAY-09: 303 to the partner's URL exactly as it was sent; in mid-payment to where exits go."""
    session_id = create(mock)
    mock.pay(session_id, outcome)
    reply = call(mock, f"/checkout/{session_id}/return")
    assert (reply.status, reply.fields["location"]) == (303, WAYS[way])
    assert reply.fields["referrer-policy"] == "no-referrer"


def test_the_way_back_of_an_expired_session_is_its_error_url(mock: MockServer) -> None:
    session_id = create(mock)
    mock.clock.advance(minutes=31)
    assert call(mock, f"/checkout/{session_id}/return").fields["location"] == WAYS["error"]


@pytest.mark.parametrize("query", ["", "?url=https://evil.example", "?next=//evil.example"])
def test_an_open_session_leads_nowhere_but_to_its_page(mock: MockServer, query: str) -> None:
    """No redirect takes its target from the request."""
    session_id = create(mock)
    reply = call(mock, f"/checkout/{session_id}/return{query}", headers={"Host": "evil.example"})
    assert (reply.status, reply.fields["location"]) == (303, f"/checkout/{session_id}")


def test_no_file_makes_markup_from_text_or_code_from_strings() -> None:
    dangerous = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
    )
    native = r"\b(alert|confirm|prompt)\("
    found = [
        f"{source.name}: {match[0]}"
        for source in SOURCES
        for match in re.finditer(f"{dangerous}|{native}", source.read_text("utf-8"))
    ]
    assert found == []


def test_no_file_names_another_server_or_inlines_script_or_style() -> None:
    outside = r"https?://(?!www\.w3\.org/2000/svg)[\w-]+\.[\w.-]+|//cdn"
    inline = r"<style|\sstyle=|\son\w+=|javascript:(?!`)|<script(?![^>]*src=)"
    found = [
        f"{source.name}: {match[0]}"
        for source in SOURCES
        for match in re.finditer(f"{outside}|{inline}", source.read_text("utf-8"))
    ]
    assert found == []


def test_every_file_the_page_names_is_there() -> None:
    pages = [asset.content.decode() for name, asset in checkout_assets().items() if name.endswith(".html")]
    named = {name for page in pages for name in re.findall(r'"/assets/([^"]+)"', page)}
    assert named <= set(checkout_assets())
    assert named | {"checkout.html", "not-found.html"} == set(checkout_assets())


def test_the_widget_is_one_module_of_all_its_files(node: str, tmp_path: Path) -> None:
    """It parses, imports nothing, and no two of its files declare the same name."""
    assert {f"{name}.js" for name in WIDGET_MODULES} == {file.name for file in (STATIC / "gateway").iterdir()}
    joined = tmp_path / "widget.mjs"
    joined.write_bytes(widget().content)
    subprocess.run([node, "--check", str(joined)], check=True, capture_output=True, timeout=60)
    text = widget().content.decode()
    assert re.findall(r"^import\b.*$|\bimport\(", text, re.MULTILINE) == []
    exported = re.findall(r"^export (?:class|function) (\w+)", text, re.MULTILINE)
    assert exported == ["StablePaymentGateway", "register"]


def test_each_module_of_the_widget_comes_after_what_it_imports() -> None:
    for place, name in enumerate(WIDGET_MODULES):
        text = (STATIC / "gateway" / f"{name}.js").read_text("utf-8")
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= set(WIDGET_MODULES[:place]), name


def test_the_identity_step_offers_the_countries_of_the_document() -> None:
    text = (STATIC / "gateway" / "countries.js").read_text("utf-8")
    codes = "".join(re.findall(r'^  "([A-Z]+)"', text, re.MULTILINE))
    assert re.findall("..", codes) == sorted(openapi.load()["components"]["schemas"]["CountryCode"]["enum"])


@pytest.mark.parametrize("document", ["openapi", "payer", "sandbox"])
def test_every_problem_leads_to_a_page_about_itself(mock: MockServer, document: str) -> None:
    """ERR-04: the URL of a problem's `type`, for every code of every document."""
    for code, kind in openapi.problems(document).items():
        path = urlsplit(kind.example["type"]).path
        assert path == f"/docs/problems/{code}"
        reply = call(mock, path)
        assert (reply.status, reply.fields["content-type"]) == (200, "text/html; charset=utf-8")
        assert code in reply.body.decode()
        assert f"status {kind.status}." in reply.body.decode()
    assert call(mock, "/docs/problems/no_such_code").status == 404


@pytest.mark.parametrize("folder", ["problems", "events", "requirements", "commands"])
def test_a_folder_of_the_documentation_leads_to_its_page(mock: MockServer, folder: str) -> None:
    """With the slash, without which the links of that page would be wrong."""
    without = call(mock, f"/docs/{folder}")
    assert (without.status, without.fields["location"]) == (308, f"{folder}/")
    assert call(mock, f"/docs/{folder}/").status == 200


@pytest.mark.parametrize(("path", "location"), [("/docs/guides", "./"), ("/docs/guides/", "../")])
def test_a_folder_without_a_page_of_its_own_leads_to_the_landing_page(
    mock: MockServer, path: str, location: str
) -> None:
    """Which lists the guides."""
    reply = call(mock, path)
    assert (reply.status, reply.fields["location"]) == (307, location)
    assert urljoin(path, location) == "/docs/"


@pytest.mark.parametrize(
    "path", ["/docs/_static/", "/docs/_static", "/docs/problem", "/docs//", "/docs/../docs/"]
)
def test_no_other_path_of_the_documentation_leads_anywhere(mock: MockServer, path: str) -> None:
    assert call(mock, path).status == 404


def test_a_page_that_there_is_not_leads_to_those_that_there_are(mock: MockServer) -> None:
    reply = call(mock, "/docs/guides/no-such-page")
    assert (reply.status, reply.fields["content-type"]) == (404, "text/html; charset=utf-8")
    ways = re.findall('href="(.*?)"', reply.body.decode())
    assert {"/docs/", "/docs/search.html", "/docs/problems/"} <= set(ways)
    assert [call(mock, way).status for way in ways] == [200] * len(ways)
