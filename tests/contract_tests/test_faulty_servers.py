"""No faulty server passes, and each fails on what it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

import openapi
import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty.__main__ import list_all
from tests.faulty.catalogue import CATALOGUE, Fault, Listening

SLOW = "HOOK-16"
"""A receiver that does not answer takes ten seconds of real time, with every server.

In `make test` it is asked of the servers alone that break it; `make prove` asks every server everything.
"""


def failed(report: Report) -> set[str]:
    """The requirements with a breach."""
    broken = (Verdict.FAILED, Verdict.WARNING)
    return {finding.requirement.id for finding in report.findings if finding.verdict in broken}


Started = Callable[[Fault], AbstractContextManager[Listening]]


@pytest.fixture
def start(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Started:
    """Starts a faulty server; one made from the Node implementation needs Node."""

    def started(fault: Fault) -> AbstractContextManager[Listening]:
        if fault.application == "node":
            request.getfixturevalue("node")
        return fault.start(partners, 0)

    return started


def selection(fault: Fault) -> tuple[str, ...]:
    """The area of what it breaks, but for what is slow and not broken."""
    if fault.area != "HOOK":
        return (fault.area,)
    area = [name for name in openapi.requirements() if name.startswith(fault.area)]
    return tuple(name for name in area if name != SLOW or fault.breaks == SLOW)


@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.name)
def test_a_faulty_server_fails_on_what_it_breaks(fault: Fault, start: Started) -> None:
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
@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.name)
def test_a_faulty_server_fails_on_nothing_else(fault: Fault, start: Started, prove_seed: int) -> None:
    """What fails besides is what the catalogue lists as its collateral."""
    with start(fault) as server:
        report = verify(server, Plan(seed=prove_seed, layers=DIRECTED))
    assert fault.breaks in failed(report)
    assert {requirement for requirement in failed(report) if not fault.explains(requirement)} == set()


def test_generated_requests_find_faults_by_themselves(partners: Mapping[str, PartnerCredentials]) -> None:
    """What Schemathesis sends finds a fault of data without any directed test."""
    fault = CATALOGUE["unknown-members-accepted"]
    with fault.start(partners, 0) as server:
        report = verify(server, Plan(select=(fault.breaks,), layers=("generated",), max_examples=1))
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert failed(report) == {fault.breaks}


def test_the_list_shows_every_faulty_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed once under its area, with what it breaks, what it is made from, and its sentence."""
    list_all()
    listed = capsys.readouterr().out
    for fault in CATALOGUE.values():
        assert listed.count(f"{fault.breaks:<8} {fault.name}  ({fault.application})\n") == 1
        assert fault.sentence in " ".join(listed.split())
    assert listed.endswith(f"{len(CATALOGUE)} in all\n")
