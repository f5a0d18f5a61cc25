"""The proxy: relays that pass bytes on, and one thread that judges what went by, after it has."""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from .api import ApiJudge
from .conversation import Conversation, Observed
from .document import Document
from .record import Fault, Record
from .relay import Address, Relay
from .report import Lines
from .webhooks import WebhookJudge

MOST_WAITING: Final = 200
"""Exchanges that wait to be judged; those beyond are counted as not judged, so that memory stays bounded."""

Judge = Callable[[Observed, Callable[[Fault], None]], None]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the command line says. `webhooks_to` is the receiver's address, `key` the implementation's."""

    target: Address
    host: str = "127.0.0.1"
    port: int = 0
    rewrite_host: bool = False
    webhooks_to: Address | None = None
    webhook_port: int = 0
    key: rsa.RSAPublicKey | None = None


class Proxy:
    """Use as an asynchronous context manager: it listens inside, and all is judged at the end."""

    def __init__(self, settings: Settings, lines: Lines) -> None:
        self.record = Record()
        self.port = 0
        self.webhook_port: int | None = None
        self._settings = settings
        self._lines = lines
        document = Document()
        self._judges = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._dropped = 0
        api = ApiJudge(document=document, record=self.record)
        self._api = self._relay(settings.target, api.judge, kind="")
        self._webhooks: Relay | None = None
        if settings.webhooks_to is not None:
            judge = WebhookJudge(document=document, record=self.record, key=settings.key)
            self._webhooks = self._relay(settings.webhooks_to, judge.judge, kind="webhook ")

    async def __aenter__(self) -> "Proxy":
        """Listen. Raises OSError."""
        self.port = await self._api.start(self._settings.host, self._settings.port)
        if self._webhooks is not None:
            self.webhook_port = await self._webhooks.start(self._settings.host, self._settings.webhook_port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._api.stop()
        if self._webhooks is not None:
            await self._webhooks.stop()
        await asyncio.to_thread(self._judges.shutdown)
        self.record.exchanges += self._dropped
        self.record.unjudged += self._dropped

    def _relay(self, address: Address, judge: Judge, *, kind: str) -> Relay:
        host = address.authority if self._settings.rewrite_host else None
        return Relay(
            address,
            converse=lambda: Conversation(
                functools.partial(self._observe, judge, kind), blind=self._lines.say, host=host
            ),
            unreachable=lambda why: self._lines.say(f"502: {address.url} cannot be reached: {why}"),
        )

    def _observe(self, judge: Judge, kind: str, observed: Observed) -> None:
        if not self._room.acquire(blocking=False):
            self._dropped += 1
            return
        self._judges.submit(self._judge, judge, kind, observed)

    def _judge(self, judge: Judge, kind: str, observed: Observed) -> None:
        faults: list[Fault] = []
        record, exchange = self.record, observed.exchange
        record.exchanges += 1
        try:
            record.learn(exchange)
            judge(observed, faults.append)
        except Exception as error:
            # A fault of ours must not end the proxy, nor pass for a verdict.
            record.unjudged += 1
            self._lines.say(f"not judged: {type(error).__name__}: {record.mask(str(error))}")
        became = str(exchange.answer.status) if exchange.answer else exchange.failure or "no answer"
        what = f"{kind}{exchange.request.method} {exchange.request.path}"
        try:
            self._lines.passed(record.mask(what), record.mask(became), faults)
        finally:
            self._room.release()
