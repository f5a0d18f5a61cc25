"""`stablemint mock`: the mock server in the foreground."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.first_session import describe_partners, write_first_session
from stablemint.interruption import INTERRUPTED
from stablemint.notices import configure_log, notice
from stablemint.options import base_url, explain_start, port, positive
from stablemint.terminal import Terminal

if TYPE_CHECKING:
    from mockserver.server import Sandbox, Settings

SUMMARY = "start the mock server"

_NOTE = """\
At its first start it makes credentials of three demo partners in --home. It prints where, and a first
request."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint mock`."""
    parser.epilog = manual(
        "stablemint mock",
        "stablemint mock --port 0 --json",
        "stablemint mock --state sandbox.sqlite --tls",
        note=_NOTE,
        codes={
            0: "it was stopped, by Ctrl-C or a signal",
            WRONG_USAGE: "wrong usage or configuration, such as a port in use",
            INTERRUPTED: "interrupted before it was ready",
        },
    )
    from mockserver.capacity import MAXIMUM_SESSIONS

    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=port,
        default=8080,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep sessions, saved banks, deliveries and their retries, partners, endpoints, pace and clock "
        "in this SQLite file; faults, webhook behaviours, the request log and namespaces but the default one "
        "stay in memory (default: all in memory)",
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
        type=base_url,
        metavar="URL",
        help="what URLs in answers begin with (default: http://localhost:PORT)",
    )
    parser.add_argument(
        "--max-sessions",
        type=positive,
        default=MAXIMUM_SESSIONS,
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

    configure_log(as_json=arguments.json)
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
        raise Failure(explain_start(error, arguments.host, arguments.port), WRONG_USAGE) from None
    # What start-up made stays; the collector need not walk through it, nor often through all sessions.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    describe = _describe_as_json if arguments.json else _describe
    for advice in advise(sandbox.settings):
        notice("stablemint mock", advice, as_json=arguments.json)
    sandbox.serve(ready=lambda: Terminal().say(describe(sandbox)))
    if sandbox.storage.dropped_sessions:
        count = sandbox.storage.dropped_sessions
        dropped = f"{count} sessions were dropped to stay within --max-sessions"
        notice("stablemint mock", dropped, as_json=arguments.json)
    return 0


def advise(settings: Settings) -> Iterator[str]:
    """What to do about a server that other machines reach; nothing for one that they do not."""
    if not settings.is_exposed:
        return
    if not settings.tls:
        yield f"{settings.host} is reached from other machines in clear; --tls serves HTTPS"
    if settings.control_token is None:
        yield (
            "inspector and control API serve this machine alone; --control-token opens them to whoever has it"
        )
    else:
        yield (
            "inspector and control API are open to whoever sends `Authorization: Bearer` with the token, at "
            "this machine's address in digits or at --public-url"
        )


def _describe_as_json(sandbox: Sandbox) -> str:
    return json.dumps(
        {
            "event": "ready",
            "url": sandbox.url,
            "documentation": sandbox.documentation_url,
            "inspector": sandbox.inspector_url,
            "host": sandbox.settings.host,
            "port": sandbox.port,
            "home": str(sandbox.home.path.resolve()),
            **({"certificate": str(sandbox.certificate.path.resolve())} if sandbox.certificate else {}),
            "webhookPublicKey": str(sandbox.home.webhook_public_key.resolve()),
            "partners": describe_partners(sandbox.home, sandbox.partners),
        }
    )


def _describe(sandbox: Sandbox) -> str:
    state = "memory" if sandbox.settings.state is None else str(sandbox.settings.state)
    credentials = sandbox.home.partner_folder("demo").resolve() / "credentials.env"
    certificate = sandbox.certificate.path.resolve() if sandbox.certificate else None
    first_session = write_first_session(credentials, certificate=certificate)
    trusted = f"\n  certificate    {certificate}" if certificate else ""
    return f"""
  Stable Mint mock server  {sandbox.url}

  documentation  {sandbox.documentation_url}
  inspector      {sandbox.inspector_url}
  partners       {", ".join(sandbox.partners)}
  credentials    {sandbox.home.path.resolve()}
  state          {state}, at most {sandbox.settings.maximum_sessions} sessions{trusted}

  Create a payment session (paste as it stands):

{first_session}

  Ctrl-C stops the server."""
