"""`stablemint request`: one signed request to the session API."""

from __future__ import annotations

import argparse
import json
import shlex
import time
import uuid
from collections.abc import Iterable
from typing import Any, Final

from stablemint.failure import REFUSED, WRONG_USAGE, Failure, manual
from stablemint.parser import Parser

SUMMARY = "send a signed request to the session API"

FLOWS: Final = {
    "hosted": "/session/hosted",
    "partner-hosted": "/session/hosted/partner-managed-customer",
    "embedded": "/session/embedded/partner-managed-customer",
}
"""The creations, by the words of the command line."""

_TOLD: Final = ("Location", "Idempotency-Replayed", "Retry-After", "Request-Id")


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint request`."""
    from stablemint.partner import add_partner_options
    from stablemint.sandbox import add_server_options

    parser.epilog = manual(
        "stablemint request hosted",
        "stablemint request embedded --set amount=5 --set userId=customer-7",
        'stablemint request partner-hosted --set \'userKyc={"fullName": "Ada Example"}\' --explain-signature',
        "stablemint request hosted --body order.json --curl",
        "stablemint request get SESSION_ID --json",
    )
    parser.add_argument("operation", choices=(*FLOWS, "get"), help="what to ask for")
    parser.add_argument("session", nargs="?", metavar="SESSION_ID", help="the session to get")
    parser.add_argument(
        "--body", metavar="FILE", help="the exact body, - for standard input (default: an example order)"
    )
    parser.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change the example order: VALUE as JSON, or else as text; repeat for more; FIELD= removes it",
    )
    parser.add_argument(
        "--idempotency-key", metavar="KEY", help="key of the request (default: a new one for the example)"
    )
    parser.add_argument("--explain-signature", action="store_true", help="show how the request is signed")
    parser.add_argument("--curl", action="store_true", help="print the command for curl, and send nothing")
    add_server_options(parser)
    add_partner_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Sign, send, print: 0 for a 2xx, 1 for a refusal."""
    from stablemint.calling import call
    from stablemint.explanation import explain_request_signature
    from stablemint.next_step import complete
    from stablemint.partner import read_credentials
    from stablemint.terminal import Terminal

    method, path, body = _request(arguments)
    credentials = read_credentials(arguments)
    headers = credentials.sign(body, timestamp=int(time.time()))
    if body:
        headers = {"Content-Type": "application/json", **headers}
    url = arguments.url.rstrip("/") + path
    terminal = Terminal()
    told: dict[str, Any] = {}
    if arguments.explain_signature:
        steps = list(explain_request_signature(credentials, body, headers["Timestamp"], headers["Signature"]))
        if arguments.json:
            told["signature"] = [{"step": title.strip(), "text": text} for title, text in steps]
        else:
            _explain(steps)
    if arguments.curl:
        line = _curl(method, url, headers, body, arguments)
        if arguments.json:
            terminal.json({"curl": line, **told})
        else:
            terminal.say(line)
        return 0
    reply = call(method, url, body=body or None, headers=headers, certificate=arguments.ca_file)
    if arguments.json:
        answer = {"status": reply.status, "headers": dict(reply.fields), "body": reply.document()}
        terminal.json({**answer, **told})
    else:
        good, document = reply.status < 400, reply.document()
        terminal.say(terminal.paint(f"{method} {path}", "dim"))
        status = terminal.paint(f"{reply.status}", "bold", "green" if good else "red")
        fields = (f"{name}: {reply.fields[name.lower()]}" for name in _TOLD if name.lower() in reply.fields)
        terminal.say("  ".join((status, *fields)))
        terminal.say(terminal.pretty(document))
        if good and terminal.columns is not None:
            terminal.say(terminal.paint(complete(_next(document), arguments), "dim"))
    return 0 if reply.status < 400 else REFUSED


def _next(session: Any) -> str:
    """What a person may want to do with a session that is there."""
    identifier = session.get("sessionId") if isinstance(session, dict) else None
    if identifier is None or session.get("status") != "open":
        return f"`stablemint sessions show {identifier}` shows its deliveries" if identifier else ""
    return f"`stablemint trigger success --session {identifier}` pays it"


def example_order(flow: str) -> dict[str, Any]:
    """A valid order for a flow, small enough for a sandbox."""
    order: dict[str, Any] = {"userCountryCode": "DE", "currency": "EUR", "amount": 9.5}
    if flow != "embedded":
        order |= {
            "successUrl": "https://shop.example/thanks",
            "supportUrl": "https://shop.example/help",
            "exitUrl": "https://shop.example/cart",
            "errorUrl": "https://shop.example/sorry",
        }
    if flow != "hosted":
        order |= {"userId": "customer-1", "userEmail": "ada@example.com"}
    return order


def change(order: dict[str, Any], changes: list[str]) -> dict[str, Any]:
    """The order with each FIELD=VALUE applied; raises Failure for one that is none."""
    changed = dict(order)
    for text in changes:
        field, equals, value = text.partition("=")
        if not (field and equals):
            raise Failure(f"{text!r}: give FIELD=VALUE, such as amount=5", WRONG_USAGE)
        if value == "":
            changed.pop(field, None)
            continue
        try:
            changed[field] = json.loads(value)
        except ValueError:
            changed[field] = value
    return changed


def _request(arguments: argparse.Namespace) -> tuple[str, str, bytes]:
    """Method, path and exact body."""
    from stablemint.partner import read_body
    from stablemint.sandbox import segment

    if arguments.operation == "get":
        if not arguments.session:
            raise Failure("`get` needs the SESSION_ID that a creation answered with", WRONG_USAGE)
        if arguments.body is not None or arguments.changes or arguments.idempotency_key:
            raise Failure("`get` takes no body: leave --body, --set and --idempotency-key out", WRONG_USAGE)
        return "GET", f"/session/{segment(arguments.session)}", b""
    if arguments.session:
        raise Failure(f"`{arguments.operation}` makes a new session and takes no identifier", WRONG_USAGE)
    path = FLOWS[arguments.operation]
    if arguments.body is not None:
        if arguments.changes or arguments.idempotency_key:
            raise Failure("--body is sent as it is: leave --set and --idempotency-key out", WRONG_USAGE)
        return "POST", path, read_body(arguments.body)
    key = arguments.idempotency_key or str(uuid.uuid4())
    order = change({**example_order(arguments.operation), "idempotencyKey": key}, arguments.changes)
    return "POST", path, json.dumps(order, ensure_ascii=False).encode()


def _explain(steps: Iterable[tuple[str, str]]) -> None:
    """Every step of the signature, on standard error: what is piped on is the answer alone."""
    import sys

    from stablemint.terminal import Terminal

    terminal = Terminal(sys.stderr)
    for title, text in steps:
        terminal.say(f"{terminal.paint(title, 'bold')}\n  {text}")
    terminal.say()


def _curl(method: str, url: str, headers: dict[str, str], body: bytes, arguments: argparse.Namespace) -> str:
    words = ["curl", "-sS", url]
    if method != "POST" or not body:
        words[2:2] = ["-X", method]
    if arguments.ca_file is not None:
        words += ["--cacert", str(arguments.ca_file)]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise Failure("the body is no UTF-8, so no command line can hold it", WRONG_USAGE) from None
        words += ["--data-binary", text if not text.startswith("@") else f"\\{text}"]
    return shlex.join(words)
