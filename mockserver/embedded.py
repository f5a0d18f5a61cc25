"""The mock server inside somebody's own tests."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any
from urllib.parse import quote

from mockserver.capacity import MAXIMUM_SESSIONS
from mockserver.facts import Reset
from mockserver.server import Sandbox, Settings
from reference_impl.credentials import PartnerCredentials
from reference_impl.delivery.dispatcher import Occurrence
from reference_impl.domain.events import EventType
from reference_impl.domain.sessions import Session
from reference_impl.domain.transitions import Transition
from reference_impl.http.driver_gatekeeper import DEFAULT
from reference_impl.http.representation import represent_session
from reference_impl.use_cases.play import play

EVENTS = 10_000
"""Events that ``MockServer.events`` keeps."""

_START_TIMEOUT = 10


class ControlError(Exception):
    """The control API refused; its message is the problem."""


class EmbeddedClock:
    """The session clock of a running mock server, read and moved from a test."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self) -> datetime:
        return self._sandbox.clock()

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> Sequence[Occurrence]:
        """Move forwards; all that falls due meanwhile is done on return, and listed in order of due time."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._sandbox.call(lambda: self._sandbox.namespaces.default.advance_by(step))

    def set(self, time: datetime) -> Sequence[Occurrence]:
        """Move forwards to ``time``, which has a zone; ValueError if it lies in the clock's past."""
        return self._sandbox.call(lambda: self._sandbox.namespaces.default.advance(time))

    def freeze(self) -> datetime:
        """Stop the clock where it is; ``advance`` and ``set`` still move it."""
        return self._sandbox.call(self._sandbox.namespaces.default.freeze)

    def resume(self) -> datetime:
        """Let a frozen clock run on from where it stands."""
        return self._sandbox.call(self._sandbox.namespaces.default.resume)


class MockServer:
    """A mock server on a free port of 127.0.0.1, for the length of a ``with`` block.

    >>> with MockServer() as mock:
    ...     headers = mock.sign(body)
    ...     answer = httpx.post(f"{mock.url}/session/hosted", content=body, headers=headers)

    ``home`` keeps the credentials from run to run; without it they are made anew in a temporary folder.
    ``control_token`` opens the control API to requests that a proxy has passed on.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        home: Path | None = None,
        state: Path | None = None,
        max_sessions: int = MAXIMUM_SESSIONS,
        validate_responses: bool = True,
        tls: bool = False,
        control_token: str | None = None,
    ) -> None:
        self._temporary = TemporaryDirectory(prefix="stablemint-") if home is None else None
        self._settings = Settings(
            port=port,
            home=Path(self._temporary.name) if self._temporary else home or Path(),
            state=state,
            maximum_sessions=max_sessions,
            validate_responses=validate_responses,
            tls=tls,
            control_token=control_token,
        )
        self._sandbox: Sandbox | None = None
        self._events: deque[Mapping[str, Any]] = deque(maxlen=EVENTS)
        self._events_lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return self._running.url

    @property
    def partners(self) -> Mapping[str, PartnerCredentials]:
        """The demo partners' credentials: `demo`, `managed-only`, `partner-only`."""
        return self._running.partners

    @property
    def clock(self) -> EmbeddedClock:
        """The session clock: ``mock.clock.advance(minutes=31)`` lets an open session expire."""
        return EmbeddedClock(self._running)

    @property
    def events(self) -> Sequence[Mapping[str, Any]]:
        """Events told since the last reset, as a receiver gets them: ``eventId`` and ``data``. Oldest first.

        Of more than ``EVENTS`` the last ones.
        """
        with self._events_lock:
            return tuple(self._events)

    def pay(self, session: str | Mapping[str, Any], outcome: str = "success") -> Mapping[str, Any]:
        """Pay a session, given by its identifier or as the API answered it: the session afterwards.

        ``outcome`` is a code of ``reference_impl.bank.outcomes.OUTCOMES``. Raises LookupError for another,
        ``IllegalTransitionError`` if the session is not open.
        """
        session_id = session if isinstance(session, str) else session["sessionId"]
        sandbox = self._running

        async def work() -> Session:
            environment = sandbox.namespaces.of_session(session_id)
            return play(environment, session_id=session_id, outcome=outcome)

        paid = sandbox.call(work)
        shown = represent_session(paid, now=sandbox.clock(), checkout_url=sandbox.environment.checkout_url)
        document: Mapping[str, Any] = json.loads(shown)
        return document

    def control(self, method: str, path: str, document: object = None, *, namespace: str = DEFAULT) -> Any:
        """Ask the control API for all that it offers: ``mock.control("POST", "faults", {...})``.

        ``path`` is what follows the namespace in the document's paths: `faults`, `deliveries`, `customers`,
        `requests`, `sessions/{sessionId}/step` and so on; or a whole path, such as `/_sandbox/namespaces`.
        Returns the answer's JSON, None where it has none;
        raises ``ControlError``, with the problem, for a refusal.
        """
        port, certificate = self._running.port, self._running.certificate
        connection = (
            HTTPConnection("127.0.0.1", port)
            if certificate is None
            else HTTPSConnection("127.0.0.1", port, context=create_default_context(cafile=certificate.path))
        )
        with closing(connection):
            body = None if document is None else json.dumps(document)
            within = f"/_sandbox/namespaces/{quote(namespace, safe='')}/{path}"
            target = path if path.startswith("/") else within
            connection.request(method, target, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= 400:
            raise ControlError(content.decode("utf-8", "replace"))
        return json.loads(content) if content else None

    def set_endpoint(
        self, url: str | None, *, event_types: Iterable[str] = tuple(EventType), partner: str = "demo"
    ) -> None:
        """Have events delivered to ``url``, all of them or those of ``event_types``; None removes it."""
        with self._running.storage.transaction() as transaction:
            for event_type in event_types:
                transaction.set_endpoint(partner, EventType(event_type), url)

    def sign(self, body: bytes = b"", *, partner: str = "demo") -> dict[str, str]:
        """The header fields `ApiKey`, `Timestamp` and `Signature` for exactly these bytes, signed now."""
        return self.partners[partner].sign(body, timestamp=int(time.time()))

    def start(self) -> MockServer:
        """Start serving in a thread of its own; returns when the server answers."""
        sandbox = self._sandbox = Sandbox(self._settings)
        sandbox.namespaces.default.observers.append(self._note)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=sandbox.serve, kwargs={"ready": ready.set}, name="stablemint-mock", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_TIMEOUT):
            raise RuntimeError(f"the mock server did not start within {_START_TIMEOUT} seconds; see its log")
        return self

    def stop(self) -> None:
        """Stop serving and remove what was temporary."""
        if self._sandbox is not None and self._thread is not None:
            self._sandbox.stop()
            self._thread.join()
            self._sandbox = self._thread = None
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> MockServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _note(self, fact: object) -> None:
        with self._events_lock:
            if isinstance(fact, Transition):
                self._events += [json.loads(event.body) for event in fact.events]
            elif isinstance(fact, Reset):
                self._events.clear()

    @property
    def _running(self) -> Sandbox:
        if self._sandbox is None:
            raise RuntimeError("the mock server is not running: use it inside `with MockServer() as mock:`")
        return self._sandbox
