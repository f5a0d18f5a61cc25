"""Durations of ISO 8601, as far as they have one length: weeks, days, hours, minutes and seconds."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,3})?)S)?)?"
)


def parse_duration(text: str) -> timedelta | None:
    """`PT5M` as five minutes; None for what is no such duration, or has none of its parts.

    One that is too long for any calendar is ``timedelta.max``.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    try:
        return timedelta(**{unit: float(number) for unit, number in match.groupdict().items() if number})
    except OverflowError:
        return timedelta.max
