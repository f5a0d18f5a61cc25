"""Measure, print a table, and write it to ``reports/`` as Markdown and JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contract_tests import ContractTests, describe_contract_tests, measure_contract_tests
from benchmarks.crowds import MANY, measure_crowds
from benchmarks.deliveries import measure_deliveries
from benchmarks.load import MISSING, LoadError, is_available
from benchmarks.memory import BOUND, measure_memory
from benchmarks.outbox import measure_outbox
from benchmarks.postgresql import NoServerError, run_server
from benchmarks.processes import StartError
from benchmarks.reference_report import ReferenceFigures, describe_reference
from benchmarks.report import Figures, describe, write
from benchmarks.sessions import measure_sessions
from benchmarks.start import measure_start
from benchmarks.throughput import measure_throughput

SUBJECTS = ("mock", "reference", "contract-tests")
UNDER_LOAD = {"mock", "reference"}
"""Those that need the load tool."""


def main() -> int:
    """0 with figures, 1 where an answer was wrong (they are not valid then), 2 without wrk or PostgreSQL."""
    arguments = parse()
    if UNDER_LOAD & set(arguments.subjects) and not is_available():
        sys.stderr.write(f"{MISSING}\n")
        return 2
    parts: dict[str, tuple[str, Figures | ReferenceFigures | ContractTests]] = {}
    try:
        if "mock" in arguments.subjects:
            figures = measure(arguments)
            parts["mock server"] = describe(figures), figures
        if "reference" in arguments.subjects:
            measured = measure_reference(arguments)
            parts["reference implementation"] = describe_reference(measured), measured
        if "contract-tests" in arguments.subjects:
            runs = measure_runs(arguments)
            parts["contract tests"] = describe_contract_tests(runs), runs
    except (LoadError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except NoServerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, (text, _) in parts.items():
        print(f"{name}\n\n{text}\n")
    print(f"Written to {write(parts)} and, beside it, as JSON.")
    return 1 if any(each.failures for _, each in parts.values()) else 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures, never a verdict.")
    parser.add_argument(
        "subjects",
        nargs="*",
        default=SUBJECTS,
        metavar="SUBJECT",
        help=f"any of {', '.join(SUBJECTS)} (default: all)",
    )
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
    parser.add_argument(
        "--reference-rounds",
        type=int,
        default=9,
        help="rounds of the reference implementation (default: %(default)s)",
    )
    parser.add_argument(
        "--reference-seconds", type=int, default=3, help="length of one of them (default: %(default)s)"
    )
    parser.add_argument(
        "--suites", type=int, default=3, help="runs of the whole contract tests (default: %(default)s)"
    )
    parser.add_argument(
        "--many", type=int, default=MANY, help="sessions of the larger crowd (default: %(default)s)"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.subjects) - set(SUBJECTS):
        parser.error(f"there is no subject {', '.join(sorted(unknown))}; give any of {', '.join(SUBJECTS)}")
    counts = (
        "rounds",
        "seconds",
        "connections",
        "starts",
        "reference_rounds",
        "reference_seconds",
        "many",
        "suites",
    )
    if min(getattr(arguments, name) for name in counts) < 1:
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


def measure_reference(arguments: argparse.Namespace) -> ReferenceFigures:
    """All three measures, on one PostgreSQL server. Raises NoServerError where there is none."""
    rounds, seconds = arguments.reference_rounds, arguments.reference_seconds
    with run_server() as server, TemporaryDirectory(prefix="bench-") as folder:
        tell("sessions of the reference …")
        sessions = measure_sessions(
            Path(folder) / "sessions",
            server,
            rounds=rounds,
            seconds=seconds,
            connections=arguments.connections,
            seed=arguments.seed,
        )
        tell("its dispatchers …")
        outbox = measure_outbox(Path(folder), server, rounds=rounds)
        tell(f"sessions among {arguments.many:,} …")
        crowds = measure_crowds(
            Path(folder) / "crowds",
            server,
            rounds=rounds,
            seconds=seconds,
            connections=arguments.connections,
            seed=arguments.seed,
            many=arguments.many,
        )
    return ReferenceFigures(sessions=sessions, outbox=outbox, crowds=crowds)


def measure_runs(arguments: argparse.Namespace) -> ContractTests:
    """The contract tests against a mock server."""
    tell("contract tests …")
    with TemporaryDirectory(prefix="bench-") as folder:
        return measure_contract_tests(Path(folder), rounds=arguments.suites)


def tell(what: str) -> None:
    """Say what is being done."""
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    sys.exit(main())
