"""Where two bodies begin to differ, shown without anything that a body should keep to itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.diagnosis.effort import LARGEST_REWRITTEN
from mockserver.diagnosis.json_choices import known_names

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.0-9eE]+|[a-z]+|\s+|.', re.DOTALL)
_AROUND = 5
_LONGEST_SPACE = 12
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    shown: str


def describe_difference(sent: bytes, signed: bytes) -> str:
    """The offset of the first differing byte of two bodies, with a harmless excerpt of each.

    An excerpt shows the punctuation, white space and names that the document knows, and the amount. Every
    other value and name is hidden (SESS-06); a body that is large or no JSON is not shown at all.
    """
    offset = first_difference(sent, signed)
    where = f"The first byte that differs is number {offset} of the body, counted from 0"
    shown_sent, shown_signed = excerpt(sent, offset), excerpt(signed, offset)
    if shown_sent is None or shown_signed is None:
        return f"{where}."
    if shown_sent == shown_signed:
        return f"{where}, within the value that is hidden here: `{shown_sent}`."
    return f"{where}: sent `{shown_sent}`, signed `{shown_signed}`."


def first_difference(one: bytes, other: bytes) -> int:
    """The offset of the first byte in which two texts differ; the shorter's length if it begins the other."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    low, high = 0, shorter  # the first `low` bytes are equal, the first `high` are not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle)
    return low


def excerpt(body: bytes, offset: int) -> str | None:
    """The tokens around a byte of a JSON text, values hidden; None where ``body`` is large or no JSON."""
    if len(body) > LARGEST_REWRITTEN:
        return None
    try:
        json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    tokens = list(_tokens(body))
    at = next((index for index, token in enumerate(tokens) if offset < token.end), len(tokens))
    window = tokens[max(0, at - _AROUND) : at + _AROUND]
    before = _HIDDEN if at > _AROUND else ""
    after = _HIDDEN if at + _AROUND < len(tokens) else ""
    return before + "".join(token.shown for token in window) + after


def _tokens(body: bytes) -> Iterator[_Token]:
    text = body.decode("latin-1")  # one character a byte, so that positions are offsets
    name = ""
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word.startswith('"'):
            is_name = re.compile(r"\s*:").match(text, match.end()) is not None
            name = word[1:-1] if is_name else name
            shown = word if is_name and name in known_names() else f'"{_HIDDEN}"'
        elif word.isspace():
            shown = json.dumps(word)[1:-1]
            shown = shown if len(shown) <= _LONGEST_SPACE else shown[:_LONGEST_SPACE] + _HIDDEN
        elif word in "{}[]:,":
            shown = word
        else:
            shown = word if name == "amount" and len(word) <= _LONGEST_SPACE else _HIDDEN
        yield _Token(match.start(), match.end(), shown)
