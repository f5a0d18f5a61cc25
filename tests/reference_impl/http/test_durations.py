"""ISO 8601 durations that have one length."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reference_impl.http.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT5M", timedelta(minutes=5)),
        ("P1D", timedelta(days=1)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("PT0S", timedelta(0)),
        ("PT90M", timedelta(minutes=90)),
        ("P999999999W", timedelta.max),
    ],
)
def test_what_has_a_length_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "P1Y", "P1M", "5M", "PT5m", "-PT5M", "PT-5M", "PT1.5M", "PT5M\n", "P1H", "٥"],
)
def test_what_has_none_or_several_is_not(text: str) -> None:
    assert parse_duration(text) is None
