"""Who may come near: loopback or the token, and no page of another origin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver import MockServer
from reference_impl.domain.problems import Problem
from reference_impl.http.loopback_fence import LoopbackFence
from tests.control_api.control import Control, call

CLOCK = "/_sandbox/namespaces/default/clock"
TOKEN = "a-token-of-this-test"
PUBLIC = "https://sandbox.example"


@pytest.fixture(scope="module")
def guarded() -> Iterator[MockServer]:
    with MockServer(control_token=TOKEN) as running:
        yield running


def verdict(*, peer: str | None = "127.0.0.1", method: str = "POST", **fields: str) -> str:
    """The code of the refusal, or `admitted`, of a server whose public URL is not loopback."""
    fence = LoopbackFence(public_url=PUBLIC, token=TOKEN)
    try:
        fence({name.replace("_", "-"): value for name, value in fields.items()}, method=method, peer=peer)
    except Problem as problem:
        return problem.code
    return "admitted"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]"]
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_by_a_loopback_name_is_admitted(host: str, peer: str) -> None:
    assert verdict(host=host, peer=peer) == "admitted"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "evil.example/localhost",
        "192.168.0.7.evil.example",
        "0xc0a80007",
        "3232235527",
        "192.168.7",
        "[::1",
        "",
    ],
)
def test_a_host_that_is_not_the_servers_is_refused_even_with_the_token(host: str) -> None:
    """DNS rebinding: the name of a hostile page, made to point to this machine."""
    assert verdict(host=host) == "forbidden_origin"
    assert verdict(host=host, authorization=f"Bearer {TOKEN}") == "forbidden_origin"


@pytest.mark.parametrize("host", ["192.0.2.7", "192.0.2.7:8080", "[2001:db8::7]:8080", "0.0.0.0:8080"])
@pytest.mark.parametrize("peer", ["192.0.2.9", "127.0.0.1"])
def test_at_its_address_in_digits_the_token_decides(host: str, peer: str) -> None:
    """A page of somebody else's has a name, and comes with that."""
    assert verdict(host=host, peer=peer) == "control_token_required"
    assert verdict(host=host, peer=peer, authorization=f"Bearer {TOKEN}") == "admitted"
    assert (
        verdict(host=host, peer=peer, authorization=f"Bearer {TOKEN}", origin=f"http://{host}") == "admitted"
    )
    foreign = verdict(host=host, authorization=f"Bearer {TOKEN}", origin="http://evil.example")
    assert foreign == "forbidden_origin"


def test_a_request_without_host_is_refused() -> None:
    assert verdict() == "forbidden_origin"


@pytest.mark.parametrize(
    ("peer", "fields"),
    [
        ("192.0.2.7", {"host": "localhost:8080"}),
        ("::ffff:192.0.2.7", {"host": "localhost:8080"}),
        ("127.0.0.1", {"host": "sandbox.example"}),
        ("127.0.0.1", {"host": "localhost", "x_forwarded_for": "192.0.2.7"}),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=192.0.2.7"}),
        (None, {"host": "localhost"}),
    ],
)
def test_beyond_loopback_and_through_a_proxy_the_token_decides(
    peer: str | None, fields: dict[str, str]
) -> None:
    assert verdict(peer=peer, **fields) == "control_token_required"
    assert verdict(peer=peer, authorization=f"Bearer {TOKEN}", **fields) == "admitted"
    assert verdict(peer=peer, authorization=f"bearer  {TOKEN} ", **fields) == "admitted"
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", "Bearer ä", f"Basic {TOKEN}", TOKEN):
        assert verdict(peer=peer, authorization=wrong, **fields) == "control_token_required"


def test_without_a_token_nobody_beyond_loopback_is_admitted() -> None:
    fence = LoopbackFence(public_url=PUBLIC)
    for given in ("Bearer ", "Bearer None", "Bearer null"):
        with pytest.raises(Problem, match="control_token_required"):
            fence({"host": "sandbox.example", "authorization": given}, method="GET", peer="192.0.2.7")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:8081", "http://localhost", "file://", ""]
)
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    assert verdict(host="localhost:8080", origin=origin) == "forbidden_origin"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "https://localhost:8080"),
        ("localhost:8080", PUBLIC),
    ],
)
def test_the_servers_own_pages_are_admitted(host: str, origin: str) -> None:
    assert verdict(host=host, origin=origin) == "admitted"


def test_what_a_browser_says_of_the_site_is_believed() -> None:
    """`Sec-Fetch-Site` is sent where `Origin` is not: an image of another page, for instance."""
    assert verdict(host="localhost", method="GET", sec_fetch_site="cross-site") == "forbidden_origin"
    assert verdict(host="localhost", method="GET", sec_fetch_site="same-origin") == "admitted"
    assert verdict(host="localhost", method="GET", sec_fetch_site="none") == "admitted"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json5",
    ],
)
def test_a_forms_body_is_refused_even_where_no_body_is_taken(sandbox: Control, content_type: str) -> None:
    reply = sandbox.ask("POST", "/reset", b"{}", **{"Content-Type": content_type})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


def test_rebinding_is_refused_over_http_and_changes_nothing(sandbox: Control) -> None:
    reply = sandbox.ask("POST", "/clock/freeze", Host="evil.example")
    assert (reply.status, reply.code) == (403, "forbidden_origin")
    assert not sandbox.get("/clock")["isFrozen"]


def test_a_foreign_origin_is_refused_over_http_and_may_read_nothing(sandbox: Control) -> None:
    for method, path in (("POST", "/clock/freeze"), ("GET", "/partners"), ("GET", "/events")):
        reply = sandbox.ask(method, path, Origin="https://evil.example")
        assert (reply.status, reply.code) == (403, "forbidden_origin")
        assert not [name for name in reply.fields if name.startswith("access-control-")]
    assert not sandbox.get("/clock")["isFrozen"]


def test_a_preflight_is_not_answered(sandbox: Control) -> None:
    """Without it a browser sends neither JSON nor PUT, PATCH, DELETE across origins."""
    reply = sandbox.ask(
        "OPTIONS",
        "/clock/advance",
        Origin="https://evil.example",
        **{"Access-Control-Request-Method": "POST"},
    )
    assert reply.status == 405
    assert not [name for name in reply.fields if name.startswith("access-control-")]


def test_the_token_is_asked_for_and_taken_over_http(guarded: MockServer) -> None:
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    reply = call(guarded.url, "GET", CLOCK, headers=proxied)
    assert (reply.status, reply.code) == (401, "control_token_required")
    assert reply.fields["www-authenticate"] == 'Bearer realm="sandbox"'
    assert TOKEN.encode() not in reply.body
    reply = call(guarded.url, "GET", CLOCK, headers={**proxied, "Authorization": f"Bearer {TOKEN}"})
    assert reply.status == 200


def test_the_inspector_is_shown_at_an_address_in_digits_and_the_token_opens_what_it_shows(
    guarded: MockServer,
) -> None:
    host = {"Host": "192.0.2.7:8080"}
    assert call(guarded.url, "GET", "/_sandbox/", headers=host).status == 200
    assert call(guarded.url, "GET", CLOCK, headers=host).code == "control_token_required"
    assert call(guarded.url, "GET", CLOCK, headers={**host, "Authorization": f"Bearer {TOKEN}"}).status == 200
    assert call(guarded.url, "GET", "/_sandbox/", headers={"Host": "evil.example"}).status == 403


def test_the_token_opens_nothing_but_the_control_api(guarded: MockServer) -> None:
    reply = call(guarded.url, "GET", "/session/x", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (reply.status, reply.code) == (401, "missing_credentials")
