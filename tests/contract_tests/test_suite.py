"""Verdicts, exit codes and what is left to say when something was not verified."""

from __future__ import annotations

import dataclasses
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from unittest.mock import Mock

import pytest

import openapi
from contract_tests import suite
from contract_tests.driver import ControlApi
from contract_tests.equipment import Equipment, ReceiverAddress
from contract_tests.ledger import Verdict
from contract_tests.preflight import PreflightError
from contract_tests.requirements import SelectionError, select
from contract_tests.suite import ExitCode, Plan, Report
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from mockserver import MockServer
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, GENERATED, held, verify
from tests.contract_tests.scripted import answer, scripted
from tests.serving import Server

TIME = 4.0
"""Seconds for what takes a tenth of one, on a machine that is busy."""
AMID = 60
"""The request in the middle of the generated ones."""


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A world to move."""
    with MockServer() as running:
        yield running


def test_every_requirement_that_requests_can_decide_has_a_test() -> None:
    """No rule that is claimed by default goes without a test."""
    coverage = suite.coverage()
    open_rules = [
        key
        for key, requirement in openapi.requirements().items()
        if requirement.capability in DRIVEN_FROM_OUTSIDE
        and requirement.verification == "black-box"
        and not coverage[key]
    ]
    assert open_rules == []


def test_tests_cite_requirements_of_the_document() -> None:
    """Nothing is counted for a rule that there is not."""
    assert set(suite.coverage()) == set(openapi.requirements())


def test_selection() -> None:
    """Areas and identifiers in any case; anything else is refused with what there is."""
    requirements = openapi.requirements()
    assert select(requirements, ["idem-03", "RECV"]) == {"IDEM-03"} | {f"RECV-{n:02}" for n in range(1, 15)}
    assert select(requirements, []) == set(requirements)
    with pytest.raises(SelectionError, match="AUTH has AUTH-01 to AUTH-17"):
        select(requirements, ["AUTH-99"])
    with pytest.raises(SelectionError, match="areas are AUTH, DATA"):
        select(requirements, ["TLS"])


def test_what_was_not_seen_is_not_passed(server: Server) -> None:
    """One partner cannot show that sessions are kept from another: exit code 4, and the reason."""
    target = Target(url=server.url, partners=held(server.partners)[:1])
    report = suite.run(target, Plan(select=("SESS-12", "SESS-13"), layers=DIRECTED))
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert {finding.verdict for finding in report.findings} == {Verdict.NOT_VERIFIED}
    assert all("repeat --credentials" in finding.reason for finding in report.findings)


def test_what_is_not_claimed_is_no_matter(server: Server) -> None:
    """Requirements of other capabilities are listed as such and change nothing."""
    report = verify(server, Plan(select=("HTTP-03", "HOOK-01"), layers=DIRECTED))
    assert report.exit_code is ExitCode.CONFORMANT
    assert [finding.verdict for finding in report.findings] == [Verdict.PASSED, Verdict.NOT_CLAIMED]


def test_time_runs_out(server: Server) -> None:
    """What there was no time for is not verified."""
    report = verify(server, Plan(select=("AUTH",), layers=DIRECTED, max_time=0.02))
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert any(finding.reason == "time ran out (--max-time)" for finding in report.findings)


def _until(server: Server, select: tuple[str, ...], end: Callable[[], None], **plan: Any) -> Report:
    """Run the suite until something happens when it comes to the test of AUTH-03."""

    class Ending(suite.Silent):
        def progress(self, what: str, requests: int) -> None:
            if what.endswith("  authentication.the_exact_bytes_are_signed"):
                end()

    target = Target(url=server.url, partners=held(server.partners))
    return suite.run(target, Plan(select=select, layers=DIRECTED, **plan), Ending())


def _reached(report: Report) -> dict[str, tuple[Verdict, str]]:
    return {found.requirement.id: (found.verdict, found.reason) for found in report.findings}


def test_an_interruption_keeps_the_verdicts_that_were_reached(server: Server) -> None:
    """Ctrl-C leaves open what the remaining tests decide, be it in part, and nothing else."""
    end = Mock(side_effect=KeyboardInterrupt)
    report = _until(server, ("AUTH-02", "AUTH-03", "AUTH-06", "AUTH-08"), end)
    assert report.exit_code is ExitCode.INTERRUPTED
    assert _reached(report) == {
        "AUTH-02": (Verdict.PASSED, ""),
        "AUTH-03": (Verdict.NOT_VERIFIED, "interrupted"),
        "AUTH-06": (Verdict.PASSED, ""),
        "AUTH-08": (Verdict.NOT_VERIFIED, "interrupted"),
    }


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Tests in the background inherit that Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_of_generated_requests_is_one(partners: Mapping[str, PartnerCredentials]) -> None:
    """Schemathesis keeps Ctrl-C to itself; the rest of its requests must not look like sent and passed."""
    numbers = itertools.count(1)
    terminal = threading.get_ident()

    def reply(_: bytes) -> bytes:
        if next(numbers) == AMID:
            signal.pthread_kill(terminal, signal.SIGINT)
        return answer("404 Not Found", b"{}")

    with scripted(reply) as server:
        target = Target(url=server.url, partners=held(partners)[:1])
        report = suite.run(target, Plan(select=("DATA",), layers=GENERATED))
    assert report.exit_code is ExitCode.INTERRUPTED
    assert "interrupted" in {found.reason for found in report.findings}
    assert len(server.received) < AMID + 100


def test_the_end_of_the_time_keeps_the_verdicts_that_were_reached(server: Server) -> None:
    """So does ``--max-time``; a requirement that is to be inspected is not one there was no time for."""
    over = TIME + 0.1
    report = _until(server, ("AUTH-03", "AUTH-06", "AUTH-16"), lambda: time.sleep(over), max_time=TIME)
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert _reached(report) == {
        "AUTH-03": (Verdict.NOT_VERIFIED, suite.TIME_RAN_OUT),
        "AUTH-06": (Verdict.PASSED, ""),
        "AUTH-16": (Verdict.NOT_VERIFIED, "to be inspected: no request can show it"),
    }


def test_nothing_begins_once_the_time_is_over(mock: MockServer) -> None:
    """No test that would not send: each would ask the driver first, which costs as long as that takes."""
    begun: list[str] = []

    class Late(suite.Silent):
        def progress(self, what: str, requests: int) -> None:
            begun.append(what)
            time.sleep(TIME)

    target = Target(
        url=mock.url,
        partners=held(mock.partners),
        claims=frozenset({"core", "payments", "webhooks", "clock"}),
    )
    with closing(ControlApi(f"{mock.url}/_sandbox/namespaces/default")) as driver:
        equipment = Equipment(driver=driver, receiver=ReceiverAddress())
        plan = Plan(select=("HOOK",), layers=DIRECTED, max_time=TIME)
        report = suite.run(target, plan, Late(), equipment=equipment)
        assert driver.deadline is None  # the driver is the caller's
    assert len(begun) == 1
    assert report.exit_code is ExitCode.NOT_VERIFIED
    assert mock.control("GET", "partners/demo/endpoints")["endpoints"] == []


def test_an_unreachable_target_is_no_verdict(partners: Mapping[str, PartnerCredentials]) -> None:
    """Nobody there: the message says what was tried and what to do."""
    with scripted(lambda _: answer("200 OK")) as gone:
        url = gone.url
    with pytest.raises(PreflightError, match=f"{url} cannot be reached: .*\nIs the implementation running"):
        suite.run(Target(url=url, partners=held(partners)), Plan())


def test_refused_credentials_are_no_verdict(server: Server) -> None:
    """Our own mistake is not the target's."""
    partner = held(server.partners)[0]
    stranger = dataclasses.replace(partner, api_secret="another-secret")
    with pytest.raises(PreflightError, match="the credentials of demo are refused: 401 invalid_signature"):
        suite.run(Target(url=server.url, partners=(stranger,)), Plan())
