"""`stablemint faults`: what the sandbox breaks on purpose."""

from __future__ import annotations

import argparse
from typing import Any

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.parser import Parser, add_verb

SUMMARY = "have the sandbox break requests on purpose"


_ADD = (
    "stablemint faults add --code service_unavailable --times 2",
    "stablemint faults add --delay 3 --drop --path '/session/*'",
)
_LIST = ("stablemint faults list",)
_CLEAR = ("stablemint faults clear", "stablemint faults clear FAULT_ID")


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint faults`."""
    from stablemint.options import given, number, positive, whole_number
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(*_ADD, *_LIST, *_CLEAR)
    verbs = parser.add_verbs()
    adding = add_verb(verbs, "add", "add a fault for the next requests", *_ADD)
    adding.add_argument("--code", metavar="CODE", help="answer with this problem, such as rate_limited")
    adding.add_argument(
        "--status", type=whole_number, metavar="STATUS", help="answer with this status and no JSON"
    )
    adding.add_argument("--drop", action="store_true", help="close the connection without an answer")
    adding.add_argument(
        "--delay", type=number(0, 120), metavar="S", help="wait so many seconds first, up to 120"
    )
    adding.add_argument("--times", type=positive, metavar="N", help="for so many requests (default: 1)")
    adding.add_argument("--path", metavar="PATH", help="for this path, or up to a final *")
    adding.add_argument("--operation", metavar="ID", help="for this operationId")
    adding.add_argument("--partner", type=given, metavar="NAME", help="for this partner's requests")
    listing = add_verb(verbs, "list", "list the faults that wait", *_LIST)
    clearing = add_verb(verbs, "clear", "remove a fault, or all", *_CLEAR)
    clearing.add_argument("fault", type=given, nargs="?", metavar="FAULT_ID", help="this one alone")
    for verb in (adding, listing, clearing):
        add_sandbox_options(verb)


def run(arguments: argparse.Namespace) -> int:
    """Add, list or clear."""
    from stablemint.sandbox import Sandbox, segment
    from stablemint.terminal import Terminal

    sandbox, terminal = Sandbox(arguments), Terminal()
    match arguments.verb:
        case "add":
            found = sandbox.post("faults", _fault(arguments))
            shown = [found]
        case "list":
            found = sandbox.get("faults")
            shown = found["faults"]
        case _:
            place = "faults" if arguments.fault is None else f"faults/{segment(arguments.fault)}"
            found, shown = sandbox.delete(place), []
    if arguments.json:
        terminal.json(found)
    elif arguments.verb == "clear":
        terminal.say("cleared")
    elif not shown:
        terminal.say("none")
    else:
        terminal.table(
            ("fault", "does", "to the next", "that match"),
            [
                (
                    one["faultId"],
                    _does(one),
                    str(one["remaining"]),
                    ", ".join(f"{key} {value}" for key, value in one["match"].items()) or "the session API",
                )
                for one in shown
            ],
        )
    return 0


def _fault(arguments: argparse.Namespace) -> dict[str, Any]:
    fault = {
        "code": arguments.code,
        "status": arguments.status,
        "drop": arguments.drop or None,
        "delaySeconds": arguments.delay,
        "times": arguments.times,
    }
    match = {"path": arguments.path, "operationId": arguments.operation, "partner": arguments.partner}
    given = {name: value for name, value in fault.items() if value is not None}
    if not given.keys() - {"times"}:
        raise Failure("say what to do: --code, --status, --drop or --delay", WRONG_USAGE)
    matching = {name: value for name, value in match.items() if value is not None}
    return {**given, **({"match": matching} if matching else {})}


def _does(fault: dict[str, Any]) -> str:
    parts = []
    if fault["delaySeconds"]:
        parts.append(f"wait {fault['delaySeconds']:g} s")
    if fault["drop"]:
        parts.append("drop the connection")
    elif fault["status"]:
        parts.append(f"answer {fault['status']} {fault['code'] or ''}".strip())
    return ", ".join(parts)
