"""What commands print: colour where a person reads it, none in pipes, and JSON where a program does."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

_CODES: Final[Mapping[str, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}
_JSON_TOKEN = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b|-?\d[\d.eE+-]*)'
)
_ESCAPE = re.compile(r"\x1b\[\d+m")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Terminal:
    """Writes to ``stream``; in colour where it is a terminal and NO_COLOR is not set."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self.colour = self._stream.isatty() and "NO_COLOR" not in os.environ if colour is None else colour

    def paint(self, text: str, *styles: str) -> str:
        """The text in a colour or weight; as it is where there is no colour."""
        if not self.colour or not text:
            return text
        return "".join(f"\x1b[{_CODES[style]}m" for style in styles) + text + "\x1b[0m"

    def say(self, text: str = "") -> None:
        """One or more lines, at once: somebody may be reading a pipe live."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def json(self, value: Any) -> None:
        """A value as JSON: indented and coloured for people, one line for programs."""
        if not self.colour:
            self.say(json.dumps(value, ensure_ascii=False))
            return
        self.say(self.pretty(value))

    def pretty(self, value: Any) -> str:
        """A value as indented JSON, coloured where colour is on."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        return _JSON_TOKEN.sub(self._paint_token, text) if self.colour else text

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns, as wide as they need to be, the head dimmed."""
        lines = [[self.paint(cell, "dim") for cell in head], *(list(row) for row in rows)]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
            self.say("  ".join(cells).rstrip())

    def _paint_token(self, match: re.Match[str]) -> str:
        style = {"name": "cyan", "text": "green", "word": "yellow"}[match.lastgroup or "text"]
        return self.paint(match.group(), style)


def printable(text: str) -> str:
    """Text from elsewhere, which could steer a terminal: control characters as `\\x1b`."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def _width(text: str) -> int:
    return len(_ESCAPE.sub("", text))
