"""Whether creating and reading a session takes longer among very many than among few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.load import Load, create_sessions, read_sessions
from benchmarks.orders import Partner
from benchmarks.postgresql import Server
from benchmarks.processes import Process
from benchmarks.reference import prepare_store, run_web

FEW, MANY = 10_000, 1_000_000
TARGET_RATIO = 1.2
"""Time of a request among many over its time among few."""

WORK = ("create", "read")
READ = 2_000
"""Sessions that are read, chosen at random among all."""

ORDERS_PER_SECOND = 1_000
_FILL = """\
INSERT INTO sessions (session_id, status, finished, due_at, {same})
SELECT md5(number || 'a') || 'session', 'expired', TRUE, NULL, {same}
FROM sessions CROSS JOIN generate_series(1, {count}) AS number"""
_OWN = {"sequence", "session_id", "status", "finished", "due_at"}


@dataclass(frozen=True, kw_only=True)
class Crowds:
    """The load of each work in each round, among few and among many, one right after the other."""

    few: int
    many: int
    rounds: Sequence[Mapping[str, tuple[Load, Load]]]

    def ratios(self, work: str) -> list[float]:
        """Time of a request among many over its time among few, by round."""
        return [few.rate / many.rate for few, many in (each[work] for each in self.rounds)]

    def ratio(self, work: str) -> float:
        """The median of them."""
        return median(self.ratios(work))

    @property
    def failures(self) -> int:
        """Requests without the answer that they were to have."""
        return sum(load.failures for each in self.rounds for pair in each.values() for load in pair)


def fill(url: str, count: int) -> list[str]:
    """Make ``count`` ended sessions out of the only one there is, by one statement; some of theirs."""
    with psycopg.connect(url, autocommit=True) as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'sessions'"
        ).fetchall()
        same = ", ".join(sorted({name for (name,) in columns} - _OWN))
        connection.execute(_FILL.format(same=same, count=count).encode())
        connection.execute("VACUUM ANALYZE sessions")
        rows = connection.execute(
            f"SELECT session_id FROM sessions WHERE status = 'expired' ORDER BY md5(session_id) LIMIT {READ}"  # noqa: S608
        ).fetchall()
    return [session_id for (session_id,) in rows]


def measure_crowds(
    folder: Path,
    server: Server,
    *,
    rounds: int,
    seconds: int,
    connections: int,
    seed: int,
    few: int = FEW,
    many: int = MANY,
) -> Crowds:
    """On PostgreSQL, one web process for each crowd; who goes first changes from round to round."""
    with ExitStack() as stack:
        subjects: list[tuple[Process, Partner, list[str]]] = []
        for count in (few, many):
            url = stack.enter_context(server.database())
            store = prepare_store(folder / str(count), url)
            process = stack.enter_context(run_web(store))
            partner = Partner(store.credentials, seed=seed)
            process.create_session(next(iter(partner.orders(1, keyed=False))), api_key=partner.api_key)
            subjects.append((process, partner, fill(url, count)))

        def load(work: str, crowd: int, length: int) -> Load:
            process, partner, identifiers = subjects[crowd]
            if work == "read":
                return read_sessions(
                    process.url, partner, identifiers, connections=connections, seconds=length
                )
            orders = length * ORDERS_PER_SECOND
            return create_sessions(
                process.url, partner, connections=connections, seconds=length, orders=orders
            )

        for work in WORK:
            for crowd in (0, 1):
                load(work, crowd, seconds)
        measured = []
        for number in range(rounds):
            order = (0, 1) if number % 2 == 0 else (1, 0)
            pairs = {}
            for work in WORK:
                loads = {crowd: load(work, crowd, seconds) for crowd in order}
                pairs[work] = loads[0], loads[1]
            measured.append(pairs)
    return Crowds(few=few, many=many, rounds=measured)
