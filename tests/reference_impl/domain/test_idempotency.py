"""Which requests count as the same (IDEM-08, IDEM-09)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.domain.idempotency import FirstAnswer, KeyScope, fingerprint, require_same_request
from reference_impl.domain.problems import Problem
from tests.reference_impl.builders import NOW

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.dictionaries(TEXT, VALUES, max_size=4)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,\n\t"a":1}'),
        ('{"a": {"x": 1, "y": 2}}', '{"a": {"y": 2, "x": 1}}'),
        ('{"amount": 5}', '{"amount": 5.00}'),
        ('{"amount": 5}', '{"amount": 50e-1}'),
        ('{"amount": 19.99}', '{"amount": 1999E-2}'),
        ('{"amount": 0.1}', '{"amount": 0.10000000000000001}'),
        ('{"a": "é"}', '{"a": "\\u00e9"}'),
        ('{"a": "🙂/"}', '{"a": "\\ud83d\\ude42\\/"}'),
        ('{"é": 1}', '{"\\u00E9": 1}'),
    ],
)
def test_spelling_does_not_count(one: str, other: str) -> None:
    assert fingerprint(json.loads(one)) == fingerprint(json.loads(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{}", '{"userKyc": {}}'),
        ('{"userKyc": {}}', '{"customFields": {}}'),
        ('{"amount": 5}', '{"amount": "5"}'),
        ('{"amount": 5}', '{"amount": 5.01}'),
        ('{"a": "é"}', '{"a": "e\\u0301"}'),
        ('{"a": "x"}', '{"a": "x "}'),
        ('{"a": "x"}', '{"a": "X"}'),
        ('{"a": "x"}', '{"A": "x"}'),
        ('{"a": {"b": "1"}}', '{"a": {}, "b": "1"}'),
        ('{"a": "b"}', '{"b": "a"}'),
        ('{"a": ["1", "2"]}', '{"a": ["2", "1"]}'),
        ('{"a": true}', '{"a": 1}'),
        ('{"a": false}', '{"a": 0}'),
        ('{"a": null}', "{}"),
        ('{"a": "1,2"}', '{"a": ["1", "2"]}'),
        ('{"a": "\\",\\"b\\":\\""}', '{"a": "", "b": ""}'),
    ],
)
def test_everything_else_does(one: str, other: str) -> None:
    assert fingerprint(json.loads(one)) != fingerprint(json.loads(other))


def reordered(value: Any) -> Any:
    """The same value with the members of every object in reverse, whole floats as integers."""
    if isinstance(value, dict):
        return {name: reordered(member) for name, member in reversed(value.items())}
    if isinstance(value, list):
        return [reordered(member) for member in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and value != 0:
        return int(value)
    return value


@settings(derandomize=True, max_examples=100)
@given(REQUESTS)
def test_order_escapes_and_the_form_of_numbers_never_count(request_: dict[str, Any]) -> None:
    respelled = json.loads(json.dumps(reordered(request_), indent=1, ensure_ascii=True))
    assert fingerprint(respelled) == fingerprint(request_)


@settings(derandomize=True, max_examples=100)
@given(REQUESTS, TEXT, TEXT)
def test_a_further_member_always_counts(request_: dict[str, Any], name: str, value: str) -> None:
    other = {**request_, name: [value, request_.get(name)]}
    assert fingerprint(other) != fingerprint(request_)


def test_a_consumed_key_takes_the_same_request_alone() -> None:
    first = FirstAnswer(
        scope=KeyScope(partner_id="p", operation_id="o", key="k"),
        fingerprint=fingerprint({"amount": 5, "a": "secret value"}),
        session_id="s",
        body=b"{}",
        answered_at=NOW,
    )
    require_same_request(first, fingerprint({"a": "secret value", "amount": 5.0}))
    with pytest.raises(Problem) as refusal:
        require_same_request(first, fingerprint({"amount": 5}))
    assert refusal.value.code == "idempotency_key_reused"
    assert "secret value" not in refusal.value.detail
