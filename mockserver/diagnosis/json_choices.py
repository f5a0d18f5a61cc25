"""What a program decides when it writes JSON: layout, escapes, order of members, notation of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Generic, TypeVar

import openapi

T = TypeVar("T")
Write = Callable[[str], str]
"""The digits of a number, or a written string, as a program would have written them."""

Arrange = Callable[[Sequence[str]], Sequence[str]]
"""The names of an object's members in another order."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One thing that a program may do, and what is said of it; nothing of what needs no mention."""

    name: str
    do: T
    common: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """White space after the commas and colons of a JSON text; ``indent`` is that of one level, if any."""

    comma: str
    colon: str
    indent: str | None = None


LAYOUTS: tuple[Choice[Layout], ...] = (
    Choice("compact, as JSON.stringify writes it", Layout("", ""), True),
    Choice(
        "with a space after each comma and colon, as Python's json.dumps writes it", Layout(" ", " "), True
    ),
    Choice("indented by two spaces", Layout("", " ", "  "), True),
    Choice("indented by four spaces", Layout("", " ", "    "), True),
    Choice("indented by tabs", Layout("", " ", "\t")),
    Choice("indented by one space", Layout("", " ", " ")),
    Choice("with a space after each colon", Layout("", " ")),
    Choice("with a space after each comma", Layout(" ", "")),
)


def _utf16_escapes(pattern: str = r"[^\x00-\x7f]", digits: str = "04x") -> Write:
    def escape(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be", "surrogatepass")
        return "".join(
            f"\\u{int.from_bytes(units[start : start + 2], 'big'):{digits}}"
            for start in range(0, len(units), 2)
        )

    return lambda text: re.sub(pattern, escape, text)


def _escaped_slashes(text: str) -> str:
    return text.replace("/", "\\/")


_NON_ASCII = _utf16_escapes()
_DOTNET = _utf16_escapes(r"[^\x00-\x7f]|[<>&+'`]", "04X")
ESCAPES: tuple[Choice[Write], ...] = (
    Choice("", str, True),
    Choice("non-ASCII characters as \\u escapes", _NON_ASCII, True),
    Choice(
        "slashes and non-ASCII characters escaped, as PHP's json_encode does",
        lambda text: _escaped_slashes(_NON_ASCII(text)),
        True,
    ),
    Choice("<, > and & escaped, as Go's json.Marshal does", _utf16_escapes(r"[<>&\u2028\u2029]"), True),
    Choice(
        "non-ASCII and HTML characters escaped, as .NET's System.Text.Json does",
        lambda text: _DOTNET(text.replace('\\"', "\\u0022")),
    ),
    Choice("slashes escaped", _escaped_slashes),
    Choice("non-ASCII characters as \\u escapes with capital digits", _utf16_escapes(digits="04X")),
)


def _in_the_documents_order(names: Sequence[str]) -> Sequence[str]:
    """As clients generated from the document write them; names that it does not have come last."""
    places = known_names()
    return sorted(names, key=lambda name: places.get(name, len(places)))


def _in_a_hash_map(names: Sequence[str]) -> Sequence[str]:
    """As Java's HashMap iterates over them: by the low bits of their hash."""
    capacity = 16
    while len(names) > capacity * 3 // 4:
        capacity *= 2
    return sorted(names, key=lambda name: _java_hash(name) & (capacity - 1))


def _java_hash(name: str) -> int:
    """`String.hashCode`, spread as HashMap does."""
    hashed, units = 0, name.encode("utf-16-be", "surrogatepass")
    for start in range(0, len(units), 2):
        hashed = (31 * hashed + int.from_bytes(units[start : start + 2], "big")) & 0xFFFFFFFF
    return hashed ^ (hashed >> 16)


ORDERS: tuple[Choice[Arrange], ...] = (
    Choice("", list, True),
    Choice("members sorted by name", sorted, True),
    Choice("members in the order of the API's document", _in_the_documents_order),
    Choice("members as Java's HashMap orders them", _in_a_hash_map),
)
_MOVES = 240
"""Members of an object that are tried in another place: all of 16."""


def with_one_moved(count: int) -> Iterator[Arrange]:
    """Every order of ``count`` names that differs from theirs by the place of one."""
    moves = (
        (taken, put)
        for taken in range(count)
        for put in range(count)
        if put not in (taken, taken - 1)  # neighbours change places once
    )
    for taken, put in islice(moves, _MOVES):
        yield lambda names, taken=taken, put=put: _moved(names, taken, put)  # type: ignore[misc]


def _moved(names: Sequence[str], taken: int, put: int) -> Sequence[str]:
    others = [*names[:taken], *names[taken + 1 :]]
    return [*others[:put], names[taken], *others[put:]]


def _as_javascript(digits: str) -> str:
    number = float(digits)
    return str(int(number)) if number.is_integer() and abs(number) < 1e21 else repr(number)


def _as_python(digits: str) -> str:
    return digits if re.fullmatch(r"-?\d+", digits) else repr(float(digits))


def _with_decimals(count: int) -> Write:
    return lambda digits: f"{Decimal(digits):.{count}f}" if abs(float(digits)) < 1e15 else digits


_TWO_DECIMALS = _with_decimals(2)


def _scientific(exponent: str) -> Write:
    """One digit before the point, and the power of ten in a format of its own."""

    def write(digits: str) -> str:
        number = Decimal(digits).normalize()
        sign, (first, *rest), _ = number.as_tuple()
        fraction = "." + "".join(map(str, rest)) if rest else ""
        return f"{'-' if sign else ''}{first}{fraction}{exponent.format(number.adjusted())}"

    return write


NUMBERS: tuple[Choice[Write], ...] = (
    Choice("", str, True),
    Choice("numbers as JavaScript writes them", _as_javascript, True),
    Choice("numbers as Python writes them", _as_python, True),
    Choice("numbers as floating point", lambda digits: repr(float(digits)), True),
    Choice("numbers with two decimals", _TWO_DECIMALS, True),
    Choice("numbers with one decimal", _with_decimals(1)),
    Choice("numbers with three decimals", _with_decimals(3)),
    Choice("numbers with four decimals", _with_decimals(4)),
    Choice("numbers with six decimals", _with_decimals(6)),
    Choice("numbers as text", lambda digits: f'"{digits}"'),
    Choice("numbers as text of two decimals", lambda digits: f'"{_TWO_DECIMALS(digits)}"'),
    Choice(
        "numbers without their final zeros, as BigDecimal writes them",
        lambda digits: str(Decimal(digits).normalize()),
    ),
    Choice("numbers with an exponent, such as 5E0", _scientific("E{}")),
    Choice("numbers with an exponent, such as 5e0", _scientific("e{}")),
    Choice("numbers with an exponent, such as 5e+00", _scientific("e{:+03}")),
)


@cache
def known_names() -> dict[str, int]:
    """The names of all members that a request may have, each with its place in the document."""
    schemas = openapi.load()["components"]["schemas"]
    names = (
        name
        for title, schema in schemas.items()
        if title.endswith("Request") or title == "UserKyc"
        for name in schema.get("properties", {})
    )
    return {name: place for place, name in enumerate(dict.fromkeys(names))}
