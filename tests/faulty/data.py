"""DATA: servers that take what they should refuse, refuse what they should take, or change it."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from reference_impl.domain.problems import Fault, Problem, invalid_request
from reference_impl.domain.sessions import Session
from reference_impl.http import admission, json_text, session_api, validation
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.alterations import (
    Document,
    alter_bodies,
    alter_schema,
    alter_sessions,
    alter_text,
    alter_values,
)
from tests.faulty.patches import Patches, faulty


@faulty(breaks="DATA-01", collateral=("ERR-08",))
def first_value_of_a_stream(patches: Patches) -> None:
    """The body is read as a stream of values: the first one counts, and what follows is never looked at."""

    def first(body: bytes) -> bytes:
        try:
            text = body.decode().lstrip(" \t\r\n")
            return text[: json.JSONDecoder().raw_decode(text)[1]].encode()
        except (ValueError, RecursionError):
            return body

    alter_bodies(patches, first)


@faulty(
    breaks="DATA-01",
    collateral=(
        "AUTH-03",
        "ERR-08",
    ),
    on="reference",
)
def invalid_utf8_replaced(patches: Patches) -> None:
    """Bytes that are not UTF-8 become question marks in diamonds, and are kept as such."""
    alter_bodies(patches, lambda body: body.decode("utf-8", "replace").encode())


@faulty(breaks="DATA-01", collateral=("ERR-08", "AUTH-03"))
def byte_order_mark_skipped(patches: Patches) -> None:
    """A byte order mark in front of the body is skipped."""
    alter_bodies(patches, lambda body: body.removeprefix(b"\xef\xbb\xbf"))


@faulty(breaks="DATA-02")
def last_of_two_names_wins(patches: Patches) -> None:
    """A name twice in one object is not noticed, and the last value counts."""
    patches.replace(json_text, "_unique_members", dict)


@faulty(breaks="DATA-03", on="reference")
def nesting_without_limit(patches: Patches) -> None:
    """Bodies may be nested as deep as the parser goes."""
    patches.replace(json_text, "MAXIMUM_DEPTH", 10**6)


@faulty(breaks="DATA-04")
def anything_else_is_an_empty_object(patches: Patches) -> None:
    """A list, a number or null counts as an object in which everything is missing."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        return value if isinstance(value, dict) else {}

    patches.around(admission, "read_json", read)


@faulty(breaks="DATA-05", on="reference")
def halves_of_characters_replaced(patches: Patches) -> None:
    """Half a surrogate pair is replaced by another character, so that what is kept is not what was sent."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        return value if json_text.unsafe_values(value) == [] else json_text.without_unsafe_values(value)

    patches.around(admission, "read_json", read)
    patches.replace(admission, "may_hold_unsafe_values", lambda _: False)


@faulty(breaks="DATA-06", collateral=("DATA-03", "DATA-14", "ERR-05", "IDEM-07"))
def unknown_members_accepted(patches: Patches) -> None:
    """Members that nobody knows are dropped without a word, typing mistakes among them."""

    def open_requests(document: dict[str, Any]) -> None:
        for name, schema in document["components"]["schemas"].items():
            if name.endswith("Request"):
                del schema["additionalProperties"]

    patches.document(open_requests)


@faulty(
    breaks="DATA-07",
    collateral=(
        "DATA-09",
        "ERR-05",
    ),
)
def null_taken_for_absent(patches: Patches) -> None:
    """A member that is null counts as if it had not been sent."""

    def drop(value: Document) -> None:
        for name in [name for name, member in value.items() if member is None]:
            del value[name]
        for member in value.values():
            if isinstance(member, dict):
                drop(member)

    alter_values(patches, drop)


@faulty(breaks="DATA-08", on="reference")
def absent_members_filled_in(patches: Patches) -> None:
    """Where no currency was sent, it is taken to be the euro."""
    alter_values(patches, lambda value: value.setdefault("currency", "EUR"))


@faulty(breaks="DATA-09", collateral=("ERR-05",))
def types_converted(patches: Patches) -> None:
    """A value of the wrong type is made one of the right type, as long as that can be done."""

    def convert(value: Document) -> None:
        amount = value.get("amount")
        if isinstance(amount, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", amount):
            value["amount"] = float(amount)
        for name, member in value.items():
            if name != "amount" and isinstance(member, int | float) and not isinstance(member, bool):
                value[name] = str(member)

    alter_values(patches, convert)


@faulty(breaks="DATA-10", collateral=("DATA-20",), on="reference")
def countries_by_their_form(patches: Patches) -> None:
    """Any two capital letters are a country."""

    def by_pattern(schema: Document) -> None:
        del schema["enum"]
        schema["pattern"] = "^[A-Z]{2}$"

    alter_schema(patches, "CountryCode", by_pattern)


@faulty(breaks="DATA-11")
def codes_folded_to_upper_case(patches: Patches) -> None:
    """A currency in small letters, or with a space after it, is tidied up and taken."""

    def fold(value: Document) -> None:
        if isinstance(value.get("currency"), str):
            value["currency"] = value["currency"].strip().upper()

    alter_values(patches, fold)


@faulty(breaks="DATA-12", collateral=("DATA-13", "SESS"))
def amounts_divided_in_floating_point(patches: Patches) -> None:
    """Decimals are counted with a floating-point remainder, so that 0.29 and 19.99 have too many."""

    def hundredths(original: Callable[[float], int | None], number: float) -> int | None:
        quotient = float(number) / 0.01
        return original(number) if quotient == int(quotient) else None

    patches.around(validation, "hundredths", hundredths)


@faulty(breaks="DATA-12", collateral=("ERR-05",), on="reference")
def amounts_rounded(patches: Patches) -> None:
    """Decimals beyond the second are rounded away, and so a payer pays another amount than was asked."""

    def round_amount(value: Document) -> None:
        if isinstance(value.get("amount"), float):
            value["amount"] = round(value["amount"], 2)

    alter_values(patches, round_amount)


@faulty(
    breaks="DATA-12",
    collateral=(
        "AUTH-03",
        "DATA-13",
        "IDEM-09",
    ),
)
def exponents_refused(patches: Patches) -> None:
    """A number is held against a pattern of digits and a point, so that 50e-1 is none."""
    written = re.compile(rb'"amount"\s*:\s*[0-9.]+[eE]')

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        if written.search(body):
            raise invalid_request([Fault("/amount", "bad_format", "must be digits")])
        return value

    patches.around(admission, "read_json", read)


@faulty(breaks="DATA-12", collateral=("DATA-13",), on="reference")
def more_than_the_minimum(patches: Patches) -> None:
    """The smallest amount has to be exceeded, where reaching it is enough."""

    def exceed(schema: Document) -> None:
        schema["exclusiveMinimum"] = schema.pop("minimum")

    alter_schema(patches, "Amount", exceed)


@faulty(breaks="DATA-13", collateral=("SESS-04",))
def amounts_in_single_precision(patches: Patches) -> None:
    """Amounts are kept in four bytes, so that 0.29 comes back as 0.28999999165534973."""

    def shorten(document: Document, _: Session) -> None:
        if document["amount"] is not None:
            (document["amount"],) = struct.unpack("f", struct.pack("f", document["amount"]))

    alter_sessions(patches, shorten)


@faulty(breaks="DATA-14", collateral=("IDEM-07",), on="reference")
def the_limit_is_a_fault_like_any_other(patches: Patches) -> None:
    """An amount above the limit of the environment is refused without saying what the limit is."""

    def refuse(_: Any, faults: list[Fault], further: list[Fault], *, maximum: int) -> Problem:
        places = {fault.pointer for fault in faults}
        return invalid_request([*faults, *(fault for fault in further if fault.pointer not in places)])

    patches.around(session_api, "refusal", refuse)


def _altering_urls(patches: Patches, change: Callable[[str], str]) -> None:
    def alter(value: Document) -> None:
        for name in ("successUrl", "supportUrl", "exitUrl", "errorUrl"):
            if isinstance(value.get(name), str):
                value[name] = change(value[name])

    alter_values(patches, alter)


@faulty(breaks="DATA-15", collateral=("ERR-05",))
def ports_not_looked_at(patches: Patches) -> None:
    """A URL may name a port that cannot be: nobody looks at it before the payer is sent there."""
    _altering_urls(patches, lambda url: re.sub(r"^(https://[^/?#@:]+):[0-9]+", r"\1", url))


@faulty(breaks="DATA-15", on="reference")
def hosts_are_names(patches: Patches) -> None:
    """The pattern of a URL knows hosts of letters, digits and dots alone: no IPv6 address is one."""
    _altering_urls(patches, lambda url: "" if url.startswith("https://[") else url)


@faulty(breaks="DATA-16", collateral=("DATA-17",))
def loopback_by_the_beginning_of_the_host(patches: Patches) -> None:
    """Every host whose name begins like this machine's own may be called without TLS."""
    _altering_urls(
        patches, lambda url: re.sub(r"^http://(localhost|127\.0\.0\.1)[^/]*", "http://localhost", url)
    )


@faulty(breaks="DATA-17", on="reference")
def user_names_in_urls(patches: Patches) -> None:
    """A URL may name a user before the host, so that it looks like one of another shop."""
    _altering_urls(patches, lambda url: re.sub(r"^(https://)[^/?#]*@", r"\1", url))


@faulty(breaks="DATA-17")
def urls_repaired_as_browsers_do(patches: Patches) -> None:
    """Spaces, tabs and backslashes in URLs are repaired as a browser would, and nobody is told."""
    _altering_urls(patches, lambda url: re.sub("[\t\r\n]", "", url.strip(" ")).replace("\\", "/"))


@faulty(breaks="DATA-18", on="reference")
def final_newline_let_through(patches: Patches) -> None:
    """The pattern of a userId ends with a dollar sign, before which a newline may stand."""

    def drop(value: Document) -> None:
        if isinstance(value.get("userId"), str):
            value["userId"] = value["userId"][:1] + value["userId"][1:].removesuffix("\n")

    alter_values(patches, drop)


@faulty(breaks="DATA-19")
def addresses_by_their_at_sign(patches: Patches) -> None:
    """What has an at sign with something before and a dot after it is an e-mail address."""

    def loosen(schema: Document) -> None:
        schema["pattern"] = r"^\S+@\S+\.\S+$"

    alter_schema(patches, "UserEmail", loosen)


@faulty(breaks="DATA-20", collateral=("IDEM-09",), on="reference")
def empty_objects_refused(patches: Patches) -> None:
    """An empty userKyc is refused, although nothing in it is required."""
    alter_schema(patches, "UserKyc", lambda schema: schema.update(minProperties=1))


@faulty(breaks="DATA-21", collateral=("ERR-05",), on="reference")
def february_has_thirty_days(patches: Patches) -> None:
    """A date of birth is judged by its pattern alone."""
    alter_schema(patches, "DateOfBirth", lambda schema: schema.pop("format"))


@faulty(breaks="DATA-21")
def payers_of_the_future(patches: Patches) -> None:
    """A payer may be born next week: nobody compares with today."""
    patches.replace(session_api, "birth_date_fault", lambda *_, **__: None)


@faulty(breaks="DATA-22", collateral=("ERR-05",), on="reference")
def keys_of_any_characters(patches: Patches) -> None:
    """An idempotencyKey may hold any character, and so what no header and no log can show."""
    alter_schema(patches, "IdempotencyKey", lambda schema: (schema.pop("pattern"), schema.pop("not")))


@faulty(breaks="DATA-23", collateral=("ERR-05",))
def empty_text_taken_for_absent(patches: Patches) -> None:
    """An empty websiteReference counts as none."""

    def drop(value: Document) -> None:
        if value.get("websiteReference") == "":
            del value["websiteReference"]

    alter_values(patches, drop)


@faulty(breaks="DATA-24", on="reference")
def the_first_twenty_fields_kept(patches: Patches) -> None:
    """Of more than twenty customFields the first twenty are kept, without a word."""

    def cut(value: Document) -> None:
        if isinstance(value.get("customFields"), dict):
            value["customFields"] = dict(list(value["customFields"].items())[:20])

    alter_values(patches, cut)


@faulty(breaks="DATA-25")
def proto_swallowed(patches: Patches) -> None:
    """A field named __proto__ is assigned to an object of the language, and is gone."""

    def assign(value: Document) -> None:
        if isinstance(value.get("customFields"), dict):
            value["customFields"].pop("__proto__", None)

    alter_values(patches, assign)


@faulty(breaks="DATA-28")
def fields_without_case(patches: Patches) -> None:
    """Names of customFields are kept without case, as those of headers: of two such the last one counts."""

    def assign(value: Document) -> None:
        fields = value.get("customFields")
        if isinstance(fields, dict):
            kept = {name.casefold(): name for name in fields}
            value["customFields"] = {name: fields[name] for name in kept.values()}

    alter_values(patches, assign)


@faulty(breaks="DATA-26", collateral=("ERR-05",), on="reference")
def half_a_destination_accepted(patches: Patches) -> None:
    """A blockchain address without its type is accepted, and money goes to whomever the default names."""

    def complete(value: Document) -> None:
        if "blockchainDestinationAddress" in value:
            value.setdefault("blockchainDestinationType", "Partner")

    alter_values(patches, complete)


@faulty(breaks="DATA-27")
def addresses_are_hexadecimal_numbers(patches: Patches) -> None:
    """Any hexadecimal number is a blockchain address, however short."""

    def loosen(schema: Document) -> None:
        schema["pattern"] = "^(0[xX])?[0-9a-fA-F]+$"

    alter_schema(patches, "BlockchainDestinationAddress", loosen)


@faulty(breaks="DATA-28", collateral=("SESS-05",), on="reference")
def text_is_trimmed(patches: Patches) -> None:
    """White space around a websiteReference is dropped."""

    def open_session(
        original: Callable[..., Session], request: Mapping[str, Any], **keywords: Any
    ) -> Session:
        session = original(request, **keywords)
        reference = session.website_reference
        return dataclasses.replace(session, website_reference=reference and reference.strip())

    patches.around(use_cases, "open_session", open_session)


@faulty(breaks="DATA-28")
def text_is_normalised(patches: Patches) -> None:
    """Texts are brought to one normal form of Unicode, so that other characters come back."""

    def normalise(document: Document, _: Session) -> None:
        document.update(alter_text(document, lambda text: unicodedata.normalize("NFC", text)))

    alter_sessions(patches, normalise)


@faulty(breaks="DATA-28", on="reference")
def lengths_in_sixteen_bits(patches: Patches) -> None:
    """Lengths count units of UTF-16, so that a character outside its first plane counts twice."""

    def lengthen(value: Document) -> None:
        reference = value.get("websiteReference")
        if isinstance(reference, str) and len(reference.encode("utf-16-le", "surrogatepass")) > 2 * 255:
            value["websiteReference"] = "x" * 256

    alter_values(patches, lengthen)


@faulty(breaks="DATA-28", collateral=("SESS-05",))
def text_is_made_fit_for_html(patches: Patches) -> None:
    """Texts come back with the characters of HTML escaped, for fear of what a page would do with them."""

    def escape(document: Document, _: Session) -> None:
        for name in ("websiteReference", "customFields"):
            if name in document:
                document[name] = alter_text(document[name], html.escape)

    alter_sessions(patches, escape)


@faulty(
    breaks="DATA-29",
    collateral=(
        "DATA-17",
        "DATA-20",
    ),
    on="reference",
)
def nul_dropped_from_text(patches: Patches) -> None:
    """NUL is dropped from texts, since the database would not have it."""

    def drop(value: Document) -> None:
        value.update(alter_text(value, lambda text: text.replace("\0", "")))

    alter_values(patches, drop)
