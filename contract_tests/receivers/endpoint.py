"""Sends deliveries as the contract's sender does (HOOK-14, HOOK-16, HOOK-17).

One POST, no redirect followed, a complete response head within ten seconds after connecting began, and the
body of the answer ignored: what arrives of it at once is kept for the report. A second try is a delivery of
its own: 429, 503 and ``Retry-After`` mean nothing here.
"""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import h11

from ..wire import Answer, Exchange, OutOfTime, Request, trust

SHOWN_BYTES: Final = 4_096
BODY_SECONDS: Final = 0.5
HEAD_BYTES: Final = 65_536
TOO_LATE: Final = "no complete response head"


class Unreachable(Exception):
    """Nobody listens at the endpoint's address, or TLS fails; the message says which."""


class Endpoint:
    """The endpoint at one URL. Every delivery is sent on a connection of its own."""

    def __init__(
        self, url: str, *, timeout: float, deadline: float | None = None, ca_file: Path | None = None
    ) -> None:
        """`timeout` in seconds for one delivery; `deadline` of the run by ``time.monotonic()``.

        `ca_file` holds certificates to trust beside the system's.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = trust(ca_file) if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._authority = parts.netloc
        self._timeout = timeout
        self._deadline = deadline
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.count = 0

    def reach(self) -> None:
        """Connect and hang up. Raises :class:`Unreachable`."""

        async def connect() -> None:
            async with asyncio.timeout(self._timeout):
                _, writer = await self._connect()
            await _close(writer)

        try:
            asyncio.run(connect())
        except TimeoutError:
            raise Unreachable(f"no connection within {self._timeout:g} s") from None
        except OSError as error:
            raise Unreachable(error.strerror or str(error)) from None

    def post(self, request: Request) -> Exchange:
        """Make one attempt. Raises :class:`~contract_tests.wire.OutOfTime`, no error of the wire."""
        return self.post_together((request,))[0]

    def post_together(self, requests: tuple[Request, ...]) -> tuple[Exchange, ...]:
        """Make attempts at the same time, each on its own connection."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise OutOfTime
        self.count += len(requests)

        async def attempt() -> list[Exchange]:
            return await asyncio.gather(*map(self._exchange, requests))

        return tuple(asyncio.run(attempt()))

    async def _exchange(self, request: Request) -> Exchange:
        try:
            return Exchange(request=request, answer=await self._attempt(request))
        except TimeoutError:
            failure = f"{TOO_LATE} within {self._timeout:g} s"
        except h11.RemoteProtocolError as error:
            failure = f"no readable answer: {error}"
        except OSError as error:
            failure = f"the connection broke: {error.strerror or error}"
        return Exchange(request=request, answer=None, failure=failure)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            self._host, self._port, ssl=self._tls, server_hostname=self._host if self._tls else None
        )

    async def _attempt(self, request: Request) -> Answer:
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = await self._connect()
                connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
                writer.write(self._serialise(connection, request))
                head = await _read_head(connection, reader)
            body = await _read_beginning(connection, reader)
        finally:
            if writer is not None:
                await _close(writer)
        return Answer(
            status=head.status_code,
            reason=head.reason.decode("latin-1"),
            headers=tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items()),
            body=body,
        )

    def _serialise(self, connection: h11.Connection, request: Request) -> bytes:
        body = request.body or b""
        fields = (
            ("Host", self._authority),
            ("User-Agent", "StableMint-verify-receiver"),
            *request.headers,
            ("Content-Length", str(len(body))),
        )
        parts = [
            connection.send(h11.Request(method=request.method, target=request.path, headers=list(fields))),
            connection.send(h11.Data(data=body)) if body else b"",
            connection.send(h11.EndOfMessage()),
        ]
        return b"".join(part for part in parts if part)


async def _read_head(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(HEAD_BYTES))
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("the connection was closed without an answer")


async def _read_beginning(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    """What of a body arrives at once; a slow or broken one changes nothing (HOOK-17)."""
    body = b""
    with contextlib.suppress(TimeoutError, OSError, h11.RemoteProtocolError):
        async with asyncio.timeout(BODY_SECONDS):
            while len(body) < SHOWN_BYTES:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(HEAD_BYTES))
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    break
    return body[:SHOWN_BYTES]


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    # The receiver's end may be gone, or in no hurry to say goodbye: what was to be learnt is learnt.
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            await writer.wait_closed()
