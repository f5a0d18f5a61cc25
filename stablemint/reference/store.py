"""Options that say which store a command works on, and the store itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stablemint.failure import REFUSED, WRONG_USAGE
from stablemint.parser import Parser, add_verb

if TYPE_CHECKING:
    from reference_impl.settings import Settings
    from reference_impl.storage.sql import SqlStorage

STORE_OPTIONS = {
    "--config": ("FILE", "TOML file with settings (default: $STABLEMINT_CONFIG)"),
    "--database-url": ("URL", "postgresql://… or sqlite:///FILE (default: an SQLite file in --home)"),
    "--home": ("DIR", "folder of the embedded database and of credentials (default: .stablemint/reference)"),
}

FAILED = REFUSED


class CommandError(Exception):
    """What keeps a command from doing its work, and what to do about it."""


def add_settings(parser: argparse.ArgumentParser, *groups: dict[str, tuple[str, str]]) -> None:
    """Options that are settings; absent where they are not given, so that the settings' order decides."""
    for group in groups:
        for option, (metavar, explanation) in group.items():
            parser.add_argument(option, metavar=metavar, default=argparse.SUPPRESS, help=explanation)


CODES = {
    0: "done; of a server, that it was stopped by Ctrl-C or a signal",
    FAILED: "the store does not allow it, such as a second partner of one name",
    WRONG_USAGE: "wrong usage, settings, or a database that cannot be used",
}
"""The exit codes of `stablemint reference`, and of every command below it."""


def add_command(
    commands: Any,
    name: str,
    summary: str,
    *examples: str,
    work: object,
    codes: Mapping[int, str] = CODES,
) -> Parser:
    """A command of `stablemint reference`, or one below it.

    Its ``examples`` are command lines without `stablemint reference`; ``work`` takes the parsed arguments.
    """
    parser = add_verb(commands, name, summary, *map(_whole, examples), codes=codes)
    parser.set_defaults(work=work)
    return parser


def add_group(commands: Any, name: str, summary: str, *examples: str) -> Any:
    """A command that has commands of its own: where to add them."""
    parser = add_verb(commands, name, summary, *map(_whole, examples), codes=CODES)
    return parser.add_subparsers(metavar="COMMAND", title="commands", required=True)


def _whole(example: str) -> str:
    return f"stablemint reference {example}"


def given_settings(arguments: argparse.Namespace) -> Settings:
    """The settings that apply to a command on the store. Raises SettingsError."""
    from reference_impl.settings import load_settings

    given = vars(arguments)
    options: dict[str, object] = {name: given[name] for name in ("database_url", "home") if name in given}
    file = given.get("config")
    return load_settings(options, file=Path(file) if file else None)


def no_partner(name: str) -> CommandError:
    """There is none of that name."""
    return CommandError(f"there is no partner {name}; `stablemint reference partners list` names all")


@contextmanager
def open_store(arguments: argparse.Namespace) -> Iterator[SqlStorage]:
    """The store that the options name, until the block ends. Raises SettingsError and OSError."""
    from reference_impl.serving.assembly import open_storage

    storage = open_storage(given_settings(arguments))
    try:
        yield storage
    finally:
        storage.close()


def write(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
