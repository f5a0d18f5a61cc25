"""What says who a payer is, masked."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

import openapi
from reference_impl.domain.privacy import MASK, PRIVATE_NAMES, Privacy, mask_json

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
    assert mask_json(json.dumps(value).encode()) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"fullName": "Zoë Q", "user": {"name": "Zoë Q"}}, {"fullName": MASK, "user": {"name": MASK}}),
        ({"note": "for Zoë Q!", "fullName": "Zoë Q"}, {"note": f"for {MASK}!", "fullName": MASK}),
        ({"note": "ZOË Q", "fullName": "zoë q"}, {"note": MASK, "fullName": MASK}),
        ([{"fullName": "Zoë Q"}, ["Zoë Q", {"Zoë Q": 1}]], [{"fullName": MASK}, [MASK, {MASK: 1}]]),
        ({"userKyc": {"name": "Zoë Q"}, "to": "Zoë Q"}, {"userKyc": {"name": MASK}, "to": MASK}),
        (
            {"mobilePhone": 49151, "call": 49151, "n": "+49151"},
            {"mobilePhone": MASK, "call": MASK, "n": f"+{MASK}"},
        ),
        # Too short to be looked for within other texts.
        (
            {"fullName": "Bo", "name": "Bo", "note": "Bored"},
            {"fullName": MASK, "name": MASK, "note": "Bored"},
        ),
        (
            {"gender": "", "note": "", "mobilePhone": 5, "amount": 5},
            {"gender": MASK, "note": "", "mobilePhone": MASK, "amount": 5},
        ),
        # The country of a payment is nobody's.
        (
            {"citizenshipCountryCode": "SE", "country": "SE"},
            {"citizenshipCountryCode": MASK, "country": "SE"},
        ),
    ],
)
def test_a_private_value_is_masked_wherever_the_document_repeats_it(value: Any, masked: Any) -> None:
    """ERR-10: a name under no name that is known to be private is a name still."""
    assert mask_json(json.dumps(value).encode()) == masked


def test_of_two_members_of_one_name_each_is_private() -> None:
    """JSON's readers keep the last; a client sent both."""
    assert mask_json(b'{"fullName":"Zoe Quill","fullName":"Ann Eyre","a":"Zoe Quill","b":"Ann Eyre"}') == {
        "fullName": MASK,
        "a": MASK,
        "b": MASK,
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_cannot_be_masked(body: bytes) -> None:
    assert mask_json(body) is None
    assert not Privacy(body).is_known
    assert Privacy(b"{}").is_known


def test_what_a_text_repeats_of_a_known_body_is_masked_however_it_is_spelt() -> None:
    privacy = Privacy(
        json.dumps(
            {"userKyc": {"fullName": 'Zoë "Z"', "citizenshipCountryCode": "SE"}, "note": "Zebra"}
        ).encode()
    )
    for text in (
        'Dear Zoë "Z"!',
        json.dumps({"name": 'Zoë "Z"'}),
        json.dumps('Zoë "Z"', ensure_ascii=False),
        "/?to=Zo%C3%AB%20%22Z%22",
        "to=Zo%c3%ab+%22Z%22",
    ):
        masked = privacy.mask_text(text)
        assert MASK in masked
        assert "Zo" not in masked
    assert privacy.mask_text("Zebra SE") == "Zebra SE"


def test_the_query_of_a_target_is_masked_by_name_and_by_value() -> None:
    privacy = Privacy(b'{"fullName":"Zoe Quill"}')
    assert (
        privacy.mask_target("/a?useremail=a%40b.c&x=Zoe+Quill&email=")
        == f"/a?useremail={MASK}&x={MASK}&email="
    )
    assert privacy.mask_target("/a?emails=1") == "/a?emails=1"


def test_values_of_several_documents_are_known() -> None:
    privacy = Privacy(b'{"email":"zoe@mail.example"}', b'{"gender":"female"}')
    assert privacy.mask(["zoe@mail.example", "female", 1, None, True]) == [MASK, MASK, 1, None, True]


def test_a_hostile_document_is_masked_in_no_time() -> None:
    """As much as is logged, every value of it private, and each to be looked for in every other."""
    values = [f"{number:05}" for number in range(1000)]
    document = json.dumps({"userKyc": values, "note": values}).encode()
    began = time.process_time()
    masked = mask_json(document)
    assert time.process_time() - began < 2
    assert set(masked["note"]) == {MASK}


def test_a_lone_surrogate_hinders_nothing() -> None:
    assert mask_json(b'{"fullName":"\\ud800 Quill","note":"is \\ud800 Quill"}') == {
        "fullName": MASK,
        "note": f"is {MASK}",
    }
