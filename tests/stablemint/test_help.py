"""What every command promises alike: help with examples and exit codes, JSON, no colour in pipes."""

from __future__ import annotations

import argparse
import ast
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

import pytest

from contract_tests.suite import ExitCode
from docs.generated.commands import pages, parsers
from reference_impl.bank.outcomes import OUTCOMES
from stablemint.commands.trigger import EVENTS
from stablemint.failure import EVERYWHERE
from stablemint.program import COMMANDS, parser_of
from tests.project.tree import ROOMS, ROOT, list_files, plain_environment
from tests.stablemint.sandboxed import CommandLine

FRAMEWORKS = {
    "connexion", "flask", "werkzeug", "starlette", "uvicorn", "aiohttp", "sqlalchemy", "schemathesis"
}  # fmt: skip
FURTHER_CODES: Mapping[str, set[int]] = {
    "verify": set[int](ExitCode),
    "verify-receiver": set[int](ExitCode),
    "proxy": {1},
    "mock": set(),
    "reference": {1},
    "reference customers forget": {1, 4},
    "request": {1, 3},
    "sign": set(),
    "verify-signature": {1},
    "listen": {1, 3},
    "trigger": {1, 3},
    "sessions": {1, 3},
    "deliveries": {1, 3},
    "clock": {1, 3},
    "faults": {1, 3},
    "reset": {1, 3},
    "docs": set(),
    "completion": set(),
}
"""What a command and those below it exit with, besides what every command does."""


def examples(parser: argparse.ArgumentParser) -> list[list[str]]:
    """The words behind `stablemint` of each command line in a help, whatever stands around it."""
    told = (parser.epilog or "").partition("examples:\n")[2].partition("exit codes:")[0].replace("\\\n", " ")
    found = re.findall(r"(?:^|[|(]) *stablemint ([^|>\n#]*)", told, re.MULTILINE)
    return [shlex.split(line.replace(')"', "")) for line in found]


def exit_codes(parser: argparse.ArgumentParser) -> set[int]:
    """Those that a help lists."""
    listed = (parser.epilog or "").partition("exit codes:\n")[2]
    return {int(code) for code in re.findall(r"^  (\d+)  +\S", listed, re.MULTILINE)}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_parse_and_the_exit_codes(name: str) -> None:
    """Of each command, and of each command below it."""
    for _, parser in parsers(parser_of(name)):
        shown = examples(parser)
        words = parser.prog.split()[1:]
        assert shown, parser.prog
        for line in shown:
            assert line[: len(words)] == words
            parser_of(name).parse_args(line[1:])
        further = FURTHER_CODES.get(" ".join(words), FURTHER_CODES[name])
        assert exit_codes(parser) == {*EVERYWHERE, *further}, parser.prog


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_terminal_of_80_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples included, which are not filled: a long one goes on below."""
    monkeypatch.setenv("COLUMNS", "80")
    for _, parser in parsers(parser_of(name)):
        assert [line for line in parser.format_help().splitlines() if len(line) > 80] == [], parser.prog


def test_what_can_be_triggered_is_listed_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is a table on the command's page."""
    monkeypatch.setenv("COLUMNS", "80")
    shown, page = parser_of("trigger").format_help(), pages()["commands/trigger.md"]
    for name in (*EVENTS, *OUTCOMES):
        assert re.search(rf"^  {re.escape(name)}  +\S", shown, re.MULTILINE), name
        assert re.search(rf"^\| `{re.escape(name)}` \| \S", page, re.MULTILINE), name


def test_an_option_of_several_commands_is_one_everywhere() -> None:
    """So that what it takes has one name."""
    found: dict[str, set[str]] = {}
    for name in COMMANDS:
        for _, parser in parsers(parser_of(name)):
            for action in parser._actions:
                if action.help != argparse.SUPPRESS and action.nargs != 0:
                    for option in action.option_strings:
                        found.setdefault(option, set()).add(str(action.metavar or action.dest.upper()))
    assert {option: taken for option, taken in found.items() if len(taken) > 1} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_says_what_it_is(name: str) -> None:
    for _, parser in parsers(parser_of(name)):
        for action in parser._actions:
            assert action.help or isinstance(action, argparse._SubParsersAction), (
                f"{parser.prog} {action.dest}"
            )


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_tells_can_be_had_as_json(name: str) -> None:
    for _, parser in parsers(parser_of(name)):
        ends = not any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)
        if ends:
            assert "--json" in parser._option_string_actions, parser.prog


@pytest.mark.parametrize(
    "words",
    [
        ["request", "hosted"],
        ["sign", "-"],
        ["verify-signature", "-", "--timestamp", "1790000000", "--signature", "x"],
        ["trigger", "success"],
        ["clock", "show"],
        ["sessions", "list"],
        ["deliveries", "list"],
        ["faults", "list"],
        ["reset"],
        ["docs", "--folder"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_a_simple_command_imports_no_framework(stablemint: CommandLine, words: list[str]) -> None:
    """And its output, which goes to a pipe, has no colour."""
    speaks_as_a_partner = words[0] in {"request", "sign", "verify-signature", "trigger"}
    line = [*words, *(["--home", str(stablemint.home)] if speaks_as_a_partner else [])]
    code = f"import sys; from stablemint.program import main\nmain({line!r})\nprint('loaded', *sys.modules)\n"
    done = run(stablemint, [sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    loaded = {module.partition(".")[0] for module in done.stdout.rpartition("\nloaded ")[2].split()}
    assert loaded & FRAMEWORKS == set()
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colour_unless_it_is_not_wanted(
    stablemint: CommandLine, variables: dict[str, str], coloured: bool
) -> None:
    """https://no-color.org"""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "stablemint", "clock", "show"]
    environment = plain_environment(STABLEMINT_URL=stablemint.server.url, **variables)
    if not variables:
        environment.pop("NO_COLOR", None)
    process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    assert process.wait(30) == 0
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ("\x1b[1m" in shown) == coloured


def run(stablemint: CommandLine, line: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line,
        cwd=ROOT,
        env=plain_environment(STABLEMINT_URL=stablemint.server.url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def told_texts() -> Iterator[str]:
    """What the command line can tell: every help, and every text in its code but what explains the code."""
    for name in COMMANDS:
        for _, parser in parsers(parser_of(name)):
            yield parser.format_help()
    for file in (ROOT / "stablemint").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        explained = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
                yield node.value


def test_nothing_is_named_that_the_wheel_does_not_hold() -> None:
    """A user has the rooms alone: no page of `docs/`, no example, no file of the root."""
    tracked = {file.relative_to(ROOT).as_posix() for file in list_files()}
    absent = {name for name in tracked if name.partition("/")[0] not in ROOMS}
    folders = {name.partition("/")[0] for name in absent if "/" in name}
    assert "docs" in folders
    names = "|".join(map(re.escape, sorted({*(f"{each}/" for each in folders), *absent - {"conftest.py"}})))
    naming = re.compile(rf"(?<![\w./-])(?:{names})")
    assert naming.search("see docs/settings.md")
    wrong = {found[0]: text for text in told_texts() if (found := naming.search(text))}
    assert {name for name in wrong if f"http://localhost:8080/{name}" not in wrong[name]} == set()


def test_every_command_that_is_named_exists() -> None:
    """With its subcommand, where it has some."""
    told = "\n".join(told_texts())
    named = set(re.findall(r"`stablemint ([a-z][a-z-]*)((?: [a-z][a-z-]*)*)", told))
    assert len(named) > 10
    for command, rest in named:
        assert command in COMMANDS, command
        below = parser_of(command).verbs()
        for word in rest.split():
            if below is None:
                break
            assert word in below, f"{command}{rest}"
            below = below[word].verbs()
