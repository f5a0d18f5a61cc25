"""The verdicts as JUnit XML: one suite for each area, one case for each requirement."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..ledger import Finding, Verdict
from ..masking import Mask, escape
from ..suite import Report
from .areas import AREAS, by_area
from .failure import SHOWN, Failure, describe

BAD = (Verdict.FAILED, Verdict.UNEXPECTED_PASS)
LEFT_OPEN = (Verdict.NOT_VERIFIED, Verdict.NOT_CLAIMED, Verdict.EXPECTED_FAILURE)
"""Skipped, since JUnit knows nothing between passed and failed but that; with the reason."""


def as_junit(report: Report) -> bytes:
    """The report as an XML 1.0 document; secrets are masked, and no character in it is forbidden there."""
    mask = Mask(report.target.partners)
    root = Element("testsuites", {"name": _command(report), **_totals(report.findings)})
    root.set("time", f"{report.seconds:.3f}")
    if report.obstacle:
        _obstacle(root, report, mask)
    for area, findings in by_area(report.findings):
        name = f"{area} {AREAS.get(area, '')}".rstrip()
        suite = SubElement(root, "testsuite", {"name": name, **_totals(findings)})
        _date(suite, report)
        if report.plan.layers:
            properties = SubElement(suite, "properties")
            SubElement(properties, "property", name="seed", value=str(report.plan.seed))
            SubElement(properties, "property", name="layers", value=",".join(report.plan.layers))
        for finding in findings:
            _case(suite, finding, report, mask)
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _command(report: Report) -> str:
    """The command's name, without what it was given."""
    return " ".join(report.plan.command.split()[:2])


def _obstacle(root: Element, report: Report, mask: Mask) -> None:
    """A suite of its own with an error: who counts what was skipped alone would see nothing wrong."""
    figures = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    root.set("tests", str(len(report.findings) + 1))
    root.set("errors", "1")
    suite = SubElement(root, "testsuite", {"name": "preflight", **figures})
    _date(suite, report)
    case = SubElement(suite, "testcase", classname="contract", name="preflight")
    text = mask.text(report.obstacle)
    SubElement(case, "error", type="not tested", message=text.partition("\n")[0]).text = text


def _date(suite: Element, report: Report) -> None:
    suite.set("timestamp", report.started.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("hostname", escape(report.target.url))


def _case(suite: Element, finding: Finding, report: Report, mask: Mask) -> None:
    requirement = finding.requirement
    case = SubElement(suite, "testcase", classname=f"contract.{requirement.area}", name=requirement.id)
    shown = describe(finding, report, mask)
    text = shown.text() if finding.verdict in SHOWN else ""
    if finding.verdict in BAD:
        failure = SubElement(case, "failure", type=finding.verdict.value, message=_summary(shown))
        failure.text = text
    elif finding.verdict in LEFT_OPEN:
        SubElement(case, "skipped", message=f"{finding.verdict.value}: {escape(finding.reason)}")
    if finding.verdict in (Verdict.WARNING, Verdict.EXPECTED_FAILURE):
        SubElement(case, "system-out").text = f"{finding.verdict.value}\n{text}"


def _summary(failure: Failure) -> str:
    finding = failure.finding
    said = failure.evidence[0].message if failure.evidence else escape(finding.reason)
    return f"{finding.requirement.statement} {said}"


def _totals(findings: Iterable[Finding]) -> dict[str, str]:
    verdicts = [finding.verdict for finding in findings]
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict in BAD for verdict in verdicts)),
        "errors": "0",
        "skipped": str(sum(verdict in LEFT_OPEN for verdict in verdicts)),
    }
