"""The ways in which common programs write the same JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from mockserver.diagnosis.effort import LARGEST_REWRITTEN, MOST_REWRITTEN
from mockserver.diagnosis.json_choices import (
    ESCAPES,
    LAYOUTS,
    NUMBERS,
    ORDERS,
    Arrange,
    Choice,
    Layout,
    T,
    Write,
    with_one_moved,
)

_LINE, _LEVEL, _AFTER_COMMA, _AFTER_COLON = "\x01", "\x02", "\x03", "\x04"
"""Where white space may stand in a text that is being written: JSON has these characters escaped."""


@dataclass(frozen=True, slots=True)
class Written:
    """JSON in one style, and what is special about it."""

    text: bytes
    style: str


class _Digits(str):
    """A JSON number, by the digits that were sent."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Object:
    """An object: its members by name, each with its name as it is written."""

    members: dict[str, tuple[str, Any]]


def is_rewritten(body: bytes) -> bool:
    """Whether ``body`` is small enough to be written anew."""
    return len(body) <= LARGEST_REWRITTEN and body.count(b",") + body.count(b"[") <= MOST_REWRITTEN


def rewritten(body: bytes) -> Iterator[Written]:
    """``body``, if it is JSON, in the styles that programs have, each text once; the commonest come first.

    Of layout, escapes, order of members and notation of numbers, one at most is uncommon. In the last styles
    one member of the outermost object stands in another place.
    """
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_int=_Digits, parse_float=_Digits)
        if not isinstance(value, dict | list):
            return
        seen: set[bytes] = set()
        for written in _styles(value):
            if written.text not in seen:
                seen.add(written.text)
                yield written
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers that no program writes
        return
    bare = re.sub(r"\s+", "", text).encode("utf-8")
    if bare not in seen:
        yield Written(bare, "without any white space, in its values neither")


def _styles(value: Any) -> Iterator[Written]:
    sent_order, sent_digits = ORDERS[0].do, NUMBERS[0].do
    forms = [Choice(escape.name, _escaped(value, escape.do), escape.common) for escape in ESCAPES]
    plain = forms[0].do
    forms = _distinct(forms, lambda form: _write(form, sent_order, sent_digits))
    texts = [
        Choice(
            ", ".join(filter(None, (order.name, form.name, notation.name))),
            _write(form.do, order.do, notation.do),
            order.common + form.common + notation.common == 3,
        )
        for order, form, notation in _by_rank(
            _distinct(ORDERS, lambda order: _write(plain, order, sent_digits)),
            forms,
            _distinct(NUMBERS, lambda notation: _write(plain, sent_order, notation)),
        )
    ]
    for layout, marked in _by_rank(LAYOUTS, texts):
        yield _laid_out(layout, marked.do, marked.name)
    if isinstance(value, dict):
        moves = with_one_moved(len(value))
        for order, layout, form in product(moves, LAYOUTS[:2], forms[:2]):
            text = _write(form.do, sent_order, sent_digits, outermost=order)
            yield _laid_out(layout, text, form.name, "one member in another place")


def _by_rank(*axes: Sequence[Choice[Any]]) -> list[tuple[Choice[Any], ...]]:
    """One choice of each axis, at most one of them uncommon; the common ones first."""
    ranked = [
        (uncommon, sum(places), [axis[place] for axis, place in zip(axes, places, strict=True)])
        for places in product(*(range(len(axis)) for axis in axes))
        if (uncommon := sum(not axis[place].common for axis, place in zip(axes, places, strict=True))) <= 1
    ]
    ranked.sort(key=lambda choice: choice[:2])
    return [tuple(choices) for _, _, choices in ranked]


def _distinct(choices: Sequence[Choice[T]], write: Callable[[T], str]) -> list[Choice[T]]:
    """Those choices that make a text of their own, the first of those that make the same."""
    first: dict[str, Choice[T]] = {}
    for choice in choices:
        first.setdefault(write(choice.do), choice)
    return list(first.values())


def _escaped(value: Any, escape: Write) -> Any:
    """``value`` with each string as it is written, and each object's members with their names so."""
    match value:
        case _Digits():
            return value
        case dict():
            return _Object(
                {
                    name: (_escaped_string(name, escape), _escaped(member, escape))
                    for name, member in value.items()
                }
            )
        case list():
            return [_escaped(member, escape) for member in value]
        case str():
            return _escaped_string(value, escape)
        case _:
            return json.dumps(value)


def _escaped_string(text: str, escape: Write) -> str:
    return escape(json.dumps(text, ensure_ascii=False))


def _write(
    value: Any, order: Arrange, notation: Write, *, outermost: Arrange | None = None, level: int = 1
) -> str:
    """The JSON text, with marks where white space may stand; ``outermost`` orders the whole's own members."""
    match value:
        case _Digits():
            return notation(value)
        case _Object():
            named = value.members
            parts = [
                f"{named[name][0]}:{_AFTER_COLON}{_write(named[name][1], order, notation, level=level + 1)}"
                for name in (outermost or order)(list(named))
            ]
            opening, closing = "{}"
        case list():
            parts = [_write(member, order, notation, level=level + 1) for member in value]
            opening, closing = "[]"
        case _:
            return str(value)
    if not parts:
        return f"{opening}{closing}"
    line = _LINE + _LEVEL * level
    return f"{opening}{line}{f',{_AFTER_COMMA}{line}'.join(parts)}{line[:-1]}{closing}"


def _laid_out(layout: Choice[Layout], marked: str, *styles: str) -> Written:
    white = layout.do
    for mark, space in (
        (_AFTER_COMMA, white.comma),
        (_AFTER_COLON, white.colon),
        (_LINE, "" if white.indent is None else "\n"),
        (_LEVEL, white.indent or ""),
    ):
        marked = marked.replace(mark, space)
    style = ", ".join(filter(None, (layout.name, *styles)))
    return Written(marked.encode("utf-8", "surrogatepass"), style)
