"""The ways in which common programs write the same JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """JSON in one style, and what is special about it."""

    text: bytes
    style: str


class _Number(str):
    """A JSON number, by the digits that were sent."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Layout:
    """White space between the parts of a JSON text; ``indent`` is that of one level, None for one line."""

    comma: str
    colon: str
    indent: str | None = None


def _as_sent(digits: str) -> str:
    return digits


def _as_javascript(digits: str) -> str:
    number = float(digits)
    return str(int(number)) if number.is_integer() and abs(number) < 1e21 else repr(number)


def _as_python(digits: str) -> str:
    return digits if re.fullmatch(r"-?\d+", digits) else repr(float(digits))


def _as_float(digits: str) -> str:
    return repr(float(digits))


def _with_two_decimals(digits: str) -> str:
    return f"{Decimal(digits):.2f}" if abs(float(digits)) < 1e15 else digits


_NUMBERS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("", _as_sent),
    ("numbers as JavaScript writes them", _as_javascript),
    ("numbers as Python writes them", _as_python),
    ("numbers as floating point", _as_float),
    ("numbers with two decimals", _with_two_decimals),
)
_LAYOUTS: tuple[tuple[str, _Layout], ...] = (
    ("compact, as JSON.stringify writes it", _Layout(",", ":")),
    ("with a space after each comma and colon, as Python's json.dumps writes it", _Layout(", ", ": ")),
    ("indented by two spaces", _Layout(",", ": ", "  ")),
    ("indented by four spaces", _Layout(",", ": ", "    ")),
    ("indented by tabs", _Layout(",", ": ", "\t")),
    ("indented by one space", _Layout(",", ": ", " ")),
    ("with a space after each colon", _Layout(",", ": ")),
    ("with a space after each comma", _Layout(", ", ":")),
)
_ORDERS = (("", False), ("members sorted by name", True))


def _raw(text: str) -> str:
    return text


def _utf16_escapes(text: str, pattern: str = r"[^\x00-\x7f]", digits: str = "04x") -> str:
    def escape(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be", "surrogatepass")
        return "".join(
            f"\\u{int.from_bytes(units[start : start + 2], 'big'):{digits}}"
            for start in range(0, len(units), 2)
        )

    return re.sub(pattern, escape, text)


def _escaped_capitals(text: str) -> str:
    return _utf16_escapes(text, digits="04X")


def _as_php(text: str) -> str:
    return _utf16_escapes(text).replace("/", "\\/")


def _escaped_slashes(text: str) -> str:
    return text.replace("/", "\\/")


def _as_go(text: str) -> str:
    return _utf16_escapes(text, r"[<>&\u2028\u2029]")


def _as_dotnet(text: str) -> str:
    return _utf16_escapes(text.replace('\\"', "\\u0022"), r"[^\x00-\x7f]|[<>&+'`]", "04X")


_ESCAPES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("", _raw),
    ("non-ASCII characters as \\u escapes", _utf16_escapes),
    ("non-ASCII characters as \\u escapes with capital digits", _escaped_capitals),
    ("slashes and non-ASCII characters escaped, as PHP's json_encode does", _as_php),
    ("slashes escaped", _escaped_slashes),
    ("<, > and & escaped, as Go's json.Marshal does", _as_go),
    ("non-ASCII and HTML characters escaped, as .NET's System.Text.Json does", _as_dotnet),
)


def rewritten(body: bytes) -> Iterator[Written]:
    """``body``, if it is JSON, in every style, each text once; the simplest styles first."""
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_int=_Number, parse_float=_Number)
        if not isinstance(value, dict | list):
            return
        plain_texts = [
            ((layout_name, order, numbers), _write(value, layout, sort=sort, notation=notation))
            for (numbers, notation), (order, sort), (layout_name, layout) in product(
                _NUMBERS, _ORDERS, _LAYOUTS
            )
        ]
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers that no program writes
        return
    seen: set[bytes] = set()
    for ((layout_name, order, numbers), plain), (escapes, escape) in product(plain_texts, _ESCAPES):
        written = escape(plain).encode("utf-8", "surrogatepass")
        if written not in seen:
            seen.add(written)
            yield Written(written, ", ".join(part for part in (layout_name, order, escapes, numbers) if part))
    bare = re.sub(r"\s+", "", text).encode("utf-8")
    if bare not in seen:
        yield Written(bare, "without any white space, in its values neither")


def _write(value: Any, layout: _Layout, *, sort: bool, notation: Callable[[str], str], level: int = 0) -> str:
    """A JSON text with every character beyond ASCII as it is."""
    match value:
        case _Number():
            return notation(value)
        case dict():
            members = sorted(value.items(), key=lambda member: member[0]) if sort else value.items()
            parts = [
                f"{json.dumps(name, ensure_ascii=False)}{layout.colon}"
                + _write(member, layout, sort=sort, notation=notation, level=level + 1)
                for name, member in members
            ]
            opening, closing = "{}"
        case list():
            parts = [
                _write(member, layout, sort=sort, notation=notation, level=level + 1) for member in value
            ]
            opening, closing = "[]"
        case _:
            return json.dumps(value, ensure_ascii=False)
    if layout.indent is None or not parts:
        return f"{opening}{layout.comma.join(parts)}{closing}"
    inner, outer = "\n" + layout.indent * (level + 1), "\n" + layout.indent * level
    return f"{opening}{inner}{f'{layout.comma}{inner}'.join(parts)}{outer}{closing}"
