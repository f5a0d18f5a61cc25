"""Events as the document's webhooks describe them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import openapi
from reference_impl.domain.deposits import Bank, DepositStatus, FailureCode, Payer
from reference_impl.domain.events import OF_DEPOSIT, Event, EventType, Occasion, tell_deposit, tell_status
from reference_impl.domain.sessions import Session, Status
from reference_impl.environment import new_uuid
from tests.reference_impl.builders import (
    EMBEDDED,
    HOSTED_PARTNER_MANAGED,
    NOW,
    a_deposit,
    a_partner,
    a_payer,
    a_session,
    a_session_in_processing,
)
from tests.reference_impl.published_events import OPTIONAL, documented_members, require_valid

SESSION_ID = "s" * 24
KYC = {"customerFullName", "customerResidenceAddress", "customerCitizenshipCountryCode"}
OCCASION = Occasion(now=NOW, partner=a_partner(), new_event_id=new_uuid)
DEBTOR = "DE12**************3456"


def a_told_session(deposit: DepositStatus = DepositStatus.CREATED, /, **changes: Any) -> Session:
    """A session whose deposit has this status and everything that goes with it, with ``changes``."""
    details: dict[str, Any] = {
        "external_payment_id": None if deposit in ("created", "initiated") else "pay_1",
        "debtor_iban_masked": DEBTOR if deposit in ("accepted", "completed") else None,
    }
    if deposit is DepositStatus.FAILED:
        details |= {"failure_code": FailureCode.RISK_DECLINED, "failure_reason": "Screening."}
    session = a_session_in_processing(SESSION_ID, deposit=a_deposit(deposit, **details))
    return dataclasses.replace(session, **changes)


def data_of(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = require_valid(event.body)["data"]
    return data


def test_there_is_one_type_for_each_webhook_of_the_document() -> None:
    assert sorted(EventType) == sorted(openapi.load()["webhooks"])
    assert sorted(OF_DEPOSIT) == sorted(DepositStatus)


class TestDepositEvents:
    @pytest.mark.parametrize("status", DepositStatus)
    def test_an_event_is_valid_and_has_the_documented_members_and_no_other(
        self, status: DepositStatus
    ) -> None:
        """HOOK-02, HOOK-09."""
        event = tell_deposit(a_told_session(status), OCCASION)
        assert event.event_type == OF_DEPOSIT[status]
        assert set(data_of(event)) == documented_members(event.event_type)

    @pytest.mark.parametrize("status", DepositStatus)
    def test_what_is_not_known_is_null_and_custom_fields_are_empty(self, status: DepositStatus) -> None:
        """HOOK-09."""
        session = a_told_session(status, payer=Payer(email="a@b.example"))
        data = data_of(tell_deposit(session, OCCASION))
        nullable = {"websiteReference", "idempotencyKey"} | (KYC if status == "created" else set())
        assert {name for name, value in data.items() if value is None} == nullable
        assert data["customFields"] == {}

    @pytest.mark.parametrize("status", [DepositStatus.ACCEPTED, DepositStatus.COMPLETED])
    def test_a_debtor_that_the_bank_does_not_tell_is_left_out(self, status: DepositStatus) -> None:
        session = a_told_session(status)
        assert session.deposit is not None
        unknown = dataclasses.replace(session.deposit, debtor_iban_masked=None)
        event = tell_deposit(dataclasses.replace(session, deposit=unknown), OCCASION)
        assert set(data_of(event)) == documented_members(event.event_type) - {OPTIONAL}

    def test_a_payment_is_told_as_it_is(self) -> None:
        session = a_told_session(
            amount=1999,
            currency="SEK",
            deposit=a_deposit(bank=Bank(bank_id="b", name="B", country="PL"), payment_method="open_banking"),
        )
        data = data_of(tell_deposit(session, OCCASION))
        assert data["amount"] == 19.99
        assert data["currency"] == "SEK"
        assert data["paymentMethod"] == "open_banking"
        assert data["paymentCountryCode"] == "PL"
        assert data["reference"] == "SM-ABCDEFGHJK"
        assert data["endToEndId"] == "E2E0001"
        assert data["customerEmail"] == "payer@shop.example"

    def test_identity_data_stands_in_deposit_created_alone(self) -> None:
        """HOOK-11, SESS-06: and of the KYC of the request only the three members that are named there."""
        kyc = {
            "fullName": "canary name",
            "residenceAddress": "canary address",
            "citizenshipCountryCode": "PL",
            "dateOfBirth": "1990-01-31",
            "placeOfBirth": "canary place",
            "gender": "canary gender",
            "mobilePhone": "+48555000111",
            "personalIdentificationNumber": "canary number",
        }
        opened = a_session(operation_id=HOSTED_PARTNER_MANAGED, userKyc=kyc)
        for status in DepositStatus:
            session = a_told_session(status, payer=opened.payer, user_kyc=opened.user_kyc)
            body = tell_deposit(session, OCCASION).body.decode()
            if status == "created":
                data = json.loads(body)["data"]
                assert {name: data[name] for name in KYC} == {
                    "customerFullName": "canary name",
                    "customerResidenceAddress": "canary address",
                    "customerCitizenshipCountryCode": "PL",
                }
                assert body.count("canary") == 2
            else:
                assert "canary" not in body
            for value in ("1990-01-31", "+48555000111"):
                assert value not in body

    @pytest.mark.parametrize("missing", ["payer", "amount", "deposit"])
    def test_a_deposit_that_cannot_be_told_of_is_refused(self, missing: str) -> None:
        changes: dict[str, Any] = {missing: None}
        with pytest.raises(ValueError, match="can be told of"):
            tell_deposit(a_told_session(**changes), OCCASION)


class TestStatusEvents:
    @pytest.mark.parametrize(
        ("previous", "status"),
        [
            (Status.OPEN, Status.PROCESSING),
            (Status.OPEN, Status.EXPIRED),
            (Status.OPEN, Status.CANCELLED),
            (Status.PROCESSING, Status.COMPLETED),
            (Status.PROCESSING, Status.FAILED),
        ],
    )
    def test_an_event_is_valid_and_has_the_documented_members_and_no_other(
        self, previous: Status, status: Status
    ) -> None:
        """HOOK-02, HOOK-13."""
        event = tell_status(a_told_session(status=status), previous, OCCASION)
        data = data_of(event)
        assert event.event_type is EventType.STATUS_CHANGED
        assert set(data) == documented_members(event.event_type)
        assert (data["previousStatus"], data["status"]) == (previous, status)

    def test_without_a_deposit_the_reference_is_null(self) -> None:
        """HOOK-09."""
        session = dataclasses.replace(a_session(SESSION_ID), status=Status.EXPIRED)
        data = data_of(tell_status(session, Status.OPEN, OCCASION))
        assert {name for name, value in data.items() if value is None} == {
            "reference",
            "websiteReference",
            "idempotencyKey",
        }

    def test_it_tells_nothing_of_the_payer(self) -> None:
        """HOOK-11."""
        body = tell_status(
            a_told_session(payer=a_payer(email="canary@b.example")), Status.OPEN, OCCASION
        ).body
        assert b"canary" not in body


TELLERS: dict[str, Callable[[Session, Occasion], Event]] = {
    "deposit": tell_deposit,
    "status": lambda session, occasion: tell_status(session, Status.OPEN, occasion),
}


@pytest.mark.parametrize("teller", TELLERS.values(), ids=TELLERS)
class TestEveryEvent:
    def test_it_names_its_partner_and_session(self, teller: Callable[[Session, Occasion], Event]) -> None:
        """HOOK-13."""
        event = teller(a_told_session(), dataclasses.replace(OCCASION, partner=a_partner(name="Ünï & Söhne")))
        data = data_of(event)
        assert (data["partnerName"], data["sessionId"]) == ("Ünï & Söhne", SESSION_ID)
        assert (event.partner_id, event.session_id) == ("acme", SESSION_ID)

    def test_what_the_partner_sent_along_comes_back_as_it_was(
        self, teller: Callable[[Session, Occasion], Event]
    ) -> None:
        """HOOK-10."""
        sent: dict[str, Any] = {
            "websiteReference": ' "\\ \u202eé🙂\u2028 ',
            "idempotencyKey": "Order-1",
            "customFields": {"z": "", "a": " 1 ", "__proto__": "\u00e9", "e\u0301": "\ud7ff𝒳"},
        }
        session = a_told_session(
            website_reference=sent["websiteReference"],
            idempotency_key=sent["idempotencyKey"],
            custom_fields=sent["customFields"],
        )
        data = data_of(teller(session, OCCASION))
        assert {name: data[name] for name in sent} == sent
        assert list(data["customFields"]) == ["z", "a", "__proto__", "e\u0301"]

    def test_its_time_is_the_occasions_in_utc_to_the_millisecond(
        self, teller: Callable[[Session, Occasion], Event]
    ) -> None:
        """HOOK-07, SESS-14."""
        event = teller(a_told_session(), dataclasses.replace(OCCASION, now=NOW + timedelta(seconds=1)))
        assert data_of(event)["timestamp"] == "2030-01-02T03:04:06.678Z"
        assert event.occurred_at == NOW + timedelta(seconds=1)

    def test_its_identifier_is_its_own_and_stands_in_the_body(
        self, teller: Callable[[Session, Occasion], Event]
    ) -> None:
        """HOOK-02, HOOK-07."""
        events = [teller(a_told_session(), OCCASION) for _ in range(2)]
        assert events[0].event_id != events[1].event_id
        for event in events:
            assert require_valid(event.body)["eventId"] == event.event_id

    def test_its_body_is_utf_8_without_a_byte_order_mark(
        self, teller: Callable[[Session, Occasion], Event]
    ) -> None:
        """HOOK-01."""
        body = teller(a_told_session(website_reference="é🙂"), OCCASION).body
        assert "é🙂".encode() in body
        assert body.startswith(b"{")


def test_a_customer_is_one_in_all_events_of_a_partner_and_another_elsewhere() -> None:
    """HOOK-12."""

    def customer(**changes: Any) -> str:
        told = data_of(tell_deposit(a_told_session(**changes), OCCASION))
        return str(told["customerId"])

    identified = {"user_id": "user-1", "payer": a_payer(email="one@b.example")}
    first = customer(**identified)
    assert customer(**identified, website_reference="another session") == first
    assert customer(user_id="user-1", payer=a_payer(email="two@b.example")) == first
    assert customer(user_id="user-2", payer=a_payer(email="one@b.example")) != first
    assert customer(**identified, partner_id="beta") != first


def test_an_embedded_payment_is_told_like_a_hosted_one() -> None:
    """HOOK-05: sessions of both customer models cause the same events."""
    embedded = a_session(SESSION_ID, operation_id=EMBEDDED)
    told = a_told_session(
        type=embedded.type, user_id="user-1", customer_management=embedded.customer_management
    )
    assert set(data_of(tell_deposit(told, OCCASION))) == set(
        data_of(tell_deposit(a_told_session(), OCCASION))
    )
