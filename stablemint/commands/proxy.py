"""`stablemint proxy`: between a partner and any implementation, judging what goes by."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from stablemint.failure import REFUSED, WRONG_USAGE, Failure, manual
from stablemint.interruption import INTERRUPTED
from stablemint.options import STANDARD_OUTPUT, add_json_file, explain_start, port
from stablemint.terminal import wants_colour
from stablemint.verdicts import as_bytes, require_places, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from contract_tests.proxy.proxy import Proxy, Settings
    from contract_tests.proxy.report import Lines

SUMMARY = "stand between a partner and an implementation, and judge what goes by"

_NOTE = """\
Give your integration the address that is printed in place of the target's, and configure the webhook endpoint
that is printed where webhooks are to be judged as well. Against an https target certificates are verified.

No byte is changed on the way, but the value of Host with --rewrite-host. Ctrl-C stops, and sums up. With
--json and no FILE, each exchange is an object on a line of its own, and so is the summary."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint proxy`."""
    parser.epilog = manual(
        "stablemint proxy --target http://localhost:8080 --port 9090",
        "stablemint proxy --target https://paymentinitiationservice-rest.stablemint.net --rewrite-host",
        "stablemint proxy --target http://localhost:8080 --webhooks-to http://localhost:3000/webhooks"
        " --webhook-public-key .stablemint/webhook_public_key.pem",
        "stablemint proxy --target http://localhost:8080 --json",
        note=_NOTE,
        codes={
            0: "stopped by Ctrl-C or a signal, and nothing was seen broken",
            REFUSED: "a requirement was seen broken, by whichever side",
            WRONG_USAGE: "wrong usage, or the port is not free",
            INTERRUPTED: "interrupted before it was ready",
        },
    )
    parser.add_argument(
        "--target", required=True, metavar="URL", help="where requests go: scheme, host, port"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=port,
        default=9090,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--rewrite-host",
        action="store_true",
        help="let Host name the target",
    )
    parser.add_argument("--ca-file", metavar="FILE", help="certificates to trust beside the system's, in PEM")
    parser.add_argument("--webhooks-to", metavar="URL", help="the receiver to which webhooks go")
    parser.add_argument(
        "--webhook-port",
        type=port,
        default=0,
        metavar="PORT",
        help="port for webhooks (default: any free one)",
    )
    parser.add_argument(
        "--webhook-public-key",
        type=Path,
        metavar="FILE",
        help="the implementation's public key, in PEM, to verify signatures with",
    )
    add_json_file(parser, "what was seen")


def run(arguments: argparse.Namespace) -> int:
    """Relay until interrupted; the exit code is one of those in the help."""
    missing = [name for name in ("openapi_core", "h11") if importlib.util.find_spec(name) is None]
    if missing:
        raise Failure(
            f"{' and '.join(missing)} not installed: `pip install 'stablemint-sessions[verify]'` installs "
            "what the proxy needs",
            WRONG_USAGE,
        )
    import asyncio

    from contract_tests.credentials import CredentialsError
    from contract_tests.proxy.relay import AddressError

    try:
        settings = _settings(arguments)
    except (AddressError, CredentialsError) as error:
        raise Failure(str(error), WRONG_USAGE) from None
    require_places(arguments.json)
    return asyncio.run(_serve(settings, arguments))


class _Output:
    """Standard output. Once nobody takes it any more it ends the proxy, which goes on in other threads."""

    def __init__(self, stream: TextIO, end: Callable[[], object]) -> None:
        self.trouble: OSError | None = None
        self._stream = stream
        self._end = end

    def write(self, text: str) -> int:
        return self._do(lambda: self._stream.write(text)) or 0

    def flush(self) -> None:
        self._do(self._stream.flush)

    def _do(self, work: Callable[[], int | None]) -> int | None:
        if self.trouble is None:
            try:
                return work()
            except OSError as error:
                self.trouble = error
                self._end()
        return None


async def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    import asyncio
    import contextlib
    import signal

    from contract_tests.proxy.proxy import Proxy
    from contract_tests.proxy.report import as_json

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    output = _Output(sys.stdout, lambda: loop.call_soon_threadsafe(stopped.set))
    lines = _lines(output, settings, arguments)
    proxy = Proxy(settings, lines)
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(proxy)
        except OSError as error:
            raise Failure(_explain(error, proxy, arguments), WRONG_USAGE) from None
        _introduce(proxy, arguments, lines)
        await stopped.wait()
    lines.summary(proxy.record)
    if arguments.json not in (None, STANDARD_OUTPUT):
        write(arguments.json, as_bytes(as_json(proxy.record, target=settings.target.url)))
    if output.trouble is not None:
        raise output.trouble
    return 0 if proxy.record.is_clean else REFUSED


def _lines(output: _Output, settings: Settings, arguments: argparse.Namespace) -> Lines:
    from contract_tests.proxy.objects import Objects
    from contract_tests.proxy.report import Lines

    if arguments.json == STANDARD_OUTPUT:
        return Objects(output, target=settings.target.url)
    return Lines(output, colour=wants_colour(sys.stdout))


def _explain(error: OSError, proxy: Proxy, arguments: argparse.Namespace) -> str:
    if proxy.port == 0:
        return explain_start(error, arguments.host, arguments.port)
    return explain_start(error, arguments.host, arguments.webhook_port, option="--webhook-port")


def _introduce(proxy: Proxy, arguments: argparse.Namespace, lines: Lines) -> None:
    from urllib.parse import urlsplit

    from contract_tests.proxy.objects import Objects

    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    url, endpoint = f"http://{host}:{proxy.port}", None
    if proxy.webhook_port is not None:
        parts = urlsplit(arguments.webhooks_to)
        place = parts.path + (f"?{parts.query}" if parts.query else "")
        endpoint = f"http://{host}:{proxy.webhook_port}{place}"
    verified = arguments.webhook_public_key is not None
    if isinstance(lines, Objects):
        webhooks = {"url": endpoint, "target": arguments.webhooks_to, "areVerified": verified}
        lines.write("ready", url=url, target=arguments.target, **({"webhooks": webhooks} if endpoint else {}))
        return
    lines.say(f"{url} → {arguments.target}")
    if endpoint:
        lines.say(f"webhook endpoint: {endpoint} → {arguments.webhooks_to}")
        if not verified:
            lines.say("signatures of webhooks are not verified: there is no --webhook-public-key")
    lines.say("Ctrl-C stops, and sums up")


def _settings(arguments: argparse.Namespace) -> Settings:
    from urllib.parse import urlsplit

    from contract_tests.proxy.proxy import Settings
    from contract_tests.proxy.relay import AddressError, parse_address

    target = parse_address(arguments.target, ca_file=arguments.ca_file)
    parts = urlsplit(arguments.target)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise AddressError(f"{arguments.target!r} has a path, and a proxy changes none: give {target.url}")
    if arguments.webhooks_to is None and (arguments.webhook_public_key or arguments.webhook_port):
        raise AddressError("--webhook-public-key and --webhook-port belong to --webhooks-to URL")
    return Settings(
        target=target,
        host=arguments.host,
        port=arguments.port,
        rewrite_host=arguments.rewrite_host,
        webhooks_to=parse_address(arguments.webhooks_to, ca_file=arguments.ca_file)
        if arguments.webhooks_to
        else None,
        webhook_port=arguments.webhook_port,
        key=_public_key(arguments.webhook_public_key) if arguments.webhook_public_key else None,
    )


def _public_key(path: Path) -> RSAPublicKey:
    from contract_tests.receivers.keys import read_public

    return read_public(path)
