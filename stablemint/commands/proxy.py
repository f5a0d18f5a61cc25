"""`stablemint proxy`: between a partner and any implementation, judging what goes by."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from contract_tests.proxy.proxy import Proxy, Settings

SUMMARY = "stand between a partner and an implementation, and judge what goes by"

BROKEN = 1
WRONG_USAGE = 2

_EPILOG = """\
examples:
  stablemint proxy --target http://localhost:8080 --port 9090
      Give your integration http://127.0.0.1:9090 in place of http://localhost:8080.

  stablemint proxy --target https://paymentinitiationservice-rest.stablemint.net --rewrite-host
      Against the sandbox: certificates are verified, and Host names the sandbox.

  stablemint proxy --target http://localhost:8080 \\
      --webhooks-to http://localhost:3000/webhooks --webhook-public-key .stablemint/webhook_public_key.pem
      Webhooks as well: configure the address that is printed as webhook endpoint.

No byte is changed on the way, but the value of Host with --rewrite-host. Ctrl-C stops, and sums up.

exit codes:
  0    nothing was seen broken
  1    a requirement was seen broken, by whichever side
  2    wrong usage, or the port is not free
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint proxy`."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--target", required=True, metavar="URL", help="where requests go: scheme, host, port"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=9090,
        metavar="N",
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
        "--webhook-port", type=_port, default=0, metavar="N", help="port for webhooks (default: any free one)"
    )
    parser.add_argument(
        "--webhook-public-key",
        type=Path,
        metavar="FILE",
        help="the implementation's public key, in PEM, to verify signatures with",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was seen as JSON at the end")


def run(arguments: argparse.Namespace) -> int:
    """Relay until interrupted; the exit code is one of those in the help."""
    missing = [name for name in ("openapi_core", "h11") if importlib.util.find_spec(name) is None]
    if missing:
        return _fail(
            f"{' and '.join(missing)} not installed: `pip install 'stablemint-sessions[verify]'` installs "
            "what the proxy needs"
        )
    import asyncio

    from contract_tests.credentials import CredentialsError
    from contract_tests.proxy.relay import AddressError

    try:
        settings = _settings(arguments)
    except (AddressError, CredentialsError) as error:
        return _fail(str(error))
    try:
        return asyncio.run(_serve(settings, arguments))
    except OSError as error:
        return _fail(f"cannot listen on {arguments.host}: {error.strerror or error}")


async def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    import asyncio
    import signal

    from contract_tests.proxy.proxy import Proxy
    from contract_tests.proxy.report import Lines, as_json

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    lines = Lines(sys.stdout, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    async with Proxy(settings, lines) as proxy:
        for line in _introduce(proxy, arguments):
            lines.say(line)
        await stopped.wait()
    lines.summary(proxy.record)
    if arguments.json is not None:
        document = as_json(proxy.record, target=settings.target.url)
        try:
            arguments.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            return _fail(f"{arguments.json} cannot be written: {error.strerror}")
    return 0 if proxy.record.is_clean else BROKEN


def _introduce(proxy: Proxy, arguments: argparse.Namespace) -> list[str]:
    from urllib.parse import urlsplit

    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    told = [f"http://{host}:{proxy.port} → {arguments.target}"]
    if proxy.webhook_port is not None:
        parts = urlsplit(arguments.webhooks_to)
        place = parts.path + (f"?{parts.query}" if parts.query else "")
        told.append(f"webhook endpoint: http://{host}:{proxy.webhook_port}{place} → {arguments.webhooks_to}")
        if arguments.webhook_public_key is None:
            told.append("signatures of webhooks are not verified: there is no --webhook-public-key")
    return [*told, "Ctrl-C stops, and sums up"]


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


def _fail(message: str) -> int:
    sys.stderr.write(f"stablemint proxy: {message}\n")
    return WRONG_USAGE


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)
