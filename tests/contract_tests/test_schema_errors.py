"""Each error is where it is, whatever the names on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.schema_errors import Place, PlacingValidator

NAMES = st.sampled_from(["", "0", "00", "+0", "1", "-1", "18446744073709551615", "known", "a/b", "~"])
VALUES = st.recursive(
    st.sampled_from(["text", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def wrong(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where there is something other than texts in lists and objects."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from wrong(inner, (*place, step))
    elif not isinstance(value, str):
        yield place


def texts(depth: int) -> dict[str, Any]:
    """The schema of what holds nothing wrong, as deep as this."""
    if depth == 0:
        return {}
    inner = texts(depth - 1)
    return {
        "anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}],
        "items": inner,
        "properties": {"known": inner},
        "additionalProperties": inner,
    }


DEPTH = 4
VALIDATOR = PlacingValidator(texts(DEPTH), components={})


@given(value=VALUES)
def test_errors_are_where_they_are(value: Any) -> None:
    expected = {place for place in wrong(value) if len(place) < DEPTH}
    assert {error.place for error in VALIDATOR.errors(value)} == expected


@pytest.mark.parametrize("name", ["", "00", "abc"])
def test_a_name_that_is_wrong_is_told_from_a_value(name: str) -> None:
    schema = {"propertyNames": {"enum": ["right"]}, "additionalProperties": {"type": "string"}}
    errors = list(PlacingValidator(schema, components={}).errors({name: "text", "right": 1}))
    assert [(error.place, error.is_name) for error in errors] == [(("right",), False), ((name,), True)]
