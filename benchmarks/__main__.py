"""Measure, print a table, and write it to ``reports/`` as Markdown and JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.deliveries import measure_deliveries
from benchmarks.load import MISSING, LoadError, is_available
from benchmarks.memory import BOUND, measure_memory
from benchmarks.processes import StartError
from benchmarks.report import Figures, describe, write
from benchmarks.start import measure_start
from benchmarks.throughput import measure_throughput


def main() -> int:
    """0 with figures, 1 where an answer was no 201 (they are not valid then), 2 without wrk."""
    arguments = parse()
    if not is_available():
        sys.stderr.write(f"{MISSING}\n")
        return 2
    try:
        figures = measure(arguments)
    except (LoadError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(describe(figures))
    print(f"\nWritten to {write(figures)} and, beside it, as JSON.")
    return 1 if figures.failures else 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures of the mock server.")
    parser.add_argument(
        "--rounds", type=int, default=7, help="rounds of the throughput (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=int, default=5, help="length of a round (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="of the load tool (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=7, help="starts of each kind (default: %(default)s)")
    parser.add_argument(
        "--creations",
        type=int,
        default=100_000,
        help=f"for the memory, at least {BOUND} (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the orders (default: %(default)s)")
    arguments = parser.parse_args()
    if min(arguments.rounds, arguments.seconds, arguments.connections, arguments.starts) < 1:
        parser.error("give whole numbers from 1 on")
    if arguments.creations < BOUND:
        parser.error(f"--creations: memory is measured at the bound, which is {BOUND} sessions")
    return arguments


def measure(arguments: argparse.Namespace) -> Figures:
    """All four measures, one after the other; says on standard error which one is under way."""
    with TemporaryDirectory(prefix="bench-") as folder:
        tell("start …")
        start = measure_start(repeats=arguments.starts, seed=arguments.seed)
        tell("throughput …")
        throughput = measure_throughput(
            Path(folder) / "throughput",
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            connections=arguments.connections,
            seed=arguments.seed,
        )
        tell("memory …")
        memory = measure_memory(
            Path(folder) / "memory",
            creations=arguments.creations,
            connections=arguments.connections,
            seed=arguments.seed,
        )
    tell("deliveries …")
    deliveries = measure_deliveries(rounds=arguments.rounds)
    return Figures(start=start, throughput=throughput, memory=memory, deliveries=deliveries)


def tell(what: str) -> None:
    """Say what is being done."""
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    sys.exit(main())
