"""How a command says that it could not do what it was asked, and the exit codes that go with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TextIO

from stablemint import interruption

REFUSED: Final = 1
"""The server refused, or what was to be checked does not hold."""
WRONG_USAGE: Final = 2
UNREACHABLE: Final = 3
"""Nobody answers at the address."""
NOT_WRITTEN: Final = 5
"""What was to be told could not be written."""
UNREAD: Final = 141
"""Whoever read the output stopped: as a shell tells of a program that SIGPIPE ended."""

EVERYWHERE: Final[Mapping[int, str]] = {
    0: "done",
    WRONG_USAGE: "wrong usage or configuration",
    NOT_WRITTEN: "the output could not be written, such as to a full disk",
    interruption.INTERRUPTED: "interrupted",
    UNREAD: "whoever read the output stopped reading",
}
"""The exit codes that every command has."""

OF_A_SERVER: Final[Mapping[int, str]] = {
    REFUSED: "the server refused",
    UNREACHABLE: "the server cannot be reached",
}
"""Those of a command that asks a server."""


_EXAMPLE_WIDTH: Final = 74


class Failure(Exception):
    """Ends a command with ``code``; the message says what was wrong and what to do next.

    ``command`` is the command with its subcommand where that is known; ``problem`` what a server answered.
    """

    def __init__(
        self,
        message: str,
        code: int = REFUSED,
        *,
        command: str | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.command = command
        self.problem = problem


def write_failure(failure: Failure, command: str, stream: TextIO, *, as_json: bool) -> None:
    """For a person a line with what follows it; for a program one JSON object on one line."""
    from stablemint.terminal import Terminal, as_one_line, printable

    command = failure.command or command
    if not as_json:
        terminal = Terminal(stream)
        text = terminal.wrap(f"{command}: {printable(str(failure))}")
        stream.write(f"{terminal.paint(f'{command}:', 'bold', 'red')}{text.removeprefix(f'{command}:')}\n")
        return
    told = {"command": command, "message": str(failure), "exitCode": failure.code}
    if failure.problem is not None:
        told["problem"] = failure.problem
    stream.write(as_one_line({"error": told}) + "\n")


def manual(
    *examples: str,
    note: str = "",
    codes: Mapping[int, str] = OF_A_SERVER,
) -> str:
    """What stands below the options in a command's help: a note, examples, and its exit codes."""
    told = {**EVERYWHERE, **codes}
    shown = "\n".join(map(_example, examples))
    pieces = [
        note.strip("\n"),
        f"examples:\n{shown}",
        "exit codes:\n" + listed({str(code): told[code] for code in sorted(told)}),
    ]
    return "\n\n".join(filter(None, pieces)) + "\n"


def listed(meanings: Mapping[str, str]) -> str:
    """Names with what each means, a line for each."""
    width = max(map(len, meanings))
    return "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in meanings.items())


def _example(line: str) -> str:
    """A command line as a help shows it; a long one goes on below, with an option."""
    told = [""]
    for piece in re.split(r" (?=--)", line):
        if told[-1] and len(told[-1]) + len(piece) > _EXAMPLE_WIDTH:
            told[-1] += " \\"
            told.append(f"  {piece}")
        else:
            told[-1] = f"{told[-1]} {piece}" if told[-1] else piece
    return "\n".join(f"  {each}" for each in told)
