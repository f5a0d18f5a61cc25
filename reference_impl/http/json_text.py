"""JSON as the contract narrows it (RFC 8259, and I-JSON's unique names): read strictly, or refused."""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any, NoReturn

from reference_impl.domain.problems import Fault, malformed_json

MAXIMUM_DEPTH = 32
_UNSAFE_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# An exponent of two digits makes one of 211 too large.
_HUGE_NUMBER = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{200}")
_LONGEST_INTEGER = len(str(int(sys.float_info.max)))


def read_json(body: bytes) -> Any:
    """The value of a JSON text.

    A number outside binary64 comes back as an infinity, for ``unsafe_values`` to report. Raises
    ``malformed_json``: empty, not RFC 8259, invalid UTF-8, a BOM, `NaN` (DATA-01), duplicate names (DATA-02),
    nesting over 32 (DATA-03).
    """
    if not body:
        raise malformed_json("it is empty")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed_json(f"byte {error.start} is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise malformed_json("it begins with a byte order mark")
    try:
        value = json.loads(
            text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        raise malformed_json(f"line {error.lineno}, column {error.colno} does not parse") from None
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > MAXIMUM_DEPTH and _depth(value) > MAXIMUM_DEPTH:
        raise _too_deep()
    return value


def may_hold_unsafe_values(body: bytes) -> bool:
    """Whether ``unsafe_values`` can find anything in what was read from ``body``: most often not.

    NUL and unpaired surrogates come from their escapes alone, numbers outside binary64 from long exponents or
    many digits.
    """
    return any(pattern.search(body) for pattern in (_UNSAFE_ESCAPE, _HUGE_NUMBER))


def unsafe_values(value: Any, pointer: str = "") -> list[Fault]:
    """Where ``value`` holds NUL, an unpaired surrogate, or a number outside binary64 (DATA-05, DATA-29)."""
    if isinstance(value, str):
        problem = _unsafe_text(value)
        return [Fault(pointer, "bad_format", problem)] if problem else []
    if isinstance(value, dict):
        faults = []
        for name, member in value.items():
            inner = f"{pointer}/{escape(name)}"
            problem = _unsafe_text(name)
            if problem:
                faults.append(Fault(inner, "bad_format", f"has a name that {problem}"))
            faults += unsafe_values(member, inner)
        return faults
    if isinstance(value, list):
        return [
            fault
            for index, member in enumerate(value)
            for fault in unsafe_values(member, f"{pointer}/{index}")
        ]
    if isinstance(value, float) and math.isinf(value):
        return [Fault(pointer, "out_of_range", "must be a number within the range of binary64")]
    return []


def without_unsafe_values(value: Any) -> Any:
    """A copy that any JSON Schema validator takes: what cannot be encoded is replaced by its like."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(name): without_unsafe_values(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_unsafe_values(member) for member in value]
    if isinstance(value, float) and math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    return value


def escape(name: str) -> str:
    """A member's name as a token of a JSON pointer (RFC 6901 §3)."""
    return printable(name).replace("~", "~0").replace("/", "~1")


def printable(text: str) -> str:
    """``text`` with U+FFFD for each unpaired surrogate, so that it can be written as UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unsafe_text(text: str) -> str | None:
    if "\0" in text:
        return "must not contain NUL"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "must not contain an unpaired surrogate"
    return None


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise malformed_json("an object has two members of one name")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise malformed_json("NaN and Infinity are not JSON numbers")


def _integer(digits: str) -> int | float:
    # Bounded before int() is asked: Python refuses more than 4300 digits with an error of its own.
    if len(digits) > _LONGEST_INTEGER + 1 or math.isinf(float(digits)):
        return -math.inf if digits.startswith("-") else math.inf
    return int(digits)


def _depth(value: Any) -> int:
    levels = 0
    layer = [value] if isinstance(value, dict | list) else []
    while layer:
        levels += 1
        layer = [
            member
            for container in layer
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, dict | list)
        ]
    return levels


def _too_deep() -> Exception:
    return malformed_json(f"it is nested more than {MAXIMUM_DEPTH} levels deep")
