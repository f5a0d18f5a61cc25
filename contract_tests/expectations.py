"""Failures that are known: they count as expected until a day, and as failures after it."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .ledger import Finding, Verdict


@dataclass(frozen=True, kw_only=True)
class ExpectedFailure:
    """A requirement that a target is known not to meet, why, and the last day on which that is accepted."""

    requirement: str
    reason: str
    until: date


def weigh(
    findings: Iterable[Finding], expected: Iterable[ExpectedFailure], *, today: date
) -> tuple[Finding, ...]:
    """The findings in the light of what was expected.

    A failure is an expected one through the day `until`. A pass where a failure is expected is a failure by
    itself: the expectation is out of date, and would hide the next fault.
    """
    by_requirement = {entry.requirement: entry for entry in expected}
    return tuple(_weigh(found, by_requirement.get(found.requirement.id), today) for found in findings)


def _weigh(found: Finding, entry: ExpectedFailure | None, today: date) -> Finding:
    if entry is None:
        return found
    if found.verdict is Verdict.PASSED:
        return dataclasses.replace(
            found,
            verdict=Verdict.UNEXPECTED_PASS,
            reason=f"expected to fail ({entry.reason}), and passed: take it off the expected failures",
        )
    if found.verdict not in (Verdict.FAILED, Verdict.WARNING):
        return found
    if today > entry.until:
        return dataclasses.replace(
            found, reason=f"was expected to fail until {entry.until} ({entry.reason}), which is past"
        )
    return dataclasses.replace(
        found, verdict=Verdict.EXPECTED_FAILURE, reason=f"{entry.reason} (expected until {entry.until})"
    )
