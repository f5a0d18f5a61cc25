"""The figures of the reference implementation as a table for people."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.crowds import TARGET_RATIO as TARGET_SLOWDOWN
from benchmarks.crowds import WORK, Crowds
from benchmarks.load import Load
from benchmarks.outbox import Outbox
from benchmarks.sessions import STOCK, SUBJECTS, TARGET_RATIO, Sessions, subject
from benchmarks.table import HEADER, row

CORES_FOR_TWO = 4
"""Two processes, their database and the load tool beside them: with fewer cores they wait for each other."""


@dataclass(frozen=True, kw_only=True)
class ReferenceFigures:
    """One run of the benchmark."""

    sessions: Sessions
    outbox: Outbox
    crowds: Crowds

    @property
    def failures(self) -> int:
        """Requests with a wrong answer, and repeated webhooks; figures are valid only if there are none."""
        return self.sessions.failures + self.crowds.failures + self.outbox.repeated


def describe_reference(figures: ReferenceFigures, *, cores: int | None = None) -> str:
    """The figures as Markdown: each with its median, its spread, and its target where there is one."""
    cores = cores if cores is not None else (os.cpu_count() or 1)
    sessions, crowds = figures.sessions, figures.crowds
    rows = [row(f"{STOCK}, requests/s", sessions.rates(STOCK), "{:,.0f}")]
    for store, counts in SUBJECTS.items():
        for count in counts:
            rows += _describe_subject(sessions, subject(store, count), _measurable(count, cores))
    rows.append(
        row(
            "one web process on PostgreSQL over the stock application, paired ratio",
            sessions.ratios,
            "{:.2f}",
            _target(f"≥ {TARGET_RATIO:.0f}", sessions.ratio >= TARGET_RATIO),
        )
    )
    rows += [
        row(
            f"PostgreSQL, {count} dispatcher{'s' if count > 1 else ''}, webhooks delivered/s",
            rates,
            "{:,.0f}",
            _measurable(count, cores),
        )
        for count, rates in figures.outbox.rates.items()
    ]
    rows += [
        row(
            f"{work} among {crowds.many:,} over among {crowds.few:,} sessions, paired ratio of times",
            crowds.ratios(work),
            "{:.2f}",
            _target(f"≤ {TARGET_SLOWDOWN}", crowds.ratio(work) <= TARGET_SLOWDOWN),
        )
        for work in WORK
    ]
    verdict = (
        f"NOT VALID: {figures.failures:,} requests were not answered as they were to be."
        if figures.failures
        else "Every request was answered as it was to be, and every webhook delivered once."
    )
    return "\n".join([*HEADER, *rows, "", f"{verdict} {_describe_method(figures, cores)}"])


def _describe_subject(sessions: Sessions, name: str, remark: str) -> Sequence[str]:
    loads = [each[name] for each in sessions.rounds]

    def figure(unit: str, value: Callable[[Load], float], form: str) -> str:
        return row(f"{name}, {unit}", map(value, loads), form, remark)

    return [
        figure("sessions created/s", lambda load: load.rate, "{:,.0f}"),
        figure("p50 in ms", lambda load: load.p50_ms, "{:.1f}"),
        figure("p99 in ms", lambda load: load.p99_ms, "{:.1f}"),
    ]


def _describe_method(figures: ReferenceFigures, cores: int) -> str:
    sessions = figures.sessions
    loads = [load for each in sessions.rounds for load in each.values()]
    tool = median(load.tool_cpu_seconds / load.seconds for load in loads)
    receiver = median(figures.outbox.receiver_cores)
    busy = os.getloadavg()[0]
    return (
        f"Signed `POST /session/hosted` over {sessions.connections} connections on loopback, "
        f"{len(sessions.rounds)} rounds of {sessions.seconds} s for each subject, one right after the other, "
        "in turn; one request in four with an idempotency key; PostgreSQL with its default settings beside "
        f"them. wrk used {tool:.0%} of a core beside them, the receiver of webhooks {receiver:.0%}. "
        f"{cores} cores, and {busy:.1f} processes waiting for one at the end (load average of a minute): "
        "paired ratios can be compared between machines, the other figures cannot."
    )


def _measurable(processes: int, cores: int) -> str:
    return f"not measurable on {cores} cores" if processes > 1 and cores < CORES_FOR_TWO else ""


def _target(bound: str, met: bool) -> str:
    return f"{bound}, {'met' if met else 'MISSED'}"
