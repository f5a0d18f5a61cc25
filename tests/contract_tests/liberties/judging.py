"""What is asked of every liberty; the modules beside this one ask it, each of some areas.

A module is what pytest-xdist hands to a worker as one, so that areas run beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty.catalogue import Listening
from tests.liberties.catalogue import Liberty

Started = Callable[[Liberty], AbstractContextManager[Listening]]


def expect_no_alarm(report: Report, liberty: Liberty) -> None:
    """Nothing fails or is left open, and nothing is warned of but what the liberty says."""
    said = {
        breach.requirement: breach.message
        for finding in report.findings
        for breach in finding.breaches
        if finding.verdict is not Verdict.WARNING or finding.requirement.id not in liberty.warns
    }
    assert said == {}
    assert {finding.requirement.id for finding in report.findings if finding.is_open} == set()
    assert report.exit_code is ExitCode.CONFORMANT


def raises_no_alarm(liberty: Liberty, start: Started) -> None:
    """The directed tests that are sure to meet it."""
    with start(liberty) as server:
        plan = Plan(select=liberty.about, layers=DIRECTED)
        report = verify(server, plan, command=liberty.command)
    expect_no_alarm(report, liberty)


@pytest.mark.prove
def raises_no_alarm_anywhere(liberty: Liberty, start: Started, prove_seed: int) -> None:
    """The whole suite, as it is by default."""
    with start(liberty) as server:
        report = verify(server, Plan(seed=prove_seed), command=liberty.command)
    expect_no_alarm(report, liberty)
