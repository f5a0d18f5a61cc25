"""HTTP: servers that are not exact about paths, headers and what comes first."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from reference_impl.domain.problems import Fault, Problem, invalid_request, unauthenticated
from reference_impl.domain.sessions import session_not_found
from reference_impl.http import admission, exchange, json_text
from reference_impl.http.admission import Admission
from reference_impl.http.exchange import (
    MAXIMUM_BODY,
    Receive,
    Scope,
    Send,
    found_target,
    replay,
    send_answer,
)
from reference_impl.http.media_types import require_json
from reference_impl.http.messages import PROBLEM_JSON, Answer
from reference_impl.http.paths import Paths
from reference_impl.http.session_api import SessionGatekeeper
from tests.faulty.alterations import alter_bodies, alter_heads, alter_requests, answer_instead, field_of
from tests.faulty.patches import Patches, faulty


def _altering_paths(patches: Patches, change: Callable[[str], str]) -> None:
    """Route requests by another path than theirs."""

    def altered(scope: Scope) -> Scope:
        path = change(scope["raw_path"].decode("latin-1"))
        return {**scope, "path": path, "raw_path": path.encode("latin-1")}

    alter_requests(patches, altered)


@faulty(breaks="HTTP-01", collateral=("HTTP-04",))
def trailing_slash_tolerated(patches: Patches) -> None:
    """A slash at the end of a path is dropped, so that two addresses name one thing."""
    _altering_paths(patches, lambda path: path.rstrip("/") or "/")


@faulty(breaks="HTTP-01", collateral=("HTTP-04",), on="reference")
def trailing_slash_redirected(patches: Patches) -> None:
    """A path with a slash at its end is redirected to the one without, which turns a POST away."""

    async def redirect(scope: Scope, send: Send) -> bool:
        path = scope["raw_path"].decode("latin-1")
        if len(path) == 1 or not path.endswith("/"):
            return False
        await send_answer(Answer(308, b"", {"location": path.rstrip("/")}, PROBLEM_JSON), send)
        return True

    answer_instead(patches, redirect)


@faulty(breaks="HTTP-01", collateral=("HTTP-04",))
def paths_without_case(patches: Patches) -> None:
    """The words of a path are compared without regard to case."""
    words = re.compile("session|hosted|embedded|partner-managed-customer", re.IGNORECASE)
    _altering_paths(patches, lambda path: words.sub(lambda word: word[0].lower(), path))


@faulty(breaks="HTTP-01", collateral=("HTTP-04",))
def routes_without_beginning(patches: Patches) -> None:
    """Routes are searched for anywhere in the path, so that anything may stand before them."""
    _altering_paths(patches, lambda path: path[max(path.find("/session/"), 0) :])


@faulty(breaks="HTTP-02", collateral=("HTTP-03",), on="reference")
def methods_not_told(patches: Patches) -> None:
    """A 405 does not say which methods there are."""

    def drop(_: Scope, __: int, fields: MutableMapping[bytes, bytes]) -> None:
        fields.pop(b"allow", None)

    alter_heads(patches, drop)


@faulty(breaks="HTTP-02", collateral=("HTTP-04", "HTTP-16", "HTTP-17"))
def options_answered_by_the_framework(patches: Patches) -> None:
    """OPTIONS is answered with 204 by the framework, before the API is asked."""

    async def answer(scope: Scope, send: Send) -> bool:
        if scope["method"] != "OPTIONS" or not scope["path"].startswith("/session"):
            return False
        await send_answer(Answer(204, b"", {"allow": "GET, HEAD, POST, OPTIONS"}), send)
        return True

    answer_instead(patches, answer)


@faulty(breaks="HTTP-02")
def method_overridden_by_a_header(patches: Patches) -> None:
    """The method is that of X-HTTP-Method-Override where a request has one."""

    def override(scope: Scope) -> Scope:
        method = field_of(scope, b"x-http-method-override")
        return {**scope, "method": method.decode("latin-1")} if method else scope

    alter_requests(patches, override)


@faulty(breaks="HTTP-03", collateral=("HTTP-02", "HTTP-04"), on="reference")
def template_before_concrete_paths(patches: Patches) -> None:
    """GET /session/hosted looks for a session with the identifier hosted."""

    def altered(scope: Scope) -> Scope:
        if (scope["method"], scope["path"]) != ("GET", "/session/hosted"):
            return scope
        return {**scope, "path": "/session/-hosted", "raw_path": b"/session/-hosted"}

    alter_requests(patches, altered)


@faulty(breaks="HTTP-04", collateral=("HTTP-18", "HTTP-19"))
def credentials_asked_for_at_every_path(patches: Patches) -> None:
    """Nobody without credentials learns that a path or a method does not exist."""

    async def call(
        original: Callable[..., Any], self: Paths, scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            await original(self, scope, receive, send)
        except Problem as problem:
            unrouted = problem.code in ("not_found", "method_not_allowed")
            if unrouted and field_of(scope, b"signature") is None:
                raise unauthenticated("missing_credentials", "Say who you are.") from None
            raise

    patches.around(Paths, "__call__", call)


@faulty(breaks="HTTP-05", collateral=("IDEM-10",))
def query_belongs_to_the_signature(patches: Patches) -> None:
    """The query string is verified as if it were the end of the body."""
    alter_requests(
        patches,
        lambda scope: {**scope, "headers": [*scope["headers"], (b"x-query", scope["query_string"])]},
    )

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        return original(self, fields, body + fields["x-query"].encode("latin-1"), path_parameters)

    patches.around(SessionGatekeeper, "authenticate", authenticate)


@faulty(breaks="HTTP-05", collateral=("IDEM-10",), on="reference")
def unknown_query_parameters_refused(patches: Patches) -> None:
    """A query parameter that no operation declares is an invalid request."""

    def parameters(
        original: Callable[..., Any], operation: Any, found: Any, scope: Scope, fields: Any
    ) -> Any:
        if scope["query_string"]:
            raise invalid_request([Fault("", "unknown_field", "there are no query parameters")])
        return original(operation, found, scope, fields)

    patches.around(admission, "_parameters", parameters)


@faulty(breaks="HTTP-06")
def heads_without_a_type(patches: Patches) -> None:
    """Where no content is sent, none is described: the answer to HEAD has no Content-Type."""

    def drop(scope: Scope, _: int, fields: MutableMapping[bytes, bytes]) -> None:
        if scope["method"] == "HEAD":
            fields.pop(b"content-type", None)

    alter_heads(patches, drop)


@faulty(breaks="HTTP-07")
def open_to_every_origin(patches: Patches) -> None:
    """Every answer invites the scripts of any web page."""

    def invite(_: Scope, __: int, fields: MutableMapping[bytes, bytes]) -> None:
        fields[b"access-control-allow-origin"] = b"*"

    alter_heads(patches, invite)


@faulty(breaks="HTTP-08", on="reference")
def bodies_of_get_are_parsed(patches: Patches) -> None:
    """A parser of JSON stands before every operation, so that a look-up's body has to be JSON, too."""

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        verified = original(self, fields, body, path_parameters)
        if "sessionId" in path_parameters and body and fields.get("content-type") == "application/json":
            json_text.read_json(body)
        return verified

    patches.around(SessionGatekeeper, "authenticate", authenticate)


def _reading_media_types(patches: Patches, change: Callable[[str], str]) -> None:
    """Judge another Content-Type than the one that came."""

    def require(original: Callable[..., None], content_type: str | None, encoding: str | None) -> None:
        original(None if content_type is None else change(content_type), encoding)

    patches.around(admission, "require_json", require)


@faulty(breaks="HTTP-09", collateral=("IDEM-10",))
def media_type_compared_as_a_whole(patches: Patches) -> None:
    """Content-Type has to be application/json to the letter: parameters make it another."""
    _reading_media_types(patches, lambda given: "text/plain" if given != "application/json" else given)


@faulty(breaks="HTTP-10", collateral=("HTTP-11", "HTTP-18", "IDEM-07"), on="reference")
def any_media_type_is_json(patches: Patches) -> None:
    """Nobody looks at Content-Type: whatever parses as JSON is taken."""
    patches.replace(admission, "require_json", lambda *_: None)


@faulty(breaks="HTTP-10", collateral=("HTTP-09",))
def charset_not_looked_at(patches: Patches) -> None:
    """The charset is not looked at, so that a client that means Latin-1 is read as UTF-8."""
    _reading_media_types(patches, lambda given: re.sub("(?i); *charset=[^;]*", "", given))


@faulty(breaks="HTTP-10", on="reference")
def any_json_type_accepted(patches: Patches) -> None:
    """Every type that ends in +json is taken for JSON without a format of its own."""
    _reading_media_types(
        patches, lambda given: re.sub(r"(?i)^application/[^;]*\+json", "application/json", given)
    )


@faulty(breaks="HTTP-11")
def compressed_bodies_inflated(patches: Patches) -> None:
    """A compressed body is inflated on the way, whatever the document says of it and however long it gets."""

    def require(original: Callable[..., None], content_type: str | None, encoding: str | None) -> None:
        original(content_type, None if encoding == "gzip" else encoding)

    patches.around(admission, "require_json", require)
    alter_bodies(patches, lambda body: gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)


async def _read_all(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@faulty(breaks="HTTP-12")
def accept_not_looked_at(patches: Patches) -> None:
    """Nobody looks at Accept: who has no use for JSON gets it all the same."""
    patches.replace(admission, "require_json_acceptable", lambda _: None)


@faulty(breaks="HTTP-13")
def size_by_content_length_alone(patches: Patches) -> None:
    """The limit is held against Content-Length, so that a body in chunks has none."""

    async def read(original: Callable[..., Any], receive: Receive, fields: Mapping[str, str]) -> bytes:
        if "content-length" in fields:
            whole: bytes = await original(receive, fields)
            return whole
        return await _read_all(receive)

    patches.around(admission, "read_body", read)


@faulty(breaks="HTTP-13", on="reference")
def size_in_characters(patches: Patches) -> None:
    """The limit counts characters: a body of twice as many bytes is read."""

    async def read(original: Callable[..., Any], receive: Receive, fields: Mapping[str, str]) -> bytes:
        body = await _read_all(receive)
        if len(body.decode("utf-8", "replace")) > MAXIMUM_BODY:
            raise Problem("body_too_large", "The body is too long.")
        return body

    patches.around(admission, "read_body", read)


@faulty(breaks="HTTP-14")
def the_limit_itself_refused(patches: Patches) -> None:
    """A body of exactly the largest size is refused."""
    patches.replace(exchange, "MAXIMUM_BODY", MAXIMUM_BODY - 1)


@faulty(
    breaks="HTTP-15",
    collateral=(
        "AUTH-05",
        "HTTP-14",
    ),
    on="reference",
)
def chunks_not_read(patches: Patches) -> None:
    """Without Content-Length there is no body, as interfaces before chunks have it."""

    async def read(original: Callable[..., Any], receive: Receive, fields: Mapping[str, str]) -> bytes:
        body: bytes = await original(receive, fields)
        return body if "content-length" in fields else b""

    patches.around(admission, "read_body", read)


@faulty(breaks="HTTP-16")
def request_id_of_the_client(patches: Patches) -> None:
    """The Request-Id of an answer is the one that the client has sent, where it has sent one."""

    def echo(scope: Scope, _: int, fields: MutableMapping[bytes, bytes]) -> None:
        fields[b"request-id"] = field_of(scope, b"request-id") or fields[b"request-id"]

    alter_heads(patches, echo)


@faulty(breaks="HTTP-16", collateral=("IDEM-04",), on="reference")
def request_id_of_the_process(patches: Patches) -> None:
    """The Request-Id tells which process answered, and nothing else."""
    patches.environment(new_request_id=lambda: f"worker-{os.getpid()}")


@faulty(breaks="HTTP-17")
def errors_of_routing_without_headers(patches: Patches) -> None:
    """What is answered before routing ends lacks the headers that are added after it."""

    def drop(_: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 405:
            del fields[b"cache-control"]

    alter_heads(patches, drop)


@faulty(breaks="HTTP-17", collateral=("HTTP-06",), on="reference")
def look_ups_may_be_cached(patches: Patches) -> None:
    """A session may be kept by whoever passes it on, for a minute."""

    def cache(scope: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if (scope["method"], status) == ("GET", 200):
            fields[b"cache-control"] = b"private, max-age=60"

    alter_heads(patches, cache)


@faulty(
    breaks="HTTP-18",
    collateral=(
        "DATA-14",
        "ERR-05",
        "HTTP-10",
        "HTTP-11",
        "SESS-13",
    ),
)
def validation_before_authentication(patches: Patches) -> None:
    """The body is validated before anybody asks who has sent it."""

    async def call(
        original: Callable[..., Any], self: Admission, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await _read_all(receive)
        operation = found_target(scope).operation
        if operation.body is not None and len(body) <= MAXIMUM_BODY:
            faults = operation.body.faults(json_text.read_json(body))
            if faults:
                raise invalid_request(faults)
        await original(self, scope, replay(body, receive), send)

    patches.around(Admission, "__call__", call)


@faulty(breaks="HTTP-18", on="reference")
def media_type_before_authentication(patches: Patches) -> None:
    """The framework refuses a media type before the application asks who is there."""

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        if "sessionId" not in path_parameters:
            require_json(fields.get("content-type"), fields.get("content-encoding"))
        return original(self, fields, body, path_parameters)

    patches.around(SessionGatekeeper, "authenticate", authenticate)


@faulty(breaks="HTTP-19", collateral=("AUTH",), on="reference")
def sessions_found_before_authentication(patches: Patches) -> None:
    """The session is looked up before anybody asks who wants it, so that strangers learn which there are."""

    def authenticate(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        fields: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Any:
        identifier = path_parameters.get("sessionId")
        if identifier is not None:
            environment = self._environments.of_session(identifier)
            with environment.storage.transaction() as transaction:
                if transaction.session(identifier) is None:
                    raise session_not_found()
        return original(self, fields, body, path_parameters)

    patches.around(SessionGatekeeper, "authenticate", authenticate)
