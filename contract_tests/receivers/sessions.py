"""Real sessions for a receiver that asks the API for those that it does not know by heart.

Made with the partner's own credentials at any implementation; where that offers the control API, as the mock
server does, they are paid as well, so that the API and the events agree.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..credentials import Partner
from ..operations import CREATIONS, Creation, session_path
from ..trial import JSON, describe, encode
from ..wire import Client, Exchange, Hanging, Request, StillBusy
from .events import ENDINGS
from .receiver import KnownSession

NAMESPACE = "/_sandbox/namespaces/default"
OUTCOMES: Mapping[str, str] = {"completed": "success", "failed": "refused_by_bank"}


class SessionsError(Exception):
    """No session could be made or found; the message says what the implementation answered."""


class Api:
    """An implementation of the session API, called as one partner."""

    def __init__(
        self, url: str, partner: Partner, *, now: int, timeout: float = 10, ca_file: Path | None = None
    ) -> None:
        """`now` is the time of the requests, in whole seconds.

        `ca_file` holds certificates to trust beside the system's.
        """
        self._client = Client(url, timeout=timeout, ca_file=ca_file)
        self._partner = partner
        self._now = now
        self._url = url

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def make_all(self) -> tuple[KnownSession, ...]:
        """A session for each way in which one can end. Raises :class:`SessionsError`."""
        return tuple(self._make(ending) for ending in ENDINGS)

    def look_up(self, session_id: str) -> KnownSession:
        """A session that the partner has made. Raises :class:`SessionsError`."""
        exchange = self._send(Request(method="GET", path=session_path(session_id)))
        session = exchange.answer.json() if exchange.answer and exchange.answer.status == 200 else None
        if not isinstance(session, dict):
            raise SessionsError(
                f"{self._url} does not show the session {session_id} to {self._partner.name}: "
                f"{describe(exchange)}"
            )
        return KnownSession(session_id=session_id, facts=_facts(session))

    def _make(self, ending: str) -> KnownSession:
        session_id = self._create()
        if ending in OUTCOMES:
            body = encode({"outcome": OUTCOMES[ending]})
            path = f"{NAMESPACE}/sessions/{session_id}/play"
        else:
            body, path = b"{}", f"/payer/session/{session_id}/exit"
        if ending != "expired":
            # Where there is nobody to pay it, the session stays open, and its events are told all the same.
            self._send(Request(method="POST", path=path, headers=JSON, body=body))
        known = self.look_up(session_id)
        return KnownSession(session_id=session_id, facts={**known.facts, "idempotencyKey": None})

    def _create(self) -> str:
        for creation in CREATIONS:
            exchange = self._send(_creation_request(creation))
            answer = exchange.answer
            if answer is not None and answer.status == 403:
                continue
            session = answer.json() if answer is not None and answer.status == 201 else None
            if isinstance(session, dict) and isinstance(session.get("sessionId"), str):
                return str(session["sessionId"])
            raise SessionsError(
                f"{self._url} makes no session for {self._partner.name}: {describe(exchange)}"
            )
        raise SessionsError(f"{self._partner.name} may create no session at {self._url}")

    def _send(self, request: Request) -> Exchange:
        headers = self._partner.headers(request.body or b"", timestamp=str(self._now))
        signed = Request(
            method=request.method,
            path=request.path,
            headers=(*headers, *request.headers),
            body=request.body,
        )
        try:
            return self._client.send(signed)
        except (Hanging, StillBusy) as busy:
            raise SessionsError(str(busy)) from None


def _creation_request(creation: Creation) -> Request:
    body = encode(creation.members())
    return Request(method="POST", path=creation.path, headers=JSON, body=body)


def _facts(session: Mapping[str, Any]) -> dict[str, Any]:
    """What the events of a session tell as the session does."""
    facts = {name: session[name] for name in ("amount", "currency") if session.get(name) is not None}
    facts |= {"websiteReference": session.get("websiteReference")}
    facts |= {"customFields": session.get("customFields", {})}
    deposit = session.get("deposit")
    if isinstance(deposit, dict):
        facts |= {
            name: deposit[name] for name in ("reference", "endToEndId", "paymentMethod") if deposit.get(name)
        }
    return facts
