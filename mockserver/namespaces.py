"""Namespaces: worlds of their own within one server, each with partners, sessions, clock and deliveries."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver.facts import Reset, publish_fact
from mockserver.faults import Fault
from mockserver.request_log import RequestLog
from mockserver.stream import Stream
from mockserver.waiting import TooManyError, Waiting
from mockserver.webhook_behaviours import BehavingSender, Behaviour
from reference_impl.credentials import DEMO_PARTNERS, PartnerCredentials, new_credentials, public_pem
from reference_impl.domain.plans import Pace
from reference_impl.driven import Driven
from reference_impl.environment import Environment
from reference_impl.http.driver_gatekeeper import DEFAULT
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage

MOST_NAMESPACES = 64

_PACE = "pace"

Observer = Callable[[object], None]


class NameTakenError(Exception):
    """There is one of that name already."""


class Namespace(Driven):
    """One world: driven, with faults, behaviours, a log of requests and a pace of its own.

    ``settings`` is the server's environment, from which the namespace's own is made; ``capacity`` is how many
    sessions ``storage`` keeps.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: Environment,
        storage: Storage,
        partners: Mapping[str, PartnerCredentials],
        webhook_key: rsa.RSAPrivateKey,
        capacity: int | None = None,
    ) -> None:
        self.name = name
        self.partners = dict(partners)
        self.pace = Pace.AT_ONCE
        self.faults = Waiting[Fault]("fault")
        self.behaviours = Waiting[Behaviour]("behaviour")
        self.requests = RequestLog()
        self.stream = Stream()
        self.observers: list[Observer] = []
        super().__init__(
            replace(settings, storage=storage, pace=lambda: self.pace, announce=self._publish),
            sender=BehavingSender(key=webhook_key, behaviours=self.behaviours),
            webhook_public_key=public_pem(webhook_key).decode("ascii"),
            capacity=capacity,
        )
        with storage.transaction() as transaction:
            for credentials in partners.values():
                transaction.add_partner(credentials.partner())
        self._restore_pace()

    def secrets(self) -> list[str]:
        """What no log may show, whatever field a client has put it into: its partners' credentials."""
        with self.environment.storage.reading() as reading:
            return [
                value for partner in reading.partners() for value in (partner.api_key, partner.api_secret)
            ]

    @property
    def is_default(self) -> bool:
        """Whether it is the one that is always there."""
        return self.name == DEFAULT

    def set_pace(self, pace: Pace) -> None:
        """When steps happen from now on, where neither session nor request says; kept with the data."""
        self.pace = pace
        with self.environment.storage.transaction() as transaction:
            transaction.keep_setting(_PACE, pace)

    def reset(self) -> None:
        """Forget sessions, deliveries, saved banks, faults, behaviours and requests.

        Partners and endpoints stay; the pace is at once again, and the clock runs on from where it is.
        """
        super().reset()
        self.faults.clear()
        self.behaviours.clear()
        self.requests.clear()
        self.set_pace(Pace.AT_ONCE)
        self._publish(Reset())

    def _publish(self, fact: object) -> None:
        publish_fact(self.stream, fact)
        for observer in self.observers:
            observer(fact)

    def _restore_pace(self) -> None:
        with self.environment.storage.reading() as reading:
            pace = reading.setting(_PACE)
        if pace:
            self.pace = Pace(pace)


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
        return self.with_api_key(api_key).environment

    def of_session(self, session_id: str) -> Environment:
        return self.with_session(session_id).environment

    def with_api_key(self, api_key: str) -> Namespace:
        """The namespace whose partner has this key; the default one where none has."""
        for namespace in self._others.values():
            if namespace.environment.storage.partner_by_api_key(api_key) is not None:
                return namespace
        return self.default

    def with_session(self, session_id: str) -> Namespace:
        """The namespace whose session this is; the default one where none has it."""
        for namespace in self._others.values():
            with namespace.environment.storage.reading() as reading:
                if reading.session(session_id) is not None:
                    return namespace
        return self.default

    async def create(self, name: str | None = None) -> Namespace:
        """A new one in memory, with fresh demo partners.

        Raises ``NameTakenError``, and ``TooManyError`` where there are ``MOST_NAMESPACES``.
        """
        name = name or f"ns-{secrets.token_hex(4)}"
        partners = await asyncio.to_thread(_fresh_partners)
        # Looked at only now: while the keys were made, another may have come.
        if self.get(name) is not None:
            raise NameTakenError
        if len(self._others) >= MOST_NAMESPACES:
            raise TooManyError
        namespace = Namespace(
            name,
            settings=self.default.environment,
            storage=MemoryStorage(capacity=self._capacity),
            partners=partners,
            webhook_key=self._webhook_key,
            capacity=self._capacity,
        )
        self._others[name] = namespace
        await namespace.start()
        return namespace

    async def drop(self, name: str) -> None:
        """Drop a namespace and all that is in it; KeyError if there is none, or it is the default one."""
        namespace = self._others.pop(name)
        namespace.stream.close()
        await namespace.stop()

    async def start(self) -> None:
        """Start every namespace."""
        await self.default.start()

    def close_streams(self) -> None:
        """End what readers of streams read, which would not end by itself."""
        for namespace in self:
            namespace.stream.close()

    async def stop(self) -> None:
        """Stop every namespace."""
        for namespace in self:
            await namespace.stop()


def _fresh_partners() -> dict[str, PartnerCredentials]:
    return {name: new_credentials(name, models) for name, models in DEMO_PARTNERS.items()}
