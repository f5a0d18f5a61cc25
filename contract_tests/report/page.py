"""The verdicts as one page of HTML: for a manager to read, for an engineer to debug from, offline."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import jinja2
from markupsafe import Markup

from ..ledger import Finding, Verdict
from ..masking import Mask, escape
from ..suite import ExitCode, Report
from .areas import AREAS, by_area
from .failure import SHOWN, Failure, describe

HEADLINES: Final = {
    ExitCode.CONFORMANT: ("Conformant", "passed"),
    ExitCode.NOT_CONFORMANT: ("Not conformant", "failed"),
    ExitCode.NO_TARGET: ("Not tested", "failed"),
    ExitCode.NOT_VERIFIED: ("Not fully verified", "open"),
    ExitCode.INTERRUPTED: ("Interrupted", "open"),
}
KINDS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.UNEXPECTED_PASS: "failed",
    Verdict.EXPECTED_FAILURE: "expected",
    Verdict.WARNING: "warning",
    Verdict.NOT_VERIFIED: "open",
    Verdict.NOT_CLAIMED: "unclaimed",
}
"""Which colour a verdict has."""
ORDER: Final = tuple(KINDS)


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many findings got one verdict."""

    verdict: Verdict
    kind: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Area:
    """The findings of one area, with their shares."""

    code: str
    name: str
    shares: tuple[Share, ...]
    findings: tuple[Finding, ...]


def as_html(report: Report) -> str:
    """The report as one self-contained page; secrets are masked, and what was received is text alone.

    Its policy allows its own style and script, by their hashes, and no request.
    """
    mask = Mask(report.target.partners)
    failures = [describe(found, report, mask) for found in report.findings if found.verdict in SHOWN]
    style, script = _asset("page.css"), _asset("page.js")
    headline, kind = HEADLINES[report.exit_code]
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["escape_controls"] = escape
    environment.filters["prose"] = _prose
    return environment.get_template("page.html").render(
        obstacle=mask.text(report.obstacle).split("\n") if report.obstacle else (),
        report=report,
        url=escape(report.target.url),
        headline=headline,
        kind=kind,
        summary=_summary(report),
        shares=_shares(report.findings),
        areas=[_area(code, findings) for code, findings in by_area(report.findings)],
        failures=sorted(failures, key=lambda failure: ORDER.index(failure.finding.verdict)),
        reasons=_reasons(report.findings),
        failure_ids={failure.finding.requirement.id for failure in failures},
        kinds=KINDS,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        parts_of=_parts_of,
    )


def _summary(report: Report) -> str:
    if report.obstacle:
        return "Nothing was tested, so that nothing can be said of the implementation."
    counts = {verdict: report.count(verdict) for verdict in Verdict}
    claimed = len(report.findings) - counts[Verdict.NOT_CLAIMED]
    sentences = [f"{counts[Verdict.PASSED]} of {claimed} claimed requirements passed."]
    if bad := counts[Verdict.FAILED] + counts[Verdict.UNEXPECTED_PASS]:
        sentences.append(f"{bad} {'fails' if bad == 1 else 'fail'}.")
    if counts[Verdict.EXPECTED_FAILURE]:
        sentences.append(f"{counts[Verdict.EXPECTED_FAILURE]} failed as expected.")
    if counts[Verdict.WARNING]:
        sentences.append(f"{counts[Verdict.WARNING]} recommended but not met.")
    if counts[Verdict.NOT_VERIFIED]:
        sentences.append(f"{counts[Verdict.NOT_VERIFIED]} could not be verified by this run.")
    return " ".join(sentences)


def _shares(findings: Iterable[Finding]) -> tuple[Share, ...]:
    verdicts = [finding.verdict for finding in findings]
    return tuple(
        Share(verdict=verdict, kind=KINDS[verdict], count=verdicts.count(verdict))
        for verdict in ORDER
        if verdict in verdicts
    )


def _area(code: str, findings: list[Finding]) -> Area:
    return Area(code=code, name=AREAS.get(code, ""), shares=_shares(findings), findings=tuple(findings))


def _reasons(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    reasons: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.verdict is Verdict.NOT_VERIFIED:
            reasons.setdefault(escape(finding.reason), []).append(finding)
    return reasons


def _prose(text: str) -> Markup:
    """Text of the document, of whose Markdown a requirement's sentence has nothing but `code`."""
    parts = text.split("`")
    code, plain = Markup("<code>%s</code>"), Markup("%s")
    return Markup().join((code if at % 2 else plain) % part for at, part in enumerate(parts))


def _parts_of(failure: Failure) -> list[dict[str, Any]]:
    """The observations of a failure, messages joined to text."""
    return [
        {
            "test": shown.test,
            "message": shown.message,
            "request": "\n".join(shown.request),
            "answer": "\n".join(shown.answer),
        }
        for shown in failure.evidence
    ]


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
