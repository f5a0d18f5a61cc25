"""`stablemint docs`: the documentation, offline."""

from __future__ import annotations

import argparse
import json

from stablemint.failure import WRONG_USAGE, Failure, manual
from stablemint.interruption import INTERRUPTED
from stablemint.parser import Parser

SUMMARY = "serve the documentation on this machine"

_NOTE = """\
The mock server serves the same pages at /docs/, and there requests of the API can be tried."""


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint docs`."""
    from stablemint.options import port

    parser.epilog = manual(
        "stablemint docs",
        "stablemint docs --folder",
        "stablemint docs --port 0 --json",
        note=_NOTE,
        codes={
            0: "done; of the server, that it was stopped, by Ctrl-C or a signal",
            WRONG_USAGE: "wrong usage, such as a port in use",
            INTERRUPTED: "interrupted before it was ready",
        },
    )
    parser.add_argument(
        "--port", type=port, default=8081, help="port, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--folder", action="store_true", help="print the folder where the pages lie, and serve nothing"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON, with the url or folder")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import signal
    from contextlib import suppress
    from http.server import ThreadingHTTPServer

    from mockserver.pages.documentation import SITE
    from stablemint.reading_room import ReadingRoom
    from stablemint.terminal import Terminal

    terminal = Terminal()
    if arguments.folder:
        terminal.say(json.dumps({"folder": str(SITE)}) if arguments.json else str(SITE))
        return 0
    try:
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), ReadingRoom)
    except OSError as error:
        raise Failure(
            f"port {arguments.port}: {error.strerror}; --port chooses another", WRONG_USAGE
        ) from None
    with server:
        url = f"http://localhost:{server.server_port}/"
        told = (
            json.dumps({"event": "ready", "url": url})
            if arguments.json
            else f"documentation at {url}; Ctrl-C stops it"
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            terminal.say(told)
            server.serve_forever()
    return 0
