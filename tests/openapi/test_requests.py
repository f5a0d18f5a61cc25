"""What the request schemas accept and refuse: their fields, and values on both sides of every limit."""

import copy
from typing import Any

import jsonschema
import pytest

from openapi import load
from tests.openapi.reading import Node, compile_component, list_examples, resolve

REQUESTS = {
    "hosted": "CreateHostedSessionRequest",
    "hosted-partner": "CreateHostedPartnerManagedSessionRequest",
    "embedded": "CreateEmbeddedPartnerManagedSessionRequest",
}
URLS = {"successUrl", "supportUrl", "exitUrl", "errorUrl"}
PAYER = {"userId", "userEmail"}
OPTIONAL = {
    "idempotencyKey",
    "websiteReference",
    "customFields",
    "blockchainDestinationType",
    "blockchainDestinationAddress",
}
FIELDS = {
    "hosted": ({"userCountryCode", "currency", "amount"} | URLS, OPTIONAL),
    "hosted-partner": ({"userCountryCode", "currency", "amount"} | URLS | PAYER, OPTIONAL | {"userKyc"}),
    "embedded": ({"userCountryCode", "currency"} | PAYER, OPTIONAL | {"userKyc", "amount"}),
}
FULL = {
    "hosted": "CreateHostedSessionFull",
    "hosted-partner": "CreateHostedPartnerManagedSessionFull",
    "embedded": "CreateEmbeddedPartnerManagedSessionFull",
}


def full_request(request: str) -> Any:
    return load()["components"]["examples"][FULL[request]]["value"]


def is_valid(document: Node, request: str, body: Any) -> bool:
    return compile_component(document, REQUESTS[request]).is_valid(body)


@pytest.mark.parametrize("request_", REQUESTS)
def test_fields_are_those_of_the_contract(document: Node, request_: str) -> None:
    schema = document["components"]["schemas"][REQUESTS[request_]]
    required, optional = FIELDS[request_]
    assert set(schema["required"]) == required
    assert set(schema["properties"]) == required | optional


@pytest.mark.parametrize("request_", REQUESTS)
def test_each_required_field_is_needed_and_each_other_is_not(document: Node, request_: str) -> None:
    required, optional = FIELDS[request_]
    for field in required | optional:
        body = full_request(request_)
        del body[field]
        pair = field.startswith("blockchain")
        assert is_valid(document, request_, body) is (field in optional and not pair), field
    body = full_request(request_)
    del body["blockchainDestinationType"], body["blockchainDestinationAddress"]
    assert is_valid(document, request_, body)


@pytest.mark.parametrize("request_", REQUESTS)
def test_null_is_refused_in_every_field(document: Node, request_: str) -> None:
    for field in full_request(request_):
        assert not is_valid(document, request_, {**full_request(request_), field: None}), field


@pytest.mark.parametrize("request_", REQUESTS)
def test_what_the_operation_does_not_define_is_refused(document: Node, request_: str) -> None:
    required, optional = FIELDS[request_]
    others = {**full_request("hosted-partner"), "unknown": 1, "Amount": 1} if request_ else {}
    for field in set(others) - required - optional:
        assert not is_valid(document, request_, {**full_request(request_), field: others[field]}), field


CHANGES = [
    ("userCountryCode", "DE", True),
    ("userCountryCode", "de", False),
    ("userCountryCode", "UK", False),
    ("userCountryCode", "XK", False),
    ("userCountryCode", "DE\n", False),
    ("currency", "EUR", True),
    ("currency", "eur", False),
    ("currency", "JPY", False),
    ("amount", 0.1, True),
    ("amount", 0.09, False),
    ("amount", 0.29, True),
    ("amount", 19.99, True),
    ("amount", 1_000_000, True),
    ("amount", 1_000_000.01, False),
    ("amount", "5", False),
    ("amount", True, False),
    ("userId", "a", True),
    ("userId", "x" * 128, True),
    ("userId", "x" * 129, False),
    ("userId", "😀" * 128, True),
    ("userId", "", False),
    ("userId", "a\tb", False),
    ("userId", "a\x7f", False),
    ("userId", "a\x85", False),
    ("userId", "a\n", False),
    ("userId", " ", True),
    ("idempotencyKey", "!~", True),
    ("idempotencyKey", "k" * 255, True),
    ("idempotencyKey", "k" * 256, False),
    ("idempotencyKey", "", False),
    ("idempotencyKey", "a b", False),
    ("idempotencyKey", "é", False),
    ("idempotencyKey", "a\n", False),
    ("websiteReference", "", False),
    ("websiteReference", "  ü\n", True),
    ("websiteReference", "r" * 255, True),
    ("websiteReference", "r" * 256, False),
    ("websiteReference", "a\0", False),
    ("customFields", {}, True),
    ("customFields", {f"k{i}": "" for i in range(20)}, True),
    ("customFields", {f"k{i}": "" for i in range(21)}, False),
    ("customFields", {"__proto__": "a", "constructor": "b", "toString": "c"}, True),
    ("customFields", {"k" * 40: "v" * 500}, True),
    ("customFields", {"k" * 41: "v"}, False),
    ("customFields", {"": "v"}, False),
    ("customFields", {"k": "v" * 501}, False),
    ("customFields", {"k": 1}, False),
    ("customFields", {"k\0": "v"}, False),
    ("customFields", {"k": "v\0"}, False),
    ("customFields", {"k": None}, False),
    ("customFields", [], False),
    ("blockchainDestinationType", "Partner", True),
    ("blockchainDestinationType", "partner", False),
    ("blockchainDestinationAddress", "0x" + "aF" * 20, True),
    ("blockchainDestinationAddress", "0x" + "a" * 39, False),
    ("blockchainDestinationAddress", "0X" + "a" * 40, False),
    ("blockchainDestinationAddress", "0x" + "a" * 40 + "\n", False),
    ("userKyc", {}, True),
    ("userKyc", {"unknown": "a"}, False),
    ("userKyc", {"fullName": None}, False),
    ("userKyc", {"fullName": "n" * 200}, True),
    ("userKyc", {"fullName": "n" * 201}, False),
    ("userKyc", {"fullName": ""}, False),
    ("userKyc", {"placeOfBirth": "p" * 201}, False),
    ("userKyc", {"personalIdentificationNumber": "p" * 201}, False),
    ("userKyc", {"residenceAddress": "a" * 500}, True),
    ("userKyc", {"residenceAddress": "a" * 501}, False),
    ("userKyc", {"gender": "g" * 40}, True),
    ("userKyc", {"gender": "g" * 41}, False),
    ("userKyc", {"citizenshipCountryCode": "AQ"}, True),
    ("userKyc", {"citizenshipCountryCode": "ZZ"}, False),
    ("userKyc", {"mobilePhone": "+1234567"}, True),
    ("userKyc", {"mobilePhone": "+123456789012345"}, True),
    ("userKyc", {"mobilePhone": "+123456"}, False),
    ("userKyc", {"mobilePhone": "+1234567890123456"}, False),
    ("userKyc", {"mobilePhone": "+0234567"}, False),
    ("userKyc", {"mobilePhone": "1234567"}, False),
    ("userKyc", {"mobilePhone": "+٣٢٣٤٥٦٧"}, False),
    ("userKyc", {"dateOfBirth": "1900-01-01"}, True),
    ("userKyc", {"dateOfBirth": "1899-12-31"}, False),
    ("userKyc", {"dateOfBirth": "2000-02-29"}, True),
    ("userKyc", {"dateOfBirth": "1900-02-29"}, False),
    ("userKyc", {"dateOfBirth": "1988-2-29"}, False),
    ("userKyc", {"dateOfBirth": "1988-02-29\n"}, False),
]


@pytest.mark.parametrize(("field", "value", "valid"), CHANGES)
def test_a_changed_field_is_judged_by_its_schema(document: Node, field: str, value: Any, valid: bool) -> None:
    for request, (required, optional) in FIELDS.items():
        if field in required | optional:
            body = {**full_request(request), field: value}
            assert is_valid(document, request, body) is valid, request


def test_countries_are_the_249_official_ones(document: Node) -> None:
    countries = document["components"]["schemas"]["CountryCode"]["enum"]
    assert len(set(countries)) == len(countries) == 249
    assert countries == sorted(countries)
    assert {"NO", "GB", "GR", "BQ", "SS", "CW", "TW", "PS"} <= set(countries)
    assert not {"UK", "EU", "XK", "AN", "CS", "EL", "AC"} & set(countries)


def test_pythons_own_validator_agrees_on_every_example(document: Node) -> None:
    """A second implementation of JSON Schema reads the schemas alike, true and false examples both."""
    for example in list_examples(document):
        validator = jsonschema.Draft202012Validator(
            {"components": document["components"], **example.schema},
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )
        assert validator.is_valid(example.value), example.where
        if isinstance(example.value, dict) and example.schema.get("$ref", "").endswith("Request"):
            broken = copy.deepcopy(example.value)
            broken["unknown"] = True
            assert not validator.is_valid(broken), example.where
    assert resolve(document, {"$ref": "#/components/schemas/Amount"})["type"] == "number"
