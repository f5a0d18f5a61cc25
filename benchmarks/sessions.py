"""How many sessions the reference implementation creates a second, beside the stock application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.load import Load, create_sessions
from benchmarks.orders import Partner
from benchmarks.postgresql import Server
from benchmarks.processes import Process
from benchmarks.reference import Store, prepare_store, run_stock, run_web

STOCK = "stock Connexion FlaskApp"
SUBJECTS = {"SQLite": (1, 2), "PostgreSQL": (1, 2)}
"""Stores, and with how many web processes each is measured."""

TARGET_RATIO = 1.0
"""One web process on PostgreSQL, over the stock application."""

WARM_UP_SECONDS = 1
ORDERS_PER_SECOND = 1_000  # signed beforehand, so that idempotency keys last for the whole round


def subject(store: str, workers: int) -> str:
    """What a row of the table is called."""
    return f"{store}, {workers} web process{'es' if workers > 1 else ''}"


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """The load of each subject in each round, all subjects one right after the other in a round."""

    connections: int
    seconds: int
    rounds: Sequence[Mapping[str, Load]]

    def rates(self, name: str) -> list[float]:
        """A subject's requests a second, by round."""
        return [each[name].rate for each in self.rounds]

    @property
    def ratios(self) -> list[float]:
        """One web process on PostgreSQL over the stock application, by round."""
        return [each[subject("PostgreSQL", 1)].rate / each[STOCK].rate for each in self.rounds]

    @property
    def ratio(self) -> float:
        """The median of them."""
        return median(self.ratios)

    @property
    def failures(self) -> int:
        """Requests that were not answered with 201."""
        return sum(load.failures for each in self.rounds for load in each.values())


def measure_sessions(
    folder: Path,
    server: Server,
    *,
    rounds: int,
    seconds: int,
    connections: int,
    seed: int,
    subjects: Mapping[str, Sequence[int]] = SUBJECTS,
) -> Sessions:
    """``rounds`` times ``seconds`` for each subject, in an order that turns by one from round to round."""
    with ExitStack() as stack:
        processes: dict[str, tuple[Process, Partner]] = {}
        for kind, counts in subjects.items():
            for workers in counts:
                home = folder / f"{kind}-{workers}"
                url = stack.enter_context(server.database()) if kind == "PostgreSQL" else None
                store: Store = prepare_store(home, url)
                running = stack.enter_context(run_web(store, workers=workers))
                processes[subject(kind, workers)] = running, Partner(store.credentials, seed=seed)
        any_partner = next(iter(processes.values()))[1]
        processes[STOCK] = stack.enter_context(run_stock()), any_partner

        def load(name: str, length: int) -> Load:
            process, partner = processes[name]
            orders = length * ORDERS_PER_SECOND
            return create_sessions(
                process.url, partner, connections=connections, seconds=length, orders=orders
            )

        names = list(processes)
        for name in names:
            load(name, WARM_UP_SECONDS)
        measured = []
        for number in range(rounds):
            turn = number % len(names)
            measured.append({name: load(name, seconds) for name in (*names[turn:], *names[:turn])})
    return Sessions(connections=connections, seconds=seconds, rounds=measured)
