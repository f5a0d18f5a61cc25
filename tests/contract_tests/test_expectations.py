"""A known failure is accepted until its day, and a pass where a failure is expected is one."""

from __future__ import annotations

from datetime import date

import pytest

import openapi
from contract_tests.expectations import ExpectedFailure, weigh
from contract_tests.ledger import Breach, Finding, Verdict

UNTIL = date(2027, 1, 31)
ENTRY = ExpectedFailure(requirement="IDEM-03", reason="ticket 7", until=UNTIL)


def finding(requirement: str, verdict: Verdict) -> Finding:
    """A finding of one observation."""
    breach = Breach(requirement=requirement, test="t", message="m", exchange=None)
    return Finding(
        requirement=openapi.requirements()[requirement],
        verdict=verdict,
        observations=1,
        breaches=(breach,) if verdict is Verdict.FAILED else (),
    )


@pytest.mark.parametrize(
    ("verdict", "today", "weighed", "reason"),
    [
        (Verdict.FAILED, UNTIL, Verdict.EXPECTED_FAILURE, "ticket 7 (expected until 2027-01-31)"),
        (Verdict.WARNING, UNTIL, Verdict.EXPECTED_FAILURE, "ticket 7 (expected until 2027-01-31)"),
        (Verdict.FAILED, date(2027, 2, 1), Verdict.FAILED, "until 2027-01-31 (ticket 7), which is past"),
        (Verdict.PASSED, UNTIL, Verdict.UNEXPECTED_PASS, "take it off the expected failures"),
        (Verdict.PASSED, date(2027, 2, 1), Verdict.UNEXPECTED_PASS, "take it off the expected failures"),
        (Verdict.NOT_VERIFIED, UNTIL, Verdict.NOT_VERIFIED, ""),
        (Verdict.NOT_CLAIMED, UNTIL, Verdict.NOT_CLAIMED, ""),
    ],
)
def test_what_an_expectation_makes_of_a_verdict(
    verdict: Verdict, today: date, weighed: Verdict, reason: str
) -> None:
    """Nothing but a failure or a pass is touched, and every change says why."""
    (found,) = weigh([finding("IDEM-03", verdict)], [ENTRY], today=today)
    assert found.verdict is weighed
    assert reason in found.reason
    assert bool(found.reason) == bool(reason)


def test_other_requirements_are_left_alone() -> None:
    """An expectation is about one requirement."""
    other = finding("IDEM-04", Verdict.FAILED)
    assert weigh([other], [ENTRY], today=UNTIL) == (other,)
