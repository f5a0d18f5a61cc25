"""What a 404 may say of a session that is not there, and what it must not say of one that is."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.directed.sessions import what_is_told

COMMON = {"title": "Not found", "detail": "There is no such session.", "status": 404, "hint": 0}
UNKNOWN: list[dict[str, Any] | None] = [
    {**COMMON, "instance": "urn:1", "at": "10:00"},
    {**COMMON, "instance": "urn:2", "at": "10:01"},
    None,
]


@pytest.mark.parametrize(
    ("problem", "alike"),
    [
        ({**COMMON, "instance": "urn:3", "at": "10:02"}, True),
        ({**COMMON, "instance": "urn:3"}, False),
        ({**COMMON, "instance": "urn:3", "at": "10:02", "owner": None}, False),
        ({**COMMON, "instance": "urn:3", "at": "10:02", "hint": 1}, False),
        ({**COMMON, "instance": "urn:3", "at": "10:02", "detail": "It is another partner's."}, False),
        (None, False),
    ],
)
def test_members_of_a_request_tell_nothing_of_a_session(problem: dict[str, Any] | None, alike: bool) -> None:
    """A member beyond the contract that differs by itself may differ; all else is the same."""
    tell = what_is_told(UNKNOWN)
    assert (tell(problem) == tell(UNKNOWN[0])) is alike


def test_what_the_contract_defines_is_the_same_for_all() -> None:
    """Even where it differs by itself: a detail that names the identifier could name its owner."""
    first, second = ({"detail": f"There is no session {name}."} for name in ("a", "b"))
    tell = what_is_told([first, second])
    assert tell(first) != tell(second)
