"""Deposits: their statuses, and when one times out."""

from __future__ import annotations

from datetime import timedelta

import pytest

import openapi
from reference_impl.domain.deposits import FAILURE_REASONS, NEXT, DepositStatus, FailureCode
from tests.reference_impl.builders import NOW, a_deposit, a_payer


def published(schema: str) -> list[str]:
    values: list[str] = openapi.load()["components"]["schemas"][schema]["enum"]
    return values


def test_statuses_and_failure_codes_are_those_of_the_document() -> None:
    assert sorted(published("DepositStatus")) == sorted(DepositStatus)
    assert sorted(published("FailureCode")) == sorted(FailureCode)


def test_statuses_follow_in_order_and_failure_is_open_to_three_of_them() -> None:
    """PAY-03, PAY-04."""
    created, initiated, submitted, accepted, completed, failed = DepositStatus
    following = dict(NEXT)
    assert following == {
        created: {initiated, failed},
        initiated: {submitted, failed},
        submitted: {accepted, failed},
        accepted: {completed},
        completed: set(),
        failed: set(),
    }


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_code_has_a_reason_that_a_payer_can_read(code: FailureCode) -> None:
    """PAY-04."""
    assert FAILURE_REASONS[code].endswith(".")
    assert code not in FAILURE_REASONS[code]


@pytest.mark.parametrize("status", DepositStatus)
def test_only_what_waits_for_its_authorisation_times_out_after_15_minutes(status: DepositStatus) -> None:
    """PAY-06."""
    waits = status in ("created", "initiated")
    assert a_deposit(status).times_out_at == (NOW + timedelta(minutes=15) if waits else None)


def test_nothing_of_a_payer_is_shown_by_accident() -> None:
    assert repr(a_payer()) == "Payer()"
    assert "DE12" not in repr(a_deposit(debtor_iban_masked="DE12**************3456"))
