"""`stablemint completion`: what a shell needs to complete command lines."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from stablemint.failure import manual
from stablemint.parser import Parser

SUMMARY = "print a script that completes commands and options in your shell"


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint completion`."""
    parser.epilog = manual(
        'eval "$(stablemint completion bash)"',
        "stablemint completion zsh > ~/.zfunc/_stablemint",
        "stablemint completion fish > ~/.config/fish/completions/stablemint.fish",
        codes={},
    )
    parser.add_argument(
        "shell", metavar="SHELL", choices=("bash", "zsh", "fish", "tcsh"), help="bash, zsh, fish or tcsh"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with the script as a text")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from stablemint.program import COMMANDS, load
    from stablemint.terminal import Terminal

    parser = Parser(prog="stablemint", description="Stable Mint payment sessions")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name in COMMANDS:
        command = load(name)
        command.add_arguments(commands.add_parser(name, help=command.SUMMARY))
    kinds = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
    for action in _actions(parser):
        if action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined] # where shtab looks for it
    script = shtab.complete(parser, shell=arguments.shell)
    if arguments.shell == "fish":
        script = _without_value(script, "--json")
    if arguments.json:
        Terminal().json({"shell": arguments.shell, "script": script})
    else:
        Terminal().say(script)
    return 0


def _actions(parser: Parser) -> Iterator[argparse.Action]:
    """Every argument and option, those of subcommands included."""
    yield from parser._actions
    for below in (parser.verbs() or {}).values():
        yield from _actions(below)


def _without_value(script: str, option: str) -> str:
    """fish's script knows one list of options that take a value, for all commands: ``option`` leaves it.

    Else the word behind it would be taken for its value, also where it takes none.
    """
    return re.sub(rf"(?m)^(set -g \S+_opts_with_value .*?) {option}(?= )", r"\1", script)
