"""How many signed session creations the mock server answers a second, beside the bare application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.load import Load, create_sessions
from benchmarks.orders import Partner
from benchmarks.processes import Process, run_bare, run_mock

TARGET_RATIO = 0.10
WARM_UP_SECONDS = 2
ORDERS_PER_SECOND = 5_000  # signed beforehand, so that idempotency keys last for the whole round


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round: both servers, one right after the other."""

    bare: Load
    mock: Load

    @property
    def ratio(self) -> float:
        """The mock server's rate over the bare application's in the same round."""
        return self.mock.rate / self.bare.rate


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """All rounds, and how they were run."""

    connections: int
    seconds: int
    rounds: Sequence[Round]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(each.ratio for each in self.rounds)

    @property
    def failures(self) -> int:
        """Requests in all rounds that were not answered with 201."""
        return sum(each.mock.failures + each.bare.failures for each in self.rounds)


def measure_throughput(home: Path, *, rounds: int, seconds: int, connections: int, seed: int) -> Throughput:
    """Alternate between the two servers, changing who goes first, ``rounds`` times ``seconds`` each."""
    with run_mock(home) as mock, run_bare() as bare:
        partner = Partner(home / "partners" / "demo", seed=seed)

        def load(server: Process, length: int) -> Load:
            orders = length * ORDERS_PER_SECOND
            return create_sessions(
                server.url, partner, connections=connections, seconds=length, orders=orders
            )

        for order in (*partner.orders(50, keyed=False), *partner.orders(50, keyed=True)):
            mock.create_session(order, api_key=partner.api_key)
        for server in (bare, mock):
            load(server, WARM_UP_SECONDS)
        measured = []
        for number in range(rounds):
            order_of_servers = (bare, mock) if number % 2 == 0 else (mock, bare)
            loads = {server.pid: load(server, seconds) for server in order_of_servers}
            measured.append(Round(bare=loads[bare.pid], mock=loads[mock.pid]))
    return Throughput(connections=connections, seconds=seconds, rounds=measured)
