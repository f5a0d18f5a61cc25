"""Sessions: made in each flow and read back, seen by their partner alone, expired at the instant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from reference_impl.domain.customers import SavedBank, identify_customer
from tests.serving import Server
from tests.session_api.calls import (
    CREATIONS,
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    create,
    encode,
    new_session,
    read,
    signed,
    valid,
)
from tests.timed import NOON, TimedServer

ALL_FIELDS: Mapping[str, Any] = {
    "amount": 5,
    "idempotencyKey": ...,
    "websiteReference": "order-1",
    "customFields": {"basket": "7"},
    "blockchainDestinationType": "Customer",
    "blockchainDestinationAddress": "0x" + "0a" * 20,
}

REPRESENTATIONS: Mapping[str, Mapping[str, Any]] = {
    HOSTED: {"type": "hosted", "customerManagement": "stablemint"},
    HOSTED_PARTNER_MANAGED: {"type": "hosted", "customerManagement": "partner", "userId": "user-1"},
    EMBEDDED: {
        "type": "embedded",
        "customerManagement": "partner",
        "userId": "user-1",
        "allowedPaymentMethods": ["bank_transfer", "instant_bank_transfer", "open_banking"],
        "savedBanks": [],
        "paymentMethod": None,
    },
}


@pytest.mark.parametrize("path", CREATIONS)
def test_a_session_says_what_was_asked_for_and_nothing_else(timed: TimedServer, path: str) -> None:
    """SESS-01, SESS-02, SESS-04 to SESS-09, SESS-14, SESS-19: the whole representation, member by member."""
    answer = create(timed.server, path, valid(path, **ALL_FIELDS))
    assert answer.status == 201
    session_id = answer.document["sessionId"]
    assert re.fullmatch("[A-Za-z0-9_-]{22,64}", session_id)
    assert answer.fields["location"] == f"/session/{session_id}"
    assert "idempotency-replayed" not in answer.fields
    expected = {
        **REPRESENTATIONS[path],
        "sessionId": session_id,
        "status": "open",
        "currency": "EUR",
        "country": "DE",
        "amount": 5,
        "createdAt": "2026-03-01T12:00:00.000Z",
        "expiresAt": "2026-03-01T12:30:00.000Z",
        "deposit": None,
        "websiteReference": "order-1",
        "customFields": {"basket": "7"},
    }
    if path != EMBEDDED:
        expected["sessionUrl"] = f"http://localhost:8080/checkout/{session_id}"
    assert answer.document == expected


@pytest.mark.parametrize("path", CREATIONS)
def test_what_was_not_sent_does_not_appear(server: Server, path: str) -> None:
    """SESS-05: no null in its place."""
    session = new_session(server, path)
    assert not {"websiteReference", "customFields"} & set(session)
    assert ("userId" in session) == (path != HOSTED)
    assert new_session(server, path, customFields={})["customFields"] == {}


@pytest.mark.parametrize("path", CREATIONS)
def test_a_session_is_read_back_as_it_was_made(server: Server, path: str) -> None:
    """SESS-10: in the same bytes even, and however often."""
    created = create(server, path, valid(path, **ALL_FIELDS))
    for _ in range(2):
        got = read(server, created.document["sessionId"])
        assert got.status == 200
        assert got.body == created.body
        assert not {"location", "idempotency-replayed"} & set(got.fields)
    assert signed(server, "GET", created.fields["location"]).body == created.body


TEXTS = [
    "🛒 👩‍👩‍👧‍👦 🇪🇺",
    "e\u0301 is not é, nor is o\u0308 ö",
    "\u1100\u1161\u11a8 and 각",
    "ﬁ ℌ ① Ω Å",
    "שלום \u202bمرحبا\u202c \u200f!",
    "\u202egnp.exe",
    "   leading and trailing   ",
    "\u00a0\u3000 spaces of other kinds \u2003",
    "line\u2028separator\u2029 and \ufeff mark",
    "quotes \" ' ` and \\ / slashes < & > {{ x }} ${y} %s %00",
    "\U0010fffd \uffff \ue000",
    "İıſK ẞß",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_kept_as_sent(server: Server, text: str) -> None:
    """DATA-28, SESS-05: neither trimmed nor normalised, sent raw or escaped, created and read back."""
    sent = valid(
        HOSTED_PARTNER_MANAGED, userId=text, websiteReference=text, customFields={text[:40]: text, "a": text}
    )
    for body in (encode(sent), json.dumps(sent).encode("ascii")):
        created = signed(server, "POST", HOSTED_PARTNER_MANAGED, body)
        got = read(server, created.document["sessionId"])
        for answer in (created, got):
            for name in ("userId", "websiteReference", "customFields"):
                assert answer.document[name] == sent[name]


def test_the_partners_urls_are_kept_as_sent_for_the_payer(server: Server) -> None:
    """DATA-15: used exactly so later, and in no answer of this API."""
    urls = {
        "successUrl": "HTTPS://Shop.Example:0443/a/../b//%7e%C3%A9?b=2&a=1&a=#x",
        "supportUrl": "http://LOCALHOST:80",
        "exitUrl": "https://shop.example/?",
        "errorUrl": "https://shop.example/#",
    }
    answer = create(server, HOSTED, valid(HOSTED, **urls))
    with server.environment.storage.transaction() as transaction:
        session = transaction.session(answer.document["sessionId"])
    assert session is not None
    assert session.redirects is not None
    kept = session.redirects
    assert [kept.success_url, kept.support_url, kept.exit_url, kept.error_url] == list(urls.values())
    assert b"Shop.Example" not in answer.body


def test_the_url_of_the_hosted_page_does_not_follow_the_host_header(server: Server) -> None:
    """SESS-08: it begins with the server's public URL, whatever host, proxy or path was asked."""
    body = encode(valid(HOSTED))
    for host in ("evil.example", "evil.example:8080", "", "[::1", "a/b?c#d", "user@evil.example", "é", "a,b"):
        answer = signed(server, "POST", HOSTED, body, host=host)
        assert answer.document["sessionUrl"].startswith("http://localhost:8080/checkout/")
        assert read(server, answer.document["sessionId"]).body == answer.body
    forged = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.example"),
    ]
    answer = signed(server, "POST", HOSTED, body, fields=forged)
    assert answer.document["sessionUrl"].startswith("http://localhost:8080/checkout/")
    assert b"evil.example" not in answer.body


def test_identifiers_never_come_twice(server: Server) -> None:
    """SESS-02, IDEM-14: equal requests without a key make sessions of their own."""
    assert len({new_session(server)["sessionId"] for _ in range(100)}) == 100


@pytest.mark.parametrize("path", CREATIONS)
def test_a_partner_sees_only_its_own_sessions(server: Server, path: str) -> None:
    """SESS-12: a partner of the same models, and partners of one, all get nothing."""
    session_id = new_session(server, path)["sessionId"]
    for stranger in ("other", "managed-only", "partner-only"):
        assert read(server, session_id, partner=stranger).code == "session_not_found"
    assert read(server, session_id).status == 200


@pytest.mark.parametrize(
    ("partner", "open_to_it"),
    [
        ("demo", CREATIONS),
        ("other", CREATIONS),
        ("managed-only", (HOSTED,)),
        ("partner-only", (HOSTED_PARTNER_MANAGED, EMBEDDED)),
    ],
)
def test_a_partner_creates_by_its_own_models_alone(
    server: Server, partner: str, open_to_it: tuple[str, ...]
) -> None:
    """SESS-13: and reads what it created."""
    for path in CREATIONS:
        answer = create(server, path, valid(path), partner=partner)
        if path in open_to_it:
            assert answer.status == 201
            assert read(server, answer.document["sessionId"], partner=partner).status == 200
        else:
            assert answer.code == "flow_not_enabled"


@pytest.mark.parametrize("path", CREATIONS)
def test_an_open_session_expires_at_the_instant(timed: TimedServer, path: str) -> None:
    """SESS-15, SESS-16: open a millisecond before, expired at `expiresAt` itself and for good."""
    made = new_session(timed.server, path)
    expires_at = datetime.fromisoformat(made["expiresAt"])
    for after, status in (
        (timedelta(milliseconds=-1), "open"),
        (timedelta(0), "expired"),
        (timedelta(milliseconds=1), "expired"),
        (timedelta(days=400), "expired"),
    ):
        timed.clocks.session = expires_at + after
        assert read(timed.server, made["sessionId"]).document == {**made, "status": status}


def test_a_session_does_not_expire_by_real_time(timed: TimedServer) -> None:
    """AUTH-10, SESS-16: each clock governs its own."""
    made = new_session(timed.server)
    timed.clocks.real += 7200
    assert read(timed.server, made["sessionId"]).document["status"] == "open"


@pytest.mark.parametrize(
    ("now", "created_at"),
    [
        (NOON.replace(microsecond=999_000), "2026-03-01T12:00:00.999Z"),
        (NOON.replace(month=12, day=31, hour=23, minute=59), "2026-12-31T23:59:00.000Z"),
        (NOON.replace(year=2028, month=2, day=29), "2028-02-29T12:00:00.000Z"),
    ],
)
def test_times_are_utc_with_three_decimals(timed: TimedServer, now: datetime, created_at: str) -> None:
    """SESS-14."""
    timed.clocks.session = now
    assert new_session(timed.server)["createdAt"] == created_at


def test_saved_banks_are_the_customers_of_this_partner_as_they_were(server: Server) -> None:
    """SESS-11: most recent first, ten at most, none of another user or partner, none that came later."""
    partner = server.partners["demo"].partner()
    customer = identify_customer(partner.partner_id, "saver")

    def pay_with(bank_id: str, minute: int) -> None:
        bank = SavedBank(bank_id=bank_id, name=f"Bank {bank_id}", iban_masked="DE02**************1234")
        with server.environment.storage.transaction() as transaction:
            transaction.save_bank(customer, bank, used_at=NOON + timedelta(minutes=minute))

    def banks(user_id: str, *, as_partner: str = "demo") -> list[str]:
        answer = create(server, EMBEDDED, valid(EMBEDDED, userId=user_id), partner=as_partner)
        return [bank["id"] for bank in answer.document["savedBanks"]]

    for number in range(12):
        pay_with(f"bank-{number}", number)
    pay_with("bank-5", 12)
    assert banks("saver") == ["bank-5", *(f"bank-{number}" for number in (11, 10, 9, 8, 7, 6, 4, 3, 2))]
    assert banks("Saver") == banks("saver", as_partner="other") == banks("user-1") == []
    before = new_session(server, EMBEDDED, userId="saver")
    pay_with("bank-13", 13)
    assert banks("saver")[0] == "bank-13"
    assert read(server, before["sessionId"]).document["savedBanks"] == before["savedBanks"]


@pytest.mark.parametrize(("born", "taken"), [("2026-03-01", True), ("2026-03-02", False)])
def test_a_date_of_birth_is_held_to_real_time(timed: TimedServer, born: str, taken: bool) -> None:
    """DATA-21: today is the real day, in UTC, however far the session clock was moved."""
    timed.clocks.session += timedelta(days=400)
    order = valid(EMBEDDED, userKyc={"dateOfBirth": born})
    answer = create(timed.server, EMBEDDED, order)
    assert answer.status == (201 if taken else 400)
