"""Deliveries: how many signed webhooks one process sends a second, beside a dead receiver too."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.dispatcher import Attempted, Dispatcher
from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import schedule
from reference_impl.domain.events import Event, EventType
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.environment import Environment
from reference_impl.storage.memory import MemoryStorage

BODY = b'{"eventId":"00000000-0000-4000-8000-000000000000","data":{"filler":"' + b"x" * 600 + b'"}}'
ACKNOWLEDGED = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


TARGET_RATE = 500
"""Signed deliveries a second."""

DEAD = 6_000
"""Deliveries to the receiver that never answers, due before all others; more than are ever in flight."""


@dataclass(frozen=True)
class Deliveries:
    """Deliveries a second in each round, alone and beside ``DEAD`` to a receiver that never answers."""

    alone: list[float]
    beside_a_dead_receiver: list[float]


async def _acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A receiver that costs as little as one can: reads a whole request, answers 204, and again."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            writer.write(ACKNOWLEDGED)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A receiver that takes what comes and says nothing."""
    try:
        await reader.read()
    except (asyncio.CancelledError, ConnectionError):
        writer.close()


def _partner(name: str) -> Partner:
    return Partner(
        partner_id=name,
        name=name,
        api_key=name,
        api_secret="",
        public_key_pem="",
        customer_management=frozenset(CustomerManagement),
    )


def an_event(event_id: str, *, partner_id: str, now: datetime) -> Event:
    """An event of an ordinary size."""
    return Event(
        event_id=event_id,
        event_type=EventType.STATUS_CHANGED,
        partner_id=partner_id,
        session_id=partner_id,
        occurred_at=now,
        body=BODY,
    )


async def _round(count: int, *, dead: bool) -> float:
    """Deliveries a second to the receiver that answers."""
    living = await asyncio.start_server(_acknowledge, "127.0.0.1", 0)
    silent = await asyncio.start_server(_never_answer, "127.0.0.1", 0)
    urls = {
        name: f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for name, server in (("living", living), ("silent", silent))
    }
    arrived = asyncio.Event()
    landed = 0

    def count_landed(fact: object) -> None:
        nonlocal landed
        landed += isinstance(fact, Attempted) and fact.delivery.partner_id == "living"
        if landed == count:
            arrived.set()

    storage = MemoryStorage()
    environment = replace(Environment(storage=storage, public_url="", checkout_url=""), announce=count_landed)
    now = datetime.now(UTC)
    with storage.transaction() as transaction:
        for name in ("living", "silent") if dead else ("living",):
            transaction.add_partner(_partner(name))
            transaction.set_endpoint(name, EventType.STATUS_CHANGED, urls[name])
            for number in range(count if name == "living" else DEAD):
                due_at = now if name == "living" else now - timedelta(seconds=1)
                event = an_event(f"{name}-{number}", partner_id=name, now=due_at)
                transaction.add_delivery(schedule(event, delivery_id=event.event_id, configured=True))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    async with Sender(key=key, addresses=AddressPolicy(private=True)) as sender:
        dispatcher = Dispatcher(environment, sender)
        running = asyncio.create_task(dispatcher.run())
        began = time.perf_counter()
        await arrived.wait()
        elapsed = time.perf_counter() - began
        running.cancel()
        await dispatcher.break_off()
    living.close()
    silent.close()
    return count / elapsed


def measure_deliveries(*, rounds: int, count: int = 2_000) -> Deliveries:
    """``rounds`` of ``count`` deliveries each, alone and beside ``DEAD`` to a dead receiver, in turn.

    Sender, signatures and receivers share one process and one event loop.
    """
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(asyncio.run(_round(count, dead=False)))
        beside.append(asyncio.run(_round(count, dead=True)))
    return Deliveries(alone, beside)
