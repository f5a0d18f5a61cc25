"""Amounts of money: integers of hundredths inside, JSON numbers outside, never binary floats in between."""

from __future__ import annotations

import math

from reference_impl.domain.problems import Fault, Problem

MINIMUM = 10
"""The smallest amount of a session, in hundredths (0.1 in any currency)."""


def hundredths(number: int | float) -> int | None:
    """The amount that a JSON number states, or None if it has more than two decimals.

    ``number`` is the binary64 value nearest to the number as sent. It has at most two decimals iff it is the
    double nearest to n/100 for an integer n; Python's int/int division is correctly rounded, so the test is
    exact where ``number % 0.01`` is not (DATA-12).
    """
    value = float(number)
    if not math.isfinite(value):
        return None
    # A whole number is multiplied as an integer: times 100, a double near the end of its range overflows.
    nearest = int(value) * 100 if value.is_integer() else round(value * 100)
    return nearest if nearest / 100 == value else None


def as_json_number(amount: int) -> int | float:
    """The JSON number equal to ``amount`` hundredths (DATA-13): 1999 → 19.99, 500 → 5."""
    whole, rest = divmod(amount, 100)
    return amount / 100 if rest else whole


def out_of_range(fault: Fault, *, maximum: int) -> Problem:
    """The refusal of an amount that the schema allows and this environment does not (DATA-14)."""
    lowest, highest = as_json_number(MINIMUM), as_json_number(maximum)
    return Problem(
        "amount_out_of_range",
        f"This environment takes amounts from {lowest} to {highest}. Send one within that range.",
        faults=[fault],
        members={"minimum": lowest, "maximum": highest},
    )
