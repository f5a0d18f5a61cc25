"""How long a start takes, from the command to the first session that is created."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.orders import Partner
from benchmarks.processes import run_mock

TARGET_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Start:
    """Seconds to the first answer: at first starts (which make the credentials), at later ones, by make."""

    first: Sequence[float]
    second: Sequence[float]
    second_by_make: Sequence[float]


def measure_start(*, repeats: int, seed: int) -> Start:
    """Start ``repeats`` times in each way, each time anew."""
    with TemporaryDirectory(prefix="bench-") as folder:
        first = [_time_start(Path(folder) / f"home-{number}", seed=seed) for number in range(repeats)]
        home = Path(folder) / "home-0"
        second = [_time_start(home, seed=seed) for _ in range(repeats)]
        by_make = [_time_start(home, seed=seed, by_make=True) for _ in range(repeats)]
    return Start(first=first, second=second, second_by_make=by_make)


def _time_start(home: Path, *, seed: int, by_make: bool = False) -> float:
    begun = time.perf_counter()
    with run_mock(home, by_make=by_make) as mock:
        partner = Partner(home / "partners" / "demo", seed=seed)
        (order,) = partner.orders(1, keyed=False)
        mock.create_session(order, api_key=partner.api_key)
        return time.perf_counter() - begun
