"""The verdicts as JSON, for CI and for tools."""

from typing import Any

from ..ledger import Finding
from ..masking import Mask, escape
from ..suite import Report
from .failure import describe


def as_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object; secrets are masked."""
    mask = Mask(report.target.partners)
    return {
        "url": report.target.url,
        "startedAt": report.started.isoformat(timespec="seconds"),
        "seed": report.plan.seed,
        "layers": list(report.plan.layers),
        "exitCode": int(report.exit_code),
        **({"error": mask.text(report.obstacle)} if report.obstacle else {}),
        "requests": report.requests,
        "seconds": round(report.seconds, 3),
        "claims": sorted(report.target.claims),
        "counts": _counts(report),
        "requirements": [_finding(finding, report, mask) for finding in report.findings],
    }


def _counts(report: Report) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.verdict.value] = counts.get(finding.verdict.value, 0) + 1
    return counts


def _finding(finding: Finding, report: Report, mask: Mask) -> dict[str, Any]:
    failure = describe(finding, report, mask)
    return {
        "id": finding.requirement.id,
        "statement": finding.requirement.statement,
        "level": finding.requirement.level,
        "capability": finding.requirement.capability,
        "clause": failure.clause,
        "verdict": finding.verdict.value,
        "observations": finding.observations,
        **({"reason": escape(finding.reason)} if finding.reason else {}),
        **({"replay": failure.again} if failure.again else {}),
        "breaches": [
            {
                "test": shown.test,
                "message": shown.message,
                **({"request": list(shown.request), "answer": list(shown.answer)} if shown.request else {}),
            }
            for shown in failure.evidence
        ],
    }
