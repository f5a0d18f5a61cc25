"""How many webhooks a second dispatchers of the reference deliver from one outbox on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.deliveries import ACKNOWLEDGED, an_event
from benchmarks.postgresql import Server
from benchmarks.reference import PARTNER, Store, prepare_store, run_dispatcher
from reference_impl.domain.deliveries import schedule
from reference_impl.domain.events import EventType
from reference_impl.storage.port import Storage

PATIENCE = 120.0
DISPATCHERS = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Deliveries a second in each round by the number of dispatchers, from the first arrival to the last.

    ``repeated`` counts arrivals beyond one for each event; ``receiver_cores`` the part of a core that the
    receiver used beside them, by round.
    """

    rates: dict[int, list[float]]
    repeated: int
    receiver_cores: list[float]


def measure_outbox(folder: Path, server: Server, *, rounds: int, count: int = 2_000) -> Outbox:
    """``rounds`` of ``count`` deliveries, to one receiver on this machine, by one dispatcher and by two."""
    rates: dict[int, list[float]] = {number: [] for number in DISPATCHERS}
    repeated, cores = 0, []
    with server.database() as url:
        store = prepare_store(folder / "outbox", url)
        for turn in range(rounds):
            for dispatchers in DISPATCHERS if turn % 2 == 0 else reversed(DISPATCHERS):
                with ExitStack() as stack:
                    for _ in range(dispatchers):
                        stack.enter_context(run_dispatcher(store))
                    begun = time.process_time()
                    rate, seconds, arrived = asyncio.run(_round(store, count, f"{turn}-{dispatchers}"))
                    cores.append((time.process_time() - begun) / seconds)
                rates[dispatchers].append(rate)
                repeated += arrived - count
    return Outbox(rates=rates, repeated=repeated, receiver_cores=cores)


async def _round(store: Store, count: int, name: str) -> tuple[float, float, int]:
    """Deliveries a second, how long they took, and how many arrived until the outbox was empty."""
    times: list[float] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled at the end: the dispatchers keep their connections open.
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                times.append(time.perf_counter())
                writer.write(ACKNOWLEDGED)
        writer.close()

    receiver = await asyncio.start_server(receive, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/"
    storage = await asyncio.to_thread(store.open)
    await asyncio.to_thread(_fill, store, count, name, url)
    try:
        async with asyncio.timeout(PATIENCE):
            while len(times) < count or await asyncio.to_thread(_is_filled, storage):  # noqa: ASYNC110
                await asyncio.sleep(0.2)  # another process empties it
    finally:
        receiver.close()
        storage.close()
    seconds = times[count - 1] - times[0]
    return (count - 1) / seconds, seconds, len(times)


def _is_filled(storage: Storage) -> bool:
    return storage.backlog(datetime.now(UTC)).due > 0


def _fill(store: Store, count: int, name: str, url: str) -> None:
    """Write all of them in one transaction, due at once."""
    storage = store.open()
    now = datetime.now(UTC)
    with storage.transaction() as transaction:
        transaction.set_endpoint(PARTNER, EventType.STATUS_CHANGED, url)
        for number in range(count):
            event = an_event(f"{name}-{number}", partner_id=PARTNER, now=now)
            transaction.add_delivery(schedule(event, delivery_id=event.event_id, configured=True))
    storage.close()
