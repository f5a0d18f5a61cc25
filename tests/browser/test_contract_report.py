"""The contract tests' report in a browser: it asks for nothing, fits every screen, and can be filtered."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import openapi
from contract_tests.ledger import Breach, Finding, Verdict
from contract_tests.report.page import as_html
from contract_tests.suite import Plan, Report
from contract_tests.target import Target
from contract_tests.wire import Answer, Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import held

ANSWER = Answer(status=500, reason="Oops", headers=(("X-Long", "y" * 900),), body=b"z" * 3000)
EXCHANGE = Exchange(request=Request(method="GET", path="/" + "p" * 300), answer=ANSWER)


def finding(requirement: str, verdict: Verdict) -> Finding:
    """A finding with evidence that is wider than any screen."""
    breach = Breach(
        requirement=requirement, test="a.test", message="expected " + "w" * 200, exchange=EXCHANGE
    )
    return Finding(
        requirement=openapi.requirements()[requirement],
        verdict=verdict,
        observations=2,
        breaches=(breach, breach) if verdict is Verdict.FAILED else (),
        reason="needs a driver" if verdict is Verdict.NOT_VERIFIED else "",
    )


@pytest.fixture(scope="module")
def file(partners: dict[str, PartnerCredentials], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every verdict in it, and every requirement."""
    verdicts = list(Verdict)

    report = Report(
        target=Target(url="http://localhost:8080", partners=held(partners)),
        plan=Plan(),
        findings=tuple(
            finding(requirement, verdicts[at % len(verdicts)])
            for at, requirement in enumerate(openapi.requirements())
        ),
        notes=(),
        requests=12_345,
        seconds=61.5,
        started=datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC),
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html(report), encoding="utf-8")
    return path


@pytest.fixture(params=[(1280, 900, "light"), (390, 844, "dark")], ids=["desktop", "phone"])
def opened(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Iterator[Page]:
    """The report, open; whatever it asks for or complains of makes the test fail."""
    width, height, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if asked.url != file.as_uri() else None)
    page.goto(file.as_uri())
    yield page
    assert complaints == []
    context.close()


def test_the_page_is_no_wider_than_the_screen(opened: Page) -> None:
    """Long paths, headers and bodies are broken or scrolled in place."""
    assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    expect(opened.get_by_role("heading", level=1)).to_have_text("Not conformant")


def test_the_requirements_can_be_filtered(opened: Page) -> None:
    """By word, and by verdict; what is left out can be had again."""
    rows = opened.locator(".row:visible")
    expect(rows).to_have_count(len(openapi.requirements()))
    opened.get_by_role("searchbox").fill("idem-03")
    expect(rows).to_have_count(1)
    opened.get_by_role("searchbox").fill("no such thing")
    expect(opened.get_by_text("Nothing matches.")).to_be_visible()
    opened.get_by_role("searchbox").fill("")
    toggle = opened.get_by_role("button", name="not claimed")
    toggle.click()
    expect(opened.locator(".row[data-verdict='not claimed']:visible")).to_have_count(0)
    toggle.click()
    expect(rows).to_have_count(len(openapi.requirements()))
