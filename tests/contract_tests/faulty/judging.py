"""What is asked of every faulty server; the modules beside this one ask it, an area of servers each.

A module is what pytest-xdist hands to a worker as one, so that areas run beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

import openapi
from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
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
    """What fails besides is what the catalogue lists as its collateral."""
    with start(fault) as server:
        report = verify(server, Plan(seed=prove_seed, layers=DIRECTED))
    assert fault.breaks in failed(report)
    assert {requirement for requirement in failed(report) if not fault.explains(requirement)} == set()
