"""Passes bytes between a client and a target: one connection to the target for each of the client's.

Nothing is parsed on the way, so nothing can be changed: a closed half stays a closed half, a reset a reset,
and whoever reads slowly slows the other down.
"""

import asyncio
import contextlib
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakSet

from .conversation import Conversation

PIECE: Final = 65_536
CONNECT_SECONDS: Final = 10.0
FAREWELL_SECONDS: Final = 1.0
FAREWELL_BYTES: Final = 2_000_000


class AddressError(Exception):
    """A URL that a relay cannot lead to; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a relay leads: scheme, host and port of a URL, whose path no relay could add."""

    url: str
    host: str
    port: int
    authority: str
    tls: ssl.SSLContext | None = field(repr=False, default=None)


def parse_address(url: str, *, ca_file: str | None = None) -> Address:
    """The address of a URL, certificates verified. Raises :class:`AddressError`."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise AddressError(f"{url!r} is no URL of a server; expected something like http://localhost:8080")
    tls = None
    if parts.scheme == "https":
        try:
            tls = ssl.create_default_context()
            if ca_file is not None:
                tls.load_verify_locations(ca_file)
        except OSError as error:
            raise AddressError(f"{ca_file} holds no certificates: {error.strerror or error}") from None
        tls.set_alpn_protocols(["http/1.1"])
    return Address(
        url=f"{parts.scheme}://{parts.netloc}",
        host=parts.hostname,
        port=port or (443 if tls else 80),
        authority=parts.netloc,
        tls=tls,
    )


class Relay:
    """A listener and what it leads to."""

    def __init__(
        self,
        address: Address,
        *,
        converse: Callable[[], Conversation],
        unreachable: Callable[[str], None],
    ) -> None:
        """`converse` makes the reader of one connection; `unreachable` is told why there is no target."""
        self.address = address
        self._converse = converse
        self._unreachable = unreachable
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()
        self._transports: WeakSet[asyncio.WriteTransport] = WeakSet()
        """Each for as long as the loop keeps it: beyond its task where it is closed and has not ended."""

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=PIECE)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut what is under way."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for transport in list(self._transports):  # over TLS a closed one waits for the other end's leave
            transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        self._transports.add(writer.transport)
        conversation = self._converse()
        try:
            await self._serve(reader, writer, conversation)
        except (OSError, asyncio.CancelledError):
            # One end is gone, or we are to stop: the other end is to know, as it would without us.
            writer.transport.abort()
        finally:
            conversation.end()
            writer.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, conversation: Conversation
    ) -> None:
        first = await reader.read(PIECE)
        if not first:
            return
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                back, forth = await self._connect()
                self._transports.add(forth.transport)
        except OSError as error:
            why = str(error) if isinstance(error, ssl.SSLError) else error.strerror or str(error)
            await self._refuse(reader, writer, conversation, first, why or "no connection in time")
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._send(first, reader, forth, conversation))
                both.create_task(self._receive(back, writer, conversation))
        except* OSError:
            _reset(forth)
            _reset(writer)
        finally:
            if not forth.is_closing():  # closed twice over TLS, it could no longer be aborted
                forth.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = self.address
        return await asyncio.open_connection(
            address.host,
            address.port,
            ssl=address.tls,
            server_hostname=address.host if address.tls else None,
            limit=PIECE,
        )

    async def _send(
        self,
        data: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        conversation: Conversation,
    ) -> None:
        while data:
            writer.write(conversation.sent(data))
            await writer.drain()
            data = await reader.read(PIECE)
        writer.write(conversation.sent(b""))
        if writer.can_write_eof():
            writer.write_eof()
        elif not conversation.awaits_answer:
            writer.close()  # TLS has no half-closed connection, and there is nothing to wait for

    async def _receive(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, conversation: Conversation
    ) -> None:
        while data := await reader.read(PIECE):
            conversation.received(data)
            writer.write(data)
            await writer.drain()
        conversation.received(b"")
        writer.write_eof()

    async def _refuse(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        conversation: Conversation,
        data: bytes,
        why: str,
    ) -> None:
        """Answer in the target's place, which cannot: 502, and whose it is."""
        conversation.sent(data)
        while not conversation.has_request and (data := await reader.read(PIECE)):
            conversation.sent(data)
        conversation.forget()
        self._unreachable(why)
        text = f"stablemint proxy: {self.address.url} cannot be reached: {why}\n".encode()
        writer.write(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(text), text)
        )
        await writer.drain()
        writer.write_eof()
        # A client that is still sending would lose the answer to a reset.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                left = FAREWELL_BYTES
                while left > 0 and (data := await reader.read(PIECE)):
                    left -= len(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as one that was cut, not as one that is over."""
    socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
