"""The program behind the command ``stablemint``: finds the subcommand's module, and imports nothing else.

A module of ``stablemint.commands`` has ``SUMMARY``, ``add_arguments(parser)`` and ``run(arguments)``, which
returns the exit code and is where its room is imported; so help, ``--version`` and mistakes are answered
without a web framework.
"""

from __future__ import annotations

import argparse
import codecs
import difflib
import importlib
import io
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TextIO, cast

from stablemint.failure import (
    NOT_WRITTEN,
    OF_A_SERVER,
    UNREAD,
    WRONG_USAGE,
    Failure,
    manual,
    write_failure,
)
from stablemint.interruption import INTERRUPTED
from stablemint.options import add_json
from stablemint.parser import Parser, require_text, speaks_json

DISTRIBUTION = "stablemint-sessions"
COMMANDS = (
    "mock",
    "reference",
    "verify",
    "verify-receiver",
    "proxy",
    "request",
    "sign",
    "verify-signature",
    "listen",
    "trigger",
    "sessions",
    "deliveries",
    "clock",
    "faults",
    "reset",
    "docs",
    "completion",
)

_NOTE = """\
`stablemint COMMAND --help` tells what a command takes. With --json, standard output is JSON and nothing else,
and a command that fails says why in one JSON object on standard error."""
_EXAMPLES = ("stablemint mock", "stablemint request hosted", "stablemint trigger success")


class Command(Protocol):
    """What a module of ``stablemint.commands`` offers."""

    SUMMARY: str

    def add_arguments(self, parser: Parser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, by default the process's own, and return its exit code; nothing is raised."""
    words = list(sys.argv[1:] if argv is None else argv)
    if sys.stderr is None:  # closed by whoever started us
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - to the end
    if sys.stdout is None:
        sys.stderr.write("stablemint: standard output is closed, so nothing can be told\n")
        return NOT_WRITTEN
    _substitute_what_cannot_be_encoded()
    try:
        try:
            code = _run(words)
        except SystemExit as ended:  # argparse, after help and the version
            code = int(ended.code or 0)
        sys.stdout.flush()
    except Failure as failure:
        code = _tell(failure, words)
    except BrokenPipeError:
        _abandon(sys.stdout)
        return UNREAD
    except OSError as error:
        _abandon(sys.stdout)
        code = _tell(_explain(error), words)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def load(name: str) -> Command:
    """The module of the subcommand called ``name``."""
    return cast("Command", importlib.import_module(f"stablemint.commands.{name.replace('-', '_')}"))


def parser_of(name: str) -> Parser:
    """The parser of the subcommand called ``name``, its help included."""
    command = load(name)
    parser = Parser(prog=f"stablemint {name}", description=_sentence(command.SUMMARY))
    command.add_arguments(parser)
    return parser


def _run(words: Sequence[str]) -> int:
    require_text(words)
    if not words or words[0].startswith("-"):
        return _answer_without_command(words)
    name, *options = words
    if name not in COMMANDS:
        raise _no_command(name)
    return load(name).run(parser_of(name).parse_args(options))


def _tell(failure: Failure, words: Sequence[str]) -> int:
    """Say why a command could not do its work; its exit code, whether or not that can be written."""
    name = words[0] if words and words[0] in COMMANDS else ""
    with suppress(OSError):
        write_failure(failure, f"stablemint {name}".rstrip(), sys.stderr, as_json=speaks_json(words))
        sys.stderr.flush()
    return failure.code


def _explain(error: OSError) -> Failure:
    """Of an error that no command has foreseen: with a file it is about that, else about the output."""
    if error.filename is not None:
        return Failure(f"{error.filename}: {error.strerror or error}", WRONG_USAGE)
    return Failure(f"the output cannot be written: {error.strerror or error}", NOT_WRITTEN)


def _abandon(stream: TextIO) -> None:
    """Have what a stream still holds go nowhere, so that the interpreter's end does not fail at it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _substitute_what_cannot_be_encoded() -> None:
    from stablemint.terminal import plain_substitutes

    codecs.register_error("stablemint", plain_substitutes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="stablemint")


def whole_parser() -> Parser:
    """The parser of the words that stand before any command, with the help that lists them all."""
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:{width}}  {load(name).SUMMARY}" for name in COMMANDS)
    parser = Parser(
        prog="stablemint",
        usage="stablemint [--help] [--version] COMMAND ...",
        description=f"Stable Mint payment sessions, on your own machine.\n\ncommands:\n{listing}",
        epilog=manual(*_EXAMPLES, note=_NOTE, codes=OF_A_SERVER),
    )
    parser.add_argument("--version", action="store_true", help="tell which version this is, and stop")
    add_json(parser)
    return parser


def _answer_without_command(words: Sequence[str]) -> int:
    from importlib.metadata import version

    from stablemint.terminal import as_one_line

    parser = whole_parser()
    if command := next((word for word in words if word in COMMANDS), None):
        others = shlex.join(word for word in words if word != command)
        raise Failure(f"options stand behind the command: `stablemint {command} {others}`", WRONG_USAGE)
    arguments = parser.parse_args(words)
    if arguments.version:
        shown = version(DISTRIBUTION)
        line = as_one_line({"version": shown}) if arguments.json else f"stablemint {shown}"
        sys.stdout.write(f"{line}\n")
        return 0
    if arguments.json:
        raise Failure("no command given; `stablemint --help` lists the commands.", WRONG_USAGE)
    parser.print_help(sys.stderr)
    return WRONG_USAGE


def _no_command(name: str) -> Failure:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    cure = f"did you mean `stablemint {near[0]}`?" if near else "`stablemint --help` lists the commands."
    return Failure(f"there is no command {name!r}; {cure}", WRONG_USAGE)


def _sentence(summary: str) -> str:
    return f"{summary[:1].upper()}{summary[1:]}."
