"""Sessions: how one is opened, and what its status is at a time (SESS-04 to SESS-20)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta, timezone

import pytest

from reference_impl.domain.partners import CustomerManagement
from reference_impl.domain.sessions import FINAL, FLOWS, LIFETIME, SessionType, Status, session_not_found
from tests.reference_impl.builders import (
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    NOW,
    a_bank,
    a_request,
    a_session,
)

MILLISECOND = timedelta(milliseconds=1)


def test_an_open_session_expires_at_the_very_instant() -> None:
    """SESS-16."""
    session = a_session()
    assert session.status_at(session.created_at) is Status.OPEN
    assert session.status_at(session.expires_at - MILLISECOND) is Status.OPEN
    assert session.status_at(session.expires_at) is Status.EXPIRED
    assert session.status_at(session.expires_at + timedelta(days=365)) is Status.EXPIRED


def test_the_instant_is_the_same_in_every_zone() -> None:
    session = a_session()
    east = timezone(timedelta(hours=14))
    assert session.status_at(session.expires_at.astimezone(east)) is Status.EXPIRED
    assert session.status_at((session.expires_at - MILLISECOND).astimezone(east)) is Status.OPEN


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.OPEN}))
def test_only_open_sessions_expire(status: Status) -> None:
    """SESS-17, SESS-18."""
    session = dataclasses.replace(a_session(), status=status)
    for now in (session.created_at, session.expires_at, session.expires_at + timedelta(days=1)):
        assert session.status_at(now) is status


def test_four_statuses_are_final() -> None:
    """SESS-18."""
    assert {"completed", "failed", "expired", "cancelled"} == FINAL
    assert set(Status) - FINAL == {"open", "processing"}


@pytest.mark.parametrize(
    ("operation_id", "type_", "model"),
    [
        (HOSTED, SessionType.HOSTED, CustomerManagement.STABLEMINT),
        (HOSTED_PARTNER_MANAGED, SessionType.HOSTED, CustomerManagement.PARTNER),
        (EMBEDDED, SessionType.EMBEDDED, CustomerManagement.PARTNER),
    ],
)
def test_a_new_session_is_open_and_of_the_type_of_its_operation(
    operation_id: str, type_: SessionType, model: CustomerManagement
) -> None:
    """SESS-04, SESS-07."""
    session = a_session(operation_id=operation_id)
    assert session.status is Status.OPEN
    assert (session.type, session.customer_management) == (type_, model)
    assert session.payment_method is None
    assert len(FLOWS) == 3


def test_a_session_lasts_thirty_minutes_by_default() -> None:
    """SESS-15, SESS-19."""
    session = a_session()
    assert timedelta(minutes=30) == LIFETIME
    assert (session.created_at, session.expires_at) == (NOW, NOW + LIFETIME)


def test_what_was_sent_is_kept_as_sent() -> None:
    """SESS-04, DATA-28."""
    text = " e\u0301\u202e🙂 "
    request = a_request(
        HOSTED_PARTNER_MANAGED,
        amount=19.99,
        userId=text,
        userKyc={"fullName": text},
        websiteReference=text,
        customFields={"__proto__": text, text: ""},
        idempotencyKey="Key",
        successUrl="HTTPS://Shop.Example:0443/%7e?a=b#c",
        blockchainDestinationType="Partner",
        blockchainDestinationAddress="0x" + "aB" * 20,
    )
    session = a_session(operation_id=HOSTED_PARTNER_MANAGED, saved_banks=(a_bank(),), **request)
    assert session.amount == 1999
    assert session.currency == request["currency"]
    assert session.country == request["userCountryCode"]
    assert session.user_id == session.website_reference == text
    assert session.user_email == request["userEmail"]
    assert session.user_kyc == {"fullName": text}
    assert session.custom_fields == request["customFields"]
    assert session.idempotency_key == "Key"
    assert session.blockchain_destination_type == "Partner"
    assert session.blockchain_destination_address == request["blockchainDestinationAddress"]
    assert session.saved_banks == (a_bank(),)
    assert session.redirects is not None
    assert session.redirects.success_url == request["successUrl"]
    assert session.redirects.support_url == request["supportUrl"]
    assert session.redirects.exit_url == request["exitUrl"]
    assert session.redirects.error_url == request["errorUrl"]


def test_an_absent_member_is_none_and_an_empty_one_is_empty() -> None:
    """SESS-05."""
    bare = a_session(operation_id=EMBEDDED)
    assert bare.custom_fields is None
    assert bare.user_kyc is None
    assert bare.redirects is None
    empty = a_session(operation_id=EMBEDDED, customFields={}, userKyc={})
    assert empty.custom_fields == {}
    assert empty.user_kyc == {}


def test_an_embedded_session_may_have_no_amount() -> None:
    assert "amount" not in a_request(EMBEDDED, amount=None)
    assert a_session(operation_id=EMBEDDED, amount=None).amount is None


def test_a_session_is_printed_without_the_payers_data() -> None:
    """SESS-06: what ends up in a log or a trace."""
    session = a_session(
        operation_id=EMBEDDED, userEmail="zoe@secret.example", userKyc={"fullName": "Zoë Secret"}
    )
    assert "secret" not in repr(session).lower()


def test_a_session_that_is_not_there_has_one_answer() -> None:
    """SESS-12."""
    assert session_not_found().code == "session_not_found"
    assert session_not_found().faults is None
    assert session_not_found().members == {}
