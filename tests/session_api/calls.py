"""Requests of the session API as the tests make them: valid ones, and ways to make them otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.serving import Server
from tests.session_api.exchange import Answer, Fields, exchange

JSON_TYPE = ("Content-Type", "application/json")

HOSTED = "/session/hosted"
HOSTED_PARTNER_MANAGED = "/session/hosted/partner-managed-customer"
EMBEDDED = "/session/embedded/partner-managed-customer"
CREATIONS = (HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED)

_PLACE = {"userCountryCode": "DE", "currency": "EUR"}
_URLS = {
    "successUrl": "https://shop.example/success",
    "supportUrl": "https://shop.example/support",
    "exitUrl": "https://shop.example/cart",
    "errorUrl": "https://shop.example/error",
}
_USER = {"userId": "user-1", "userEmail": "erika@shop.example"}

SMALLEST: Mapping[str, Mapping[str, Any]] = {
    HOSTED: {**_PLACE, "amount": 9.99, **_URLS},
    HOSTED_PARTNER_MANAGED: {**_PLACE, "amount": 9.99, **_URLS, **_USER},
    EMBEDDED: {**_PLACE, **_USER},
}
"""For each creation, a valid request of required members alone."""


def valid(path: str, **members: Any) -> dict[str, Any]:
    """The smallest valid request to ``path``, with ``members`` added or replaced; ``...`` leaves one out."""
    return {name: value for name, value in {**SMALLEST[path], **members}.items() if value is not ...}


def encode(document: object) -> bytes:
    """JSON as UTF-8, written in the least usual of the usual ways: spaced, unescaped."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def signed(
    server: Server,
    method: str,
    target: str,
    body: bytes | None = None,
    *,
    partner: str = "demo",
    timestamp: int | None = None,
    fields: Fields = (),
    content_type: str | None = "application/json",
    chunks: int | None = None,
    host: str = "127.0.0.1",
) -> Answer:
    """A request signed over exactly ``body``; ``fields`` come after the credentials and the type."""
    credentials = server.sign(body or b"", partner=partner, timestamp=timestamp)
    typed = [("Content-Type", content_type)] if body is not None and content_type is not None else []
    return exchange(
        server.port,
        method,
        target,
        fields=[*credentials.items(), *typed, *fields],
        body=body,
        chunks=chunks,
        host=host,
    )


def create(
    server: Server, path: str, document: object, *, partner: str = "demo", fields: Fields = ()
) -> Answer:
    """POST ``document`` to a creation."""
    return signed(server, "POST", path, encode(document), partner=partner, fields=fields)


def read(server: Server, session_id: str, *, partner: str = "demo") -> Answer:
    """GET one session."""
    return signed(server, "GET", f"/session/{session_id}", partner=partner)


def new_session(server: Server, path: str = HOSTED, **members: Any) -> dict[str, Any]:
    """The representation of a session made just now."""
    answer = create(server, path, valid(path, **members))
    assert answer.status == 201, answer
    return answer.document
