"""The tiers of the tests: which proofs run, from which seed, and the report of those that did.

A test marked ``prove`` is a proof too long for every change. ``pytest`` leaves it out, ``pytest --prove``
(`make prove`) runs proofs and nothing else. ``PROVE_SHARE=1/10`` takes one part in ten of them, in either way
of running: ordered by a hash of their names, part ``PROVE_SEED`` modulo ten, so that consecutive seeds go
round all of them. The seed is also what a proof draws its randomness from (fixture ``prove_seed``).
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

REPORTS = Path(__file__).parent / "reports"
_SEED = pytest.StashKey[int]()
_SHARE = pytest.StashKey[tuple[int, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", action="store_true", help="run the long proofs, and only them")


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there are no workers
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: half of its time a test waits for a server, a browser, a process to start."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEED] = parse_seed(os.environ.get("PROVE_SEED") or "0")
    default = "1/1" if config.getoption("--prove") else "0/1"
    config.stash[_SHARE] = parse_share(os.environ.get("PROVE_SHARE") or default)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    proofs = [item.nodeid for item in items if item.get_closest_marker("prove")]
    chosen = set(choose(proofs, share=config.stash[_SHARE], seed=config.stash[_SEED]))
    left_out = set(proofs) - chosen
    if config.getoption("--prove"):
        left_out = {item.nodeid for item in items} - chosen
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
    items[:] = [item for item in items if item.nodeid not in left_out]
    # Files of proofs first: they hold few tests but long ones, and whoever began them last would end alone.
    long = {item.path for item in items if item.get_closest_marker("prove")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def prove_seed(pytestconfig: pytest.Config) -> int:
    """What a proof draws its randomness from; the report names it, so that a run can be repeated."""
    return pytestconfig.stash[_SEED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the report of the proofs that ran; what a proof gave to ``record_property`` stands in it."""
    proofs = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        and "prove" in report.keywords  # the report's own, for it may come from another process
        and (report.when == "call" or report.outcome != "passed")
    ]
    if not proofs:
        return
    now = datetime.now(UTC)
    REPORTS.mkdir(exist_ok=True)
    file = REPORTS / f"prove-{now:%Y-%m-%dT%H%M%SZ}.md"
    file.write_text(describe(proofs, now=now, share=config.stash[_SHARE], seed=config.stash[_SEED]))
    terminalreporter.write_line(f"Report of {len(proofs)} proofs: {file.relative_to(REPORTS.parent)}")


def choose(names: Sequence[str], *, share: tuple[int, int], seed: int) -> list[str]:
    """The names in ``share[0]`` of ``share[1]`` parts, beginning with part ``seed`` modulo ``share[1]``."""
    wanted, parts = share
    taken = {(seed + offset) % parts for offset in range(wanted)}
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return [name for position, name in enumerate(ordered) if position % parts in taken]


def parse_share(text: str) -> tuple[int, int]:
    """``3/10`` as (3, 10). Raises UsageError."""
    wanted, slash, parts = text.partition("/")
    if not (slash and wanted.isdecimal() and parts.isdecimal() and 0 <= int(wanted) <= int(parts) != 0):
        raise pytest.UsageError(
            f"PROVE_SHARE={text!r}: give a fraction from 0/1 to 1/1, such as 1/10 for a tenth of the proofs"
        )
    return int(wanted), int(parts)


def parse_seed(text: str) -> int:
    """A whole number from 0 on. Raises UsageError."""
    if not text.isdecimal():
        raise pytest.UsageError(f"PROVE_SEED={text!r}: give a whole number")
    return int(text)


def describe(
    reports: Iterable[pytest.TestReport], *, now: datetime, share: tuple[int, int], seed: int
) -> str:
    """The report, in Markdown."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines = [
        f"# Proofs of {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"PROVE_SEED={seed} PROVE_SHARE={share[0]}/{share[1]}, Python {platform.python_version()}, {machine}",
        "",
        "| proof | outcome | seconds | figures |",
        "| --- | --- | ---: | --- |",
    ]
    for report in reports:
        figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        lines.append(f"| `{report.nodeid}` | {report.outcome} | {report.duration:.1f} | {figures} |")
    return "\n".join(lines) + "\n"
