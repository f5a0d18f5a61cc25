"""What an environment makes by itself: identifiers."""

from __future__ import annotations

import re
from unittest import mock

from reference_impl.environment import new_session_id


def test_a_session_identifier_is_opaque_and_unguessable() -> None:
    """SESS-10: 24 characters of 6 random bits each."""
    made = {new_session_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_-]{23}", identifier) for identifier in made)


def test_a_session_identifier_is_no_option_of_a_command_line() -> None:
    with mock.patch("secrets.token_urlsafe", side_effect=["-a", "-b", "c-"]):
        assert new_session_id() == "c-"
