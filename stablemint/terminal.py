"""What commands print: colour where a person reads it, none in pipes, and JSON where a program does."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
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
_DELETE_AND_C1 = re.compile(r"[\x7f-\x9f]")

_SUBSTITUTES: Final[Mapping[str, str]] = {"→": "->", "…": "...", "•": "*", "✓": "+", "✗": "x", "·": "."}


class Terminal:
    """Writes to ``stream``; in colour as ``wants_colour`` says, unless ``colour`` says otherwise."""

    def __init__(
        self, stream: TextIO | None = None, *, colour: bool | None = None, columns: int | None = None
    ) -> None:
        self._stream = sys.stdout if stream is None else stream
        self.colour = wants_colour(self._stream) if colour is None else colour
        self._read_by_people = self._stream.isatty() if colour is None else colour
        if columns is None and self._read_by_people:
            columns = shutil.get_terminal_size().columns
        self.columns = columns

    def paint(self, text: str, *styles: str) -> str:
        """The text in a colour or weight; as it is where there is no colour."""
        if not self.colour or not text:
            return text
        return "".join(f"\x1b[{_CODES[style]}m" for style in styles) + text + "\x1b[0m"

    def has_room(self, columns: int) -> bool:
        """Whether so many columns fit; into a pipe, any number."""
        return self.columns is None or columns <= self.columns

    def event(self, name: str, *, line: int = 150) -> str:
        """An event type; without what most of them begin with where a whole ``line`` has no room."""
        return name if self.has_room(line) else name.removeprefix("partner.customer.")

    def say(self, text: str = "") -> None:
        """One or more lines, at once: somebody may be reading a pipe live."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def json(self, value: Any) -> None:
        """A value as JSON: indented and coloured for people, one line for programs."""
        self.say(self.pretty(value) if self._read_by_people else as_one_line(value, self._stream))

    def pretty(self, value: Any) -> str:
        """A value as indented JSON, coloured where colour is on."""
        text = _as_json(value, self._stream, indent=2)
        return _JSON_TOKEN.sub(self._paint_token, text) if self.colour else text

    def wrap(self, text: str) -> str:
        """Lines of prose, broken between words where a terminal is too narrow for them."""
        if self.columns is None:
            return text
        return "\n".join(
            textwrap.fill(
                line,
                max(self.columns, 20),
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for line in text.split("\n")
        )

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], *, spare: Sequence[str] = ()) -> None:
        """Columns, as wide as they need to be, the head dimmed.

        On a terminal that is too narrow for them, those of ``spare`` are left out one after the other, and if
        that does not help, each row is a paragraph, so that no line breaks.
        """
        lines = [list(map(printable_painted, row)) for row in rows]
        columns = {name: [line[place] for line in lines] for place, name in enumerate(head)}
        widths = {name: max(map(width, (name, *cells))) for name, cells in columns.items()}
        left_out: list[str] = []
        while not self.has_room(sum(widths.values()) + 2 * (len(widths) - 1)):
            if len(left_out) == len(spare):
                self._paragraphs(head, lines)
                return
            left_out.append(spare[len(left_out)])
            del widths[left_out[-1]]
        shown = [dict(zip(head, line, strict=True)) for line in lines]
        for row in ({name: self.paint(name, "dim") for name in head}, *shown):
            cells = (row[name] + " " * (wide - width(row[name])) for name, wide in widths.items())
            self.say("  ".join(cells).rstrip())
        if left_out:
            told = f"this terminal has no room for: {', '.join(name for name in head if name in left_out)}"
            self.say(self.paint(told, "dim"))

    def _paragraphs(self, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        wide = max(map(width, head))
        for number, line in enumerate(lines):
            if number:
                self.say()
            for name, cell in zip(head, line, strict=True):
                self.say(f"{self.paint(name, 'dim')}{' ' * (wide - width(name))}  {cell}")

    def _paint_token(self, match: re.Match[str]) -> str:
        style = {"name": "cyan", "text": "green", "word": "yellow"}[match.lastgroup or "text"]
        return self.paint(match.group(), style)


def wants_colour(stream: TextIO) -> bool:
    """Whether to write in colour: to a terminal that has it, unless NO_COLOR or FORCE_COLOR say otherwise.

    A variable that is set but empty says nothing (https://no-color.org, https://force-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_live(stream)


def is_live(stream: TextIO) -> bool:
    """Whether the stream is a terminal that obeys escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def as_one_line(value: Any, stream: TextIO | None = None) -> str:
    """A value as JSON on one line, for programs; ``stream`` is where it goes, by default standard output."""
    return _as_json(value, sys.stdout if stream is None else stream)


def printable(text: str) -> str:
    """Text from elsewhere, which could steer a terminal: control characters as `\\x1b`."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def printable_painted(text: str) -> str:
    """The same for a text that was painted: colours stay."""
    return "".join(
        part if _ESCAPE.fullmatch(part) else printable(part)
        for part in re.split(f"({_ESCAPE.pattern})", text)
    )


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    shown = _ESCAPE.sub("", text)
    if shown.isascii():
        return len(shown)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in shown)
    return len(shown) + wide - sum(unicodedata.combining(each) > 0 for each in shown)


def plain_substitutes(error: UnicodeError) -> tuple[str, int]:
    """For what an output's encoding has no letter for, such as Windows' in a pipe: what is nearest to it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_SUBSTITUTES.get(each) or _escape(each) for each in text), error.end


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _as_json(value: Any, stream: TextIO, indent: int | None = None) -> str:
    """JSON that the stream's encoding can hold and that no terminal obeys: DEL and C1 are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return _DELETE_AND_C1.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
