"""Rules of a creation request that depend on today or on the environment (DATA-14, DATA-21)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reference_impl.domain.requests import amount_fault, birth_date_fault

TODAY = date(2024, 2, 29)


@pytest.mark.parametrize("born", ["1900-01-01", "2000-02-29", "2024-02-28", "2024-02-29"])
def test_a_day_from_1900_to_today_is_a_date_of_birth(born: str) -> None:
    assert birth_date_fault({"userKyc": {"dateOfBirth": born}}, today=TODAY) is None


@pytest.mark.parametrize("born", ["1899-12-31", "2024-03-01", "9999-12-31", "0001-01-01"])
def test_any_other_day_is_out_of_range(born: str) -> None:
    fault = birth_date_fault({"userKyc": {"dateOfBirth": born}}, today=TODAY)
    assert fault is not None
    assert (fault.pointer, fault.code) == ("/userKyc/dateOfBirth", "out_of_range")
    assert born not in fault.detail


@pytest.mark.parametrize(
    "kyc",
    [
        None,
        [],
        "1899-01-01",
        {},
        *({"dateOfBirth": value} for value in (None, 18991231, "", "1899-02-30", "x" * 10)),
    ],
)
def test_what_is_no_day_is_left_to_the_schema(kyc: Any) -> None:
    assert birth_date_fault({"userKyc": kyc}, today=TODAY) is None
    assert birth_date_fault({}, today=TODAY) is None


@pytest.mark.parametrize(
    ("amount", "maximum", "is_refused"),
    [
        (10, 1_000, False),
        (10.0, 1_000, False),
        (10.01, 1_000, True),
        (1_000_000, 1_000, True),
        (0.1, 1_000, False),
        (19.99, 1_999, False),
        (20, 1_999, True),
        (1e308, 1_000, True),
        (-1e308, 1_000, False),
    ],
)
def test_an_amount_above_the_environments_maximum_is_refused(
    amount: float, maximum: int, is_refused: bool
) -> None:
    fault = amount_fault({"amount": amount}, maximum=maximum)
    assert (fault is not None) is is_refused
    if fault is not None:
        assert (fault.pointer, fault.code) == ("/amount", "out_of_range")


@pytest.mark.parametrize("amount", [None, True, "20", [20], {}, 20.001, float("inf")])
def test_what_is_no_amount_is_left_to_the_schema(amount: Any) -> None:
    assert amount_fault({"amount": amount}, maximum=1_000) is None
    assert amount_fault({}, maximum=1_000) is None
