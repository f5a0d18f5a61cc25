"""A client of the control API, in one namespace, and of the session API, as a partner of that namespace."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from reference_impl.credentials import PartnerCredentials
from reference_impl.domain.partners import CustomerManagement
from tests.session_api.calls import EMBEDDED, valid

TIMEOUT = 30
"""Seconds after which a silent server counts as hung."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; field names in lower case."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The problem's code."""
        is_problem = self.fields.get("content-type") == "application/problem+json"
        return self.document["code"] if is_problem else None

    @property
    def pointers(self) -> set[str]:
        """The locations that a 400 names."""
        return {entry["pointer"] for entry in self.document["errors"]}


def call(
    url: str, method: str, target: str, body: Any = None, *, headers: Mapping[str, str] | None = None
) -> Reply:
    """One request on a connection of its own; a ``body`` that is no bytes is sent as JSON."""
    parts = urlsplit(url)
    sent = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request(method, target, body=body, headers=sent)
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Reply(status=response.status, fields=fields, body=response.read())
    finally:
        connection.close()


class Control:
    """The control API in one namespace. ``partners`` are those whose credentials are known."""

    def __init__(
        self, url: str, partners: Mapping[str, PartnerCredentials], *, namespace: str = "default"
    ) -> None:
        self.url = url
        self.namespace = namespace
        self.partners = dict(partners)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """A request below the namespace's path."""
        return call(self.url, method, f"/_sandbox/namespaces/{self.namespace}{path}", body, headers=headers)

    def get(self, path: str) -> Any:
        """What a GET answers, which must be 200."""
        return self._right(self.ask("GET", path))

    def post(self, path: str, body: Any = None) -> Any:
        """What a POST answers, which must be 200 or 201."""
        return self._right(self.ask("POST", path, body))

    def put(self, path: str, body: Any) -> Any:
        """What a PUT answers, which must be 200."""
        return self._right(self.ask("PUT", path, body))

    def delete(self, path: str) -> Any:
        """What a DELETE answers, which must be 200."""
        return self._right(self.ask("DELETE", path))

    def request(
        self,
        method: str,
        target: str,
        document: Any = None,
        *,
        partner: str = "demo",
        signature: str | None = None,
    ) -> Reply:
        """A request to the session API, signed by a partner, or with another ``signature``."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = self.partners[partner].sign(body, timestamp=int(time.time()))
        if signature is not None:
            headers["Signature"] = signature
        if document is not None:
            headers["Content-Type"] = "application/json"
        return call(self.url, method, target, body or None, headers=headers)

    def new_session(self, path: str = EMBEDDED, *, partner: str = "demo", **members: Any) -> str:
        """The identifier of a session made just now."""
        reply = self.request("POST", path, valid(path, **members), partner=partner)
        assert reply.status == 201, reply
        session_id: str = reply.document["sessionId"]
        return session_id

    def play(self, session_id: str, **how: Any) -> Any:
        """Pay a session: the session afterwards."""
        return self.post(f"/sessions/{session_id}/play", how)

    def advance(self, **step: Any) -> Any:
        """Move the clock, by nothing where nothing is given: what fell due."""
        return self.post("/clock/advance", step or {"seconds": 0})

    def deliver_to(self, url: str, *, partner: str = "demo", event_types: list[str] | None = None) -> None:
        """Have events sent to ``url``."""
        chosen = {} if event_types is None else {"eventTypes": event_types}
        self.put(f"/partners/{partner}/endpoints", {"url": url, **chosen})

    def deliveries(self, **query: str) -> list[Any]:
        """The deliveries that match, first told first."""
        listed = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        found: list[Any] = self.get(f"/deliveries?limit=1000&{listed}")["deliveries"]
        return found[::-1]

    @staticmethod
    def _right(reply: Reply) -> Any:
        assert reply.status in (200, 201), (reply.status, reply.body)
        return reply.document


def credentials_of(document: Mapping[str, Any]) -> PartnerCredentials:
    """Credentials from the answer that made them."""
    return PartnerCredentials(
        name=document["partner"],
        customer_management=frozenset(map(CustomerManagement, document["customerManagement"])),
        api_key=document["apiKey"],
        api_secret=document["apiSecret"],
        private_key_pem=document["privateKey"].encode(),
    )


def new_namespace(url: str, name: str | None = None) -> Control:
    """A namespace made just now, and its partners' credentials."""
    reply = call(url, "POST", "/_sandbox/namespaces", {} if name is None else {"name": name})
    assert reply.status == 201, reply
    made = [credentials_of(document) for document in reply.document["partners"]]
    return Control(
        url, {credentials.name: credentials for credentials in made}, namespace=reply.document["name"]
    )
