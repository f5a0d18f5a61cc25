"""Every command of the command line with its options, as its own help says it."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from docs.generated.markdown import code_block, table, toctree
from stablemint.program import COMMANDS, load, parser_of

_CODE: Final = re.compile(
    r"(?<![\w`$-])(?:--[a-z][\w-]*|\$?STABLEMINT_[A-Z_]+\w|https?://localhost[\w:./-]*\w)"
)

JSON: Final[Mapping[str, tuple[str, ...]]] = {
    "request hosted": ("status", "headers", "body"),
    "request hosted --explain-signature": ("status", "headers", "body", "signature"),
    "request hosted --curl": ("curl",),
    "trigger created": ("session", "deliveries"),
    "sign FILE": ("ApiKey", "Timestamp", "Signature"),
    "sign FILE --webhook": ("StableMint-Timestamp", "StableMint-Signature"),
    "verify-signature FILE": ("valid", "code", "cause", "why"),
    "sessions list": ("sessions",),
    "deliveries list": ("deliveries",),
    "deliveries resend --failed": ("deliveries",),
    "clock show": ("now", "isFrozen", "aheadSeconds"),
    "clock advance 1s": ("now", "isFrozen", "aheadSeconds", "occurrences"),
    "faults list": ("faults",),
    "faults clear": ("cleared",),
    "reset": ("reset",),
    "docs --folder": ("folder",),
    "completion bash": ("shell", "script"),
}
"""The members of what a command prints with `--json`. A test runs each."""

_INDEX = """\
# Commands

`stablemint COMMAND --help` prints what stands on these pages. Each command says in its help which exit
codes it has; 2 is wrong usage everywhere, and 130 interrupted.

With `--json`, standard output is JSON and nothing else: one object on one line, and of a command that runs on
an object a line, each with its `event`. What goes wrong is one object on standard error,
`{"error": {"command", "message", "exitCode"}}`, with the `problem` that a server has refused with. `verify`,
`verify-receiver` and `proxy` write the JSON to a file instead, beside what people read, where `--json` names
one.

Colour goes to terminals alone: `NO_COLOR` takes it away there, `FORCE_COLOR` brings it to pipes.

"""


_SHAPES = """\
Members may be added in a later version; none is taken away or given another meaning. Sessions, deliveries,
faults and the clock are as the [control API](../reference-pages.md) has them, and so is the one object that
`sessions show`, `deliveries show`, `deliveries resend DELIVERY_ID` and `faults add` print.
"""


def pages() -> Mapping[str, str]:
    """The index, and a page for every command, its subcommands included."""
    rows = [(f"[`stablemint {name}`]({name}.md)", f"{load(name).SUMMARY}.") for name in COMMANDS]
    shapes = [
        (f"`{line} --json`", ", ".join(f"`{member}`" for member in told)) for line, told in JSON.items()
    ]
    index = (
        f"{_INDEX}{table(('command', 'what it does'), rows)}\n## What `--json` prints\n\n{_SHAPES}\n"
        f"{table(('command', 'members'), shapes)}\n{toctree(COMMANDS, hidden=True)}"
    )
    return {
        "commands/index.md": index,
        **{f"commands/{name}.md": _page(name) for name in COMMANDS},
    }


def _page(name: str) -> str:
    parser = parser_of(name)
    codes = _Manual.of(parser).codes
    return "\n".join(_section(one, level, codes) for level, one in parsers(parser))


def parsers(parser: argparse.ArgumentParser, level: int = 1) -> Iterator[tuple[int, argparse.ArgumentParser]]:
    """A parser and those of its subcommands, each with its depth."""
    yield level, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in dict.fromkeys(action.choices.values()):
                yield from parsers(below, level + 1)


@dataclass(frozen=True)
class _Manual:
    """What a command's help ends with, taken apart."""

    notes: str
    examples: str
    codes: str

    @classmethod
    def of(cls, parser: argparse.ArgumentParser) -> _Manual:
        notes, found = [], {"examples": "", "exit codes": ""}
        for paragraph in ((parser.epilog or "") % {"prog": parser.prog}).strip().split("\n\n"):
            title, _, rest = paragraph.partition(":\n")
            if title in found:
                found[title] = textwrap.dedent(rest)
            else:
                notes.append(_note(paragraph))
        return cls(notes="\n\n".join(notes), examples=found["examples"], codes=found["exit codes"])


def _note(paragraph: str) -> str:
    """A paragraph of a note; names that it lists with what each means are a table."""
    told, *listed = paragraph.split("\n  ")
    if not listed:
        return _prose(paragraph)
    rows = (re.split(" {2,}", line, maxsplit=1) for line in listed)
    meanings = table((told.split()[0], "meaning"), ((f"`{name}`", _prose(said)) for name, said in rows))
    return f"{_prose(told)}\n\n{meanings.rstrip()}"


def _section(parser: argparse.ArgumentParser, level: int, codes: str) -> str:
    """What the parser's help says, laid out here: that of argparse differs between versions of Python.

    ``codes`` are the exit codes of the page's command, which its subcommands need not say again.
    """
    actions = [one for one in parser._actions if one.help != argparse.SUPPRESS and one.dest != "help"]
    positional = [one for one in actions if not one.option_strings]
    options = [one for one in actions if one.option_strings]
    words = [parser.prog, *(["[OPTION ...]"] if options else []), *map(_argument, positional)]
    description = parser.description or ""
    text = f"{description[:1].upper()}{description[1:].rstrip('.')}."
    manual = _Manual.of(parser)
    pieces = [f"{'#' * min(level, 4)} `{parser.prog}`", text, code_block(f"usage: {' '.join(words)}", "text")]
    pieces.append(manual.notes)
    if manual.examples:
        pieces += ["For example:", code_block(manual.examples, "sh")]
    told = [one for one in positional if not isinstance(one, argparse._SubParsersAction)]
    if told:
        pieces.append(
            table(("argument", "meaning"), ((f"`{_argument(one)}`", _meaning(one)) for one in told))
        )
    if options:
        pieces.append(table(("option", "meaning"), ((f"`{_option(one)}`", _meaning(one)) for one in options)))
    if manual.codes and (level == 1 or manual.codes != codes):
        rows = (line.split(maxsplit=1) for line in manual.codes.splitlines())
        pieces.append(table(("exit code", "meaning"), ((code, _prose(said)) for code, said in rows)))
    return "\n".join(f"{piece.rstrip()}\n" for piece in pieces if piece)


def _argument(action: argparse.Action) -> str:
    """A positional argument as usage shows it."""
    if isinstance(action, argparse._SubParsersAction):
        return "|".join(action.choices)
    name = str(action.metavar or "|".join(map(str, action.choices or (action.dest,))))
    return {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} ..."}.get(str(action.nargs), name)


def _option(action: argparse.Action) -> str:
    """An option with what it takes."""
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    taken = str(action.metavar or action.dest.upper())
    return f"{names} [{taken}]" if action.nargs == "?" else f"{names} {taken}"


def _meaning(action: argparse.Action) -> str:
    """The help of an argument, and what can be chosen where its name does not say so."""
    text = _prose((action.help or "") % vars(action))
    if action.option_strings and action.choices and not action.metavar:
        text += ": " + ", ".join(f"`{choice}`" for choice in action.choices)
    return text


def _prose(text: str) -> str:
    """Words of a help text, with nothing in them that Markdown would take for its own; options and variables
    are code.
    """
    pieces = re.split(r"(`[^`]*`)", text)
    pieces[::2] = [_CODE.sub(r"`\g<0>`", re.sub(r"[<*\[]", r"\\\g<0>", plain)) for plain in pieces[::2]]
    return "".join(pieces)
