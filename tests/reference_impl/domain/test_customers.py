"""Customers: one identifier for one user of one partner (HOOK-12)."""

from __future__ import annotations

import uuid

from reference_impl.domain.customers import identify_customer


def test_a_user_is_known_by_one_identifier_for_good() -> None:
    """The value itself is held: customers must be the same after an upgrade."""
    assert identify_customer("acme", "user-1") == identify_customer("acme", "user-1")
    assert identify_customer("acme", "user-1") == "b463e45a-4855-5450-b261-bff326930e38"


def test_users_and_partners_are_told_apart() -> None:
    users = [
        ("a", "bc"),
        ("ab", "c"),
        ("a", "BC"),
        ("b", "bc"),
        ("a", "b:c"),
        ("a", " bc"),
        ("a", "e\u0301"),
        ("a", "\u00e9"),
        ("1", "1:1"),
        ("1:1", "1"),
        ("a", ""),
        ("", "a"),
    ]
    assert len({identify_customer(partner, user) for partner, user in users}) == len(users)


def test_an_identifier_is_a_name_based_uuid() -> None:
    """RFC 9562 §5.5."""
    assert uuid.UUID(identify_customer("acme", "🙂")).version == 5
