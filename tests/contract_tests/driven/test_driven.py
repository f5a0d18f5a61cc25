"""What a driver can bring about passes on our own servers, and says so where it cannot be brought about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

import openapi
from contract_tests import suite
from contract_tests.ledger import Verdict
from contract_tests.suite import Plan
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, DRIVEN, held, verify
from tests.faulty.patches import patched
from tests.faulty.payments import each_payment_by_another_bank
from tests.sandboxed import Sandboxed, serve_driven_reference, serve_sandbox

DRIVEN_REQUIREMENTS = tuple(
    key
    for key, requirement in openapi.requirements().items()
    if requirement.verification == "control-api" and requirement.capability in DRIVEN
)


@pytest.fixture(scope="module")
def sandbox(partners: Mapping[str, PartnerCredentials]) -> Iterator[Sandboxed]:
    """The mock server."""
    with serve_sandbox(partners) as running:
        yield running


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_that_is_driven_passes(sandbox: Sandboxed, seed: int) -> None:
    """Every requirement that a driver can decide is decided, and kept."""
    report = verify(sandbox, Plan(select=DRIVEN_REQUIREMENTS, layers=DIRECTED, seed=seed))
    assert {
        finding.requirement.id: (finding.reason, [breach.message for breach in finding.breaches])
        for finding in report.findings
        if finding.verdict is not Verdict.PASSED
    } == {}


def test_the_reference_passes_too(partners: Mapping[str, PartnerCredentials]) -> None:
    """Payments, clock and isolation of the reference implementation, driven by its own operations."""
    with serve_driven_reference(partners) as reference:
        report = verify(reference, Plan(select=("PAY", "SESS", "IDEM-05", "IDEM-15"), layers=DIRECTED))
    assert {
        finding.requirement.id: [breach.message for breach in finding.breaches]
        for finding in report.findings
        if finding.breaches or (finding.verdict is Verdict.NOT_VERIFIED and finding.due)
    } == {}


def test_a_selection_and_the_whole_agree(sandbox: Sandboxed) -> None:
    """A requirement's observations are the same by itself as among all others."""
    area = {f.requirement.id: f for f in verify(sandbox, Plan(select=("PAY",), layers=DIRECTED)).findings}
    for requirement in ("PAY-03", "PAY-04", "PAY-06"):
        (finding,) = verify(sandbox, Plan(select=(requirement,), layers=DIRECTED)).findings
        assert finding.verdict is area[requirement].verdict
        assert finding.observations == area[requirement].observations


def test_without_a_driver_nothing_is_passed(sandbox: Sandboxed) -> None:
    """What is claimed and cannot be driven is not verified, and the reason says what is missing."""
    target = Target(
        url=sandbox.url, partners=held(sandbox.partners), claims=DRIVEN_FROM_OUTSIDE | DRIVEN | {"durable"}
    )
    report = suite.run(target, Plan(select=("HOOK", "PAY", "IDEM-15", "IDEM-16"), layers=DIRECTED))
    claimed = [finding for finding in report.findings if finding.verdict is not Verdict.NOT_CLAIMED]
    assert {finding.verdict for finding in claimed} == {Verdict.NOT_VERIFIED}
    reasons = {finding.requirement.id: finding.reason for finding in claimed}
    assert reasons["PAY-01"].startswith("needs a driver")
    assert report.exit_code is suite.ExitCode.NOT_VERIFIED


def test_no_bank_is_taken_for_granted(partners: Mapping[str, PartnerCredentials]) -> None:
    """SESS-11 passes where each payment is by another bank, and only the last ten are told."""
    with patched(each_payment_by_another_bank, "sandbox", partners, 0) as server:
        (found,) = verify(server, Plan(select=("SESS-11",), layers=DIRECTED)).findings
    assert found.verdict is Verdict.PASSED, found.breaches
