"""`stablemint sign`: the header fields of a request or of a webhook, for exactly these bytes."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.parser import Parser

SUMMARY = "sign a request's body, or a webhook's"


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint sign`."""
    from stablemint.options import add_json
    from stablemint.partner import add_partner_options

    parser.epilog = manual(
        "stablemint sign order.json",
        "printf '' | stablemint sign -",
        "stablemint sign event.json --webhook --signing-key .stablemint/webhook_private_key.pem",
        codes={},
    )
    parser.add_argument("body", metavar="FILE", help="the body, - for standard input")
    parser.add_argument(
        "--timestamp",
        metavar="T",
        help="Unix time in seconds; of a webhook, 2026-03-01T12:00:00.000Z (default: now)",
    )
    parser.add_argument(
        "--webhook", action="store_true", help="sign as Stable Mint signs a webhook: <timestamp>,<body>"
    )
    parser.add_argument(
        "--signing-key",
        type=Path,
        metavar="FILE",
        help="private key for --webhook (default: webhook_private_key.pem in --home)",
    )
    add_json(parser)
    add_partner_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the header fields."""
    from stablemint.partner import read_body, read_credentials
    from stablemint.terminal import Terminal

    if arguments.webhook:
        headers = _sign_webhook(arguments)
    else:
        if arguments.signing_key is not None:
            raise Failure("--signing-key goes with --webhook", WRONG_USAGE)
        timestamp = int(time.time()) if arguments.timestamp is None else _seconds(arguments.timestamp)
        headers = read_credentials(arguments).sign(read_body(arguments.body), timestamp=timestamp)
    terminal = Terminal()
    if arguments.json:
        terminal.json(headers)
    else:
        for name, value in headers.items():
            terminal.say(f"{name}: {value}")
    return 0


def _seconds(text: str) -> int:
    if not re.fullmatch("[0-9]{10}", text):
        raise Failure(
            f"--timestamp {text}: a request's is Unix time in whole seconds, ten digits", WRONG_USAGE
        )
    return int(text)


def _sign_webhook(arguments: argparse.Namespace) -> dict[str, str]:
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from reference_impl.domain.webhook_signatures import sign_webhook
    from stablemint.partner import read_body

    file: Path = arguments.signing_key or arguments.home / "webhook_private_key.pem"
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {(error.strerror or '').lower()}", WRONG_USAGE) from None
    except (ValueError, TypeError) as error:
        raise Failure(f"{file}: {error}", WRONG_USAGE) from None
    try:
        now = (
            datetime.now(UTC) if arguments.timestamp is None else datetime.fromisoformat(arguments.timestamp)
        )
    except ValueError as error:
        raise Failure(
            f"--timestamp {arguments.timestamp}: {error}; give one such as 2026-03-01T12:00:00.000Z",
            WRONG_USAGE,
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Failure(f"{file} is no RSA key", WRONG_USAGE)
    if now.tzinfo is None:
        raise Failure("--timestamp needs its zone, such as 2026-03-01T12:00:00.000Z", WRONG_USAGE)
    return sign_webhook(read_body(arguments.body), key=key, now=now.astimezone(UTC))
