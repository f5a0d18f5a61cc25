"""Webhooks that misbehave on demand, so that a receiver can be tested against what may happen to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver.waiting import Waiting
from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.sender import Outgoing, Sender
from reference_impl.domain.deliveries import Attempt, Delivery
from reference_impl.domain.events import EventType
from reference_impl.domain.webhook_signatures import sign_webhook


class Kind(StrEnum):
    """What is done to an attempt."""

    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    WRONG_SIGNATURE = "wrong_signature"
    STALE_TIMESTAMP = "stale_timestamp"
    TRUNCATED_BODY = "truncated_body"


DEFAULT_SECONDS = {Kind.REORDER: 2.0, Kind.DELAY: 2.0, Kind.STALE_TIMESTAMP: 600.0}
"""For the kinds that last, or reach back, for some time."""

LONGEST_WAIT = 60.0
"""Seconds of real time for which an attempt is held back at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A kind, and the attempts that it concerns; ``partner`` of None is every one's."""

    kind: Kind
    event_types: frozenset[EventType]
    partner: str | None
    seconds: float | None

    def fits(self, delivery: Delivery) -> bool:
        """Whether it concerns an attempt of this delivery."""
        return delivery.event_type in self.event_types and self.partner in (None, delivery.partner_id)


class BehavingSender(Sender):
    """A sender that does to the next attempts what ``behaviours`` say, and all else as it should be done."""

    def __init__(self, *, key: rsa.RSAPrivateKey, behaviours: Waiting[Behaviour]) -> None:
        super().__init__(key=key, addresses=AddressPolicy(private=True))
        self._behaviours = behaviours
        self._in_hand: dict[str, Behaviour] = {}
        self._held_back: defaultdict[str, list[asyncio.Event]] = defaultdict(list)

    async def hold_back(self, delivery: Delivery) -> None:
        self._in_hand.pop(delivery.delivery_id, None)  # of an attempt that was not made after all
        taken = self._behaviours.take(lambda behaviour: behaviour.fits(delivery))
        if taken is None:
            return
        behaviour = self._in_hand[delivery.delivery_id] = taken.thing
        wait = min(behaviour.seconds or 0.0, LONGEST_WAIT)
        if behaviour.kind is Kind.DELAY:
            await asyncio.sleep(wait)
        elif behaviour.kind is Kind.REORDER:
            await self._wait_for_another(delivery.partner_id, wait)

    async def attempt(self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]) -> Attempt:
        attempt = await super().attempt(delivery, url=url, clock=clock)
        for held_back in self._held_back.pop(delivery.partner_id, ()):
            held_back.set()
        return attempt

    async def send_again(
        self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]
    ) -> Attempt | None:
        behaviour = self._in_hand.get(delivery.delivery_id)
        try:
            if behaviour is None or behaviour.kind is not Kind.DUPLICATE:
                return None
            return await self.attempt(delivery, url=url, clock=clock)
        finally:
            self._in_hand.pop(delivery.delivery_id, None)

    def prepare(self, delivery: Delivery) -> Outgoing:
        right = super().prepare(delivery)
        behaviour = self._in_hand.get(delivery.delivery_id)
        if behaviour is None:
            return right
        headers, body = dict(right.headers), right.body
        match behaviour.kind:
            case Kind.WRONG_SIGNATURE:
                headers |= sign_webhook(body + b" ", key=self.key, now=self._real_now())
            case Kind.STALE_TIMESTAMP:
                age = timedelta(seconds=behaviour.seconds or 0.0)
                headers |= sign_webhook(body, key=self.key, now=self._real_now() - age)
            case Kind.TRUNCATED_BODY:
                body = body[: len(body) // 2]
        return Outgoing(headers=headers, body=body, behaviour=behaviour.kind.value)

    async def _wait_for_another(self, partner_id: str, seconds: float) -> None:
        another = asyncio.Event()
        self._held_back[partner_id].append(another)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await another.wait()
