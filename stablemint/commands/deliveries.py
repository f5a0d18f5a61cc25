"""`stablemint deliveries`: the webhooks that the sandbox has sent, or is about to."""

from __future__ import annotations

import argparse
from typing import Any, Final

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.parser import Parser, add_verb

SUMMARY = "list, show or resend the sandbox's webhooks"

_STYLES: Final = {"delivered": "green", "pending": "yellow", "failed": "red", "not_configured": "dim"}


_LIST = ("stablemint deliveries list", "stablemint deliveries list --status failed --json")
_SHOW = ("stablemint deliveries show DELIVERY_ID",)
_RESEND = ("stablemint deliveries resend DELIVERY_ID", "stablemint deliveries resend --failed")


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint deliveries`."""
    from stablemint.options import given, positive
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(*_LIST, *_SHOW, *_RESEND)
    verbs = parser.add_verbs()
    listing = add_verb(verbs, "list", "list the latest deliveries", *_LIST)
    listing.add_argument(
        "--status",
        choices=tuple(_STYLES),
        metavar="STATUS",
        help=f"of this status alone: {', '.join(_STYLES)}",
    )
    listing.add_argument("--limit", type=positive, metavar="N", help="at most so many")
    showing = add_verb(verbs, "show", "show a delivery with every attempt", *_SHOW)
    showing.add_argument("delivery", type=given, metavar="DELIVERY_ID", help="as `list` shows it")
    resending = add_verb(verbs, "resend", "send a delivery again, or all that failed", *_RESEND)
    resending.add_argument(
        "delivery", type=given, nargs="?", metavar="DELIVERY_ID", help="as `list` shows it"
    )
    resending.add_argument("--failed", action="store_true", help="every failed one that matches")
    for verb in (listing, resending):
        verb.add_argument("--partner", type=given, metavar="NAME", help="of this partner alone")
        verb.add_argument("--session", type=given, metavar="SESSION_ID", help="of this session alone")
    for verb in (listing, showing, resending):
        add_sandbox_options(verb)


def run(arguments: argparse.Namespace) -> int:
    """List, show or resend."""
    from stablemint.sandbox import Sandbox, segment
    from stablemint.terminal import Terminal

    sandbox, terminal = Sandbox(arguments), Terminal()
    match arguments.verb:
        case "show":
            found = sandbox.get(f"deliveries/{segment(arguments.delivery)}")
            if arguments.json:
                terminal.json(found)
            else:
                terminal.say(terminal.pretty(found))
            return 0
        case "list":
            found = sandbox.get(
                "deliveries",
                partner=arguments.partner,
                sessionId=arguments.session,
                status=arguments.status,
                limit=arguments.limit,
            )
            shown = found["deliveries"]
        case _:
            if bool(arguments.delivery) == arguments.failed:
                raise Failure("give a DELIVERY_ID, or --failed for every failed one", WRONG_USAGE)
            if arguments.failed:
                found = sandbox.post(
                    "deliveries/resend-failed", partner=arguments.partner, sessionId=arguments.session
                )
                shown = found["deliveries"]
            else:
                found = sandbox.post(f"deliveries/{segment(arguments.delivery)}/resend")
                shown = [found]
    if arguments.json:
        terminal.json(found)
    elif not shown:
        terminal.say("none")
    else:
        _show(terminal, shown)
    return 0


def _show(terminal: Any, deliveries: list[dict[str, Any]]) -> None:
    terminal.table(
        ("created", "delivery", "session", "event", "status", "attempts", "due"),
        [
            (
                one["createdAt"],
                one["deliveryId"],
                one["sessionId"],
                terminal.event(one["eventType"]),
                terminal.paint(one["status"], _STYLES[one["status"]]),
                str(one["attempts"]),
                one["dueAt"] or "-",
            )
            for one in deliveries
        ],
        spare=("due", "created", "attempts", "session"),
    )
