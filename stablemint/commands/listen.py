"""`stablemint listen`: the sandbox's webhooks, shown as they come and forwarded to a local server."""

from __future__ import annotations

import argparse

from stablemint.failure import REFUSED, UNREACHABLE, manual
from stablemint.parser import Parser

SUMMARY = "show webhooks as they come, and forward them to your server"

_NOTE = """\
While it runs, the partner's endpoints lead here; when it ends, they are what they were before. What arrives
is forwarded unchanged, body and signature, and your server's answer goes back. Without --forward-to each
event is acknowledged and shown."""


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint listen`."""
    from stablemint.options import given, http_url
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(
        "stablemint listen",
        "stablemint listen --forward-to http://localhost:3000/webhooks",
        "stablemint listen --events partner.customer.deposit.completed --json",
        note=_NOTE,
        codes={
            REFUSED: "the server refused",
            UNREACHABLE: "the server cannot be reached, or ended meanwhile",
        },
    )
    parser.add_argument("--forward-to", type=http_url, metavar="URL", help="your server's webhook address")
    parser.add_argument(
        "--events",
        type=lambda text: tuple(filter(None, text.split(","))),
        default=(),
        metavar="TYPES",
        help="these event types alone, comma-separated (default: all)",
    )
    parser.add_argument(
        "--partner", type=given, default="demo", metavar="NAME", help="whose events (default: %(default)s)"
    )
    add_sandbox_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Listen until interrupted; 0 then, with the endpoints as they were."""
    from stablemint.listening import listen
    from stablemint.sandbox import Sandbox
    from stablemint.terminal import Terminal

    return listen(
        Sandbox(arguments),
        Terminal(),
        partner=arguments.partner,
        forward_to=arguments.forward_to,
        events=arguments.events,
        as_json=arguments.json,
    )
