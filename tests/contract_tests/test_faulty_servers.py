"""No faulty server passes, and each fails on what it breaks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import openapi
import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty.catalogue import CATALOGUE, Fault, running


def failed(report: Report) -> set[str]:
    """The requirements with a breach."""
    broken = (Verdict.FAILED, Verdict.WARNING)
    return {finding.requirement.id for finding in report.findings if finding.verdict in broken}


@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.name)
def test_a_faulty_server_fails_on_what_it_breaks(
    fault: Fault, partners: Mapping[str, PartnerCredentials]
) -> None:
    """Selecting the broken requirement is enough to find it broken."""
    with running(fault, partners) as server:
        report = verify(server, Plan(select=(fault.breaks,), layers=DIRECTED))
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert failed(report) == {fault.breaks}


@pytest.mark.prove
@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.name)
def test_a_faulty_server_fails_on_nothing_else(
    fault: Fault, partners: Mapping[str, PartnerCredentials], prove_seed: int
) -> None:
    """What fails besides is what the catalogue lists as its collateral."""
    with running(fault, partners) as server:
        report = verify(server, Plan(seed=prove_seed, layers=DIRECTED))
    assert fault.breaks in failed(report)
    assert {requirement for requirement in failed(report) if not fault.explains(requirement)} == set()


def test_generated_requests_find_faults_by_themselves(partners: Mapping[str, PartnerCredentials]) -> None:
    """What Schemathesis sends finds a fault of data without any directed test."""
    fault = CATALOGUE["unknown-members-accepted"]
    with running(fault, partners) as server:
        report = verify(server, Plan(select=(fault.breaks,), layers=("generated",), max_examples=1))
    assert report.exit_code is ExitCode.NOT_CONFORMANT
    assert failed(report) == {fault.breaks}


def test_the_catalogue_names_real_requirements() -> None:
    """Every fault breaks a requirement that black-box tests decide, and says so in a sentence."""
    for fault in CATALOGUE.values():
        assert openapi.requirements()[fault.breaks].verification == "black-box"
        assert fault.sentence.endswith(".")
        assert "\n" not in fault.sentence
