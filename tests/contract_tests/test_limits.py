"""An environment has the limit of amounts that it tells, or none of its own: no test may fail on either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from contract_tests.ledger import Verdict
from contract_tests.suite import ExitCode, Plan, Report
from contract_tests.target import DRIVEN_FROM_OUTSIDE, HIGHEST_AMOUNT
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, DRIVEN, verify
from tests.faulty.node.source import Change, serve_changed
from tests.node_serving import NodeServer

NO_LIMIT = (DRIVEN_FROM_OUTSIDE | DRIVEN) - {"limits"}
ABOUT_AMOUNTS = ("DATA", "IDEM", "PAY-08", "SESS-04", "ERR-07", "AUTH-02")

Partners = Mapping[str, PartnerCredentials]


@contextmanager
def limited_to(maximum: float, partners: Partners) -> Iterator[NodeServer]:
    """The Node implementation in an environment of this maximum."""
    change = Change(module="options.mjs", old='default: "10"', new=f'default: "{maximum:g}"')
    with serve_changed([change], partners, 0) as server:
        yield server


def said(report: Report) -> dict[str, tuple[str, ...]]:
    """What failed, and what was said of it."""
    return {
        finding.requirement.id: tuple(breach.message for breach in finding.breaches)
        for finding in report.findings
        if finding.verdict is Verdict.FAILED
    }


@pytest.mark.parametrize("maximum", [1, 4.99])
def test_a_low_limit_that_is_told_fails_nothing(node: str, maximum: float, partners: Partners) -> None:
    """All amounts of the tests keep within it (DATA-14)."""
    with limited_to(maximum, partners) as server:
        report = verify(server, Plan(select=ABOUT_AMOUNTS, layers=DIRECTED), max_amount=maximum)
    assert said(report) == {}
    assert report.exit_code is ExitCode.CONFORMANT


def test_an_environment_without_a_limit_of_its_own_claims_none(node: str, partners: Partners) -> None:
    """All amounts of the schema are valid there, and DATA-14 is not claimed."""
    with limited_to(HIGHEST_AMOUNT, partners) as server:
        report = verify(server, Plan(select=ABOUT_AMOUNTS, layers=DIRECTED), claims=NO_LIMIT)
    assert said(report) == {}
    assert report.exit_code is ExitCode.CONFORMANT
    (found,) = (finding for finding in report.findings if finding.requirement.id == "DATA-14")
    assert found.verdict is Verdict.NOT_CLAIMED


def test_a_limit_that_is_claimed_and_not_kept_is_told_as_that_of_max_amount(
    node: str, partners: Partners
) -> None:
    """Whoever forgot to tell the limit learns which setting tells it."""
    with limited_to(HIGHEST_AMOUNT, partners) as server:
        report = verify(server, Plan(select=("DATA-14",), layers=DIRECTED))
    (message, *_) = said(report)["DATA-14"]
    assert "above the limit of 10 that max_amount tells" in message


@pytest.mark.prove
@pytest.mark.parametrize("maximum", [1, 3, HIGHEST_AMOUNT])
def test_no_limit_brings_a_false_alarm(
    node: str, maximum: float, partners: Partners, prove_seed: int
) -> None:
    """The whole suite, as it is by default."""
    claims = NO_LIMIT if maximum == HIGHEST_AMOUNT else DRIVEN_FROM_OUTSIDE | DRIVEN
    with limited_to(maximum, partners) as server:
        report = verify(server, Plan(seed=prove_seed), claims=claims, max_amount=maximum)
    assert said(report) == {}
    assert report.exit_code is ExitCode.CONFORMANT
