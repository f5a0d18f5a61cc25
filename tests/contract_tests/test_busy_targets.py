"""A target that is busy now and then gets the verdicts of one that is not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping

import pytest

from contract_tests import suite, wire
from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from contract_tests.target import Target
from reference_impl.credentials import PartnerCredentials
from reference_impl.http.exchange import App, Receive, Scope, Send
from tests.contract_tests.running import DIRECTED, GENERATED, held
from tests.contract_tests.scripted import answer, scripted
from tests.serving import APPLICATIONS, make_environment, serve

SELECTED = ("IDEM", "SESS", "ERR-09")


def busy_every_third_time(app: App) -> App:
    """The application behind a limit that lets two of three requests through."""
    numbers = itertools.count()

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        number = next(numbers)
        if number % 3 < 2:
            await app(scope, receive, send)
            return
        identifier = f"busy-{number:032}"
        problem = {
            "type": "http://localhost:8080/docs/problems/rate_limited",
            "title": "Too many requests",
            "status": 429,
            "detail": "Wait.",
            "instance": f"urn:stablemint:request:{identifier}",
            "code": "rate_limited",
        }
        headers = {
            "content-type": "application/problem+json",
            "retry-after": "0",
            "cache-control": "no-store",
            "request-id": identifier,
        }
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 429, "headers": fields})
        await send({"type": "http.response.body", "body": json.dumps(problem).encode()})

    return limited


def run(partners: Mapping[str, PartnerCredentials], *, busy: bool) -> Report:
    """The verdicts on the mock server, busy or not."""
    environment = make_environment(partners)
    app = APPLICATIONS["mock"](environment)
    if busy:
        app = busy_every_third_time(app)
    with serve(app, environment=environment, partners=partners) as server:
        plan = Plan(select=SELECTED, layers=DIRECTED)
        return suite.run(Target(url=server.url, partners=held(partners)), plan)


def test_a_429_is_never_a_failure(partners: Mapping[str, PartnerCredentials]) -> None:
    """Every third request is refused, and asked again when Retry-After says so."""
    quiet, busy = run(partners, busy=False), run(partners, busy=True)
    assert busy.exit_code is ExitCode.CONFORMANT
    verdicts = {found.requirement.id: found.verdict for found in busy.findings}
    for found in quiet.findings:
        if found.requirement.id != "ERR-09":
            assert verdicts[found.requirement.id] is found.verdict


def test_a_target_that_stays_busy_is_not_verified(partners: Mapping[str, PartnerCredentials]) -> None:
    """Nothing can be said of it, and nothing is: exit code 4."""
    first = iter([answer("404 Not Found", b"{}")] * 5)
    busy = answer("429 Too Many Requests", b"{}", "Retry-After: 3600")
    with scripted(lambda _: next(first, busy)) as server:
        target = Target(url=server.url, partners=held(partners)[:1])
        report = suite.run(target, Plan(select=("IDEM-03",), layers=DIRECTED))
    assert report.exit_code is ExitCode.NOT_VERIFIED
    (found,) = report.findings
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.reason == "the target answers 429 and asks to wait 3600 s more"


def test_no_request_follows_before_the_time_that_was_asked_for(
    partners: Mapping[str, PartnerCredentials],
) -> None:
    """Generated ones wait for Retry-After, too: what asks for an hour is not asked again."""
    first = iter([answer("404 Not Found", b"{}")] * 5)
    busy = answer("429 Too Many Requests", b"{}", "Retry-After: 3600")
    with scripted(lambda _: next(first, busy)) as server:
        target = Target(url=server.url, partners=held(partners)[:1])
        report = suite.run(target, Plan(select=("DATA",), layers=GENERATED))
    assert len(server.received) == 5 + 1
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert "the target answers 429 and asks to wait 3600 s more" in {
        found.reason for found in report.findings
    }


def test_a_target_that_stays_busy_ends_the_run(
    partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting anew in each of two hundred tests would take hours and tell no more."""
    monkeypatch.setattr(wire, "PATIENCE_SECONDS", 0.2)
    first = iter([answer("404 Not Found", b"{}")] * 5)
    busy = answer("503 Service Unavailable", b"{}", "Retry-After: 0")
    with scripted(lambda _: next(first, busy)) as server:
        target = Target(url=server.url, partners=held(partners)[:1])
        report = suite.run(target, Plan(select=("SESS", "IDEM"), layers=DIRECTED))
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert suite.STAYS_BUSY in {found.reason for found in report.findings}
    assert report.requests < 40
