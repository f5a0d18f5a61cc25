"""Options that say which store a command works on, and the store itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stablemint.failure import REFUSED, WRONG_USAGE, Failure
from stablemint.parser import Parser, add_verb
from stablemint.terminal import Terminal

if TYPE_CHECKING:
    from reference_impl.settings import Settings
    from reference_impl.storage.sql import SqlStorage

STORE_OPTIONS = {
    "--config": ("FILE", "TOML file with settings (default: $STABLEMINT_CONFIG)"),
    "--database-url": ("URL", "postgresql://… or sqlite:///FILE (default: an SQLite file in --home)"),
    "--home": ("DIR", "folder of the embedded database and of credentials (default: .stablemint/reference)"),
}


def add_settings(parser: argparse.ArgumentParser, *groups: dict[str, tuple[str, str]]) -> None:
    """Options that are settings; absent where they are not given, so that the settings' order decides."""
    for group in groups:
        for option, (metavar, explanation) in group.items():
            parser.add_argument(option, metavar=metavar, default=argparse.SUPPRESS, help=explanation)


CODES = {
    REFUSED: "the store does not allow it, such as a second partner of one name",
    WRONG_USAGE: "wrong usage, settings, or a database that cannot be used",
}
"""The exit codes of every command on the store."""


def add_command(
    commands: Any,
    name: str,
    summary: str,
    *examples: str,
    work: object,
    codes: Mapping[int, str] = CODES,
    json: str = "print JSON, for programs",
) -> Parser:
    """A command of `stablemint reference`, or one below it.

    Its ``examples`` are command lines without `stablemint reference`; ``work`` takes the parsed arguments,
    ``json`` says what its `--json` does.
    """
    parser = add_verb(commands, name, summary, *map(_whole, examples), codes=codes)
    parser.set_defaults(work=work)
    add_json_switch(parser, json)
    return parser


def add_json_switch(parser: argparse.ArgumentParser, explanation: str) -> None:
    """``--json``; absent where it is not given, so that one before the command is not undone."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=explanation)


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


def no_partner(name: str) -> Failure:
    """There is none of that name."""
    return Failure(f"there is no partner {name}; `stablemint reference partners list` names all")


@contextmanager
def open_store(arguments: argparse.Namespace) -> Iterator[SqlStorage]:
    """The store that the options name, until the block ends. Raises SettingsError and OSError."""
    from reference_impl.serving.assembly import open_storage

    storage = open_storage(given_settings(arguments))
    try:
        yield storage
    finally:
        storage.close()


def tell(arguments: argparse.Namespace, document: Mapping[str, Any], text: str) -> None:
    """Print what came of a command: the document for a program, or else the text."""
    if wants_json(arguments):
        Terminal().json(document)
    else:
        Terminal().say(text)


def tell_rows(
    arguments: argparse.Namespace,
    name: str,
    members: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    *,
    none: str,
) -> None:
    """Print a list, called ``name`` in JSON; ``members`` are its columns by what they are called in JSON."""
    listed = list(rows)
    if wants_json(arguments):
        Terminal().json({name: listed})
    elif listed:
        cells = ([_cell(row[member]) for member in members] for row in listed)
        Terminal().table(list(members.values()), cells)
    else:
        Terminal().say(none)


def wants_json(arguments: argparse.Namespace) -> bool:
    """Whether JSON was asked for."""
    return getattr(arguments, "json", False)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
