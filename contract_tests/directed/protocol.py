"""HTTP: paths, methods, media types, sizes, headers, and which of several faults decides."""

import gzip

from ..judging.creation import is_same_session
from ..operations import CREATIONS, session_path
from ..trial import JSON, Trial, encode, judges
from ..unrouted import is_unrouted
from ..wire import Exchange, Headers, Request
from .authentication import UNKNOWN_SESSION, with_header

BODY_LIMIT = 262_144
OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
QUERIES = (
    "?a=1",
    "?sessionId=other&currency=USD",
    "?currency=USD&amount=7",
    "?fields=sessionId",
    "?_method=DELETE",
    "?",
    "?%00=%ff",
)


def header(exchange: Exchange, name: str) -> str | None:
    """A header of the answer; None where either is absent."""
    return exchange.answer.header(name) if exchange.answer else None


def allowed(exchange: Exchange) -> set[str]:
    """The methods in ``Allow``."""
    return {word.strip() for word in (header(exchange, "Allow") or "").split(",")} - {""}


def padded(body: bytes, size: int) -> bytes:
    """The same JSON with white space up to `size` bytes."""
    return body + b" " * (size - len(body))


@judges("HTTP-01", "HTTP-04")
def paths_are_exact(trial: Trial) -> None:
    """Nothing that merely resembles a path of the contract is one, with or without credentials."""
    creation = trial.creation
    paths = [
        "/",
        "/session",
        "/session/",
        "/sessions",
        "/Session/hosted",
        "/session/hosted/",
        "/session//hosted",
        "//session/hosted",
        "/session/hosted/x",
        "/session/hosted/Partner-Managed-Customer",
        "/session/embedded/partner-managed-customer/",
        f"/session/{UNKNOWN_SESSION}/",
        f"/session/{UNKNOWN_SESSION}/x",
        "/api/session/hosted",
    ]
    for path in paths:
        for method in ("POST", "GET"):
            body = encode(creation.members()) if method == "POST" else None
            request = Request(method=method, path=path, headers=JSON if body else (), body=body)
            case = f"{method} {path}"
            trial.expect("HTTP-01", trial.send(trial.sign(request)), 404, "not_found", case)
            trial.expect("HTTP-04", trial.send(request), 404, "not_found", f"{case} without credentials")


@judges("HTTP-02", "HTTP-03", "HTTP-04")
def methods_are_those_of_the_path(trial: Trial) -> None:
    """Every other method is 405, with the methods that there are, and needs no credentials."""
    look_up = session_path(UNKNOWN_SESSION)
    tables = [(creation.path, {"POST"}, ("GET", "HEAD", *OTHER_METHODS)) for creation in CREATIONS]
    for path, offered, methods in [*tables, (look_up, {"GET", "HEAD"}, ("POST", *OTHER_METHODS))]:
        # Who does not offer HEAD, which is no more than a SHOULD (HTTP-06), may leave it out.
        refused = trial.send(trial.sign(Request(method="HEAD", path=path))).answer
        enough = offered - ({"HEAD"} if refused is not None and refused.status == 405 else set())
        for method in methods:
            request = Request(method=method, path=path)
            code = None if method == "HEAD" else "method_not_allowed"
            for requirement, sent in (("HTTP-02", trial.sign(request)), ("HTTP-04", request)):
                exchange = trial.send(sent)
                trial.expect(requirement, exchange, 405, code, f"{method} {path}")
                if requirement == "HTTP-02":
                    expected = f"Allow: {', '.join(sorted(offered))}"
                    trial.check("HTTP-02", enough <= allowed(exchange) <= offered, exchange, expected)
    override: Headers = (("X-HTTP-Method-Override", "GET"), ("X-Method-Override", "GET"))
    exchange = trial.send(trial.sign(Request(method="POST", path=look_up, headers=override)))
    trial.expect("HTTP-02", exchange, 405, "method_not_allowed", f"POST {look_up} that asks for GET")
    for path in ("/session/hosted",):
        exchange = trial.get(path)
        trial.expect("HTTP-03", exchange, 405, "method_not_allowed", f"GET {path}")
        trial.check("HTTP-03", allowed(exchange) == {"POST"}, exchange, "Allow: POST")


@judges("HTTP-05")
def query_strings_change_nothing(trial: Trial) -> None:
    """What follows the question mark is ignored, for creations and look-ups."""
    session, _ = trial.create()
    plain = trial.get(trial.path_of(session))
    for query in QUERIES:
        request = trial.creating()
        sent = trial.sign(Request(method="POST", path=request.path + query, headers=JSON, body=request.body))
        exchange = trial.send(sent)
        if is_unrouted(exchange, trial.client):
            continue
        if trial.expect("HTTP-05", exchange, 201, case=f"a creation with {query}"):
            made = exchange.answer.json() if exchange.answer else None
            asked = ("currency", "country", "amount")
            same = isinstance(made, dict) and set(made) == set(session)
            same = same and all((made or {}).get(name) == session.get(name) for name in asked)
            trial.check("HTTP-05", same, exchange, f"the session that the body asks for, whatever {query}")
        exchange = trial.get(trial.path_of(session) + query)
        if trial.expect("HTTP-05", exchange, 200, case=f"a look-up with {query}"):
            shown = [each.answer.json() if each.answer else None for each in (plain, exchange)]
            trial.check("HTTP-05", is_same_session(*shown), exchange, f"the session as without {query}")


@judges("HTTP-06")
def head_is_get_without_the_body(trial: Trial) -> None:
    """HEAD on the look-up has the status and the headers of GET."""
    session, _ = trial.create()
    for path, status in ((trial.path_of(session), 200), (session_path(UNKNOWN_SESSION), 404)):
        got, head = trial.get(path), trial.get(path, method="HEAD")
        trial.expect("HTTP-06", head, status, case=f"HEAD {path}")
        trial.check("HTTP-06", head.answer is not None and head.answer.body == b"", head, "no body")
        for name in ("Content-Type", "Cache-Control"):
            trial.check("HTTP-06", header(head, name) == header(got, name), head, f"the {name} of GET")


@judges("HTTP-07")
def no_cross_origin_access(trial: Trial) -> None:
    """The API is for servers: no answer invites a browser's script, a preflight's answer included."""
    origin: Headers = (("Origin", "https://shop.example"),)
    preflight = (
        *origin,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "apikey"),
    )
    exchanges = [
        trial.post(headers=(*JSON, *origin)),
        trial.get(session_path(UNKNOWN_SESSION), headers=origin),
        trial.send(Request(method="GET", path="/nowhere", headers=origin)),
        trial.send(Request(method="OPTIONS", path=trial.creation.path, headers=preflight)),
        trial.send(Request(method="OPTIONS", path=session_path(UNKNOWN_SESSION), headers=preflight)),
        trial.send(Request(method="GET", path=session_path(UNKNOWN_SESSION), headers=origin)),
        trial.get(trial.path_of(trial.create()[0]), headers=origin),
    ]
    for exchange in exchanges:
        names = [name for name, _ in exchange.answer.headers] if exchange.answer else []
        found = [name for name in names if name.lower().startswith("access-control-")]
        trial.check(
            "HTTP-07", exchange.answer is not None and not found, exchange, "no Access-Control-* header"
        )


@judges("HTTP-08")
def a_body_on_get_is_ignored(trial: Trial) -> None:
    """A look-up's body is signed and otherwise without effect, whatever is in it."""
    session, _ = trial.create()
    for body in (b"{", b"\xff\xfe", b'{"sessionId": "other"}'):
        for headers in ((), JSON, (("Content-Type", "text/plain"),), (*JSON, ("Content-Encoding", "gzip"))):
            request = Request(method="GET", path=trial.path_of(session), headers=headers, body=body)
            trial.expect("HTTP-08", trial.send(trial.sign(request)), 200, case=f"GET with the body {body!r}")


@judges("HTTP-09", "HTTP-10", "HTTP-11")
def media_types(trial: Trial) -> None:
    """JSON in UTF-8 under its own name is taken, anything else is 415."""
    for value in (
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON; Charset=Utf-8",
        'application/json; charset="utf-8"',  # a token in quotes is the same (RFC 9110 section 5.6.6)
        "application/json; version=2",
        "application/json; charset=utf-8; x=y",
        "application/json ; charset=utf-8",  # white space may stand on either side
        'application/json; x="a; charset=utf-16"',  # one parameter, whatever its text looks like
    ):
        exchange = trial.post(headers=(("Content-Type", value),))
        trial.expect("HTTP-09", exchange, 201, case=f"Content-Type: {value}")
    for refused in (
        None,
        "text/plain",
        "text/json",
        "application/problem+json",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=foo",
    ):
        headers = () if refused is None else (("Content-Type", refused),)
        case = "no Content-Type" if refused is None else f"Content-Type: {refused}"
        trial.expect("HTTP-10", trial.post(headers=headers), 415, "unsupported_media_type", case)
    identity = (*JSON, ("Content-Encoding", "identity"))
    trial.expect("HTTP-11", trial.post(headers=identity), 201, case="Content-Encoding: identity")
    for coding in ("gzip", "deflate", "br", "gzip, identity", "x-unknown"):
        body = gzip.compress(encode(trial.creation.members()), mtime=0) if coding == "gzip" else None
        exchange = trial.post(body=body, headers=(*JSON, ("Content-Encoding", coding)))
        trial.expect("HTTP-11", exchange, 415, "unsupported_media_type", f"Content-Encoding: {coding}")


@judges("HTTP-12")
def accept_headers(trial: Trial) -> None:
    """Only an ``Accept`` that gives application/json quality 0 is refused."""
    refused = (
        "application/json;q=0",
        "*/*;q=0",
        "application/*;q=0.0",
        "application/json;q=0, */*;q=1",
        "text/html, application/json;q=0.000",
        "text/html",
        "application/problem+json, application/xml;q=0.5",
    )
    taken = (
        "application/json",
        "Application/JSON",
        "*/*",
        "application/*;q=0.1",
        "text/html;q=0, */*",
        "application/json;q=1, */*;q=0",
        ";;;",
        "application/json;q=2",
    )
    twice: Headers = (("Accept", "text/html"), ("Accept", "application/json"))
    exchange = trial.post(headers=(*JSON, *twice))
    trial.expect("HTTP-12", exchange, 201, case="Accept: text/html, and in another field application/json")
    for value in refused:
        exchange = trial.post(headers=(*JSON, ("Accept", value)))
        trial.expect("HTTP-12", exchange, 406, "not_acceptable", f"Accept: {value}")
    for value in taken:
        exchange = trial.post(headers=(*JSON, ("Accept", value)))
        trial.expect("HTTP-12", exchange, 201, case=f"Accept: {value}")


@judges("HTTP-13", "HTTP-14", "HTTP-15")
def sizes_and_chunks(trial: Trial) -> None:
    """The limit holds at the byte, for declared lengths and for chunks, which mean the same otherwise."""
    body = encode(trial.creation.members())
    for chunked in (False, True):
        way = "in chunks" if chunked else "with Content-Length"
        exchange = trial.post(body=padded(body, BODY_LIMIT), chunked=chunked)
        trial.expect("HTTP-14", exchange, 201, case=f"{BODY_LIMIT:,} bytes {way}")
        for size in (BODY_LIMIT + 1, 2 * BODY_LIMIT):
            exchange = trial.post(body=padded(body, size), chunked=chunked)
            trial.expect("HTTP-13", exchange, 413, "body_too_large", f"{size:,} bytes {way}")
            trial.client.close()  # the rest of a body that was refused may still be in the connection
        exchange = trial.post(body=padded(encode("ü" * (BODY_LIMIT // 2)), BODY_LIMIT + 1), chunked=chunked)
        trial.expect("HTTP-13", exchange, 413, "body_too_large", f"fewer characters than bytes {way}")
        trial.client.close()
    trial.expect("HTTP-15", trial.post(chunked=True), 201, case="a creation in chunks")
    exchange = trial.post({"currency": "EURO"}, chunked=True)
    trial.expect_pointers("HTTP-15", exchange, {"/currency"}, "a faulty creation in chunks")
    trial.expect("HTTP-15", trial.post(body=b"", chunked=True), 400, "malformed_json", "no bytes in chunks")


def forbidden(trial: Trial, headers: Headers) -> list[Exchange]:
    """A creation by a partner that was not onboarded for it, where one of ours is not."""
    return [
        trial.post(creation=creation, partner=partner, headers=(*JSON, *headers))
        for partner, creation in trial.withheld()[:1]
    ]


@judges("HTTP-16", "HTTP-17")
def headers_of_every_answer(trial: Trial) -> None:
    """Each answer, whatever its status, has a Request-Id of its own making and is not to be stored."""
    mine = "request-id-of-the-client"
    sent: Headers = (("Request-Id", mine), ("X-Request-Id", mine))
    session, _ = trial.create()
    unsigned = trial.creating(headers=(*JSON, *sent))
    keyed = {"idempotencyKey": trial.fresh()}
    exchanges = [
        trial.post(keyed, headers=(*JSON, *sent)),
        trial.post(keyed, headers=(*JSON, *sent)),
        trial.post({**keyed, "currency": "GBP"}, headers=(*JSON, *sent)),
        trial.get(trial.path_of(session), headers=sent, method="HEAD"),
        trial.send(Request(method="HEAD", path=trial.creation.path, headers=sent)),
        *forbidden(trial, sent),
        trial.post(headers=(*JSON, *sent)),
        trial.post(headers=(*JSON, *sent)),
        trial.get(trial.path_of(session), headers=sent),
        trial.get(session_path(UNKNOWN_SESSION), headers=sent),
        trial.send(unsigned),
        trial.send(with_header(trial.sign(unsigned), "Signature", "AAAA")),
        trial.send(Request(method="GET", path="/nowhere", headers=sent)),
        trial.send(Request(method="DELETE", path="/session/hosted", headers=sent)),
        trial.post({"currency": "EURO"}, headers=(*JSON, *sent)),
        trial.post(body=b"{", headers=(*JSON, *sent)),
        trial.post(headers=(("Content-Type", "text/plain"), *sent)),
        trial.post(headers=(*JSON, ("Accept", "*/*;q=0"), *sent)),
        trial.post(body=padded(b"{}", BODY_LIMIT + 1), headers=(*JSON, *sent)),
    ]
    trial.client.close()
    seen: set[str] = set()
    for exchange in exchanges:
        value = header(exchange, "Request-Id") or ""
        visible = 1 <= len(value) <= 64 and value.isascii() and value.isprintable() and " " not in value
        expected = "a Request-Id of 1 to 64 visible ASCII characters"
        trial.check("HTTP-16", visible, exchange, expected)
        trial.check("HTTP-16", mine not in value, exchange, "a Request-Id that is not made of the client's")
        trial.check("HTTP-16", value not in seen, exchange, "a Request-Id that was never used before")
        seen.add(value)
        stored = header(exchange, "Cache-Control")
        trial.check("HTTP-17", stored == "no-store", exchange, "Cache-Control: no-store")
