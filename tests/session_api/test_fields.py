"""Every field of every creation: what is taken, what is refused, and that all that is wrong is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import openapi
from tests.serving import Server
from tests.session_api.calls import (
    CREATIONS,
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    SMALLEST,
    create,
    valid,
)
from tests.session_api.exchange import Answer
from tests.timed import TimedServer

HOSTED_ONES = (HOSTED, HOSTED_PARTNER_MANAGED)
PARTNER_MANAGED = (HOSTED_PARTNER_MANAGED, EMBEDDED)

NO_TEXT: tuple[Any, ...] = (None, 5, 0, True, False, [], {}, ["text"], {"text": "text"})
"""What is no string."""

ADDRESS = "0x" + "aB3" * 13 + "4"


@dataclass(frozen=True)
class Field:
    """A member at the root of a request: which creations have it, values to take and values to refuse."""

    paths: tuple[str, ...]
    good: tuple[Any, ...]
    bad: tuple[Any, ...]


def text(paths: tuple[str, ...], *, good: tuple[str, ...], bad: tuple[str, ...]) -> Field:
    """A field of type string."""
    return Field(paths, good, (*bad, *NO_TEXT))


COUNTRIES = (*("DE", "AD", "ZW", "GB", "US", "AX", "BQ", "SS", "UM", "TW", "AQ"),)
NO_COUNTRIES = (
    *("", "D", "de", "De", "DEU", "276", "XX", "ZZ", "EU", "UK", "EL", "XK", "AN", "SU"),
    " DE",
    "DE\n",
)
CURRENCIES = ("EUR", "GBP", "USD", "CHF", "PLN", "CZK", "DKK", "SEK", "NOK", "HUF", "RON")

URL = text(
    HOSTED_ONES,
    good=(
        "https://a",
        "https://a/",
        "HTTPS://Shop.Example/Path",
        "https://shop.example:1",
        "https://shop.example:65535/x",
        "https://shop.example/a/b;c=1,2/(d)'?q=1&r=%20%C3%A9#frag/ment?",
        "https://shop.example?q=a@b",
        "https://shop.example/@user/a:b",
        "https://shop.example/%7Buser%7D",
        "https://xn--bcher-kva.example/",
        "https://192.0.2.1/",
        "https://[2001:db8::1]:8443/",
        "https://sub.domain_with-all~chars.example",
        "http://localhost",
        "http://LOCALHOST:3000/x",
        "http://127.0.0.1:8080/?a#b",
        "http://127.255.0.9/",
        "HTTP://[::1]:1/",
        "https://shop.example/" + "a" * 2027,
    ),
    bad=(
        "",
        "shop.example",
        "/success",
        "//shop.example/",
        "https:shop.example",
        "https:/shop.example",
        "https://",
        "https:///path",
        "https://:443/",
        "https://?q",
        "https://#f",
        "http://shop.example/",
        "http://localhost.shop.example/",
        "http://localhost@shop.example/",
        "http://128.0.0.1/",
        "http://127.0.0.256/",
        "http://127.1/",
        "http://0.0.0.0/",
        "http://[::2]/",
        "http://[::ffff:127.0.0.1]/",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "javascript://shop.example/%0aalert(1)",
        "data:text/html,x",
        "https://user@shop.example/",
        "https://user:password@shop.example/",
        "https://@shop.example/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:99999999999/",
        "https://shop.example:port/",
        "https://shop.example:-1/",
        "https://shop.example/a b",
        " https://shop.example/",
        "https://shop.example/ ",
        "https://shop.example/\t",
        "https://shop.example/\n",
        "https://shop.example/\r\nLocation: x",
        "https://shop.example\\@other.example/",
        "https:\\\\shop.example/",
        "https://shop.example/a\\b",
        "https://shop.example/%",
        "https://shop.example/%2",
        "https://shop.example/%zz",
        "https://shop.example/<script>",
        'https://shop.example/"x"',
        "https://shop.example/{id}",
        "https://shop.example/a|b",
        "https://shop.example/a^b`c",
        "https://shop.example/[1]",
        "https://shop.example/#a#b",
        "https://bücher.example/",
        "https://shop.example/bücher",
        "https://shop.example/\x7f",
        "https://shop.example/\x85",
        "https://[::1",
        "https://[not-an-address]/",
        "https://2001:db8::1/",
        "https://[fe80::1%25eth0]/",
        "https://shop.example/" + "a" * 2028,
    ),
)

FIELDS: Mapping[str, Field] = {
    "userCountryCode": text(CREATIONS, good=COUNTRIES, bad=NO_COUNTRIES),
    "currency": text(
        CREATIONS,
        good=CURRENCIES,
        bad=("", "eur", "Eur", "EU", "EURO", "JPY", "BTC", "978", "€", " EUR", "EUR ", "EUR\n"),
    ),
    "successUrl": URL,
    "supportUrl": URL,
    "exitUrl": URL,
    "errorUrl": URL,
    "userId": text(
        PARTNER_MANAGED,
        good=(
            "1",
            " ",
            "user@shop.example/1?#",
            "é",
            "Ж" * 128,
            "🛒" * 128,
            "\u2028",
            "__proto__",
            "null",
            "\u00a0",
        ),
        bad=("", "a\n", "\t", "a\x00", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "a" * 129, "🛒" * 129),
    ),
    "userEmail": text(
        PARTNER_MANAGED,
        good=(
            "a@b.co",
            "first.last+tag@sub.shop.example",
            "!#$%&'*+/=?^_`{|}~-@x.y",
            ".dots..everywhere.@x.y",
            "a@xn--bcher-kva.example",
            "a@1.2",
            f"a@{'b' * 63}.example",
            f"{'a' * 185}@{'b' * 60}.example",
        ),
        bad=(
            *(
                "",
                "a",
                "a@b",
                "@b.co",
                "a@",
                "a@.co",
                "a@b.",
                "a@b..co",
                "a@@b.co",
                "a@b.co@c.de",
                "a b@c.de",
            ),
            *(
                "a@-b.co",
                "a@b-.co",
                "a@b_c.co",
                "a@[127.0.0.1]",
                '"a b"@c.de',
                "a@b.co\n",
                " a@b.co",
                "a@b.co ",
            ),
            *("é@b.co", "a@bücher.example", "a@b.c\u0430", "a,b@c.de", "Erika <a@b.co>", "a@b.co\x00"),
            f"a@{'b' * 64}.example",
            f"{'a' * 186}@{'b' * 60}.example",
        ),
    ),
    "idempotencyKey": text(
        CREATIONS,
        good=("!", "~", "k" * 255, "a,b;c\"'\\/", "00000000-0000-0000-0000-000000000000", "__proto__"),
        bad=("", " ", "a b", "a ", "a\n", "\t", "\x7f", "é", "ключ", "k" * 256, "🛒"),
    ),
    "websiteReference": text(
        CREATIONS,
        good=(
            "0",
            " ",
            "a" * 255,
            "🛒" * 255,
            "e\u0301" * 127,
            "line\nline\ttab",
            "\x7f",
            "\ufeff",
            "\uffff",
        ),
        bad=("", "a" * 256, "🛒" * 256, "e\u0301" * 128, "\x00", "a\x00"),
    ),
    "userKyc": Field(PARTNER_MANAGED, ({},), (None, "text", 5, True, [], [{}])),
    "customFields": Field(CREATIONS, ({}, {"a": ""}), (None, "text", 5, True, [], [{}])),
}
"""Every field but `amount` and the blockchain pair, which have tests of their own."""

CASES = [(path, name) for name, field in FIELDS.items() for path in field.paths]
REQUIRED = [(path, name) for path in CREATIONS for name in SMALLEST[path]]


def refused(answer: Answer, *pointers: str) -> bool:
    """Whether the answer refuses exactly these locations."""
    return answer.code == "invalid_request" and answer.pointers == set(pointers)


def causes(answer: Answer) -> dict[str, str]:
    return {entry["pointer"]: entry["code"] for entry in answer.document["errors"]}


def test_the_tables_name_every_field_of_the_document() -> None:
    """No field is left out, and none is tested where it does not exist."""
    paths = openapi.load()["paths"]
    schemas = openapi.load()["components"]["schemas"]
    for path in CREATIONS:
        reference = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = schemas[reference.rpartition("/")[2]]
        tested = {name for name, field in FIELDS.items() if path in field.paths}
        elsewhere = {"amount", "blockchainDestinationType", "blockchainDestinationAddress"}
        assert set(schema["properties"]) == tested | elsewhere
        assert set(schema["required"]) == set(SMALLEST[path])


@pytest.mark.parametrize(("path", "name"), CASES)
def test_what_a_field_may_hold_is_taken(server: Server, path: str, name: str) -> None:
    """DATA-10, DATA-11, DATA-15, DATA-16, DATA-18 to DATA-20, DATA-22 to DATA-24, DATA-28."""
    for value in FIELDS[name].good:
        answer = create(server, path, valid(path, **{name: value}))
        assert answer.status == 201, (value, answer)


@pytest.mark.parametrize(("path", "name"), CASES)
def test_what_a_field_must_not_hold_is_refused_at_its_pointer(server: Server, path: str, name: str) -> None:
    """DATA-07, DATA-09 to DATA-11, DATA-15 to DATA-20, DATA-22 to DATA-24, DATA-29, ERR-05, ERR-07."""
    for value in FIELDS[name].bad:
        answer = create(server, path, valid(path, **{name: value}))
        assert refused(answer, f"/{name}"), (value, answer)
        if isinstance(value, str) and len(value) > 4:
            assert value not in answer.document["errors"][0]["detail"]
        if value is None or not isinstance(value, str):
            assert causes(answer) == {f"/{name}": "wrong_type"}, value


@pytest.mark.parametrize(("path", "name"), REQUIRED)
def test_a_required_field_that_is_missing_is_named_where_it_would_be(
    server: Server, path: str, name: str
) -> None:
    """DATA-08."""
    answer = create(server, path, valid(path, **{name: ...}))
    assert refused(answer, f"/{name}")
    assert causes(answer) == {f"/{name}": "required"}


@pytest.mark.parametrize("path", CREATIONS)
def test_an_empty_object_misses_every_required_field(server: Server, path: str) -> None:
    """DATA-08, ERR-05."""
    assert refused(create(server, path, {}), *(f"/{name}" for name in SMALLEST[path]))


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "Amount",
        "AMOUNT",
        "amount ",
        "sessionId",
        "status",
        "__proto__",
        "constructor",
        "",
        "$ref",
        "üñ 🛒",
    ],
)
@pytest.mark.parametrize("path", CREATIONS)
def test_an_unknown_field_is_refused(server: Server, path: str, name: str) -> None:
    """DATA-06: whatever it holds, null too."""
    for value in ("text", None, {"a": {"b": [1]}}):
        answer = create(server, path, {**valid(path), name: value})
        assert refused(answer, f"/{name}")
        assert causes(answer) == {f"/{name}": "unknown_field"}


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for name, field in FIELDS.items() for path in CREATIONS if path not in field.paths],
)
def test_a_field_of_another_operation_is_unknown(server: Server, path: str, name: str) -> None:
    """DATA-06: its value, good or bad, is not looked at."""
    for value in (FIELDS[name].good[0], FIELDS[name].bad[0]):
        answer = create(server, path, {**valid(path), name: value})
        assert refused(answer, f"/{name}")
        assert causes(answer) == {f"/{name}": "unknown_field"}


@pytest.mark.parametrize("path", CREATIONS)
def test_all_that_is_wrong_is_listed_at_once(server: Server, path: str) -> None:
    """ERR-05: every field faulty, one unknown, the pair broken; and each good value left out of the list."""
    names = [name for name, field in FIELDS.items() if path in field.paths]
    bad = {name: FIELDS[name].bad[-1] for name in names} | {
        "amount": 10.005,
        "unknown": 1,
        "blockchainDestinationType": "Partner",
    }
    pointers = {*(f"/{name}" for name in bad)} - {"/blockchainDestinationType"}
    answer = create(server, path, bad)
    assert refused(answer, *pointers, "/blockchainDestinationAddress")
    for name in names:
        repaired = {**bad, name: FIELDS[name].good[0]}
        assert refused(
            create(server, path, repaired), *pointers - {f"/{name}"}, "/blockchainDestinationAddress"
        )


def test_every_one_of_the_249_countries_is_taken(server: Server) -> None:
    """DATA-10: as many as ISO 3166-1 has, and each is answered as the session's country."""
    listed = openapi.load()["components"]["schemas"]["CountryCode"]["enum"]
    assert len(set(listed)) == 249
    assert set(COUNTRIES) <= set(listed)
    for country in listed:
        answer = create(server, EMBEDDED, valid(EMBEDDED, userCountryCode=country))
        assert answer.document["country"] == country


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    ("pair", "pointers"),
    [
        (("Partner", ADDRESS), ()),
        (("Customer", "0x" + "0" * 40), ()),
        (("Customer", "0x" + "F" * 40), ()),
        (("Partner", ...), ("Address",)),
        ((..., ADDRESS), ("Type",)),
        (("partner", ADDRESS), ("Type",)),
        (("", ADDRESS), ("Type",)),
        (("Other", ADDRESS), ("Type",)),
        ((None, ADDRESS), ("Type",)),
        ((["Partner"], ADDRESS), ("Type",)),
        (("Partner", None), ("Address",)),
        (("Partner", 5), ("Address",)),
        (("Partner", ""), ("Address",)),
        (("Partner", ADDRESS[2:]), ("Address",)),
        (("Partner", "0X" + ADDRESS[2:]), ("Address",)),
        (("Partner", ADDRESS[:-1]), ("Address",)),
        (("Partner", ADDRESS + "0"), ("Address",)),
        (("Partner", ADDRESS[:-1] + "g"), ("Address",)),
        (("Partner", ADDRESS + "\n"), ("Address",)),
        (("Partner", " " + ADDRESS), ("Address",)),
        (("Partner", ADDRESS[:-1] + "０"), ("Address",)),
        (("Other", "0x"), ("Type", "Address")),
        (("Other", ...), ("Type", "Address")),
        ((..., "0x"), ("Type", "Address")),
    ],
    ids=str,
)
def test_the_blockchain_destination_is_a_pair(
    server: Server, path: str, pair: tuple[Any, Any], pointers: tuple[str, ...]
) -> None:
    """DATA-26, DATA-27: of a broken pair the absent one is faulty."""
    document = valid(path, blockchainDestinationType=pair[0], blockchainDestinationAddress=pair[1])
    answer = create(server, path, document)
    if pointers:
        assert refused(answer, *(f"/blockchainDestination{suffix}" for suffix in pointers))
    else:
        assert answer.status == 201


def many(count: int) -> dict[str, str]:
    return {f"name{number}": "value" for number in range(count)}


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    "fields",
    [
        many(20),
        {"n" * 40: "v" * 500},
        {"🛒" * 40: "🛒" * 500},
        {" ": " ", "\n": "\t", "é": "e\u0301", "e\u0301": "é"},
        {"__proto__": "1", "constructor": "2", "toString": "3", "hasOwnProperty": "4", "prototype": "5"},
        {"__class__": "1", "self": "2", "$ref": "#/x", "a.b": "3", "a/b~c": "4", "0": "5", "null": "null"},
        {"userId": "another", "sessionId": "another", "status": "completed"},
    ],
    ids=["twenty", "longest", "longest in emoji", "spaces", "JavaScript", "others", "names of fields"],
)
def test_custom_fields_are_ordinary_data_and_come_back(
    server: Server, path: str, fields: dict[str, str]
) -> None:
    """DATA-24, DATA-25, DATA-28."""
    assert create(server, path, valid(path, customFields=fields)).document["customFields"] == fields


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        (many(21), [""]),
        ({"": "v"}, ["/"]),
        ({"n" * 41: "v"}, ["/" + "n" * 41]),
        ({"🛒" * 41: "v"}, ["/" + "🛒" * 41]),
        ({"a": "v" * 501}, ["/a"]),
        ({"a": "🛒" * 501}, ["/a"]),
        ({"a": 1, "b": None, "c": {}, "d": ["v"], "e": True, "f": "fine"}, ["/a", "/b", "/c", "/d", "/e"]),
        ({"__proto__": 1, "constructor": None}, ["/__proto__", "/constructor"]),
        ({"a/b~c": 1}, ["/a~1b~0c"]),
        ({"n" * 41: 5}, ["/" + "n" * 41]),
        ({**many(20), "": None}, ["", "/"]),
        ({"a\0": "v", "b": "v\0"}, ["/a\0", "/b"]),
    ],
)
def test_custom_fields_that_do_not_fit_are_refused_each_at_its_name(
    server: Server, fields: dict[str, Any], pointers: list[str]
) -> None:
    """DATA-24, DATA-29, ERR-05."""
    answer = create(server, HOSTED, valid(HOSTED, customFields=fields))
    assert refused(answer, *(f"/customFields{pointer}" for pointer in pointers)), answer


NAME = (
    "E",
    " ",
    "Erika  Mustermann ",
    "Ægir Þórsson",
    "王秀英",
    "محمد",
    "O'Brien-Smith, Jr.",
    "e\u0301",
    "👩‍👩‍👧",
)

KYC: Mapping[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "fullName": ((*NAME, "n" * 200, "🛒" * 200), ("", "n" * 201, "🛒" * 201, "\0", *NO_TEXT)),
    "citizenshipCountryCode": (COUNTRIES, (*NO_COUNTRIES, *NO_TEXT)),
    "residenceAddress": ((*NAME, "Street 1\n12345 Town", "a" * 500), ("", "a" * 501, "a\0", *NO_TEXT)),
    "dateOfBirth": (
        ("1900-01-01", "2000-02-29", "1999-12-31", "2026-03-01", "1904-02-29"),
        (
            *(
                "1899-12-31",
                "2026-03-02",
                "2027-01-01",
                "9999-12-31",
                "1900-02-29",
                "2001-02-29",
                "2000-02-30",
            ),
            *(
                "2000-13-01",
                "2000-00-10",
                "2000-01-00",
                "2000-04-31",
                "2000-1-1",
                "20000101",
                "00-01-01",
                "0000-01-01",
            ),
            *("01.02.2000", "2000/01/02", "2000-01-02T00:00:00Z", "2000-W01-1", "2000-001", " 2000-01-02"),
            *("2000-01-02\n", "+2000-01-02", "２０００-01-02", "", *NO_TEXT),
        ),
    ),
    "placeOfBirth": ((*NAME, "p" * 200), ("", "p" * 201, "\0", *NO_TEXT)),
    "gender": (("f", "non-binary", "женский", "g" * 40), ("", "g" * 41, "\0", *NO_TEXT)),
    "mobilePhone": (
        ("+1234567", "+123456789012345", "+4915123456789"),
        (
            *("", "+", "+123456", "+1234567890123456", "+0123456789", "4915123456789", "004915123456789"),
            *(
                "+49 151 23456789",
                "+49-151-234567",
                "+49(0)1512345",
                "++4915123456",
                "+4915123456\n",
                "tel:+49151234",
            ),
            *("+٤٩١٥١٢٣٤٥٦٧", "＋4915123456", *NO_TEXT),
        ),
    ),
    "personalIdentificationNumber": (("0", "AB 12-34/5", "n" * 200), ("", "n" * 201, "\0", *NO_TEXT)),
}
"""Good and bad values of each member of `userKyc`, on 1 March 2026."""


@pytest.mark.parametrize("name", KYC)
@pytest.mark.parametrize("path", PARTNER_MANAGED)
def test_each_member_of_the_kyc_data_is_held_to_its_form(timed: TimedServer, path: str, name: str) -> None:
    """DATA-20, DATA-21, DATA-07, ERR-05, ERR-07."""
    good, bad = KYC[name]
    for value in good:
        answer = create(timed.server, path, valid(path, userKyc={name: value}))
        assert answer.status == 201, (value, answer)
    for value in bad:
        answer = create(timed.server, path, valid(path, userKyc={name: value}))
        assert refused(answer, f"/userKyc/{name}"), (value, answer)
        assert not isinstance(value, str) or len(value) < 5 or value.encode() not in answer.body


@pytest.mark.parametrize("path", PARTNER_MANAGED)
def test_the_kyc_data_is_closed_and_its_faults_are_all_listed(timed: TimedServer, path: str) -> None:
    """DATA-06, DATA-20, ERR-05."""
    complete = {name: good[0] for name, (good, _) in KYC.items()}
    assert create(timed.server, path, valid(path, userKyc=complete)).status == 201
    faulty = {name: bad[0] for name, (_, bad) in KYC.items()} | {"fullname": "Erika", "userId": "1"}
    answer = create(timed.server, path, valid(path, userKyc=faulty, userId=""))
    assert refused(answer, "/userId", *(f"/userKyc/{name}" for name in faulty))
