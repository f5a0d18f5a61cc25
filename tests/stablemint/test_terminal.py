"""What commands print: colour for people alone, and nothing that could steer a terminal."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.receivers import keys
from stablemint.program import main
from stablemint.terminal import Terminal, printable
from tests.contract_tests.receivers.served import PARTNER, Shop, serving
from tests.project.tree import ROOMS, ROOT, plain_environment


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


def test_a_narrow_terminal_does_without_what_can_be_spared() -> None:
    """And says so; where that does not help, each row is a paragraph."""

    def draw(columns: int) -> list[str]:
        stream = io.StringIO()
        terminal = Terminal(stream, colour=False, columns=columns)
        terminal.table(("time", "name"), [("12:00:00", "one"), ("13:00:00", "two")], spare=("time",))
        return stream.getvalue().splitlines()

    assert draw(14) == ["time      name", "12:00:00  one", "13:00:00  two"]
    assert draw(13) == ["name", "one", "two", "this terminal has no room for: time"]
    assert draw(3) == ["time  12:00:00", "name  one", "", "time  13:00:00", "name  two"]


def test_prose_is_broken_between_words_and_into_a_pipe_not_at_all() -> None:
    text = "one two three four five six --json-file"
    assert Terminal(io.StringIO(), columns=20).wrap(text) == "one two three four\n  five six\n  --json-file"
    assert Terminal(io.StringIO()).wrap(text) == text


def test_help_hangs_beside_names_and_leaves_examples_as_they_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["--help"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 80
    assert main(["proxy", "--help"]) == 0
    assert "--webhooks-to http://localhost:3000/webhooks \\\n" in capsys.readouterr().out


def test_control_characters_of_others_are_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31mb\x07\x9b") == "a\\x1b[31mb\\x07\\x9b"


def test_one_place_decides_about_colour() -> None:
    """`stablemint.terminal`; what judges is told by the command line, as it imports nothing of it."""
    asking = re.compile(r"NO_COLOR|FORCE_COLOR|isatty")
    found = {
        file.relative_to(ROOT).as_posix()
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if asking.search(file.read_text(encoding="utf-8"))
    }
    assert found == {"stablemint/terminal.py"}


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["a pipe", "forced", "forced and refused"],
)
def test_verdicts_and_exchanges_keep_the_same_rule(
    variables: dict[str, str],
    coloured: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    keys.keep(tmp_path)
    with serving(Shop((keys.read(tmp_path / keys.PRIVATE_KEY).public_key(),))) as url:
        main(["verify-receiver", url, "--home", str(tmp_path), "--partner-name", PARTNER])
    shown = capsys.readouterr().out
    assert ("\x1b[33m" in shown) == coloured
    assert "\r" not in shown
    line = [sys.executable, "-m", "stablemint", "proxy", "--target", "http://localhost:9", "--port", "0"]
    environment = plain_environment(**variables)
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None
        greeting = proxy.stdout.readline()
        proxy.terminate()
    assert ("\x1b[2m" in greeting) == coloured
