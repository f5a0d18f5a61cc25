"""The command `stablemint` itself: help, version, mistakes, and what it imports."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

import stablemint.program as command_line
from stablemint.program import COMMANDS, load, main, parser_of
from tests.project.tree import ROOT, plain_environment

HEAVY = {
    "connexion",
    "flask",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "cryptography",
    "schemathesis",
    "asyncio",
}


def test_every_module_of_commands_is_a_command() -> None:
    modules = {file.stem.replace("_", "-") for file in (ROOT / "stablemint" / "commands").glob("[!_]*.py")}
    assert set(COMMANDS) == modules


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_summary_that_reads_after_its_name(name: str) -> None:
    summary = load(name).SUMMARY
    assert summary[0].islower()
    assert not summary.endswith(".")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["--help"]) == 0
    listed = re.findall(r"^  ([a-z-]+)  +(\S.*)$", capsys.readouterr().out, re.MULTILINE)
    assert set(listed) >= {(name, load(name).SUMMARY) for name in COMMANDS}


def test_without_a_command_help_goes_to_stderr_and_the_exit_code_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "commands:" in captured.err


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"stablemint {version('stablemint-sessions')}\n"


@pytest.mark.parametrize(
    ("name", "cure"),
    [("mok", "did you mean `stablemint mock`?"), ("xyzzy", "`stablemint --help` lists the commands.")],
)
def test_an_unknown_command_is_told_the_next_step(
    name: str, cure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err == f"stablemint: there is no command {name!r}; {cure}\n"


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mock", "--prot", "8080"]) == 2
    assert "there is no option --prot; did you mean --port?" in capsys.readouterr().err


def test_the_exit_code_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "load", lambda name: fake_command(lambda arguments: arguments.answer))
    assert main(["mock", "--answer", "42"]) == 42


def test_an_interrupted_command_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "load", lambda name: fake_command(interrupt))
    assert main(["mock"]) == 130


_INTERRUPTING = """
import atexit, os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background inherit that it is ignored

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, *others):
        if name == {when!r}:
            interrupt()

sys.meta_path.insert(0, Finder())
if {when!r} == "the end":
    atexit.register(interrupt)
"""


@pytest.mark.parametrize(
    "when", ["stablemint.program", "argparse", "stablemint.parser", "stablemint.commands.clock", "the end"]
)
def test_an_interruption_while_modules_load_or_at_the_end_shows_no_traceback(
    when: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTING.format(when=when))
    done = subprocess.run(
        [sys.executable, "-m", "stablemint", "--help"],
        cwd=ROOT,
        env={**plain_environment(), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (
            OSError(28, "No space left on device"),
            5,
            "stablemint mock: the output cannot be written: No space",
        ),
    ],
    ids=["a closed pipe", "a full disk"],
)
def test_output_that_cannot_be_written_ends_a_command_with_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    code: int,
    told: str,
) -> None:
    def write(arguments: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(command_line, "load", lambda name: fake_command(write))
    assert main(["mock"]) == code
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert bool(said) == bool(told)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_leaves_one_line_and_no_traceback() -> None:
    """Where the output is kept back until the end, too."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stablemint", "docs", "--folder"],
            cwd=ROOT,
            env=plain_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr == "stablemint docs: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    "words",
    [
        ["request", "get", "--json", "ID"],
        ["request", "--json", "get", "ID"],
        ["request", "get", "ID", "--json"],
        ["deliveries", "resend", "--json", "ID"],
        ["deliveries", "--json", "resend", "ID"],
    ],
    ids=" ".join,
)
def test_options_stand_anywhere_behind_the_command(words: list[str]) -> None:
    arguments = parser_of(words[0]).parse_args(words[1:])
    assert arguments.json is True
    assert "ID" in vars(arguments).values()


def test_a_value_may_look_like_an_option_and_words_behind_two_dashes_are_none() -> None:
    assert parser_of("clock").parse_args(["advance", "-5m"]).duration == "-5m"
    assert parser_of("sign").parse_args(["--json", "--", "--json"]).body == "--json"
    assert parser_of("sign").parse_args(["-", "--timestamp", "-1"]).timestamp == "-1"


@pytest.mark.parametrize(
    ("words", "command", "told"),
    [
        (["clok", "--json"], "stablemint", "did you mean `stablemint clock`?"),
        (["clock", "advance", "--json"], "stablemint clock advance", "required: DURATION"),
        (["clock", "advance", "-5m", "--json"], "stablemint clock", "moves forwards alone"),
        (["sessions", "list", "--json", "--status", "opn"], "stablemint sessions list", "did you mean open?"),
        (["faults", "add", "--json", "--delay", "nan"], "stablemint faults add", "from 0 to 120"),
    ],
)
def test_with_json_a_mistake_is_one_object_on_standard_error(
    words: list[str], command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    error = json.loads(said.err)["error"]
    assert said.out == ""
    assert (error["command"], error["exitCode"]) == (command, 2)
    assert told in error["message"]


@pytest.mark.parametrize("value", ["", "\0", "a\udcffb", "nan", "inf", "-1", "9" * 5000, "\x1b[31m"])
@pytest.mark.parametrize(
    "words",
    [
        ["clock", "advance"],
        ["clock", "set"],
        ["sessions", "list", "--limit"],
        ["deliveries", "list", "--limit"],
        ["faults", "add", "--delay"],
        ["faults", "add", "--times"],
        ["docs", "--port"],
        ["sign", "no-such-file", "--timestamp"],
        ["sign", "no-such-file", "--webhook", "--signing-key"],
        ["verify-signature", "no-such-file", "--timestamp", "1", "--signature", "x", "--at"],
        ["request", "get", "ID", "--url"],
        ["request", "hosted", "--credentials"],
        ["listen", "--forward-to"],
        ["completion"],
    ],
    ids=" ".join,
)
def test_no_value_makes_a_command_fall_over(
    words: list[str], value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exit code of the help, and why, in printable letters."""
    monkeypatch.setenv("STABLEMINT_URL", "http://127.0.0.1:1")
    assert main([*words, value]) in {2, 3}
    said = capsys.readouterr().err
    assert said.startswith("stablemint")
    assert "\x1b" not in said


def fake_command(run: object) -> SimpleNamespace:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--answer", type=int)

    return SimpleNamespace(SUMMARY="answer", add_arguments=add_arguments, run=run)


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["mok"], *([name, "--help"] for name in COMMANDS)]
)
def test_help_and_mistakes_import_no_framework(words: list[str]) -> None:
    code = f"import sys; from stablemint.program import main\ntry: main({words!r})\nexcept SystemExit: pass\n"
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {module.partition(".")[0] for module in finished.stdout.splitlines()[-1].split()}
    assert "argparse" in loaded
    assert loaded & HEAVY == set()
