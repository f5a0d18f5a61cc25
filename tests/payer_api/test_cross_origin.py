"""Which answers pages of other origins may read: all of this API, and none of the payment-session API."""

from __future__ import annotations

import pytest

from tests.payer_api.checkout import OPERATIONS, PAGE, call, send
from tests.serving import Server
from tests.session_api.calls import HOSTED, new_session, signed

ASKED = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}


@pytest.fixture
def session_id(server: Server) -> str:
    identifier: str = new_session(server, HOSTED)["sessionId"]
    return identifier


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_preflight_is_told_what_is_allowed(server: Server, session_id: str, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    answer = send(server, "OPTIONS", operation.path.replace("{sessionId}", session_id), fields=ASKED)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.fields["access-control-allow-origin"] == "*"
    assert (
        answer.fields["access-control-allow-methods"]
        == {"get": "GET, HEAD", "post": "POST"}[operation.method]
    )
    assert answer.fields["access-control-allow-headers"] == "Content-Type"
    assert answer.fields["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in answer.fields
    assert answer.fields["request-id"]
    assert answer.fields["cache-control"] == "no-store"


def test_a_preflight_needs_no_session(server: Server) -> None:
    """It asks about a path and a method, and a browser sends it before anything else."""
    assert send(server, "OPTIONS", "/payer/session/unknown/deposit", fields=ASKED).status == 204


@pytest.mark.parametrize("left_out", ["Origin", "Access-Control-Request-Method"])
def test_what_is_no_preflight_is_a_method_that_is_not_offered(
    server: Server, session_id: str, left_out: str
) -> None:
    fields = {name: value for name, value in ASKED.items() if name != left_out}
    answer = send(server, "OPTIONS", f"/payer/session/{session_id}", fields=fields)
    assert (answer.status, answer.fields["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/payer/session/{}", 200),
        ("GET", "/payer/session/unknown", 404),
        ("GET", "/payer/nothing", 404),
        ("OPTIONS", "/payer/nothing", 404),
        ("PUT", "/payer/session/{}", 405),
        ("POST", "/payer/session/{}/deposit", 415),
        ("POST", "/payer/session/{}/exit", 200),
    ],
)
def test_every_answer_can_be_read_by_any_page(
    server: Server, session_id: str, method: str, path: str, status: int
) -> None:
    """Errors too: a page that cannot read why it was refused cannot tell its payer."""
    answer = send(server, method, path.format(session_id), fields=ASKED)
    assert answer.status == status
    assert answer.fields["access-control-allow-origin"] == "*"
    assert answer.fields["access-control-expose-headers"] == "Request-Id, Retry-After"


def test_an_error_of_the_server_can_be_read_too(
    server: Server, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(server.environment.processor), "describe", fail)
    answer = call(server, "listBanks", session_id)
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "out of order" not in answer.body.decode()


def test_the_session_api_stays_closed_to_pages(server: Server, session_id: str) -> None:
    """HTTP-07: for what it takes, for what it refuses, and for preflights, which it does not know."""
    answers = [
        signed(server, "GET", f"/session/{session_id}", fields=[("Origin", PAGE)]),
        signed(server, "POST", HOSTED, b"{}", fields=[("Origin", PAGE)]),
        signed(server, "OPTIONS", HOSTED, fields=list(ASKED.items())),
        signed(server, "GET", "/nothing", fields=[("Origin", PAGE)]),
    ]
    assert [answer.status for answer in answers] == [200, 400, 405, 404]
    for answer in answers:
        assert not [name for name in answer.fields if name.startswith("access-control-")]
