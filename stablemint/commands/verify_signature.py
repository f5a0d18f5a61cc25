"""`stablemint verify-signature`: whether a signature is right, and if not, why."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from stablemint.failure import REFUSED, WRONG_USAGE, Failure, manual
from stablemint.parser import Parser

SUMMARY = "check a signature over a body, and say what is wrong with it"


_NOTE = """\
A request is checked with the partner's own credentials. The time window of 300 seconds is checked as of now;
--at names another time."""


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint verify-signature`."""
    from stablemint.options import add_json, number
    from stablemint.partner import add_partner_options

    parser.epilog = manual(
        'stablemint verify-signature order.json --timestamp 1790000000 --signature "$SIGNATURE"',
        "stablemint verify-signature event.json --webhook --timestamp 2026-03-01T12:00:00.000Z"
        ' --signature "$SIGNATURE" --public-key .stablemint/webhook_public_key.pem',
        note=_NOTE,
        codes={0: "the signature holds", REFUSED: "it does not hold"},
    )
    parser.add_argument("body", metavar="FILE", help="the body as received, - for standard input")
    parser.add_argument("--timestamp", required=True, metavar="T", help="the time-stamp header's value")
    parser.add_argument("--signature", required=True, metavar="S", help="the signature header's value")
    parser.add_argument("--webhook", action="store_true", help="it is a webhook: <timestamp>,<body>")
    parser.add_argument(
        "--public-key",
        type=Path,
        metavar="FILE",
        help="public key for --webhook (default: webhook_public_key.pem in --home)",
    )
    parser.add_argument(
        "--at", type=number(0, 1e11), metavar="T", help="check the window as of this Unix time (default: now)"
    )
    add_json(parser)
    add_partner_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict: 0 for a signature that holds, 1 for one that does not."""
    from stablemint.partner import read_body
    from stablemint.terminal import Terminal

    body = read_body(arguments.body)
    now = time.time() if arguments.at is None else arguments.at
    verdict = _webhook(arguments, body, now) if arguments.webhook else _request(arguments, body, now)
    terminal = Terminal()
    if arguments.json:
        terminal.json(verdict)
    elif verdict["valid"]:
        terminal.say(terminal.paint("valid", "bold", "green"))
    else:
        terminal.say(terminal.paint("not valid", "bold", "red"))
        terminal.say("\n".join(f"  {line}" for line in verdict["why"]))
    return 0 if verdict["valid"] else REFUSED


def _request(arguments: argparse.Namespace, body: bytes, now: float) -> dict[str, Any]:
    """By the rules of the API, and with the diagnosis that the mock server gives."""
    from mockserver.diagnosis import Refusal, diagnose
    from reference_impl.domain.authentication import Credentials, authenticate
    from reference_impl.domain.problems import Problem
    from stablemint.partner import read_credentials

    partner = read_credentials(arguments).partner()
    fields = {
        "apikey": partner.api_key,
        "timestamp": arguments.timestamp,
        "signature": arguments.signature,
    }
    try:
        authenticate(
            Credentials(
                api_key=partner.api_key, timestamp=arguments.timestamp, signature=arguments.signature
            ),
            body,
            find_partner=lambda _: partner,
            now=now,
        )
    except Problem as problem:
        found = diagnose(
            Refusal(code=problem.code, fields=fields, body=body, partner=partner, now=now, session_now=now)
        )
        why = [text for text in (found.cause.title + ".", found.evidence, found.cause.cure) if text]
        why += [f"{cause.title}. {cause.cure}" for cause in found.further]
        return {"valid": False, "code": problem.code, "cause": found.cause.code, "why": why}
    return {"valid": True}


def _webhook(arguments: argparse.Namespace, body: bytes, now: float) -> dict[str, Any]:
    from datetime import datetime

    from reference_impl.domain.authentication import WINDOW, verify_signature

    file: Path = arguments.public_key or arguments.home / "webhook_public_key.pem"
    try:
        pem = file.read_text()
        holds = verify_signature(
            f"{arguments.timestamp},".encode() + body, arguments.signature, public_key_pem=pem
        )
    except OSError as error:
        raise Failure(f"{file} cannot be read: {(error.strerror or '').lower()}", WRONG_USAGE) from None
    except ValueError as error:
        raise Failure(f"{file}: {error}", WRONG_USAGE) from None
    why = []
    if not holds:
        why.append(
            "The signature does not verify. It is over `<StableMint-Timestamp>,<request body>`, the body "
            "being the raw bytes received, before any JSON parser has touched them."
        )
    try:
        sent = datetime.fromisoformat(arguments.timestamp)
        if sent.tzinfo is None:
            raise ValueError
        apart = abs(now - sent.timestamp())
        if apart > WINDOW:
            why.append(f"The time stamp is {apart:.0f} seconds off; receivers refuse more than {WINDOW}.")
    except ValueError:
        why.append("The time stamp is no time such as 2026-03-01T12:00:00.000Z.")
    return {"valid": not why, **({"why": why} if why else {})}
