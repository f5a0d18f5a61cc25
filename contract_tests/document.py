"""The suite's own view of the OpenAPI document.

Validators made from it, and the copy that requests are made from.
"""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import openapi

from .operations import CREATIONS, Creation
from .schema_errors import PlacingValidator

ENUM_SAMPLE: Final = 12
URL_SHAPE: Final = (
    r"^(?:[Hh][Tt][Tt][Pp][Ss]://(?:[A-Za-z0-9._~!$&*+;=-]|%[0-9A-Fa-f]{2}){1,30}"
    r"|http://(?:localhost|127\.0\.0\.[0-9]{1,3}))(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~/%-]{0,60})?(?:\?[A-Za-z0-9=&._~%-]{0,40})?(?:#[A-Za-z0-9]{0,9})?$"
)
"""Roughly what a URL is: the whole pattern takes seconds to generate from; directed tests know its edges."""


@cache
def _document() -> dict[str, Any]:
    return openapi.load()


@cache
def request_validator(path: str) -> PlacingValidator:
    """The validator of the bodies that the creation at `path` takes, as the document states it."""
    body = _document()["paths"][path]["post"]["requestBody"]
    return _validator(body["content"]["application/json"]["schema"])


@cache
def _response_validator(path: str) -> PlacingValidator:
    response = _document()["paths"][path]["post"]["responses"]["201"]
    if "$ref" in response:
        response = _document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return _validator(response["content"]["application/json"]["schema"])


def _validator(schema: dict[str, Any]) -> PlacingValidator:
    return PlacingValidator(schema, components=_document()["components"])


def response_faults(path: str, session: Any) -> list[str]:
    """What is wrong with `session` as the 201 of the creation at `path`, in words; empty where nothing is."""
    try:
        errors = list(_response_validator(path).errors(session))
    except UnicodeEncodeError:  # the validator's own limit, and no text of Unicode (RFC 8259 section 8.2)
        return ["an unpaired surrogate stands in it"]
    except ValueError:  # what the validator gives up on, and JSON of any depth may be read
        return ["it is nested too deeply to be a session"]
    return [f"/{'/'.join(map(str, error.place))}: {error.cause.message[:200]}" for error in errors]


def named_members(session: dict[str, Any]) -> dict[str, Any]:
    """What the document names of a session: answers are open, and of what else they tell no rule speaks."""
    named = _members("HostedSession") | _members("EmbeddedSession")
    found = {name: value for name, value in session.items() if name in named}
    if isinstance(deposit := found.get("deposit"), dict):
        found["deposit"] = {name: value for name, value in deposit.items() if name in _members("Deposit")}
    return found


@cache
def _members(schema: str) -> frozenset[str]:
    return frozenset(_document()["components"]["schemas"][schema]["properties"])


def copy_for_generation(*, max_amount: float, creations: tuple[Creation, ...]) -> dict[str, Any]:
    """A copy from which requests are generated: this environment's limit, and the creations that we may use.

    ``multipleOf`` stands in for ``x-max-decimals``, which no generator knows; what validators make of it in
    floating point does not matter here, since answers are judged by :mod:`contract_tests.judging.oracle`.
    """
    document = copy.deepcopy(_document())
    document.pop("webhooks", None)
    document["servers"] = []
    usable = {creation.path for creation in creations}
    for creation in CREATIONS:
        if creation.path not in usable:
            del document["paths"][creation.path]
    shown = {
        value
        for example in _objects(document["components"]["examples"])
        for value in example.values()
        if isinstance(value, str)
    }
    for schema in _objects(document["components"]["schemas"]):
        if "x-max-decimals" in schema:
            schema["maximum"] = min(schema["maximum"], max_amount)
            schema["multipleOf"] = 0.01
        if schema.get("format") == "uri" and "pattern" in schema:
            schema["pattern"] = URL_SHAPE
        if "pattern" in schema:
            # The pattern says it all; trying to breach `format` and `not` beside it takes seconds.
            schema.pop("format", None)
            schema.pop("not", None)
        if isinstance(schema.get("enum"), list):
            # Every value of a list would be sent in every place: there are 249 countries in it.
            schema["enum"] = [
                value for at, value in enumerate(schema["enum"]) if at < ENUM_SAMPLE or value in shown
            ]
    return document


def country_codes() -> tuple[str, ...]:
    """The country codes that the document lists."""
    return tuple(_document()["components"]["schemas"]["CountryCode"]["enum"])


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)
