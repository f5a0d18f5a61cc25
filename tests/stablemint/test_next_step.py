"""A command that is named as the next step reaches, when pasted, the same server as the same partner."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence

import pytest

from stablemint.next_step import complete
from stablemint.program import parser_of
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.sandboxed import CommandLine


def named(text: str) -> list[str]:
    """The words behind `stablemint` of the one command that a text names."""
    (line,) = re.findall(r"`stablemint ([^`]*)`", text)
    return shlex.split(line)


def at_a_terminal(words: Sequence[str]) -> str:
    """What a command shows to a person, with nothing in the environment that would name a server."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "stablemint", *words]
    environment = plain_environment(NO_COLOR="1", COLUMNS="200")
    process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    assert process.wait(30) == 0
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    return shown


def test_a_request_names_a_step_that_pays_its_session(stablemint: CommandLine) -> None:
    there = ("--url", stablemint.server.url, "--home", str(stablemint.home), "--partner", "partner-only")
    paying = named(at_a_terminal(["request", "partner-hosted", *there]))
    assert paying[:2] == ["trigger", "success"]
    listening = named(paid := at_a_terminal(paying))
    assert "completed (deposit completed)" in paid
    assert listening == ["listen", "--url", stablemint.server.url, "--partner", "partner-only"]


def test_what_a_refusal_advises_names_the_server(stablemint: CommandLine) -> None:
    url = f"{stablemint.server.url}/"
    for words, advised in (
        (("sessions", "show", "none"), ["sessions", "list"]),
        (("deliveries", "show", "none"), ["deliveries", "list"]),
        (("faults", "clear", "none"), ["faults", "list"]),
    ):
        assert named(stablemint(*words, "--url", url).err) == [*advised, "--url", url]


def test_an_empty_list_says_whether_there_is_anything_else(stablemint: CommandLine) -> None:
    assert stablemint("sessions", "list").out == "no sessions yet; `stablemint request hosted` makes one\n"
    filtered = stablemint("sessions", "list", "--partner", "demo", "--status", "expired").out
    assert filtered == "no sessions that match; `stablemint request hosted --partner demo` makes one\n"


@pytest.mark.parametrize(
    ("given", "text", "completed"),
    [
        ([], "`stablemint sessions list` shows", "`stablemint sessions list` shows"),
        (["--home", "a b"], "`stablemint mock` makes", "`stablemint mock --home 'a b'` makes"),
        (["--home", "x"], "`stablemint reset`", "`stablemint reset`"),
        (["--namespace", "n"], "`stablemint clock show`", "`stablemint clock show --namespace n`"),
        (["--control-token", "secret"], "`stablemint reset`", "`stablemint reset`"),
    ],
)
def test_options_are_repeated_where_the_next_command_has_them(
    given: list[str], text: str, completed: str
) -> None:
    """A token is not: what is printed, others may read."""
    arguments = parser_of("trigger").parse_args(["success", *given])
    assert complete(text, arguments) == completed
