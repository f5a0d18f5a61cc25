"""`stablemint sessions`: the sandbox's payment sessions."""

from __future__ import annotations

import argparse
from typing import Final

from stablemint.failure import manual
from stablemint.parser import Parser, add_verb

SUMMARY = "list or show the sandbox's sessions"

STYLES: Final = {
    "open": "blue",
    "processing": "yellow",
    "completed": "green",
    "failed": "red",
    "expired": "dim",
    "cancelled": "dim",
}


_LIST = ("stablemint sessions list", "stablemint sessions list --status open --json")
_SHOW = ("stablemint sessions show SESSION_ID",)


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint sessions`."""
    from stablemint.options import given, positive
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(*_LIST, *_SHOW)
    verbs = parser.add_verbs()
    listing = add_verb(verbs, "list", "list the latest sessions", *_LIST)
    listing.add_argument("--partner", type=given, metavar="NAME", help="of this partner alone")
    listing.add_argument(
        "--status",
        choices=tuple(STYLES),
        metavar="STATUS",
        help=f"of this status alone: {', '.join(STYLES)}",
    )
    listing.add_argument("--limit", type=positive, metavar="N", help="at most so many")
    add_sandbox_options(listing)
    showing = add_verb(verbs, "show", "show a session with its deliveries", *_SHOW)
    showing.add_argument(
        "session", type=given, metavar="SESSION_ID", help="as `list` and the creation show it"
    )
    add_sandbox_options(showing)


def run(arguments: argparse.Namespace) -> int:
    """List or show."""
    from stablemint.next_step import complete
    from stablemint.sandbox import Sandbox, segment
    from stablemint.terminal import Terminal

    sandbox, terminal = Sandbox(arguments), Terminal()
    if arguments.verb == "show":
        found = sandbox.get(f"sessions/{segment(arguments.session)}")
        if arguments.json:
            terminal.json(found)
        else:
            terminal.say(terminal.pretty(found))
        return 0
    found = sandbox.get("sessions", partner=arguments.partner, status=arguments.status, limit=arguments.limit)
    if arguments.json:
        terminal.json(found)
        return 0
    if not found["sessions"]:
        those = "no sessions that match" if arguments.partner or arguments.status else "no sessions yet"
        terminal.say(complete(f"{those}; `stablemint request hosted` makes one", arguments))
        return 0
    terminal.table(
        ("created", "session", "partner", "type", "amount", "status", "deposit"),
        [
            (
                one["createdAt"],
                one["sessionId"],
                one["partner"],
                one["type"],
                f"{one['amount']:.2f} {one['currency']}" if one["amount"] is not None else "-",
                terminal.paint(one["status"], STYLES[one["status"]]),
                (one["deposit"] or {}).get("failureCode") or (one["deposit"] or {}).get("status") or "-",
            )
            for one in found["sessions"]
        ],
        spare=("created", "partner", "type"),
    )
    return 0
