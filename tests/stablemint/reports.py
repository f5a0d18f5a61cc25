"""The reports of a run in every form, and what they have in common where nothing could be tested."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

FORMS = ("json", "junit", "html")


def every_form(folder: Path) -> tuple[list[str], Callable[[], Mapping[str, str]]]:
    """The options that have a report of each form written into `folder`, and what reads them afterwards."""
    files = {form: folder / f"report.{form}" for form in FORMS}
    options = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    return options, lambda: {form: file.read_text() for form, file in files.items()}


def assert_not_tested(written: Mapping[str, str], reason: str, *, verdicts: set[str]) -> None:
    """Each form begins with `reason`, and holds these verdicts alone."""
    document = json.loads(written["json"])
    assert document["exitCode"] == 3
    assert document["error"].startswith(reason)
    assert {entry["verdict"] for entry in document["requirements"]} == verdicts
    assert set(document["counts"]) == verdicts
    suites = ElementTree.fromstring(written["junit"])  # noqa: S314 - our own
    assert (suites.get("failures"), suites.get("errors")) == ("0", "1")
    cases = list(suites.iter("testcase"))
    assert suites.get("tests") == str(len(cases)) == str(len(document["requirements"]) + 1)
    assert suites.get("skipped") == str(len(cases) - 1)
    (error,) = suites.iter("error")
    assert (error.get("message") or "").startswith(reason)
    assert all(case.find("skipped") is not None for case in cases[1:])
    header = written["html"].partition("<header")[2].partition("</header>")[0]
    assert "Not tested" in header
    assert reason in header
    assert "passed" not in header
