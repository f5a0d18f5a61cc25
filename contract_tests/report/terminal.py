"""The verdicts in a terminal.

One line for each area, all there is to know of each failure, one line to end with.
"""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Final, TextIO

from openapi import Requirement

from ..ledger import Finding, Verdict
from ..masking import Mask, escape
from ..suite import ExitCode, Report
from .areas import AREAS, by_area
from .failure import SHOWN, Failure, describe

MARKS: Final = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.WARNING: "!",
    Verdict.NOT_VERIFIED: "?",
    Verdict.NOT_CLAIMED: "·",
    Verdict.EXPECTED_FAILURE: "x",
    Verdict.UNEXPECTED_PASS: "✗",
}
COLOURS: Final = {
    Verdict.PASSED: "32",
    Verdict.FAILED: "31",
    Verdict.WARNING: "33",
    Verdict.NOT_VERIFIED: "33",
    Verdict.NOT_CLAIMED: "2",
    Verdict.EXPECTED_FAILURE: "33",
    Verdict.UNEXPECTED_PASS: "31",
}
OUTCOMES: Final = {
    ExitCode.CONFORMANT: ("conformant", "32"),
    ExitCode.NOT_CONFORMANT: ("not conformant", "31"),
    ExitCode.NO_TARGET: ("not tested", "31"),
    ExitCode.NOT_VERIFIED: ("nothing failed, but not everything was verified", "33"),
    ExitCode.INTERRUPTED: ("interrupted", "33"),
}
WIDTH: Final = 110
NARROWEST: Final = 40


class Terminal:
    """Writes to a terminal, or to a file without colours and without what would be overwritten."""

    def __init__(self, stream: TextIO, *, colour: bool, live: bool, columns: int | None = None) -> None:
        """`live` lines show progress and are replaced by what follows; `columns` are those of a terminal."""
        self._stream = stream
        self._width = fit(columns)
        self._colour = colour
        self._live = live

    # -- while it runs --------------------------------------------------------------------------------------

    def started(self, notes: tuple[str, ...]) -> None:
        """Say whom the preflight has met."""
        for note in notes:
            self._write(self._paint(f"  {note}", "2"))
        self._write("")

    def progress(self, what: str, requests: int) -> None:
        """Show what is being done, on a live terminal only."""
        if self._live:
            self._stream.write(f"\r\x1b[2K  {requests:>6,} requests  {what[: min(70, self._width - 20)]}")
            self._stream.flush()

    # -- afterwards -----------------------------------------------------------------------------------------

    def show(self, report: Report) -> None:
        """Write the whole report."""
        if self._live:
            self._stream.write("\r\x1b[2K")
        mask = Mask(report.target.partners)
        for area, findings in by_area(report.findings):
            self._area(area, findings)
        for finding in report.findings:
            if finding.verdict in SHOWN:
                self._failure(describe(finding, report, mask))
        self._reasons(report.findings, Verdict.PASSED, "passed, with a remark")
        self._reasons(report.findings, Verdict.NOT_VERIFIED, "not verified")
        self._summary(report)

    def _area(self, area: str, findings: list[Finding]) -> None:
        counts = {verdict: [f for f in findings if f.verdict is verdict] for verdict in Verdict}
        name = f"  {area:<5} {AREAS.get(area, ''):<15} "
        line, taken = name, len(name)
        for verdict, found in counts.items():
            if not found:
                continue
            part = f"{MARKS[verdict]} {len(found)} {verdict.value}"
            if taken + len(part) > self._width and taken > len(name):
                self._write(line.rstrip())
                line, taken = " " * len(name), len(name)
            line += self._paint(part, COLOURS[verdict]) + "   "
            taken += len(part) + 3
        self._write(line.removesuffix("   "))

    def _failure(self, failure: Failure) -> None:
        finding, requirement = failure.finding, failure.finding.requirement
        self._write("")
        head = f"{MARKS[finding.verdict]} {requirement.id}  {requirement.statement}"
        for line in textwrap.wrap(head, self._width, subsequent_indent=" " * 11):
            self._write(self._paint(line, COLOURS[finding.verdict]))
        for line in failure.text().split("\n")[1:]:
            if line.startswith((">", "<")):
                self._write(self._paint(f"    {line}", "2"))
            elif line.startswith(("clause: ", "again: ")):
                self._write(f"    {line}")  # whole, to be copied
            else:
                for part in textwrap.wrap(line, self._width - 4):
                    self._write(f"    {part}")

    def _reasons(self, findings: Iterable[Finding], verdict: Verdict, title: str) -> None:
        reasons: dict[str, list[str]] = {}
        for finding in findings:
            if finding.verdict is verdict and finding.reason:
                reasons.setdefault(finding.reason, []).append(finding.requirement.id)
        if reasons:
            self._write("")
            self._write(self._paint(f"  {title}", COLOURS[verdict]))
        for reason, ids in reasons.items():
            for line in textwrap.wrap(
                f"{', '.join(ids)}: {escape(reason)}", self._width - 4, subsequent_indent="  "
            ):
                self._write(f"    {line}")

    def _summary(self, report: Report) -> None:
        outcome, colour = OUTCOMES[report.exit_code]
        counts = [f"{report.count(verdict)} {verdict.value}" for verdict in Verdict if report.count(verdict)]
        figures = f"{report.requests:,} requests, {report.seconds:.1f} s"
        if report.plan.layers:
            figures += f", {report.plan.basis}"
        self._write("")
        first, *others = textwrap.wrap(f"{outcome}: {', '.join(counts)}  ({figures})", self._width)
        self._write(self._paint(outcome, f"1;{colour}") + first.removeprefix(outcome))
        for line in others:
            self._write(f"  {line}")

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")


def fit(columns: int | None) -> int:
    """How wide prose is set: no wider than a terminal, where there is one, nor than reads well."""
    return WIDTH if columns is None else max(NARROWEST, min(WIDTH, columns))


def listing(
    coverage: Mapping[str, tuple[str, ...]],
    untested: Mapping[str, str],
    requirements: Iterable[Requirement],
    stream: TextIO,
    columns: int | None = None,
) -> None:
    """Write every requirement with the tests that are about it, or why there is none."""
    for requirement in requirements:
        tests = ", ".join(coverage[requirement.id]) or f"({untested[requirement.id]})"
        stream.write(f"{requirement.id:<8} {requirement.level:<6} {requirement.capability:<18} {tests}\n")
        for line in textwrap.wrap(requirement.statement, fit(columns) - 9):
            stream.write(f"{'':9}{line}\n")
