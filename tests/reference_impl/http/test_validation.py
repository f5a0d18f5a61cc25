"""Validation against the document: every fault at its pointer, with its code (DATA-04 to 29, ERR-05)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from reference_impl.http.contract import Contract
from reference_impl.http.validation import Validator
from tests.reference_impl.builders import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED, a_request

OPERATIONS = (HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED)


def faults(contract: Contract, operation_id: str, value: Any) -> dict[str, str]:
    """The code of the fault at each pointer."""
    validator = contract.operations[operation_id].body
    assert validator is not None
    found = validator.faults(value)
    assert len({fault.pointer for fault in found}) == len(found)
    return {fault.pointer: fault.code for fault in found}


def schema(**keywords: Any) -> Validator:
    return Validator(keywords, document={})


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_valid_request_has_no_faults(contract: Contract, operation_id: str) -> None:
    assert faults(contract, operation_id, a_request(operation_id)) == {}


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_absent_member_is_reported_where_it_would_be(contract: Contract, operation_id: str) -> None:
    """DATA-08."""
    required = set(a_request(operation_id)) - ({"amount"} if operation_id == EMBEDDED else set())
    assert faults(contract, operation_id, {}) == {f"/{name}": "required" for name in required}


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_null_is_the_wrong_type_everywhere(contract: Contract, operation_id: str) -> None:
    """DATA-07."""
    document = a_request(operation_id)
    assert faults(contract, operation_id, dict.fromkeys(document)) == {
        f"/{name}": "wrong_type" for name in document
    }


@pytest.mark.parametrize("root", [None, [], "text", 5, True, [{}]])
def test_a_root_that_is_no_object_is_reported_at_the_root(contract: Contract, root: Any) -> None:
    """DATA-04."""
    assert faults(contract, HOSTED, root) == {"": "wrong_type"}


@pytest.mark.parametrize(
    ("name", "pointer", "code"),
    [
        ("userId", "/userId", "unknown_field"),
        ("unknown", "/unknown", "unknown_field"),
        ("Amount", "/Amount", "unknown_field"),
        ("__proto__", "/__proto__", "unknown_field"),
        ("", "/", "unknown_field"),
        ("a/b", "/a~1b", "unknown_field"),
        ("m~n", "/m~0n", "unknown_field"),
        ("é\ud800", "/é\ufffd", "bad_format"),
        ("x\0", "/x\0", "bad_format"),
    ],
)
def test_an_unknown_member_is_reported_at_its_own_pointer(
    contract: Contract, name: str, pointer: str, code: str
) -> None:
    """DATA-05, DATA-06, DATA-29."""
    assert faults(contract, HOSTED, a_request() | {name: "x"}) == {pointer: code}


def test_unknown_members_are_found_at_any_depth(contract: Contract) -> None:
    """DATA-06."""
    request = a_request(EMBEDDED, userKyc={"unknown": 1, "fullName": "x", "other": {}})
    assert faults(contract, EMBEDDED, request) == {
        "/userKyc/unknown": "unknown_field",
        "/userKyc/other": "unknown_field",
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"userCountryCode": "de"}, {"/userCountryCode": "not_in_list"}),
        ({"userCountryCode": "XK"}, {"/userCountryCode": "not_in_list"}),
        ({"userCountryCode": 49}, {"/userCountryCode": "wrong_type"}),
        ({"currency": ["EUR"]}, {"/currency": "wrong_type"}),
        ({"currency": "JPY"}, {"/currency": "not_in_list"}),
        ({"amount": "5"}, {"/amount": "wrong_type"}),
        ({"amount": True}, {"/amount": "wrong_type"}),
        ({"amount": 0.09}, {"/amount": "out_of_range"}),
        ({"amount": 0}, {"/amount": "out_of_range"}),
        ({"amount": -5}, {"/amount": "out_of_range"}),
        ({"amount": 0.105}, {"/amount": "bad_format"}),
        ({"amount": 1_000_000.01}, {"/amount": "out_of_range"}),
        ({"amount": 1e308}, {"/amount": "out_of_range"}),
        ({"amount": 10**300}, {"/amount": "out_of_range"}),
        ({"amount": float("inf")}, {"/amount": "out_of_range"}),
        ({"userId": ""}, {"/userId": "too_short"}),
        ({"userId": "x" * 129}, {"/userId": "too_long"}),
        ({"userId": "a\nb"}, {"/userId": "bad_format"}),
        ({"userId": "a\x85b"}, {"/userId": "bad_format"}),
        ({"userId": "a\ud800"}, {"/userId": "bad_format"}),
        ({"userEmail": "a@b"}, {"/userEmail": "bad_format"}),
        ({"userEmail": "a@b.c\n"}, {"/userEmail": "bad_format"}),
        ({"websiteReference": ""}, {"/websiteReference": "too_short"}),
        ({"websiteReference": "🙂" * 256}, {"/websiteReference": "too_long"}),
        ({"websiteReference": "a\0"}, {"/websiteReference": "bad_format"}),
        ({"idempotencyKey": "a b"}, {"/idempotencyKey": "bad_format"}),
        ({"idempotencyKey": "a\n"}, {"/idempotencyKey": "bad_format"}),
        ({"idempotencyKey": "k" * 256}, {"/idempotencyKey": "too_long"}),
        ({"customFields": []}, {"/customFields": "wrong_type"}),
        ({"customFields": {"a": 1, "b": "x"}}, {"/customFields/a": "wrong_type"}),
        ({"customFields": {"a": "x" * 501}}, {"/customFields/a": "too_long"}),
        ({"customFields": {"": "x"}}, {"/customFields/": "too_short"}),
        ({"customFields": {"k" * 41: "x"}}, {f"/customFields/{'k' * 41}": "too_long"}),
        ({"customFields": {"a/b": None}}, {"/customFields/a~1b": "wrong_type"}),
        ({"customFields": {str(n): "x" for n in range(21)}}, {"/customFields": "too_many"}),
        ({"userKyc": {"dateOfBirth": "2023-02-29"}}, {"/userKyc/dateOfBirth": "bad_format"}),
        ({"userKyc": {"mobilePhone": "+0123456789"}}, {"/userKyc/mobilePhone": "bad_format"}),
        ({"userKyc": {"gender": "x" * 41}}, {"/userKyc/gender": "too_long"}),
        ({"userKyc": {"citizenshipCountryCode": "ZZ"}}, {"/userKyc/citizenshipCountryCode": "not_in_list"}),
        ({"blockchainDestinationType": "Partner"}, {"/blockchainDestinationAddress": "required"}),
        ({"blockchainDestinationAddress": "0x" + "0" * 40}, {"/blockchainDestinationType": "required"}),
        (
            {"blockchainDestinationType": "Other", "blockchainDestinationAddress": "0x1"},
            {"/blockchainDestinationType": "not_in_list", "/blockchainDestinationAddress": "bad_format"},
        ),
    ],
)
def test_each_fault_has_its_place_and_code(
    contract: Contract, members: dict[str, Any], expected: dict[str, str]
) -> None:
    """DATA-09 to DATA-29, ERR-05, ERR-06."""
    assert faults(contract, EMBEDDED, a_request(EMBEDDED) | members) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"amount": 0.1},
        {"amount": 0.29},
        {"amount": 19.99},
        {"amount": 5.0},
        {"amount": 1_000_000},
        {"userId": "🙂" * 128},
        {"userId": " \u202e e\u0301 "},
        {"websiteReference": "🙂" * 255},
        {"websiteReference": "a\n\tb\x7f"},
        {"customFields": {}},
        {"customFields": {"k" * 40: "🙂" * 500, "__proto__": "", "constructor": "x"}},
        {"customFields": {str(n): "x" for n in range(20)}},
        {"userKyc": {}},
        {"idempotencyKey": "!~" + "k" * 253},
        {"blockchainDestinationType": "Partner", "blockchainDestinationAddress": "0x" + "aB" * 20},
    ],
)
def test_what_is_at_the_limit_is_valid(contract: Contract, members: dict[str, Any]) -> None:
    assert faults(contract, EMBEDDED, a_request(EMBEDDED) | members) == {}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://a" + "/" * 2039, None),
        ("https://a" + "/" * 2040, "too_long"),
        ("http://localhost:8080/", None),
        ("HTTP://LOCALHOST", None),
        ("http://127.255.0.1", None),
        ("http://[::1]", None),
        ("http://shop.example", "bad_format"),
        ("http://127.0.0.1.example", "bad_format"),
        ("http://128.0.0.1", "bad_format"),
        ("https://user@host", "bad_format"),
        ("https://", "bad_format"),
        ("https:///path", "bad_format"),
        ("https://a:0", "bad_format"),
        ("https://a:65536", "bad_format"),
        ("https://a/ b", "bad_format"),
        ("https://a\n", "bad_format"),
        ("ftp://a", "bad_format"),
        ("javascript:alert(1)", "bad_format"),
        ("", "bad_format"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_urls_are_held_to_their_rules(contract: Contract, url: str, code: str | None) -> None:
    """DATA-15 to DATA-17."""
    expected = {} if code is None else {"/errorUrl": code}
    assert faults(contract, HOSTED, a_request(errorUrl=url)) == expected


def test_all_faults_are_found_at_once_and_each_place_once(contract: Contract) -> None:
    """ERR-05."""
    request = a_request(
        HOSTED_PARTNER_MANAGED,
        amount=0.001,
        userId="",
        customFields={"a": 1, "b": 2},
        unknown={},
        successUrl=5,
    )
    del request["currency"]
    assert faults(contract, HOSTED_PARTNER_MANAGED, request) == {
        "/amount": "out_of_range",
        "/userId": "too_short",
        "/customFields/a": "wrong_type",
        "/customFields/b": "wrong_type",
        "/unknown": "unknown_field",
        "/successUrl": "wrong_type",
        "/currency": "required",
    }


@pytest.mark.parametrize("name", ["", "0", "00", "+0", "-1", "18446744073709551615", "a/b", "~"])
def test_a_name_is_part_of_the_pointer_as_it_was_sent(contract: Contract, name: str) -> None:
    """ERR-05, of RFC 6901: whatever it looks like."""
    pointer = name.replace("~", "~0").replace("/", "~1")
    fields = {"0": {"": 1}, name: {"": 1}, "b": "c"}
    request = a_request(HOSTED_PARTNER_MANAGED, customFields=fields)
    assert set(faults(contract, HOSTED_PARTNER_MANAGED, request)) == {
        "/customFields/0",
        f"/customFields/{pointer}",
    }
    request = a_request(HOSTED_PARTNER_MANAGED, **{name: 1})
    assert faults(contract, HOSTED_PARTNER_MANAGED, request) == {f"/{pointer}": "unknown_field"}


@pytest.mark.parametrize("name", sorted(a_request(HOSTED_PARTNER_MANAGED)))
def test_no_detail_repeats_what_was_sent(contract: Contract, name: str) -> None:
    """ERR-07, ERR-10."""
    validator = contract.operations[HOSTED_PARTNER_MANAGED].body
    assert validator is not None
    for value in ("Zebra-Canary\0", {"Zebra-Canary": "Zebra-Canary"}, ["Zebra-Canary"], 77_777_777.777):
        found = validator.faults(a_request(HOSTED_PARTNER_MANAGED, **{name: value}))
        assert found != []
        for fault in found:
            assert "Zebra" not in fault.detail
            assert "77777" not in fault.detail


def test_large_bodies_full_of_faults_are_judged(contract: Contract) -> None:
    """ERR-11."""
    request = a_request(customFields=dict.fromkeys(map(str, range(5_000)), 1))
    assert len(faults(contract, HOSTED, request)) == 5_001
    start = time.process_time()
    request = a_request(customFields={f"{number:041}": "" for number in range(5_000)})
    assert len(faults(contract, HOSTED, request)) == 5_001
    assert time.process_time() - start < 5  # which it takes for a tenth of them where each copies all of them


class TestParameters:
    """Values that are no JSON text: path, query and header."""

    def test_a_parameter_may_hold_nul_where_its_schema_lets_it(self) -> None:
        assert schema(type="string").schema_faults("a\0") == []
        assert [fault.code for fault in schema(type="string").faults("a\0")] == ["bad_format"]

    def test_the_schemas_faults_are_found(self) -> None:
        (fault,) = schema(type="string", maxLength=1).schema_faults("ab")
        assert (fault.pointer, fault.code) == ("", "too_long")


class TestKeywords:
    """Keywords that the request schemas do not use, and responses or the control API may."""

    @pytest.mark.parametrize(
        ("keywords", "value", "code"),
        [
            ({"const": "x"}, "y", "not_in_list"),
            ({"minItems": 1}, [], "too_short"),
            ({"maxItems": 1}, [1, 2], "too_many"),
            ({"minProperties": 1}, {}, "too_short"),
            ({"uniqueItems": True}, [1, 1], "bad_format"),
            ({"exclusiveMinimum": 1}, 1, "out_of_range"),
            ({"exclusiveMaximum": 1}, 1, "out_of_range"),
            ({"format": "uri"}, "x", "bad_format"),
            ({"format": "date-time"}, "2030-01-01T00:60:00Z", "bad_format"),
            ({"type": ["string", "null"]}, 5, "wrong_type"),
            ({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "null"}]}, 5, "wrong_type"),
        ],
    )
    def test_each_has_its_code(self, keywords: dict[str, Any], value: Any, code: str) -> None:
        assert [(fault.pointer, fault.code) for fault in schema(**keywords).faults(value)] == [("", code)]

    def test_a_number_of_decimals_other_than_two_is_no_rule_of_ours(self) -> None:
        with pytest.raises(ValueError, match="implemented for 2"):
            schema(**{"x-max-decimals": 3})

    def test_references_are_followed_into_the_document(self) -> None:
        document = {"components": {"schemas": {"Short": {"type": "string", "maxLength": 1}}}}
        validator = Validator({"$ref": "#/components/schemas/Short"}, document=document)
        assert [fault.code for fault in validator.faults("ab")] == ["too_long"]
        assert validator.faults("a") == []
