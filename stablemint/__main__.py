"""The command ``stablemint``: finds the subcommand's module, and imports nothing else.

A module of ``stablemint.commands`` has ``SUMMARY``, ``add_arguments(parser)`` and ``run(arguments)``, which
returns the exit code and is where its room is imported; so help, ``--version`` and mistakes are answered
without a web framework.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol, cast

from stablemint.failure import INTERRUPTED, WRONG_USAGE, Failure

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


class Command(Protocol):
    """What a module of ``stablemint.commands`` offers."""

    SUMMARY: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, by default the process's own, and return its exit code.

    Raises SystemExit where argparse does: after help, and on wrong usage (exit code 2).
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0].startswith("-"):
        return _answer_without_command(words)
    name, *options = words
    if name not in COMMANDS:
        return _refuse(name)
    command = load(name)
    parser = argparse.ArgumentParser(
        prog=f"stablemint {name}", description=_sentence(command.SUMMARY), allow_abbrev=False
    )
    command.add_arguments(parser)
    arguments = parser.parse_args(options)
    try:
        return command.run(arguments)
    except Failure as failure:
        sys.stderr.write(f"stablemint {name}: {failure}\n")
        return failure.code
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def load(name: str) -> Command:
    """The module of the subcommand called ``name``."""
    return cast("Command", importlib.import_module(f"stablemint.commands.{name.replace('-', '_')}"))


def _answer_without_command(words: Sequence[str]) -> int:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:{width}}  {load(name).SUMMARY}" for name in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="stablemint",
        usage="stablemint [--help] [--version] COMMAND ...",
        description=f"Stable Mint payment sessions, on your own machine.\n\ncommands:\n{listing}",
        epilog="`stablemint COMMAND --help` tells what a command takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"stablemint {version(DISTRIBUTION)}")
    parser.parse_args(words)
    parser.print_help(sys.stderr)
    return WRONG_USAGE


def _refuse(name: str) -> int:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    cure = f"did you mean `stablemint {near[0]}`?" if near else "`stablemint --help` lists the commands."
    sys.stderr.write(f"stablemint: there is no command {name!r}; {cure}\n")
    return WRONG_USAGE


def _sentence(summary: str) -> str:
    return f"{summary[:1].upper()}{summary[1:]}."


if __name__ == "__main__":
    sys.exit(main())
