"""`stablemint clock`: the sandbox's session clock."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Any, Final

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.parser import Parser, add_verb

SUMMARY = "show or move the sandbox's clock"

_VERBS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "show": ("show what the clock shows", ("stablemint clock show", "stablemint clock show --json")),
    "freeze": ("stop the clock", ("stablemint clock freeze",)),
    "resume": ("let the clock run on", ("stablemint clock resume",)),
    "advance": (
        "move the clock forwards, and do all that falls due",
        ("stablemint clock advance 31m", "stablemint clock advance 1d12h"),
    ),
    "set": ("move the clock forwards to a time", ("stablemint clock set 2027-01-01T00:00:00Z",)),
}
"""Each subcommand with its summary and its examples."""

_UNITS: Final[Mapping[str, str]] = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint clock`."""
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(*(example for _, examples in _VERBS.values() for example in examples))
    verbs = parser.add_verbs()
    for name, (summary, examples) in _VERBS.items():
        verb = add_verb(verbs, name, summary, *examples)
        if name == "advance":
            verb.add_argument(
                "duration", metavar="DURATION", help="such as 31m, 1d12h, 90s, or PT31M (ISO 8601)"
            )
        if name == "set":
            verb.add_argument("time", metavar="TIME", help="RFC 3339, such as 2027-01-01T00:00:00Z")
        add_sandbox_options(verb)


def run(arguments: argparse.Namespace) -> int:
    """Do it, and show the clock and what fell due."""
    from stablemint.sandbox import Sandbox
    from stablemint.terminal import Terminal

    sandbox, terminal = Sandbox(arguments), Terminal()
    match arguments.verb:
        case "show":
            shown = sandbox.get("clock")
        case "advance":
            shown = sandbox.post("clock/advance", step(arguments.duration))
        case "set":
            shown = sandbox.post("clock/set", {"now": instant(arguments.time)})
        case verb:
            shown = sandbox.post(f"clock/{verb}")
    if arguments.json:
        terminal.json(shown)
        return 0
    state = "frozen" if shown["isFrozen"] else "running"
    terminal.say(f"{terminal.paint(shown['now'], 'bold')}  {state}, {ahead(shown['aheadSeconds'])}")
    if occurrences := shown.get("occurrences"):
        terminal.say()
        rows = [_row(terminal, one) for one in occurrences]
        terminal.table(("due", "session", "what", "came of it"), rows, spare=("due",))
    return 0


def step(duration: str) -> dict[str, Any]:
    """What the control API is told for `1d12h` or `PT36H`; raises Failure for what is no duration."""
    if duration.upper().startswith("P"):
        return {"duration": duration.upper()}
    if duration.startswith("-"):
        raise Failure(
            f"{duration!r}: the clock moves forwards alone; give 31m, 1d12h, 90s or PT31M", WRONG_USAGE
        )
    if not _DURATION.fullmatch(duration):
        raise Failure(f"{duration!r} is no duration: give 31m, 1d12h, 90s or PT31M", WRONG_USAGE)
    units: dict[str, float] = {}
    for number, letter in _PART.findall(duration):
        units[_UNITS[letter]] = units.get(_UNITS[letter], 0) + float(number)
    return units


def instant(time: str) -> str:
    """A time as the control API takes it; raises Failure for what has no date, time and zone."""
    if not _TIME.fullmatch(time):
        raise Failure(f"{time!r} is no time: give one such as 2027-01-01T00:00:00Z", WRONG_USAGE)
    return time.upper()


def ahead(seconds: float) -> str:
    """How far the clock is ahead, in whole seconds, written as `advance` reads it."""
    rest, parts = round(seconds), []
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        parts += [f"{count}{unit}"] if count else []
    return f"{''.join(parts)} ahead of real time" if parts else "in step with real time"


def _row(terminal: Any, one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if one["kind"] == "transition":
        return (
            one["dueAt"],
            one["sessionId"],
            "transition",
            f"{one['status']} ({one['depositStatus'] or '-'})",
        )
    answer = one["answerStatus"] or one["error"] or "not sent: no URL"
    style = "green" if one["deliveryStatus"] == "delivered" else "red"
    return (
        one["dueAt"],
        one["sessionId"],
        f"attempt {one['attempt'] or '-'} of {terminal.event(one['eventType'])}",
        terminal.paint(f"{one['deliveryStatus']}: {answer}", style),
    )
