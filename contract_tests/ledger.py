"""What was observed of each requirement, and the verdict that follows from it."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from openapi import Requirement

from .requirements import decides
from .wire import Exchange


class Verdict(StrEnum):
    """The verdict on one requirement. Nothing but PASSED ever counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    """A SHOULD or MAY that is not met: reported, without weight for conformance."""
    NOT_VERIFIED = "not verified"
    """Claimed, but nothing was seen that could decide it."""
    EXPECTED_FAILURE = "expected failure"
    """Failed, as the target's configuration says that it would, until a day that is still to come."""
    UNEXPECTED_PASS = "unexpected pass"  # noqa: S105 - a verdict
    """Passed, although it was expected to fail: counts as a failure."""
    NOT_CLAIMED = "not claimed"
    """Of a capability that this run does not claim for the target."""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A requirement seen broken: by which test, what was expected, and the exchange that shows it."""

    requirement: str
    test: str
    message: str
    exchange: Exchange | None

    @property
    def weight(self) -> int:
        """Size of the evidence in bytes; the smallest is the one to show."""
        request = self.exchange.request if self.exchange else None
        return len(request.body or b"") + len(request.path) if request else 0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one requirement with what led to it."""

    requirement: Requirement
    verdict: Verdict
    observations: int
    breaches: tuple[Breach, ...] = ()
    reason: str = ""
    due: bool = False
    """Whether it is for such a run to verify: not by inspection, nor what may never come up."""

    @property
    def is_open(self) -> bool:
        """Whether it is claimed and for such a run to verify, and was not."""
        return self.verdict is Verdict.NOT_VERIFIED and self.due

    @property
    def shown(self) -> Breach:
        """The breach with the smallest evidence."""
        return min(self.breaches, key=lambda breach: breach.weight)


@dataclass(kw_only=True)
class Ledger:
    """Collects observations while the tests run. Not for use by several threads."""

    selected: frozenset[str]
    passes: dict[str, int] = field(default_factory=dict)
    breaches: dict[str, list[Breach]] = field(default_factory=dict)
    obstacles: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)

    def kept(self, requirement: str) -> None:
        """Count one observation in which `requirement` held."""
        if requirement in self.selected:
            self.passes[requirement] = self.passes.get(requirement, 0) + 1

    def broken(self, breach: Breach) -> None:
        """Record one observation in which a requirement did not hold."""
        if breach.requirement in self.selected:
            exchange = breach.exchange.evidence if breach.exchange else None
            kept = dataclasses.replace(breach, exchange=exchange)
            self.breaches.setdefault(breach.requirement, []).append(kept)

    def obstruct(self, requirement: str, reason: str) -> None:
        """Say why nothing could be observed; it counts only where nothing else was."""
        self.obstacles.setdefault(requirement, reason)

    def remark(self, requirement: str, text: str) -> None:
        """Say what was not tried of a requirement that can be decided without it."""
        self.remarks.setdefault(requirement, text)

    def leave_open(self, requirements: Iterable[str], reason: str) -> None:
        """Say the same of several: what the tests that decide them saw is not the whole."""
        for requirement in requirements:
            self.obstruct(requirement, reason)

    def findings(
        self,
        requirements: Mapping[str, Requirement],
        *,
        claimed: frozenset[str],
        untested: Mapping[str, str],
        idle: frozenset[str],
    ) -> tuple[Finding, ...]:
        """The verdicts on all selected requirements.

        `untested` gives reasons for those that no test decides; `idle` are those that a target may never
        come to show.
        """
        return tuple(
            self._find(requirement, claimed=claimed, untested=untested, idle=idle)
            for requirement in requirements.values()
            if requirement.id in self.selected
        )

    def _find(
        self,
        requirement: Requirement,
        *,
        claimed: frozenset[str],
        untested: Mapping[str, str],
        idle: frozenset[str],
    ) -> Finding:
        breaches = tuple(self.breaches.get(requirement.id, ()))
        passes = self.passes.get(requirement.id, 0)
        reason = ""
        if requirement.capability not in claimed:
            verdict, breaches, passes = Verdict.NOT_CLAIMED, (), 0
            reason = f"capability {requirement.capability}"
        elif breaches:
            verdict = Verdict.FAILED if decides(requirement) else Verdict.WARNING
        elif requirement.id in self.obstacles:
            # What was seen before the obstacle is not the whole of the requirement.
            verdict, reason = Verdict.NOT_VERIFIED, self.obstacles[requirement.id]
        elif passes:
            verdict, reason = Verdict.PASSED, self.remarks.get(requirement.id, "")
        else:
            verdict = Verdict.NOT_VERIFIED
            reason = untested.get(requirement.id, "nothing was seen that could decide it")
        return Finding(
            requirement=requirement,
            verdict=verdict,
            observations=passes + len(breaches),
            breaches=breaches,
            reason=reason,
            due=requirement.verification != "inspection" and requirement.id not in idle,
        )
