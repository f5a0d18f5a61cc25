"""Namespaces: worlds of their own within one server, each with partners, sessions, clock and deliveries."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver.clock import MovableClock
from mockserver.credentials import DEMO_PARTNERS, PartnerCredentials, new_credentials
from reference_impl.delivery.dispatcher import Dispatcher, Occurrence
from reference_impl.delivery.sender import Sender
from reference_impl.domain.plans import Pace
from reference_impl.environment import Environment
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage

DEFAULT = "default"
MOST_NAMESPACES = 64

_CLOCK_AHEAD = "session_clock_ahead_seconds"
_CLOCK_FROZEN = "session_clock_frozen_at"

Observer = Callable[[object], None]


class Namespace:
    """One world. ``settings`` is the server's environment, from which the namespace's own is made."""

    def __init__(
        self,
        name: str,
        *,
        settings: Environment,
        storage: Storage,
        partners: Mapping[str, PartnerCredentials],
        webhook_key: rsa.RSAPrivateKey,
    ) -> None:
        self.name = name
        self.partners = dict(partners)
        self.clock = MovableClock()
        self.pace = Pace.AT_ONCE
        self.observers: list[Observer] = []
        self.environment = replace(
            settings,
            storage=storage,
            session_clock=self.clock,
            pace=lambda: self.pace,
            announce=self._announce,
        )
        self.sender = Sender(key=webhook_key)
        self.dispatcher = Dispatcher(self.environment, self.sender)
        self._advancing = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None
        with storage.transaction() as transaction:
            for credentials in partners.values():
                transaction.add_partner(credentials.partner())
        self._restore_clock()

    async def start(self) -> None:
        """Begin to do what falls due."""
        await self.sender.__aenter__()
        self._running = asyncio.create_task(self.dispatcher.run(), name=f"dispatcher of {self.name}")

    async def stop(self) -> None:
        """Stop doing so; what is under way is broken off, and due again at the next start."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        await self.dispatcher.break_off()
        await self.sender.__aexit__(None, None, None)

    async def advance(self, target: datetime) -> Sequence[Occurrence]:
        """Move the session clock to ``target``: all that falls due is done on return, and listed.

        Raises ValueError for a time in the clock's past.
        """
        async with self._advancing:
            if target < self.clock():
                raise ValueError("the session clock only moves forwards")
            was_frozen = self.clock.is_frozen
            self.clock.freeze()
            try:
                return await self.dispatcher.do_until(target, move_to=self.clock.set)
            finally:
                if not was_frozen:
                    self.clock.resume()
                self.keep_clock()

    def keep_clock(self) -> None:
        """Keep the clock's position with the data, so that a restart finds it there."""
        with self.environment.storage.transaction() as transaction:
            transaction.keep_setting(_CLOCK_AHEAD, repr(self.clock.ahead.total_seconds()))
            transaction.keep_setting(_CLOCK_FROZEN, self.clock().isoformat() if self.clock.is_frozen else "")

    def reset(self) -> None:
        """Forget sessions, deliveries and saved banks; partners and endpoints stay. The clock runs on."""
        self.environment.storage.clear()
        self.keep_clock()

    def _announce(self, fact: object) -> None:
        self.dispatcher.wake()
        for observer in self.observers:
            observer(fact)

    def _restore_clock(self) -> None:
        with self.environment.storage.transaction() as transaction:
            ahead = transaction.setting(_CLOCK_AHEAD)
            frozen_at = transaction.setting(_CLOCK_FROZEN)
        if frozen_at:
            self.clock.freeze()
            self.clock.set(max(self.clock(), datetime.fromisoformat(frozen_at)))
        elif ahead:
            self.clock.advance(seconds=max(0.0, float(ahead)))


class Namespaces:
    """The server's namespaces; satisfies ``Environments``."""

    def __init__(self, default: Namespace, *, capacity: int, webhook_key: rsa.RSAPrivateKey) -> None:
        self.default = default
        self._capacity = capacity
        self._webhook_key = webhook_key
        self._others: dict[str, Namespace] = {}

    def __iter__(self) -> Iterator[Namespace]:
        return iter((self.default, *self._others.values()))

    def get(self, name: str) -> Namespace | None:
        """The namespace of that name."""
        return self.default if name == DEFAULT else self._others.get(name)

    def of_api_key(self, api_key: str) -> Environment:
        for namespace in self._others.values():
            if namespace.environment.storage.partner_by_api_key(api_key) is not None:
                return namespace.environment
        return self.default.environment

    def of_session(self, session_id: str) -> Environment:
        for namespace in self._others.values():
            with namespace.environment.storage.transaction() as transaction:
                if transaction.session(session_id) is not None:
                    return namespace.environment
        return self.default.environment

    async def create(self, name: str | None = None) -> Namespace:
        """A new one in memory, with fresh demo partners; ValueError if it exists or there are too many."""
        name = name or f"ns-{secrets.token_hex(4)}"
        if len(self._others) >= MOST_NAMESPACES:
            raise ValueError(f"there are {MOST_NAMESPACES} namespaces already; drop one first")
        if self.get(name) is not None:
            raise ValueError(f"the namespace {name} exists already")
        partners = await asyncio.to_thread(_fresh_partners)
        namespace = Namespace(
            name,
            settings=self.default.environment,
            storage=MemoryStorage(capacity=self._capacity),
            partners=partners,
            webhook_key=self._webhook_key,
        )
        self._others[name] = namespace
        await namespace.start()
        return namespace

    async def drop(self, name: str) -> None:
        """Drop a namespace and all that is in it; KeyError if there is none, or it is the default one."""
        await self._others.pop(name).stop()

    async def start(self) -> None:
        """Start every namespace."""
        await self.default.start()

    async def stop(self) -> None:
        """Stop every namespace."""
        for namespace in self:
            await namespace.stop()


def _fresh_partners() -> dict[str, PartnerCredentials]:
    return {name: new_credentials(name, models) for name, models in DEMO_PARTNERS.items()}
