"""A customer who is forgotten: what is gone then, what stays, and what has to wait."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reference_impl.domain.forgetting import FORGOTTEN_EMAIL
from reference_impl.domain.sessions import Status
from reference_impl.storage.encryption import Cipher, new_key
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage
from reference_impl.use_cases import payments
from reference_impl.use_cases.customers import Forgotten, forget_customer
from tests.reference_impl.builders import HOSTED_PARTNER_MANAGED, a_delivery, an_attempt
from tests.reference_impl.paying import Till
from tests.reference_impl.published_events import require_valid
from tests.reference_impl.storage.conftest import open_storage, storage

__all__ = ["open_storage", "storage"]  # the adapters, for these tests too

KYC = {"fullName": "Canary Fullname", "residenceAddress": "Canary Street 1", "citizenshipCountryCode": "BV"}
EMAIL = "canary@shop.example"


def pay(till: Till, **members: Any) -> str:
    session_id = till.open(HOSTED_PARTNER_MANAGED, userEmail=EMAIL, userKyc=KYC, **members)
    payments.choose_bank(
        till.environment, session_id=session_id, payment_method="bank_transfer", bank_id="bank-success"
    )
    paid = payments.consent(till.environment, session_id=session_id, approved=True)
    assert paid.status is Status.COMPLETED
    with till.storage.transaction() as transaction:
        for delivery in transaction.deliveries(session_id=session_id):
            echo = an_attempt(
                request_body=delivery.body[:-1],
                response_body=delivery.body,
                response_headers={"X-Echo": EMAIL},
            )
            transaction.add_attempt(delivery.delivery_id, echo)
    return session_id


def everything(storage: Storage, session_id: str) -> str:
    with storage.transaction() as transaction:
        deliveries = transaction.deliveries(session_id=session_id)
        session = transaction.session(session_id)
        assert session is not None
        attempts = [transaction.attempts(delivery.delivery_id) for delivery in deliveries]
        return (
            f"{session.payer} {session.user_kyc} {session.user_email} "
            f"{[delivery.body.decode() for delivery in deliveries]} "
            f"{[(a.request_body, a.response_body, a.response_headers) for each in attempts for a in each]}"
            f"{[a.error for each in attempts for a in each]}"
        )


def test_what_cannot_be_read_keeps_nobody_from_being_forgotten(tmp_path: Path) -> None:
    """It is counted: a session's own identity, or what was told of it, encrypted with a lost key."""
    kept, lost = new_key(), new_key()
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with closing(SqlStorage.connect(url, cipher=Cipher([lost]))) as storage:
        pay(Till(storage), userId="another")
    with closing(SqlStorage.connect(url, cipher=Cipher([kept]))) as storage:
        till = Till(storage)
        session_id = pay(till)
        untold = pay(till)
    with closing(SqlStorage.connect(url, cipher=Cipher([lost]))) as storage, storage.transaction() as writing:
        writing.add_delivery(a_delivery("lost", session_id=untold))
    with closing(SqlStorage.connect(url, cipher=Cipher([kept]))) as storage:
        forgotten = forget_customer(storage, partner_id="acme", user_id="user-1")
        assert forgotten == Forgotten(sessions=1, under_way=0, unreadable=1)
        assert "anary" not in everything(storage, session_id)
        assert forget_customer(storage, partner_id="acme", user_id="another") == Forgotten(0, 0, 1)
        assert forget_customer(storage, partner_id="acme", email=EMAIL) == Forgotten(0, 0, 2)


def test_nothing_says_any_more_who_the_customer_was(storage: Storage) -> None:
    """Neither sessions nor events, told or to be told, nor what receivers answered; saved banks are gone."""
    till = Till(storage)
    session_id = pay(till)
    assert "Canary" in everything(storage, session_id)
    assert forget_customer(storage, partner_id="acme", user_id="user-1") == Forgotten(1, 0)
    assert "anary" not in everything(storage, session_id)
    later = till.open(HOSTED_PARTNER_MANAGED)
    with storage.transaction() as transaction:
        fresh = transaction.session(later)
        assert fresh is not None
        assert fresh.saved_banks == ()


def test_sessions_that_have_ended_name_no_account_any_more(storage: Storage) -> None:
    """Neither the banks that were offered nor the account that the payment came from."""
    till = Till(storage)
    pay(till)
    returning = pay(till)
    with storage.transaction() as transaction:
        before = transaction.session(returning)
    assert before is not None
    assert before.deposit is not None
    assert before.saved_banks != ()
    assert before.deposit.debtor_iban_masked is not None
    forget_customer(storage, partner_id="acme", user_id="user-1")
    with storage.transaction() as transaction:
        after = transaction.session(returning)
    assert after is not None
    assert after.deposit is not None
    assert (after.saved_banks, after.deposit.debtor_iban_masked) == ((), None)


def test_events_that_were_not_told_yet_still_keep_to_the_document(storage: Storage) -> None:
    """HOOK-08 to HOOK-12: null where that may stand, an address of nobody where one must."""
    till = Till(storage)
    session_id = pay(till)
    forget_customer(storage, partner_id="acme", user_id="user-1")
    with storage.transaction() as transaction:
        bodies = [delivery.body for delivery in transaction.deliveries(session_id=session_id)]
    for body in bodies:
        require_valid(body)
    data = [json.loads(body)["data"] for body in bodies]
    assert {each["customerEmail"] for each in data if "customerEmail" in each} == {FORGOTTEN_EMAIL}
    (created,) = [each for each in data if each["eventType"].endswith("created")]
    assert created["customerFullName"] is None


def test_the_session_itself_stays_as_its_partner_knows_it(storage: Storage) -> None:
    till = Till(storage)
    session_id = pay(till, websiteReference="order-1")
    forget_customer(storage, partner_id="acme", user_id="user-1")
    with storage.transaction() as transaction:
        session = transaction.session(session_id)
    assert session is not None
    assert (session.status, session.user_id, session.website_reference) == (
        Status.COMPLETED,
        "user-1",
        "order-1",
    )


def test_others_are_not_forgotten(storage: Storage) -> None:
    till = Till(storage)
    mine, others = pay(till), pay(till, userId="user-2")
    forget_customer(storage, partner_id="acme", user_id="user-1")
    assert "anary" not in everything(storage, mine)
    assert "Canary" in everything(storage, others)


def test_a_session_under_way_is_left_for_the_next_time(storage: Storage) -> None:
    """It needs its payer to the end, to tell of the deposit."""
    till = Till(storage)
    session_id = till.open(HOSTED_PARTNER_MANAGED, userEmail=EMAIL, userKyc=KYC)
    assert forget_customer(storage, partner_id="acme", user_id="user-1") == Forgotten(0, 1)
    assert "Canary" in everything(storage, session_id)
    payments.leave(till.environment, session_id=session_id)
    assert forget_customer(storage, partner_id="acme", user_id="user-1") == Forgotten(1, 0)
    assert "anary" not in everything(storage, session_id)


def test_a_customer_without_user_id_is_found_by_address(storage: Storage) -> None:
    """In whatever case it was written, among others without one."""
    till = Till(storage)
    session_id = till.open()
    payments.leave(till.environment, session_id=session_id)
    assert forget_customer(storage, partner_id="acme", email="nobody@shop.example") == Forgotten(0, 0)
    assert forget_customer(storage, partner_id="acme", email="PAYER@shop.example") == Forgotten(1, 0)
    with storage.transaction() as transaction:
        session = transaction.session(session_id)
    assert session is not None
    assert session.payer is None


def test_who_is_meant_has_to_be_said(storage: Storage) -> None:
    Till(storage)
    with pytest.raises(ValueError, match="either"):
        forget_customer(storage, partner_id="acme")
    with pytest.raises(KeyError):
        forget_customer(storage, partner_id="nobody", user_id="user-1")
