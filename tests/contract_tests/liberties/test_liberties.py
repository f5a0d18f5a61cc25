"""No test fails on a right server, however it decides what the contract leaves open."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import openapi
import tests.liberties  # noqa: F401 - registers them
from contract_tests.ledger import Verdict
from contract_tests.suite import LAYERS, ExitCode, Plan, Report
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, verify
from tests.liberties.__main__ import list_all
from tests.liberties.catalogue import LIBERTIES, Liberty

every_liberty = pytest.mark.parametrize("liberty", LIBERTIES.values(), ids=LIBERTIES)


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


@every_liberty
def test_a_liberty_raises_no_alarm(liberty: Liberty, partners: Mapping[str, PartnerCredentials]) -> None:
    """The directed tests that are sure to meet it."""
    with liberty.serve(partners) as server:
        plan = Plan(select=liberty.about, layers=DIRECTED)
        report = verify(server, plan, command=liberty.command)
    expect_no_alarm(report, liberty)


@pytest.mark.prove
@every_liberty
def test_a_liberty_raises_no_alarm_anywhere(
    liberty: Liberty, partners: Mapping[str, PartnerCredentials], prove_seed: int
) -> None:
    """The whole suite, as it is by default."""
    with liberty.serve(partners) as server:
        report = verify(server, Plan(seed=prove_seed, layers=LAYERS), command=liberty.command)
    expect_no_alarm(report, liberty)


def test_the_list_shows_every_liberty(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed once, with that within which it keeps, what it is made from, and its sentence."""
    list_all()
    listed = capsys.readouterr().out
    for liberty in LIBERTIES.values():
        assert listed.count(f"{liberty.allowed_by:<8} {liberty.name}  ({liberty.application})\n") == 1
        assert liberty.sentence in " ".join(listed.split())
    assert listed.endswith(f"{len(LIBERTIES)} in all\n")


@every_liberty
def test_a_liberty_is_taken_within_a_requirement(liberty: Liberty) -> None:
    """One that the document has, as it has those that are warned of, which are of level SHOULD."""
    requirements = openapi.requirements()
    assert liberty.allowed_by in requirements
    assert {requirements[key].level for key in liberty.warns} <= {"SHOULD"}
    assert liberty.sentence.endswith(".")
