"""The verdicts as JSON, for CI and for tools."""

from typing import Any

from ..ledger import Finding
from ..masking import Mask
from ..suite import Report
from .replay import replay_command

BREACHES_SHOWN = 3


def as_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object; secrets are masked."""
    mask = Mask(report.target.partners)
    return {
        "url": report.target.url,
        "seed": report.plan.seed,
        "exitCode": int(report.exit_code),
        "requests": report.requests,
        "seconds": round(report.seconds, 3),
        "counts": _counts(report),
        "requirements": [_finding(finding, report, mask) for finding in report.findings],
    }


def _counts(report: Report) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.verdict.value] = counts.get(finding.verdict.value, 0) + 1
    return counts


def _finding(finding: Finding, report: Report, mask: Mask) -> dict[str, Any]:
    breaches = sorted(finding.breaches, key=lambda breach: breach.weight)[:BREACHES_SHOWN]
    return {
        "id": finding.requirement.id,
        "statement": finding.requirement.statement,
        "level": finding.requirement.level,
        "capability": finding.requirement.capability,
        "verdict": finding.verdict.value,
        "observations": finding.observations,
        **({"reason": finding.reason} if finding.reason else {}),
        **({"replay": replay_command(report, finding)} if breaches else {}),
        "breaches": [
            {
                "test": breach.test,
                "message": mask.text(breach.message),
                **(
                    {
                        "request": mask.request(breach.exchange.request),
                        "answer": mask.answer(breach.exchange.answer)
                        if breach.exchange.answer
                        else breach.exchange.failure,
                    }
                    if breach.exchange
                    else {}
                ),
            }
            for breach in breaches
        ],
    }
