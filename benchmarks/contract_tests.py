"""How long `stablemint verify` takes against the mock server: all of it, and one requirement by itself."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Process, StartError, run_mock
from benchmarks.table import HEADER, row

WHOLE_SECONDS = 90.0
ONE_SECONDS = 5.0
ALONE = (
    *("AUTH-03", "HTTP-12", "DATA-12", "IDEM-13", "SESS-16", "PAY-06", "ERR-05"),
    *("HOOK-03", "HOOK-15", "HOOK-21"),
)
"""One or two of each area; not HOOK-16 and HOOK-24, which wait for ten seconds of real time."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the command: seconds from its start to its end, and seconds of processor that it used."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class ContractTests:
    """Runs of the whole suite, and one of each requirement of ``ALONE``."""

    whole: Sequence[Run]
    alone: Sequence[Run]
    failures: int
    """Runs that did not end with 0; the figures are valid only if there are none."""


def measure_contract_tests(folder: Path, *, rounds: int) -> ContractTests:
    """Run the whole suite ``rounds`` times against one mock server, and each of ``ALONE`` once."""
    failures = 0
    with run_mock(folder / ".stablemint") as mock:
        _configure(folder, mock)

        def run(*options: str) -> Run:
            nonlocal failures
            before, begun = _children(), time.perf_counter()
            failures += _verify(folder, *options).returncode != 0
            return Run(seconds=time.perf_counter() - begun, cpu_seconds=_children() - before)

        whole = [run("--seed", str(seed)) for seed in range(1, rounds + 1)]
        alone = [run("--select", requirement) for requirement in ALONE]
    return ContractTests(whole=whole, alone=alone, failures=failures)


def describe_contract_tests(figures: ContractTests) -> str:
    """The figures as Markdown."""
    whole, alone = figures.whole, figures.alone
    slowest = max(run.seconds for run in alone)
    rows = [
        row(
            "the whole suite, s",
            [run.seconds for run in whole],
            "{:.1f}",
            _verdict(WHOLE_SECONDS, max(run.seconds for run in whole)),
        ),
        row("its own processor time, s", [run.cpu_seconds for run in whole], "{:.1f}"),
        row(
            f"one requirement, s ({', '.join(ALONE)})",
            [run.seconds for run in alone],
            "{:.1f}",
            _verdict(ONE_SECONDS, slowest),
        ),
        row("its own processor time, s", [run.cpu_seconds for run in alone], "{:.1f}"),
    ]
    verdict = (
        f"NOT VALID: {figures.failures} runs did not end with 0."
        if figures.failures
        else "Every run ended with 0."
    )
    return "\n".join([*HEADER, *rows, "", verdict])


def _verdict(target: float, seconds: float) -> str:
    return f"≤ {target:.0f}, {'met' if seconds <= target else 'MISSED'}"


def _configure(folder: Path, mock: Process) -> None:
    """A ``target.toml`` for this server, as the command writes it."""
    done = _verify(folder, "--init")
    if done.returncode:
        raise StartError(f"`stablemint verify --init`: {done.stderr}")
    file = folder / "target.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text(
        "\n".join(f'url = "{mock.url}"' if line.startswith("url = ") else line for line in lines),
        encoding="utf-8",
    )


def _verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "stablemint", "verify", *options]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def _children() -> float:
    """Seconds of processor that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
