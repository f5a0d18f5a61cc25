"""What a payer sees of a session in each state, and of the banks."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from reference_impl.use_cases.payments import settle
from tests.payer_api.checkout import DOCUMENT, bank_ids, call, look, send, take
from tests.payer_api.states import LIFETIME, STATES, STATUSES, identified, without_amount
from tests.serving import Server
from tests.session_api.calls import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED, new_session, read
from tests.timed import NOON, TimedServer

REDIRECTS = {
    "completed": "https://shop.example/success",
    "failed": "https://shop.example/error",
    "expired": "https://shop.example/error",
    "cancelled": "https://shop.example/cart",
}
MEMBERS = set(DOCUMENT["components"]["schemas"]["PayerSession"]["properties"])


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_shown_with_all_members_and_no_other(timed: TimedServer, state: str) -> None:
    """Status, way out (PAY-09) and what is asked of the payer next."""
    shown = look(timed.server, STATES[state](timed))
    assert set(shown) == MEMBERS
    assert shown["status"] == STATUSES[state]
    assert shown["redirectUrl"] == REDIRECTS.get(state)
    assert shown["needsIdentity"] is (state == "unidentified")
    assert shown["needsAmount"] is (state == "without_amount")
    assert (shown["deposit"] is not None) is (
        state in ("awaiting_consent", "processing", "completed", "failed")
    )


def test_a_payer_is_shown_what_the_partner_asked_for(timed: TimedServer) -> None:
    created = new_session(timed.server, HOSTED, amount=1.29, currency="PLN", userCountryCode="PL")
    shown = look(timed.server, created["sessionId"])
    for member in ("sessionId", "type", "customerManagement", "amount", "currency", "country", "createdAt"):
        assert shown[member] == created[member], member
    assert shown["expiresAt"] == created["expiresAt"]
    assert (shown["minimumAmount"], shown["maximumAmount"]) == (0.1, 10)
    assert shown["supportUrl"] == "https://shop.example/support"
    assert shown["merchant"] == {"name": "demo"}


def test_an_embedded_session_leads_nowhere(timed: TimedServer) -> None:
    """The widget tells the partner's page by events: there is no URL to go to."""
    session_id = without_amount(timed)
    shown = look(timed.server, session_id)
    assert (shown["supportUrl"], shown["redirectUrl"], shown["amount"]) == (None, None, None)
    left = take(timed.server, "exitSession", session_id).document
    assert (left["status"], left["redirectUrl"]) == ("cancelled", None)


def test_the_countdown_goes_by_the_session_clock(timed: TimedServer) -> None:
    """SESS-16: until one millisecond before `expiresAt` the session is open, and from then on expired."""
    session_id = identified(timed)
    assert look(timed.server, session_id)["now"] == "2026-03-01T12:00:00.000Z"
    timed.clocks.session = NOON + LIFETIME - timedelta(milliseconds=1)
    shown = look(timed.server, session_id)
    assert (shown["status"], shown["now"]) == ("open", "2026-03-01T12:29:59.999Z")
    timed.clocks.session = NOON + LIFETIME
    shown = look(timed.server, session_id)
    assert (shown["status"], shown["now"]) == ("expired", shown["expiresAt"])


def test_payer_and_partner_are_shown_one_deposit(timed: TimedServer) -> None:
    session_id = identified(timed)
    shown = take(timed.server, "makeDeposit", session_id).document["deposit"]
    assert shown["bankName"] == "Bank of Success"
    assert shown["awaitsConsent"] is True
    told = read(timed.server, session_id).document["deposit"]
    assert {name: shown[name] for name in told if name in shown} == {
        name: value for name, value in told.items() if name != "endToEndId"
    }
    assert "endToEndId" not in shown


def test_head_gives_the_header_fields_alone(server: Server) -> None:
    session_id = new_session(server, HOSTED)["sessionId"]
    answer = send(server, "HEAD", f"/payer/session/{session_id}")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.fields["access-control-allow-origin"] == "*"


@contextmanager
def changed_partner(server: Server, **face: Any) -> Iterator[None]:
    """The partner `demo` with another face, for the length of a block."""
    storage = server.environment.storage
    with storage.transaction() as transaction:
        former = transaction.partner(server.partners["demo"].partner().partner_id)
        transaction.add_partner(dataclasses.replace(former, **face))
    try:
        yield
    finally:
        with storage.transaction() as transaction:
            transaction.add_partner(former)


def test_the_merchant_has_the_partners_face_of_today(server: Server) -> None:
    """Its text is data: markup in it comes out as it went in, for the page to show as text."""
    session_id = new_session(server, HOSTED)["sessionId"]
    name = "<script>alert(1)</script> & \u202esön"
    face = {"display_name": name, "logo_url": "https://shop.example/logo.svg", "colour": "#1A7f5a"}
    with changed_partner(server, **face):
        merchant = look(server, session_id)["merchant"]
    assert merchant == {"name": name, "logoUrl": face["logo_url"], "colour": face["colour"]}
    assert look(server, session_id)["merchant"] == {"name": "demo"}


def test_there_is_a_bank_for_each_outcome_and_it_says_which(server: Server) -> None:
    session_id = new_session(server, HOSTED, userCountryCode="FR")["sessionId"]
    banks = call(server, "listBanks", session_id).document["banks"]
    assert len({bank["id"] for bank in banks}) == len(banks) >= 12
    assert {bank["country"] for bank in banks} == {"FR"}
    assert all(bank["description"] for bank in banks)
    assert not [bank for bank in banks if "ibanMasked" in bank]


def pay(timed: TimedServer, bank_id: str, user_id: str) -> str:
    """Pay a new session with a bank, a quarter of an hour long."""
    session_id = new_session(timed.server, EMBEDDED, amount=5, userId=user_id)["sessionId"]
    take(timed.server, "makeDeposit", session_id, bankId=bank_id)
    take(timed.server, "giveConsent", session_id)
    timed.clocks.session += timedelta(minutes=15)
    return settle(timed.server.environment, session_id).status


def test_a_returning_customer_finds_the_saved_banks_first(timed: TimedServer) -> None:
    """SESS-11: most recent first; nothing is saved of a payment that failed, or for another customer."""
    user_id = f"returning-{secrets.token_hex(4)}"
    before = new_session(timed.server, EMBEDDED, userId=user_id)["sessionId"]
    usual = bank_ids(timed.server, before)
    assert usual[0] == "bank-success"
    assert pay(timed, "bank-success", user_id) == "completed"
    assert pay(timed, "bank-accepted_late", user_id) == "completed"
    assert pay(timed, "bank-insufficient_funds", user_id) == "failed"
    session_id = new_session(timed.server, HOSTED_PARTNER_MANAGED, userId=user_id)["sessionId"]
    banks = call(timed.server, "listBanks", session_id).document["banks"]
    saved = ["bank-accepted_late", "bank-success"]
    assert [bank["id"] for bank in banks] == saved + [bank for bank in usual if bank not in saved]
    assert [bank["id"] for bank in banks if "ibanMasked" in bank] == saved
    shown = look(timed.server, session_id)["savedBanks"]
    assert [(bank["id"], bank["ibanMasked"]) for bank in shown] == [
        (bank["id"], bank["ibanMasked"]) for bank in banks[:2]
    ]
    stranger = new_session(timed.server, EMBEDDED, userId=f"{user_id}-2")["sessionId"]
    assert bank_ids(timed.server, stranger) == usual
    assert look(timed.server, before)["savedBanks"] == []
