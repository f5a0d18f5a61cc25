"""`stablemint reset`: forget what a sandbox has seen."""

from __future__ import annotations

import argparse

from stablemint.failure import EXIT_CODES

SUMMARY = "forget the sandbox's sessions, payments and webhooks"

_EPILOG = f"""\
Partners, their keys and their endpoints stay.

example:
  stablemint reset --namespace default

{EXIT_CODES}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint reset`."""
    from stablemint.sandbox import add_sandbox_options

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
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
