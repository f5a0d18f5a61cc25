"""All there is to know of one requirement that was seen broken, ready to be shown anywhere."""

from dataclasses import dataclass

from ..ledger import Breach, Finding, Verdict
from ..masking import Mask, escape, kyc_of
from ..suite import Report
from .replay import replay_command

DOCUMENT = "openapi.yaml"
BREACHES_SHOWN = 3
SHOWN = (Verdict.FAILED, Verdict.WARNING, Verdict.EXPECTED_FAILURE, Verdict.UNEXPECTED_PASS)
"""The verdicts of which there is more to say than their name."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One observation: by which test, what was expected, and both messages as lines; secrets are masked."""

    test: str
    message: str
    request: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a report says of a finding. `again` is empty where no request led to it."""

    finding: Finding
    clause: str
    evidence: tuple[Evidence, ...]
    again: str

    def text(self) -> str:
        """The same for every report that is plain text."""
        requirement = self.finding.requirement
        lines = [f"{requirement.id} ({requirement.level})  {requirement.statement}", f"clause: {self.clause}"]
        if self.finding.reason:
            lines.append(escape(self.finding.reason))
        for shown in self.evidence[:1]:
            times = f", {len(self.finding.breaches)} times" if len(self.finding.breaches) > 1 else ""
            lines.append(f"{shown.message}  [{shown.test}{times}]")
            lines += [f"> {line}".rstrip() for line in shown.request]
            lines += [f"< {line}".rstrip() for line in shown.answer]
        if self.again:
            lines.append(f"again: {self.again}")
        return "\n".join(lines)


def describe(finding: Finding, report: Report, mask: Mask) -> Failure:
    """What to say of `finding`; the smallest evidence comes first."""
    requirement = finding.requirement
    breaches = sorted(finding.breaches, key=lambda breach: breach.weight)[:BREACHES_SHOWN]
    kyc: dict[str, str] = {}
    # Rules about the data of requests cannot be understood without it; all of it is made up.
    if requirement.area != "DATA":
        for breach in finding.breaches:
            kyc |= kyc_of(breach.exchange.request.body) if breach.exchange else {}
    return Failure(
        finding=finding,
        clause=f"{DOCUMENT}#{requirement.clause}",
        evidence=tuple(_evidence(breach, mask, kyc) for breach in breaches),
        again=replay_command(report, finding) if breaches else "",
    )


def _evidence(breach: Breach, mask: Mask, kyc: dict[str, str]) -> Evidence:
    request: list[str] = []
    answer: list[str] = []
    if breach.exchange is not None:
        request, answer = mask.exchange(breach.exchange, kyc=kyc)
    return Evidence(
        test=breach.test,
        message=mask.text(breach.message, kyc=kyc),
        request=tuple(request),
        answer=tuple(answer),
    )
