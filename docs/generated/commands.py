"""Every command of the command line with its options, as its own help says it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from unittest import mock

from docs.generated.markdown import code_block, table, toctree
from stablemint.__main__ import COMMANDS, load

_INDEX = """\
# Commands

`stablemint COMMAND --help` prints what stands on these pages. Each command says in its help which exit
codes it has; 2 is wrong usage everywhere, and 130 interrupted.

"""


def pages() -> Mapping[str, str]:
    """The index, and a page for every command, its subcommands included."""
    rows = [(f"[`stablemint {name}`]({name}.md)", f"{load(name).SUMMARY}.") for name in COMMANDS]
    index = f"{_INDEX}{table(('command', 'what it does'), rows)}\n{toctree(COMMANDS, hidden=True)}"
    return {
        "commands/index.md": index,
        **{f"commands/{name}.md": _page(name) for name in COMMANDS},
    }


def _page(name: str) -> str:
    command = load(name)
    parser = argparse.ArgumentParser(
        prog=f"stablemint {name}", description=command.SUMMARY, allow_abbrev=False
    )
    command.add_arguments(parser)
    with mock.patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"}):
        return "\n".join(
            f"{'#' * min(level, 4)} `{one.prog}`\n\n{code_block(one.format_help(), 'text')}"
            for level, one in _parsers(parser)
        )


def _parsers(
    parser: argparse.ArgumentParser, level: int = 1
) -> Iterator[tuple[int, argparse.ArgumentParser]]:
    """A parser and those of its subcommands, each with its depth."""
    yield level, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in dict.fromkeys(action.choices.values()):
                yield from _parsers(below, level + 1)
