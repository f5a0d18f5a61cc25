"""JSON Schema 2020-12 against the document itself, compiled once; every fault found, with its pointer.

Text is judged and kept as sent, by code points, neither trimmed nor normalised (DATA-28); a member is data
whatever its name (DATA-25).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import jsonschema_rs

from reference_impl.domain.amounts import hundredths
from reference_impl.domain.problems import Fault
from reference_impl.http.formats import FORMATS
from reference_impl.http.json_text import escape, unsafe_values, without_unsafe_values
from reference_impl.http.member_names import MembersAtFault, naming_keywords

_TYPE_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Validator:
    """The compiled form of one schema of a document.

    ``schema`` may refer to ``#/components/…`` of ``document``.
    """

    def __init__(self, schema: Mapping[str, Any], *, document: Mapping[str, Any]) -> None:
        self._schema = schema
        self._components = {"schemas": document.get("components", {}).get("schemas", {})}
        self._compiled = self._compile(schema, {})

    @cached_property
    def _naming(self) -> jsonschema_rs.Draft202012Validator:
        """The same, slower and with the name of every member at fault."""
        return self._compile_naming(self._schema)

    def _compile_naming(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        return self._compile(schema, naming_keywords(self._compile_naming))

    def _compile(self, schema: Any, keywords: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            schema if isinstance(schema, bool) else {**schema, "components": self._components},
            formats=dict(FORMATS),
            validate_formats=True,
            keywords={"x-max-decimals": _MaxDecimals, **keywords},
        )

    def faults(self, value: Any) -> list[Fault]:
        """Every fault of ``value``, one for each location and cause; empty if it is valid."""
        found = unsafe_values(value)
        if found:
            value = without_unsafe_values(value)
        return _one_each([*found, *self.schema_faults(value)])

    def schema_faults(self, value: Any) -> list[Fault]:
        """What the schema alone refuses, for values that are no JSON text: parameters may hold NUL."""
        found: list[Fault] = []
        if not self._compiled.is_valid(value):
            for error in self._naming.iter_errors(value):
                found.extend(_faults_of(error))
        return _one_each(found)


def _one_each(found: Sequence[Fault]) -> list[Fault]:
    """The first fault of each location."""
    return list({fault.pointer: fault for fault in reversed(found)}.values())[::-1]


class _MaxDecimals:
    """The extension keyword `x-max-decimals`: 2 decimals of the binary64 value, decided exactly."""

    def __init__(self, _parent: object, limit: int, _path: object) -> None:
        if limit != 2:
            raise ValueError("x-max-decimals is implemented for 2, the minor unit of every listed currency")

    def validate(self, instance: object) -> None:
        if isinstance(instance, int | float) and hundredths(instance) is None:
            raise ValueError("must have at most two decimals")


def _faults_of(error: jsonschema_rs.ValidationError, within: str = "") -> Iterator[Fault]:
    """The faults that one error of the validator stands for, in what is ``within`` the whole."""
    pointer = within + "".join(f"/{escape(str(token))}" for token in error.instance_path)
    kind: Any = error.kind  # typed as the base of its kinds, each of which has members of its own
    match kind.name:
        case "required" | "dependentRequired" | "dependencies":  # DATA-08, DATA-26
            yield Fault(f"{pointer}/{escape(kind.property)}", "required", "is missing")
        case "additionalProperties" | "propertyNames" if isinstance(error.__cause__, MembersAtFault):
            for name, inner in error.__cause__.errors:
                place = f"{pointer}/{escape(name)}"
                if kind.name == "additionalProperties":
                    yield from _faults_of(inner, place)
                else:  # DATA-24
                    for fault in _faults_of(inner, place):
                        yield Fault(place, fault.code, f"has a name that {fault.detail}")
        case "falseSchema":  # DATA-06, DATA-20
            yield Fault(pointer, "unknown_field", "is not a field of this request")
        case "anyOf" | "oneOf" if kind.context:
            for inner in kind.context[0]:
                yield from _faults_of(inner, within)
        case _:
            yield Fault(pointer, *_cause(kind, error.instance))


def _cause(kind: Any, instance: object) -> tuple[str, str]:
    """Code and detail of a fault at the location itself."""
    match kind.name:
        case "type":  # DATA-04, DATA-07, DATA-09
            return "wrong_type", f"must not be {_TYPE_NAMES[type(instance)]}"
        case "const":
            return "not_in_list", "must be the one value that the document gives"
        case "enum":  # DATA-10, DATA-11
            if instance is None or isinstance(instance, dict | list):
                return "wrong_type", f"must not be {_TYPE_NAMES[type(instance)]}"
            return "not_in_list", f"must be {_one_of(kind.options)}"
        case "minimum" | "exclusiveMinimum":
            return "out_of_range", f"must be at least {kind.limit}"
        case "maximum" | "exclusiveMaximum":
            return "out_of_range", f"must be at most {kind.limit}"
        case "minLength":  # DATA-18, DATA-22, DATA-23
            return "too_short", f"must have at least {kind.limit} characters"
        case "maxLength":
            return "too_long", f"must have at most {kind.limit} characters"
        case "minItems" | "minProperties":
            return "too_short", f"must have at least {kind.limit} members"
        case "maxItems" | "maxProperties":
            return "too_many", f"must have at most {kind.limit} members"
        case "x-max-decimals":
            return "bad_format", "must have at most two decimals"
        case "format":  # DATA-15
            return "bad_format", f"must be a valid {kind.format}"
        case _:  # patterns: DATA-16, DATA-17, DATA-19, DATA-27
            return "bad_format", "does not have the form that the document describes"


def _one_of(options: Any) -> str:
    if len(options) > 20:
        return "one of the values that the document lists"
    return "one of " + ", ".join(str(option) for option in options)


def typed_text(text: str, type_name: object) -> object:
    """The text of a parameter or header field as its schema's type, or as it is for that to refuse."""
    if type_name == "integer" and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    if type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
