"""What commands print: colour for people alone, and nothing that could steer a terminal."""

from __future__ import annotations

import io
import json

from stablemint.terminal import Terminal, printable


def test_a_pipe_gets_no_colour_and_json_on_one_line() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.json({"a": [1, None]})
    terminal.say(terminal.paint("red", "red"))
    assert stream.getvalue() == '{"a": [1, null]}\nred\n'


def test_a_terminal_gets_colour_and_json_that_is_still_json() -> None:
    stream = io.StringIO()
    value = {"text": 'a "quoted": 1', "number": -1.5e3, "none": None}
    Terminal(stream, colour=True).json(value)
    assert "\x1b[36m" in stream.getvalue()
    plain = "".join(
        part.partition("m")[2] if number else part
        for number, part in enumerate(stream.getvalue().split("\x1b["))
    )
    assert json.loads(plain) == value


def test_columns_are_aligned_whatever_their_colour() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, colour=True)
    terminal.table(("a", "b"), [(terminal.paint("long one", "green"), "1"), ("x", "2")])
    plain = stream.getvalue().replace("\x1b[2m", "").replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert plain == "a         b\nlong one  1\nx         2\n"


def test_control_characters_of_others_are_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31mb\x07\x9b") == "a\\x1b[31mb\\x07\\x9b"
