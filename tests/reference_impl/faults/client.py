"""A partner's and a payer's requests to servers that fail: what each answered, tried again as one should."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reference_impl.credentials import PartnerCredentials
from tests.stablemint.processes import SESSION

PATIENCE = 60.0
"""Seconds within which a request that is tried again succeeds: a claim ends with its process (IDEM-13)."""

PATH = "/session/hosted/partner-managed-customer"
"""Where sessions are made."""

_PAUSE = 0.05


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    document: Mapping[str, Any]
    body: bytes

    @property
    def says_try_again(self) -> bool:
        """A problem that passes by itself, with its Retry-After: 409 under way, 503 (ERR-09)."""
        code = self.document.get("code")
        return (
            (self.status, code) in {(409, "idempotency_in_progress"), (503, "service_unavailable")}
            and self.headers["content-type"] == "application/problem+json"
            and self.headers["retry-after"].isdecimal()
        )


class NoAnswer(Exception):
    """The connection broke, was refused, or brought no whole answer: nobody knows what was done."""


class Client:
    """Signs as ``partner`` and asks the servers at ``ports`` in turn. Safe to share between threads."""

    def __init__(self, ports: Sequence[int], partner: PartnerCredentials) -> None:
        self.partner = partner
        self._ports = ports
        self._turn = itertools.count()

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        at: int | None = None,
        timeout: float = 30.0,
        anonymous: bool = False,
    ) -> Answer:
        """One request, to server number ``at`` or the next in turn; raises ``NoAnswer``."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = {} if anonymous else self.partner.sign(body, timestamp=int(time.time()))
        port = self._ports[(next(self._turn) if at is None else at) % len(self._ports)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            connection.request(
                method, path, body=body, headers={**headers, "Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            content = answer.read()
            return Answer(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.getheaders()},
                document=json.loads(content),
                body=content,
            )
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            connection.close()

    def create(self, key: str, *, at: int | None = None) -> Answer:
        """Ask for a session once."""
        return self.ask("POST", PATH, request(key), at=at)

    def insist(self, method: str, path: str, document: object = None, *, at: int | None = None) -> Answer:
        """Ask until there is an answer that says something else than to try again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.ask(method, path, document, at=at)
            except NoAnswer:
                answer = None
            if answer is not None and not answer.says_try_again:
                return answer
            assert time.monotonic() < deadline, f"{method} {path}: nothing but {answer} for {PATIENCE:g} s"
            time.sleep(_PAUSE)

    def insist_on_session(self, key: str) -> Answer:
        """A session under a key, asked for until it is there."""
        return self.insist("POST", PATH, request(key))


def request(key: str) -> Mapping[str, Any]:
    """What is asked for under a key."""
    return {
        **SESSION,
        "userId": "user-1",
        "userEmail": "user@shop.example",
        "idempotencyKey": key,
    }
