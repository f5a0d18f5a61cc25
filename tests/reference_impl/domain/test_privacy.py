"""What says who a payer is, masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

import openapi
from reference_impl.domain.privacy import MASK, PRIVATE_NAMES, mask, mask_json, mask_repeated, mask_text

SCHEMAS = openapi.load()["components"]["schemas"]


def test_every_member_of_kyc_is_private() -> None:
    assert set(SCHEMAS["UserKyc"]["properties"]) <= PRIVATE_NAMES


def test_every_member_of_an_event_and_of_the_identity_step_that_names_the_payer_is_private() -> None:
    """Whatever begins with `customer`, but for the identifier that is made up for it."""
    members = {
        name
        for schema in ("DepositEventData", "DepositCreatedEvent")
        for name in json.dumps(SCHEMAS[schema]).split('"')
        if name.startswith("customer") and name.isalpha()
    }
    assert {name for name in members if name not in ("customerId",)} <= PRIVATE_NAMES
    identity = openapi.load("payer")["components"]["schemas"]["IdentifyPayerRequest"]
    assert set(identity["properties"]) <= PRIVATE_NAMES


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"userKyc": {"fullName": "A", "gender": 1}}, {"userKyc": {"fullName": MASK, "gender": MASK}}),
        ({"userEmail": "a@b.c", "userId": "u"}, {"userEmail": MASK, "userId": "u"}),
        ([{"data": {"customerEmail": "a@b.c"}}], [{"data": {"customerEmail": MASK}}]),
        ({"fullName": {"first": "A"}}, {"fullName": MASK}),
        ({"userKyc": {"fullname": "A", "name": ["A"]}}, {"userKyc": {"fullname": MASK, "name": [MASK]}}),
        ({"userkyc": "Ada"}, {"userkyc": MASK}),
        ({"FULLNAME": "A"}, {"FULLNAME": MASK}),
        ({"customerFullName": None}, {"customerFullName": None}),
        ("fullName", "fullName"),
    ],
)
def test_private_members_are_masked_at_any_depth_and_nothing_else_is(value: Any, masked: Any) -> None:
    assert mask(value) == masked
    assert mask_json(json.dumps(value).encode()) == masked


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_cannot_be_masked(body: bytes) -> None:
    assert mask_json(body) is None
    assert mask_text("anything", known_from=body) == MASK


def test_what_a_text_repeats_of_a_known_body_is_masked_however_it_is_spelt() -> None:
    known = json.dumps({"userKyc": {"fullName": 'Zoë "Z"', "citizenshipCountryCode": "SE"}, "note": "Zebra"})
    for text in ('Dear Zoë "Z"!', json.dumps({"name": 'Zoë "Z"'}), json.dumps('Zoë "Z"', ensure_ascii=False)):
        masked = mask_text(text, known_from=known.encode())
        assert MASK in masked
        assert "Zo" not in masked
    assert mask_text("Zebra SE", known_from=known.encode()) == "Zebra SE"


def test_every_string_of_a_value_is_looked_through() -> None:
    known = b'{"userEmail":"zoe@mail.example","gender":"true"}'
    said = {"detail": "byte 7 of zoe@mail.example", "further": ["zoe@mail.example", 1, None, True]}
    masked = {"detail": f"byte 7 of {MASK}", "further": [MASK, 1, None, True]}
    assert mask_repeated(said, known_from=known) == masked
