"""The mock server inside somebody's own tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from mockserver.clock import MovableClock
from mockserver.credentials import PartnerCredentials
from mockserver.server import MAXIMUM_SESSIONS, Sandbox, Settings

_START_TIMEOUT = 10


class MockServer:
    """A mock server on a free port of 127.0.0.1, for the length of a ``with`` block.

    >>> with MockServer() as mock:
    ...     headers = mock.sign(body)
    ...     answer = httpx.post(f"{mock.url}/session/hosted", content=body, headers=headers)

    ``home`` keeps the credentials from run to run; without it they are made anew in a temporary folder.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        home: Path | None = None,
        state: Path | None = None,
        max_sessions: int = MAXIMUM_SESSIONS,
        validate_responses: bool = True,
    ) -> None:
        self._temporary = TemporaryDirectory(prefix="stablemint-") if home is None else None
        self._settings = Settings(
            port=port,
            home=Path(self._temporary.name) if self._temporary else home or Path(),
            state=state,
            maximum_sessions=max_sessions,
            validate_responses=validate_responses,
        )
        self._sandbox: Sandbox | None = None
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
    def clock(self) -> MovableClock:
        """The session clock: ``mock.clock.advance(minutes=31)`` lets an open session expire."""
        return self._running.clock

    def sign(self, body: bytes = b"", *, partner: str = "demo") -> dict[str, str]:
        """The header fields `ApiKey`, `Timestamp` and `Signature` for exactly these bytes, signed now."""
        return self.partners[partner].sign(body, timestamp=int(time.time()))

    def start(self) -> MockServer:
        """Start serving in a thread of its own; returns when the server answers."""
        sandbox = self._sandbox = Sandbox(self._settings)
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

    @property
    def _running(self) -> Sandbox:
        if self._sandbox is None:
            raise RuntimeError("the mock server is not running: use it inside `with MockServer() as mock:`")
        return self._sandbox
