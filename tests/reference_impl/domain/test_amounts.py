"""Amounts: exact hundredths of the binary64 value (DATA-12, DATA-13)."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.domain.amounts import MINIMUM, as_json_number, hundredths, out_of_range
from reference_impl.domain.problems import Fault


@pytest.mark.parametrize(
    ("spelled", "amount"),
    [
        ("0.1", 10),
        ("0.09", 9),
        ("0.29", 29),
        ("19.99", 1999),
        ("10", 1000),
        ("10.01", 1001),
        ("5", 500),
        ("5.0", 500),
        ("5.00", 500),
        ("5e0", 500),
        ("50e-1", 500),
        ("0.5E1", 500),
        ("1000000", 100_000_000),
        ("999999.99", 99_999_999),
        ("0", 0),
        ("-0.0", 0),
        ("-5.25", -525),
        ("0.10000000000000001", 10),  # the binary64 value nearest to it is the one nearest to 0.1
        ("9007199254740993", 900_719_925_474_099_200),  # likewise 2^53
    ],
)
def test_a_number_of_at_most_two_decimals_is_read_exactly(spelled: str, amount: int) -> None:
    assert hundredths(json.loads(spelled)) == amount


@pytest.mark.parametrize(
    "spelled",
    ["0.105", "0.001", "5.005", "19.999", "0.1000000000000001", "1e-300", "5e-324", "0.30000000000000004"],
)
def test_a_number_of_more_decimals_is_none(spelled: str) -> None:
    assert hundredths(json.loads(spelled)) is None


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_no_amount(number: float) -> None:
    assert hundredths(number) is None


@pytest.mark.parametrize("number", [1e307, 1e308, -1.7976931348623157e308, 10**308], ids=float)
def test_numbers_at_the_end_of_the_range_of_binary64_are_read(number: float) -> None:
    assert hundredths(number) == int(float(number)) * 100


def test_every_hundredth_up_to_ten_thousand_is_read_and_written_exactly() -> None:
    for amount in range(1_000_001):
        number = float(f"{amount // 100}.{amount % 100:02}")
        assert hundredths(number) == amount
        assert as_json_number(amount) == number


@settings(derandomize=True, max_examples=300)
@given(st.integers(min_value=0, max_value=100_000_000))
def test_an_amount_survives_being_written_and_read(amount: int) -> None:
    written = json.dumps(as_json_number(amount))
    assert Decimal(written) * 100 == amount
    assert hundredths(json.loads(written)) == amount


@settings(derandomize=True, max_examples=300)
@given(st.integers(min_value=0, max_value=100_000_000))
def test_the_neighbours_of_an_amount_are_none(amount: int) -> None:
    """Two doubles next to each other are never both nearest to a hundredth in the range of amounts."""
    assert hundredths(math.nextafter(amount / 100, math.inf)) is None
    assert hundredths(math.nextafter(amount / 100, -math.inf)) is None


def test_a_refusal_by_the_environment_gives_its_limits() -> None:
    """DATA-14."""
    fault = Fault("/amount", "out_of_range", "must be at most 10.5 in this environment")
    problem = out_of_range(fault, maximum=1_050)
    assert problem.code == "amount_out_of_range"
    assert problem.faults == [fault]
    assert problem.members == {"minimum": 0.1, "maximum": 10.5}
    assert MINIMUM == 10
    assert "0.1" in problem.detail
    assert "10.5" in problem.detail
