"""A proxy in a thread of its own, and raw connections through it."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from contract_tests.proxy.proxy import Proxy, Settings
from contract_tests.proxy.record import Record, Side
from contract_tests.proxy.relay import parse_address
from contract_tests.proxy.report import Lines

PATIENCE = 20
"""Seconds for what takes a thousandth of one, on a machine that is busy."""


@dataclass(kw_only=True)
class Proxied:
    """A running proxy. What it recorded is whole once the block has ended."""

    port: int
    webhook_port: int | None
    record: Record
    printed: io.StringIO = field(default_factory=io.StringIO)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def broken(self, side: Side) -> set[str]:
        """The requirements that were seen broken by this side."""
        return {requirement for found, requirement in self.record.counts if found is side}

    def held(self, side: Side) -> set[str]:
        """The requirements that were seen to hold on this side."""
        return set(self.record.ledgers[side].passes)


@contextmanager
def proxied(
    target: str, *, webhooks_to: str | None = None, ca_file: str | None = None, **settings: Any
) -> Iterator[Proxied]:
    """Run a proxy to `target` until the block ends."""
    ready, stop = threading.Event(), threading.Event()
    printed = io.StringIO()
    found: list[Proxied] = []

    async def run() -> None:
        address = parse_address(webhooks_to) if webhooks_to else None
        described = Settings(target=parse_address(target, ca_file=ca_file), webhooks_to=address, **settings)
        async with Proxy(described, Lines(printed, colour=False)) as proxy:
            found.append(
                Proxied(
                    port=proxy.port, webhook_port=proxy.webhook_port, record=proxy.record, printed=printed
                )
            )
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=[run()])
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield found[0]
    finally:
        stop.set()
        thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A raw connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the end."""
    data = b""
    while part := connection.recv(65_536):
        data += part
    return data


class Raw:
    """A server that keeps the bytes it is sent, and answers what it is told to, byte for byte."""

    def __init__(self, answers: list[bytes], *, until: bytes, reading: threading.Event | None = None) -> None:
        """Answers in pieces, once it was sent what ends with `until`; `reading` holds it back before."""
        self._received = bytearray()
        self.ended = threading.Event()
        self._answers = answers
        self._until = until
        self._reading = reading
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Raw:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join(PATIENCE)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        """What it has been sent so far."""
        return bytes(self._received)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            if self._reading is not None:
                self._reading.wait(PATIENCE)
            while not self._received.endswith(self._until) and (part := connection.recv(65_536)):
                self._received += part
            for answer in self._answers:
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                self._received += part
        self.ended.set()
