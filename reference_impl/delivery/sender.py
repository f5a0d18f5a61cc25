"""The one sender of webhooks: signs an event afresh, posts it, and says what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa

from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.domain.deliveries import ATTEMPT_TIMEOUT, Attempt, Delivery
from reference_impl.domain.webhook_signatures import sign_webhook
from reference_impl.http.json_text import printable

if TYPE_CHECKING:
    # At run time only once something is to be sent: its import is a third of a server's start.
    import aiohttp
    from yarl import URL

LOGGED_BODY = 4096
"""Bytes of an answer's body that are kept for the log; the body decides nothing (HOOK-17)."""

LOGGED_FIELDS = 8192
"""Characters of an answer's header fields that are kept for the log."""

LOGGED_ERROR = 500
"""Characters of the reason of a failure that are kept for the log: a library's can quote a whole answer."""

_LOGGING_TIMEOUT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request as it goes out; ``behaviour`` is what a sandbox did to it."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    behaviour: str | None = None


class Sender:
    """Posts deliveries. ``key`` signs, and may be exchanged; ``addresses`` says where it may connect to.

    ``timeout`` in seconds, from the start of connecting to a complete response head (HOOK-16); ``real_now``
    is real time, which signatures go by. Use as an asynchronous context manager, within one event loop.
    """

    def __init__(
        self,
        *,
        key: rsa.RSAPrivateKey,
        addresses: AddressPolicy,
        timeout: float = ATTEMPT_TIMEOUT,
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.key = key
        self._addresses = addresses
        self._timeout = timeout
        self._real_now = real_now
        self._client: aiohttp.ClientSession | None = None
        self._connecting = asyncio.Lock()

    async def __aenter__(self) -> Sender:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def hold_back(self, delivery: Delivery) -> None:
        """Wait before an attempt takes its turn, where a sandbox was asked to; here not at all."""

    def prepare(self, delivery: Delivery) -> Outgoing:
        """The request of an attempt made now: the event as JSON (HOOK-01), signed afresh (HOOK-18)."""
        signature = sign_webhook(delivery.body, key=self.key, now=self._real_now())
        return Outgoing(headers={"Content-Type": "application/json", **signature}, body=delivery.body)

    async def attempt(self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]) -> Attempt:
        """Make one attempt; it never raises, whatever the receiver does. ``clock`` is the session clock."""
        started_at, started = clock(), time.monotonic()
        outgoing = self.prepare(delivery)
        status: int | None = None
        headers: Mapping[str, str] = {}
        body, error = b"", None
        try:
            status, headers, body = await self._post(url, outgoing)
        except TimeoutError:
            error = f"no complete response head within {self._timeout:g} seconds"
        except Exception as failure:
            # Whatever a receiver's machine can make a client raise: a failed attempt, and its reason.
            error = printable(f"{type(failure).__name__}: {failure}")[:LOGGED_ERROR]
        return Attempt(
            number=delivery.attempts + 1,
            started_at=started_at,
            url=url,
            request_headers=outgoing.headers,
            request_body=None if outgoing.body == delivery.body else outgoing.body,
            behaviour=outgoing.behaviour,
            status=status,
            response_headers=headers,
            response_body=body,
            error=error,
            duration=round(time.monotonic() - started, 3),
        )

    async def send_again(
        self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]
    ) -> Attempt | None:
        """What was sent once more after an attempt, where a sandbox was asked to; here nothing is."""
        return None

    async def _post(self, url: str, outgoing: Outgoing) -> tuple[int, dict[str, str], bytes]:
        client = self._client or await self._connect()
        async with asyncio.timeout(self._timeout):
            response = await client.post(
                _as_configured(url), data=outgoing.body, headers=outgoing.headers, allow_redirects=False
            )
        async with response:
            return response.status, _first_fields(response.headers), await _beginning(response)

    async def _connect(self) -> aiohttp.ClientSession:
        """The client of every attempt, made for the first one."""
        async with self._connecting:
            if self._client is None:
                library = await asyncio.to_thread(import_module, "aiohttp")
                self._client = library.ClientSession(
                    connector=library.TCPConnector(limit=0, socket_factory=self._addresses.open_socket),
                    cookie_jar=library.DummyCookieJar(),
                    timeout=library.ClientTimeout(),
                    auto_decompress=False,
                    headers={"User-Agent": "StableMint-Webhooks/2"},
                )
            return self._client


def _first_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """The header fields of an answer as far as the log takes them: whole ones, in their order.

    Bytes that are no UTF-8, which the client hands on as lone surrogates, could not be stored:
    they are marked.
    """
    kept: dict[str, str] = {}
    room = LOGGED_FIELDS
    for name, value in headers.items():
        room -= len(name) + len(value)
        if room < 0:
            break
        kept[printable(name)] = printable(value)
    return kept


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """What of a body arrives at once, for the log; a slow or broken one changes nothing (HOOK-17)."""
    received = bytearray()
    try:
        async with asyncio.timeout(_LOGGING_TIMEOUT):
            while len(received) < LOGGED_BODY and (part := await response.content.read(LOGGED_BODY)):
                received += part
    except Exception:  # noqa: S110 - the body decides nothing, nor does what breaks it off
        pass
    if not response.content.at_eof():
        response.close()
    return bytes(received[:LOGGED_BODY])


def _as_configured(url: str) -> URL:
    """The URL as it was configured, not as a library would spell it."""
    from yarl import URL

    return URL(url, encoded=True)
