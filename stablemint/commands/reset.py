"""`stablemint reset`: forget what a sandbox has seen."""

from __future__ import annotations

import argparse

from stablemint.failure import manual
from stablemint.parser import Parser

SUMMARY = "forget the sandbox's sessions, payments and webhooks"

_NOTE = """\
Partners, their keys and their endpoints stay."""


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint reset`."""
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual("stablemint reset", "stablemint reset --namespace tests", note=_NOTE)
    add_sandbox_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Reset the namespace."""
    from stablemint.sandbox import Sandbox
    from stablemint.terminal import Terminal

    done = Sandbox(arguments).post("reset")
    terminal = Terminal()
    if arguments.json:
        terminal.json(done)
    else:
        terminal.say(f"the namespace {arguments.namespace} is as new; partners and endpoints stay")
    return 0
