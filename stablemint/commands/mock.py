"""`stablemint mock`: the mock server in the foreground."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.server import Sandbox

SUMMARY = "start the mock server"

_FIRST_SESSION = """\
( . {credentials}
  body='{body}'
  timestamp=$(date +%s)
  signature=$(printf '%s' "$timestamp,$STABLEMINT_API_SECRET,$body" |
    openssl dgst -sha256 -sign "$STABLEMINT_PRIVATE_KEY" | openssl base64 -A)
  curl -sS -w '\\n' {trust}"$STABLEMINT_URL/session/hosted" -H 'Content-Type: application/json' \\
    -H "ApiKey: $STABLEMINT_API_KEY" -H "Timestamp: $timestamp" -H "Signature: $signature" \\
    --data-binary "$body" )"""

_BODY = {
    "userCountryCode": "DE",
    "currency": "EUR",
    "amount": 9.99,
    "successUrl": "https://shop.example/success",
    "supportUrl": "https://shop.example/support",
    "exitUrl": "https://shop.example/cart",
    "errorUrl": "https://shop.example/error",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint mock`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep everything in this SQLite file (default: in memory)"
    )
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(".stablemint"),
        metavar="DIR",
        help="folder of the demo partners' credentials (default: %(default)s)",
    )
    parser.add_argument(
        "--public-url",
        type=_url,
        metavar="URL",
        help="what URLs in answers begin with (default: http://localhost:PORT)",
    )
    parser.add_argument(
        "--max-sessions",
        type=_positive,
        default=10_000,
        metavar="N",
        help="sessions kept; finished ones are dropped first, then the oldest (default: %(default)s)",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve HTTPS, with a certificate made at first start in the home folder",
    )
    parser.add_argument(
        "--control-token",
        default=os.environ.get("STABLEMINT_CONTROL_TOKEN") or None,
        metavar="TOKEN",
        help="lets whoever sends it use the control API from beyond loopback (default: "
        "$STABLEMINT_CONTROL_TOKEN; without one, nobody)",
    )
    parser.add_argument(
        "--validate-responses",
        action="store_true",
        help="hold every answer to the OpenAPI document, and answer 500 where one breaks it",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON when ready")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted: 0 after an orderly stop, 2 if the server cannot start."""
    from mockserver.server import Sandbox, Settings

    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    # What a client sends that is no HTTP is that client's business, and would fill the terminal.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    try:
        sandbox = Sandbox(
            Settings(
                host=arguments.host,
                port=arguments.port,
                state=arguments.state,
                home=arguments.home,
                public_url=arguments.public_url,
                maximum_sessions=arguments.max_sessions,
                control_token=arguments.control_token,
                tls=arguments.tls,
                validate_responses=arguments.validate_responses,
            )
        )
    except OSError as error:
        sys.stderr.write(f"stablemint mock: {_explain(error, arguments)}\n")
        return 2
    # What start-up made stays; the collector need not walk through it, nor often through all sessions.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    describe = _describe_as_json if arguments.json else _describe
    if sandbox.is_exposed_in_clear:
        sys.stderr.write(
            f"stablemint mock: {arguments.host} is reached from other machines in clear; --tls serves HTTPS\n"
        )
    sandbox.serve(ready=lambda: _print(describe(sandbox)))
    if sandbox.storage.dropped_sessions:
        count = sandbox.storage.dropped_sessions
        sys.stderr.write(f"stablemint mock: {count} sessions were dropped to stay within --max-sessions\n")
    return 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _describe_as_json(sandbox: Sandbox) -> str:
    return json.dumps(
        {
            "event": "ready",
            "url": sandbox.url,
            "inspector": sandbox.inspector_url,
            "host": sandbox.settings.host,
            "port": sandbox.port,
            "home": str(sandbox.home.path.resolve()),
            **({"certificate": str(sandbox.certificate.path.resolve())} if sandbox.certificate else {}),
            "webhookPublicKey": str(sandbox.home.webhook_public_key.resolve()),
            "partners": {
                name: {
                    "apiKey": str(folder / "api_key"),
                    "apiSecret": str(folder / "api_secret"),
                    "privateKey": str(folder / "private_key.pem"),
                    "credentialsEnv": str(folder / "credentials.env"),
                    "customerManagement": sorted(partner.customer_management, reverse=True),
                }
                for name, partner in sandbox.partners.items()
                for folder in (sandbox.home.partner_folder(name).resolve(),)
            },
        }
    )


def _describe(sandbox: Sandbox) -> str:
    state = "memory" if sandbox.settings.state is None else str(sandbox.settings.state)
    credentials = sandbox.home.partner_folder("demo").resolve() / "credentials.env"
    certificate = sandbox.certificate and sandbox.certificate.path.resolve()
    first_session = _FIRST_SESSION.format(
        credentials=shlex.quote(str(credentials)),
        body=json.dumps(_BODY),
        trust=f"--cacert {shlex.quote(str(certificate))} " if certificate else "",
    )
    trusted = f"\n  certificate  {certificate}" if certificate else ""
    return f"""
  Stable Mint mock server  {sandbox.url}

  inspector    {sandbox.inspector_url}
  partners     {", ".join(sandbox.partners)}
  credentials  {sandbox.home.path.resolve()}
  state        {state}, at most {sandbox.settings.maximum_sessions} sessions{trusted}

  Create a payment session (paste as it stands):

{first_session}

  Ctrl-C stops the server."""


def _explain(error: OSError, arguments: argparse.Namespace) -> str:
    import errno
    import socket

    if error.errno == errno.EADDRINUSE:
        return f"port {arguments.port} is in use; choose another with --port, or --port 0 for any free one"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"this machine has no address {arguments.host}; leave --host out to listen on 127.0.0.1"
    return str(error)


def _port(text: str) -> int:
    if not _is_whole_number(text) or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not _is_whole_number(text) or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number of at least 1")
    return int(text)


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _url(text: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        port = parts.port  # raises ValueError if it is none
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise argparse.ArgumentTypeError("give an absolute http or https URL")
    if not re.fullmatch("[!-~]+", text) or set(text) & set("@?#\\"):
        raise argparse.ArgumentTypeError("give a URL in ASCII without spaces, user, query or fragment")
    return text.rstrip("/")
