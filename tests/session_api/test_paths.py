"""Paths and methods: exact paths, both 404s, 405 with what the path offers, HEAD, query strings."""

from __future__ import annotations

import pytest

from tests.serving import Server
from tests.session_api.calls import CREATIONS, HOSTED, encode, new_session, read, signed, valid
from tests.session_api.conversation import converse, statuses
from tests.session_api.exchange import Answer, exchange

METHODS = [
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"),
    *("PROPFIND", "MKCOL", "REPORT", "SEARCH", "LINK", "PURGE", "SUBSCRIBE"),
]

OFF_THE_MAP = [
    "/",
    "/session",
    "/session/",
    "/sessions",
    "/sessions/hosted",
    "//session/hosted",
    "/session//hosted",
    "/session/hosted/",
    "/session/hosted//partner-managed-customer",
    "/session/hosted/partner-managed-customer/",
    "/session/embedded/partner-managed-customer/",
    "/session/embedded/partner-managed",
    "/session/hosted/Partner-Managed-Customer",
    "/Session/hosted",
    "/SESSION/hosted",
    "/session/./hosted",
    "/session/x/../hosted",
    "/./session/hosted",
    "/../session/hosted",
    "/session/some-session/",
    "/session/some-session/deposit",
    "/session\\hosted",
    "/session%2Fhosted",
    "/session;v=1/hosted",
    "/api/session/hosted",
    "/openapi.json",
    "/openapi.yaml",
    "/swagger.json",
    "/ui/",
    "/api/docs",
    "/favicon.ico",
    "/robots.txt",
    "/.env",
    "/static/../session/hosted",
]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("target", OFF_THE_MAP)
def test_paths_are_exact(server: Server, method: str, target: str) -> None:
    """HTTP-01, HTTP-04: without credentials, and with them."""
    assert exchange(server.port, method, target).code == "not_found"
    assert signed(server, method, target, encode(valid(HOSTED))).code == "not_found"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", CREATIONS)
def test_a_creation_takes_post_alone(server: Server, path: str, method: str) -> None:
    """HTTP-02 to HTTP-04: `GET /session/hosted` too, though the template would take it."""
    if method == "POST":
        assert exchange(server.port, method, path).code == "missing_credentials"
        return
    for answer in (exchange(server.port, method, path), signed(server, method, path, encode(valid(path)))):
        assert (answer.status, answer.fields["allow"]) == (405, "POST")
        assert method == "HEAD" or answer.code == "method_not_allowed"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", ["/session/some-session", "/session/HOSTED", "/session/embedded"])
def test_a_session_takes_get_and_head_alone(server: Server, target: str, method: str) -> None:
    """HTTP-02, HTTP-04: a path in another case than a creation's is a session's."""
    answer = exchange(server.port, method, target)
    if method in ("GET", "HEAD"):
        assert answer.status == 401
    else:
        assert (answer.code, answer.fields["allow"]) == ("method_not_allowed", "GET, HEAD")


def test_a_method_that_nobody_knows_never_reaches_an_operation(server: Server) -> None:
    """HTTP-02, or the HTTP library's own refusal before routing, which the contract leaves to it."""
    for method in ("BREW", "post", "POSTPOST", "G", "X" * 300):
        heard = converse(server.port, f"{method} {HOSTED} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert statuses(heard) in ([405], [400]), (method, heard)


@pytest.mark.parametrize("query", ["?", "?amount=5", "?a=1&a=2", "?%zz", "?x=%00", "?/session/x", "?a?b"])
def test_a_query_string_changes_nothing(server: Server, query: str) -> None:
    """HTTP-05: on a creation, on the look-up, and where there is nothing."""
    created = signed(server, "POST", HOSTED + query, encode(valid(HOSTED)))
    assert created.status == 201
    target = f"/session/{created.document['sessionId']}{query}"
    assert signed(server, "GET", target).document == created.document
    assert exchange(server.port, "PUT", HOSTED + query).code == "method_not_allowed"
    assert exchange(server.port, "GET", f"{HOSTED}/{query}").code == "not_found"


def test_head_is_get_without_the_body(server: Server) -> None:
    """HTTP-06: the same status and header fields, for a session and for none."""
    for target in (f"/session/{new_session(server)['sessionId']}", "/session/no-such-session"):
        got, headed = signed(server, "GET", target), signed(server, "HEAD", target)
        assert headed.status == got.status
        own = {"request-id", "date"}
        if got.status == 404:
            own.add("content-length")  # `instance` repeats the Request-Id, which may differ in length
        assert {key: value for key, value in headed.fields.items() if key not in own} == {
            key: value for key, value in got.fields.items() if key not in own
        }
    assert exchange(server.port, "HEAD", "/session/x").status == 401
    assert exchange(server.port, "HEAD", "/nowhere").status == 404


def told(answer: Answer) -> dict[str, object]:
    """All that an answer tells but its own identity."""
    document = {key: value for key, value in answer.document.items() if key != "instance"}
    fields = {key: value for key, value in answer.fields.items() if key not in ("request-id", "date")}
    return {"status": answer.status, "document": document, "fields": fields}


def test_a_session_that_one_may_not_see_is_no_session(server: Server) -> None:
    """SESS-12, ERR-10: another partner's and an unknown one get answers that nothing tells apart."""
    session_id = new_session(server)["sessionId"]
    unknown = session_id[::-1]
    others, nobodys = read(server, session_id, partner="other"), read(server, unknown, partner="other")
    assert others.code == "session_not_found"
    assert told(others) == told(nobodys)
    identity = others.fields["request-id"].encode()
    assert others.body.replace(identity, b"-") == nobodys.body.replace(
        nobodys.fields["request-id"].encode(), b"-"
    )


@pytest.mark.parametrize(
    "segment",
    [
        "x",
        "a%2Fb",
        "a%2fb",
        "%2F",
        "%2e%2e",
        "..",
        ".",
        "%00",
        "%0A",
        "%20",
        "%F0%9F%98%80",
        "%FF%FE",
        "%zz",
        "%",
        "%25",
        "{sessionId}",
        "hosted%2Fpartner-managed-customer",
        "HOSTED",
        "embedded",
        "hosted;v=1",
        "'%20OR%20''='",
        "~!$&'()*+,;=:@",
        "undefined",
        "x" * 6000,
    ],
)
def test_any_single_segment_that_is_no_session_is_the_same_404(server: Server, segment: str) -> None:
    """SESS-12: never 400, whatever the segment holds; an encoded slash does not end it."""
    unknown = signed(server, "GET", "/session/unknown")
    answer = signed(server, "GET", f"/session/{segment}")
    assert answer.code == "session_not_found"
    assert told(answer) == told(unknown)


@pytest.mark.parametrize(
    "target", ["/session/hosted%2Fpartner-managed-customer", "/session/embedded%2fpartner-managed-customer"]
)
def test_an_encoded_slash_separates_nothing(server: Server, target: str) -> None:
    """HTTP-01: the path is one of a session, which takes no POST (RFC 3986 section 2.2)."""
    answer = signed(server, "POST", target, encode(valid(CREATIONS[1])))
    assert (answer.code, answer.fields["allow"]) == ("method_not_allowed", "GET, HEAD")


def test_an_identifier_is_compared_whole_and_in_its_case(server: Server) -> None:
    """SESS-12."""
    session_id = new_session(server)["sessionId"]
    longer = (session_id + "0", f"%20{session_id}", f"{session_id}%00")
    for other in (session_id.swapcase(), session_id[:-1], *longer):
        assert read(server, other).code == "session_not_found"
