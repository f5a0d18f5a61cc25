"""The next command that a text names: completed, so that it reaches the server that this one has reached."""

from __future__ import annotations

import argparse
import re
import shlex
from typing import Final

_NAMED: Final = re.compile(r"`stablemint ([a-z-]+)( [^`]*)?`")
_REPEATED: Final = ("--url", "--ca-file", "--namespace", "--credentials", "--partner", "--home")
"""Which server and which partner. A token is not among them: what is printed, others may read."""


def complete(text: str, arguments: argparse.Namespace) -> str:
    """The text, where each command in it has the options of this one's that are not as they are by default,
    as far as it takes them.
    """
    return _NAMED.sub(lambda found: f"`{_completed(found[1], found[2] or '', arguments)}`", text)


def _completed(command: str, rest: str, arguments: argparse.Namespace) -> str:
    from stablemint.program import parser_of

    words = rest.split()
    parser = parser_of(command)
    if verbs := parser.verbs():
        parser = verbs[words[0]]
    known, line = parser.options(), f"stablemint {command}{rest}"
    for option in _REPEATED:
        value = getattr(arguments, option.removeprefix("--").replace("-", "_"), None)
        if option in known and option not in words and value not in (None, known[option].default):
            line += f" {option} {shlex.quote(str(value))}"
    return line
