"""JSON as RFC 8259 has it, of which Python's own reader takes more."""

import json
from typing import Any, Final

LONGEST_INTEGER: Final = 4_000
"""Digits; Python gives up on some more, and all of them are beyond binary64."""


class JsonFault(ValueError):
    """Why bytes are no JSON text, in words that repeat nothing of them."""


class NameTwice(JsonFault):
    """An object has a name twice."""


class TooDeep(JsonFault):
    """It is nested deeper than anything that is meant to be read."""


def strict_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259). Integers that are too long for Python are infinite.

    Raises :class:`JsonFault` for what is none: other than UTF-8, a BOM, a name twice, NaN, too deep.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonFault(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise JsonFault("the body begins with a byte order mark")
    try:
        return json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_number, parse_int=_read_integer
        )
    except json.JSONDecodeError as error:
        raise JsonFault(f"the body is no JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise TooDeep("the body is nested too deeply") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise NameTwice("an object has a name twice")
    return members


def _no_number(word: str) -> None:
    raise JsonFault(f"{word} is no JSON")


def _read_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)
