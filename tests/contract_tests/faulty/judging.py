"""What is asked of every faulty server; the modules beside this one ask it, an area of servers each.

A module is what pytest-xdist hands to a worker as one, so that areas run beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

import openapi
from contract_tests.ledger import Breach, Verdict
from contract_tests.suite import GENERATED, ExitCode, Plan, Report
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty.catalogue import Fault, Listening

SLOW = "HOOK-16"
"""A receiver that does not answer takes ten seconds of real time, with every server.

In `make test` it is asked of the servers alone that break it; `make prove` asks every server everything.
"""

Started = Callable[[Fault], AbstractContextManager[Listening]]


def failed(report: Report) -> set[str]:
    """The requirements with a breach."""
    broken = (Verdict.FAILED, Verdict.WARNING)
    return {finding.requirement.id for finding in report.findings if finding.verdict in broken}


def selection(fault: Fault) -> tuple[str, ...]:
    """The area of what it breaks, but for what is slow and not broken."""
    if fault.area != "HOOK":
        return (fault.area,)
    area = [name for name in openapi.requirements() if name.startswith(fault.area)]
    return tuple(name for name in area if name != SLOW or fault.breaks == SLOW)


def fails_on_what_it_breaks(fault: Fault, start: Started) -> None:
    """And on nothing else there but its collateral; a SHOULD is warned of, no more."""
    with start(fault) as server:
        report = verify(server, Plan(select=selection(fault), layers=DIRECTED))
    decides = openapi.requirements()[fault.breaks].level == "MUST"
    (verdict,) = (found.verdict for found in report.findings if found.requirement.id == fault.breaks)
    assert verdict is (Verdict.FAILED if decides else Verdict.WARNING)
    others = failed(report) - {fault.breaks}
    assert {requirement for requirement in others if not fault.explains(requirement)} == set()
    breaks_a_must = decides or any(openapi.requirements()[other].level == "MUST" for other in others)
    assert report.exit_code is (ExitCode.NOT_CONFORMANT if breaks_a_must else ExitCode.CONFORMANT)


@pytest.mark.prove
def fails_on_nothing_else(fault: Fault, start: Started, prove_seed: int) -> None:
    """The whole suite, as it is by default: what fails besides is the collateral that the catalogue lists."""
    with start(fault) as server:
        report = verify(server, Plan(seed=prove_seed))
    assert fault.breaks in failed(report)
    unexplained = {
        breach.requirement: breach.message
        for finding in report.findings
        for breach in finding.breaches
        if not fault.explains(breach.requirement) and not _is_a_shorter_list(fault, breach)
    }
    assert unexplained == {}


def _is_a_shorter_list(fault: Fault, breach: Breach) -> bool:
    """Whether a generated request, with this fault and another in it, got a list of the other alone.

    Every server that takes what is faulty in a field does so; which seeds bring two faults together with it,
    nobody can list.
    """
    return fault.area == "DATA" and breach.test == GENERATED and breach.requirement == "ERR-05"
