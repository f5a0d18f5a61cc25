"""The figures as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks import memory as of_memory
from benchmarks import start as of_start
from benchmarks import throughput as of_throughput
from benchmarks.contract_tests import ContractTests
from benchmarks.deliveries import TARGET_RATE, Deliveries
from benchmarks.memory import Memory
from benchmarks.processes import ROOT
from benchmarks.reference_report import ReferenceFigures
from benchmarks.start import Start
from benchmarks.table import HEADER, row
from benchmarks.throughput import Throughput

REPORTS = ROOT / "reports"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One run of the benchmark."""

    start: Start
    throughput: Throughput
    memory: Memory
    deliveries: Deliveries

    @property
    def failures(self) -> int:
        """Requests that were not answered with 201; the figures are valid only if there are none."""
        return self.throughput.failures + self.memory.failures


def describe(figures: Figures) -> str:
    """The figures as Markdown: each with its median, its spread, and its target where there is one."""
    start, throughput, memory = figures.start, figures.throughput, figures.memory
    rounds = throughput.rounds
    requests = sum(each.mock.requests for each in rounds)
    keyed = sum(each.mock.keyed for each in rounds)
    tool = median(each.mock.tool_cpu_seconds / each.mock.seconds for each in rounds)
    rows = [
        _row("bare application, requests/s", [each.bare.rate for each in rounds], "{:,.0f}"),
        _row("mock server, sessions created/s", [each.mock.rate for each in rounds], "{:,.0f}"),
        _row(
            "paired ratio",
            [each.ratio for each in rounds],
            "{:.3f}",
            (f"≥ {of_throughput.TARGET_RATIO:.2f}", throughput.ratio >= of_throughput.TARGET_RATIO),
        ),
        _row("mock server, p50 in ms", [each.mock.p50_ms for each in rounds], "{:.1f}"),
        _row("mock server, p99 in ms", [each.mock.p99_ms for each in rounds], "{:.1f}"),
        _row("first start to first session, s", start.first, "{:.2f}"),
        _row("second start to first session, s", start.second, "{:.2f}", _within_a_second(start.second)),
        _row(
            "the same by `make mock`, s",
            start.second_by_make,
            "{:.2f}",
            _within_a_second(start.second_by_make),
        ),
        _row("memory, idle, MB", [memory.resident[0] / 1e6], "{:.1f}"),
        _row(
            f"memory, {of_memory.BOUND:,} sessions, MB over idle",
            [memory.at_bound / 1e6],
            "{:.1f}",
            (f"≤ {of_memory.TARGET_BYTES / 1e6:.0f}", memory.at_bound <= of_memory.TARGET_BYTES),
        ),
        _row("memory, bytes a session", [memory.per_session], "{:,.0f}"),
        _row(
            f"memory, growth from there to {max(memory.resident):,} created, MB",
            [memory.growth_after_bound / 1e6],
            "{:.1f}",
        ),
    ]
    rows += [
        _row(name, rates, "{:,.0f}", (f"≥ {TARGET_RATE}", median(rates) >= TARGET_RATE))
        for name, rates in (
            ("webhooks, signed deliveries/s", figures.deliveries.alone),
            ("the same beside a receiver that never answers", figures.deliveries.beside_a_dead_receiver),
        )
    ]
    verdict = (
        f"NOT VALID: {figures.failures:,} requests were not answered with 201."
        if figures.failures
        else "Every request was answered with 201."
    )
    method = (
        f"Signed `POST /session/hosted`, {requests:,} in {len(rounds)} rounds of {throughput.seconds} s over "
        f"{throughput.connections} connections on loopback, {keyed:,} with an idempotency key of their own; "
        f"one server process; wrk used {tool:.0%} of a core beside it. {_machine()}"
    )
    return "\n".join([*HEADER, *rows, "", f"{verdict} {method}"])


def write(parts: Mapping[str, tuple[str, Figures | ReferenceFigures | ContractTests]]) -> Path:
    """Write both forms to ``reports/``, text and figures under the name of what was measured.

    Returns the Markdown file, relative to the root.
    """
    now = datetime.now(UTC)
    REPORTS.mkdir(exist_ok=True)
    file = REPORTS / f"bench-{now:%Y-%m-%dT%H%M%SZ}.md"
    texts = [f"## {name}\n\n{text}\n" for name, (text, _) in parts.items()]
    file.write_text("\n".join([f"# Benchmark of {now:%Y-%m-%d %H:%M} UTC\n", *texts]), encoding="utf-8")
    raw = {
        "at": now.isoformat(),
        "machine": _machine(),
        **{name: {"failures": each.failures, **asdict(each)} for name, (_, each) in parts.items()},
    }
    file.with_suffix(".json").write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
    return file.relative_to(ROOT)


def _row(name: str, values: Iterable[float], form: str, target: tuple[str, bool] | None = None) -> str:
    return row(name, values, form, f"{target[0]}, {'met' if target[1] else 'MISSED'}" if target else "")


def _within_a_second(seconds: Iterable[float]) -> tuple[str, bool]:
    return f"≤ {of_start.TARGET_SECONDS:.0f}", median(seconds) <= of_start.TARGET_SECONDS


def _machine() -> str:
    return (
        f"Python {platform.python_version()}, uvicorn {version('uvicorn')} with httptools and asyncio, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores."
    )
