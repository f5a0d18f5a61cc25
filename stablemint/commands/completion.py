"""`stablemint completion`: what a shell needs to complete command lines."""

from __future__ import annotations

import argparse

from stablemint.failure import EXIT_CODES

SUMMARY = "print a script that completes commands and options in your shell"

_EPILOG = f"""\
examples:
  eval "$(stablemint completion bash)"
  stablemint completion zsh > ~/.zfunc/_stablemint

{EXIT_CODES}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint completion`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="whose script to print")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from stablemint.__main__ import COMMANDS, load
    from stablemint.terminal import Terminal

    parser = argparse.ArgumentParser(prog="stablemint", description="Stable Mint payment sessions")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name in COMMANDS:
        command = load(name)
        command.add_arguments(commands.add_parser(name, help=command.SUMMARY))
    Terminal().say(shtab.complete(parser, shell=arguments.shell))
    return 0
