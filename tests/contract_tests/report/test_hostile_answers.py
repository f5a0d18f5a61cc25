"""Reports stay well-formed whatever a target answers, and nothing that reads them obeys it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import re
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import openapi
from contract_tests import suite
from contract_tests.expectations import ExpectedFailure
from contract_tests.ledger import Finding, Verdict
from contract_tests.report.junit import as_junit
from contract_tests.report.machine import as_json
from contract_tests.report.page import as_html
from contract_tests.report.terminal import Terminal
from contract_tests.suite import Plan, Report
from contract_tests.target import Target
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, held
from tests.contract_tests.scripted import answer, scripted

HOSTILE = (
    b'{"code": "\x00\x01\x1b[2J\x7f \xff \xed\xa0\x80 \xef\xbf\xbe ]]> <script>alert(1)</script>'
    b" \xe2\x80\xae backwards & </pre> <img src=http://evil.example/x>"
    b'"}'
)


@pytest.fixture(scope="module")
def report(partners: Mapping[str, PartnerCredentials]) -> Report:
    """On a target that answers 418 with all that is forbidden somewhere, in header, reason and body."""
    reply = answer("418 I'm \x1b[31ma <b>teapot</b>", HOSTILE, "X-Odd: \x08<script>\x0c", "Request-Id: \xff")
    with scripted(lambda _: reply) as server:
        target = Target(url=server.url, partners=held(partners)[:1])
        plan = Plan(select=("SESS", "IDEM", "AUTH-16"), layers=DIRECTED, command="stablemint verify <&>")
        expected = [ExpectedFailure(requirement="SESS-01", reason="ticket \x07 <b>1</b>", until=date.max)]
        return suite.run(target, plan, expected=expected)


def test_the_run_came_to_its_end(report: Report) -> None:
    """Every claimed requirement that was tried has failed, or is not verified for a reason."""
    verdicts = {finding.requirement.id: finding.verdict for finding in report.findings}
    assert verdicts["SESS-01"] is Verdict.EXPECTED_FAILURE
    assert list(verdicts.values()).count(Verdict.FAILED) >= 3
    assert Verdict.PASSED not in verdicts.values()


def test_junit_is_xml_with_every_requirement(report: Report) -> None:
    """Its totals are those of the cases in it."""
    root = ElementTree.fromstring(as_junit(report))  # noqa: S314 - our own
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == {finding.requirement.id for finding in report.findings}
    assert int(root.get("tests") or 0) == len(cases)
    assert int(root.get("failures") or 0) == len(root.findall(".//failure")) >= 3
    assert int(root.get("skipped") or 0) == len(root.findall(".//skipped"))
    failure = next(found for found in root.iter("failure") if "< 418" in (found.text or ""))
    assert "]]> <script>alert(1)</script>" in (failure.text or "")
    assert "\\x00\\x01\\x1b[2J\\x7f \\xff" in (failure.text or "")
    assert "clause: openapi.yaml#/" in (failure.text or "")
    expected = cases["SESS-01"].find("skipped")
    assert expected is not None
    assert (expected.get("message") or "").startswith("expected failure: ticket \\x07 <b>1</b> (expected")


def test_junit_holds_no_character_that_xml_forbids(report: Report) -> None:
    """XML 1.0 section 2.2; parsers differ in what they tolerate."""
    text = as_junit(report).decode()
    assert re.findall("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text) == []


def test_json_is_json(report: Report) -> None:
    """Anything that reads RFC 8259 can read it, surrogates included."""
    text = json.dumps(as_json(report), ensure_ascii=False).encode()
    assert json.loads(text)["counts"]["expected failure"] == 1


def test_a_terminal_obeys_nothing(report: Report) -> None:
    """Not one control character but tabs and the ends of lines."""
    shown = io.StringIO()
    Terminal(shown, colour=False, live=False).show(report)
    assert {character for character in shown.getvalue() if not character.isprintable()} <= {"\n", "\t"}


class Tags(HTMLParser):
    """Collects tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it, and that it is open."""
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Hold it to be the innermost."""
        if tag not in ("rect",):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(report: Report) -> None:
    """Its own style and script alone, by hashes; every link leads into itself."""
    page = as_html(report)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert [tag for tag, _ in tags.seen].count("script") == 1
    assert not {"img", "link", "iframe", "object"} & {tag for tag, _ in tags.seen}
    links = [attributes.get("href") or "" for _, attributes in tags.seen if "href" in attributes]
    assert links
    identifiers = {attributes.get("id") for _, attributes in tags.seen}
    assert {link for link in links if not link.startswith("#") or link[1:] not in identifiers} == set()
    assert not [
        name for _, attributes in tags.seen for name in attributes if name in ("src", "style", "srcset")
    ]
    policy = next(
        attributes["content"] or ""
        for tag, attributes in tags.seen
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    for name in ("style", "script"):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_the_page_says_what_there_is_to_say(report: Report) -> None:
    """Verdict, sentence, clause, what was answered, and the command that shows it again."""
    page = as_html(report)
    assert '<h1><span class="seal" aria-hidden="true"></span>Not conformant</h1>' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    failed = next(finding for finding in report.findings if finding.verdict is Verdict.FAILED)
    again = f"stablemint verify &lt;&amp;&gt; --seed 1 --select {failed.requirement.id} --layer directed"
    assert again in page
    assert "openapi.yaml#/components/headers/Location/description" in page
    assert "A creation is answered 201 with the session" in page
    for finding in report.findings:
        assert f'id="{finding.requirement.id}"' in page
    assert "\x1b" not in page


def test_a_page_of_a_good_target_has_no_failures(report: Report) -> None:
    """Nothing needs attention, and the headline says so."""
    requirement = openapi.requirements()["SESS-01"]
    finding = Finding(requirement=requirement, verdict=Verdict.PASSED, observations=3)
    page = as_html(dataclasses.replace(report, findings=(finding,)))
    assert "</span>Conformant</h1>" in page
    assert "1 of 1 claimed requirements passed." in page
    assert "What needs attention" not in page
