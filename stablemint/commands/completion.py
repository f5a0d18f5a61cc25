"""`stablemint completion`: what a shell needs to complete command lines."""

from __future__ import annotations

import argparse

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
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"), help="whose script to print")
    parser.add_argument("--json", action="store_true", help="print JSON, with the script as a text")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from stablemint.__main__ import COMMANDS, load
    from stablemint.terminal import Terminal

    parser = Parser(prog="stablemint", description="Stable Mint payment sessions")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name in COMMANDS:
        command = load(name)
        command.add_arguments(commands.add_parser(name, help=command.SUMMARY))
    script = shtab.complete(parser, shell=arguments.shell)
    if arguments.json:
        Terminal().json({"shell": arguments.shell, "script": script})
    else:
        Terminal().say(script)
    return 0
