"""Every delivery that reaches the suite is judged, whatever the test is about that it reaches."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime

import pytest

import openapi
from contract_tests import suite
from contract_tests.driven import deliveries
from contract_tests.driven.deliveries import TIMEOUT_SECONDS
from contract_tests.driver import Command, ControlApi
from contract_tests.equipment import Equipment, ReceiverAddress
from contract_tests.ledger import Breach, Finding, Verdict
from contract_tests.report.replay import replay_command
from contract_tests.suite import Plan, Report
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from contract_tests.trial import OF_EVERY_DELIVERY, REGISTRY
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.driver.test_drivers import EXAMPLE
from tests.contract_tests.running import DIRECTED, DRIVEN, held
from tests.sandboxed import Sandboxed, serve_sandbox


@pytest.fixture(scope="module")
def sandbox(partners: Mapping[str, PartnerCredentials]) -> Iterator[Sandboxed]:
    """The mock server."""
    with serve_sandbox(partners) as running:
        yield running


class Idle(Command):
    """A driver with which nothing is ever paid, and so nothing told."""

    def play(self, session_id: str, outcome: str | None = None, **how: object) -> None:
        """Do nothing."""


def target_of(sandbox: Sandboxed) -> Target:
    """The server with all that a driver can bring about."""
    claims = DRIVEN_FROM_OUTSIDE | DRIVEN
    return Target(url=sandbox.url, partners=held(sandbox.partners), claims=claims)


def test_a_selection_runs_every_test_that_listens() -> None:
    """Whoever asks for signatures gets those of retries judged, too; but does not wait for time-outs."""
    of_retries = REGISTRY["deliveries.failures_are_tried_again"]
    of_time_outs = REGISTRY["deliveries.receivers_that_do_not_answer"]
    for requirement in OF_EVERY_DELIVERY:
        assert requirement in of_retries.about
        assert requirement not in of_time_outs.about
        assert of_time_outs.observes(requirement)


def test_that_nobody_waits_for_a_silent_receiver_is_seen_at_once(sandbox: Sandboxed) -> None:
    """HOOK-21 by itself does not take the ten seconds for which a receiver may be silent."""
    with closing(ControlApi(sandbox.control_url)) as driver:
        equipment = Equipment(driver=driver, receiver=ReceiverAddress())
        plan = Plan(select=("HOOK-21",), layers=DIRECTED)
        report = suite.run(target_of(sandbox), plan, equipment=equipment)
    assert [finding.verdict for finding in report.findings] == [Verdict.PASSED]
    assert report.seconds < TIMEOUT_SECONDS


def test_no_delivery_is_waited_for_beyond_the_end_of_the_run(
    sandbox: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--max-time`` cuts that short, and the target is not blamed for what had no time to come."""
    monkeypatch.setattr(deliveries, "SOON_SECONDS", 120)
    with closing(Idle([sys.executable, str(EXAMPLE), sandbox.url], timeout=20)) as driver:
        equipment = Equipment(driver=driver, receiver=ReceiverAddress())
        plan = Plan(select=("HOOK-21",), layers=DIRECTED, max_time=3)
        report = suite.run(target_of(sandbox), plan, equipment=equipment)
    assert report.seconds < 60
    assert [finding.reason for finding in report.findings] == [suite.TIME_RAN_OUT]


def test_without_a_key_nothing_is_said_of_signatures_alone(sandbox: Sandboxed) -> None:
    """What else there is to see of a delivery is seen."""
    plan = Plan(select=OF_EVERY_DELIVERY, layers=DIRECTED)
    with closing(Command([sys.executable, str(EXAMPLE), sandbox.url], timeout=20)) as driver:
        equipment = Equipment(driver=driver, receiver=ReceiverAddress())
        report = suite.run(target_of(sandbox), plan, equipment=equipment)
    verdicts = {finding.requirement.id: finding.verdict for finding in report.findings}
    assert verdicts.pop("HOOK-03") is Verdict.NOT_VERIFIED
    assert set(verdicts.values()) == {Verdict.PASSED}
    (reason,) = {finding.reason for finding in report.findings if finding.reason}
    assert "public_key_file in target.toml" in reason


def test_what_a_long_test_saw_in_passing_is_shown_again_by_name_of_both(sandbox: Sandboxed) -> None:
    """The command selects what the test runs for, besides the requirement that it saw broken."""
    breach = Breach(
        requirement="HOOK-03", test="deliveries.receivers_that_do_not_answer", message="", exchange=None
    )
    finding = Finding(
        requirement=openapi.requirements()["HOOK-03"],
        verdict=Verdict.FAILED,
        observations=1,
        breaches=(breach,),
    )
    report = Report(
        target=target_of(sandbox),
        plan=Plan(),
        findings=(finding,),
        notes=(),
        requests=0,
        seconds=0.0,
        started=datetime.now(UTC),
    )
    assert replay_command(report, finding).endswith("--select HOOK-03,HOOK-16 --layer directed")
