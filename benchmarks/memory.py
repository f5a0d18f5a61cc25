"""What memory the mock server needs: empty, at its bound, and after many more sessions than it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import create_sessions
from benchmarks.orders import Partner
from benchmarks.processes import run_mock
from mockserver.capacity import MAXIMUM_SESSIONS

BOUND = MAXIMUM_SESSIONS
FIRST_SAMPLE = 1_000
TARGET_BYTES = 25_000_000
PATIENCE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Resident bytes of the mock server by the number of sessions created so far."""

    resident: Mapping[int, int]
    failures: int

    @property
    def at_bound(self) -> int:
        """Bytes over the idle server when it keeps as many sessions as it will."""
        return self.resident[BOUND] - self.resident[0]

    @property
    def growth_after_bound(self) -> int:
        """The most by which any later sample lies above the one at the bound."""
        return (
            max(bytes_ for created, bytes_ in self.resident.items() if created >= BOUND)
            - self.resident[BOUND]
        )

    @property
    def per_session(self) -> float:
        """Bytes that one session occupies: the slope up to the bound, without what first requests load."""
        return (self.resident[BOUND] - self.resident[FIRST_SAMPLE]) / (BOUND - FIRST_SAMPLE)


def measure_memory(home: Path, *, creations: int, connections: int, seed: int) -> Memory:
    """Create ``creations`` sessions, a multiple of the bound, and look at the process on the way."""
    samples = [FIRST_SAMPLE, *range(BOUND, creations + 1, BOUND)]
    failures = 0
    with run_mock(home) as mock:
        partner = Partner(home / "partners" / "demo", seed=seed)
        resident = {0: mock.resident_bytes()}
        created = 0
        for sample in samples:
            load = create_sessions(
                mock.url,
                partner,
                connections=connections,
                seconds=PATIENCE_SECONDS,
                orders=sample - created,
                exactly=True,
            )
            failures += load.failures + max(0, sample - created - load.answered)
            created = sample
            resident[created] = mock.resident_bytes()
    return Memory(resident=resident, failures=failures)
