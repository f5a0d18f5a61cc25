"""The control API of a sandbox, as commands call it."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from stablemint.calling import Reply, call
from stablemint.failure import Failure
from stablemint.next_step import complete
from stablemint.options import add_ca_file, add_json, given, http_url

_ADVICE: Final[Mapping[str, str]] = {
    "control_token_required": "--control-token gives it.",
    "namespace_not_found": "--namespace names another.",
    "not_resendable": "`stablemint listen` makes an endpoint; then trigger the event again.",
    "session_not_found": "`stablemint sessions list` shows those that there are.",
    "unknown_api_key": "Credentials belong to one server: --home or --credentials names this one's.",
}
"""What to do next on the command line, by the code of a problem."""

_LISTED: Final[Mapping[str, str]] = {
    "delivery": "`stablemint deliveries list` shows those that there are.",
    "fault": "`stablemint faults list` shows those that there are.",
    "partner": "`stablemint mock` names its partners when it starts.",
}

DEFAULT_URL = "http://localhost:8080"


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Where the server is, and how to trust it."""
    parser.add_argument(
        "--url",
        type=http_url,
        default=os.environ.get("STABLEMINT_URL") or DEFAULT_URL,
        help=f"base URL of the server (default: $STABLEMINT_URL, or {DEFAULT_URL})",
    )
    add_ca_file(parser)
    add_json(parser)


def add_sandbox_options(parser: argparse.ArgumentParser) -> None:
    """Which sandbox is meant, and how to be let in."""
    add_server_options(parser)
    parser.add_argument(
        "--namespace", type=given, default="default", metavar="NAME", help="namespace (default: %(default)s)"
    )
    parser.add_argument(
        "--control-token",
        default=os.environ.get("STABLEMINT_CONTROL_TOKEN") or None,
        metavar="TOKEN",
        help="for a sandbox on another machine (default: $STABLEMINT_CONTROL_TOKEN)",
    )


class Sandbox:
    """Calls the control API of one namespace. Every method raises Failure for a refusal, with its reason."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.url: str = arguments.url.rstrip("/")
        self._arguments = arguments
        self._base = f"{self.url}/_sandbox/namespaces/{quote(arguments.namespace, safe='')}"
        self._token: str | None = arguments.control_token
        self._certificate: Path | None = arguments.ca_file

    def get(self, path: str, **query: str | int | None) -> Any:
        """What stands at a path; a query of None is left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, document: Mapping[str, Any] | None = None, **query: str | None) -> Any:
        """Do something."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("POST", f"{path}?{urlencode(given)}" if given else path, document)

    def put(self, path: str, document: Mapping[str, Any]) -> Any:
        """Set something."""
        return self._call("PUT", path, document)

    def delete(self, path: str) -> Any:
        """Take something away."""
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = None
        if document is not None:
            body = json.dumps(document).encode()
            headers["Content-Type"] = "application/json"
        reply = call(
            method, f"{self._base}/{path}", body=body, headers=headers, certificate=self._certificate
        )
        if reply.status >= 400:
            raise Failure(explain(reply, self._arguments), problem=problem_of(reply))
        return reply.document() if reply.body else None


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def problem_of(reply: Reply) -> dict[str, Any] | None:
    """The problem that a refusal tells; None for an answer that is none."""
    try:
        document = json.loads(reply.body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def explain(reply: Reply, arguments: argparse.Namespace) -> str:
    """A refusal in words: title, detail, where in the request the faults are, and what to do.

    ``arguments`` has the options that a command named there needs as well.
    """
    problem = reply.document()
    if not isinstance(problem, dict) or "title" not in problem:
        return f"the server answered {reply.status}"
    head = f"{problem['title']} ({reply.status} {problem.get('code')})"
    faults = [f"\n  {fault['pointer'] or '/'}: {fault['detail']}" for fault in problem.get("errors", [])]
    if faults:
        return f"{head}:{''.join(faults)}"
    detail = str(problem.get("detail", ""))
    advice = _ADVICE.get(str(problem.get("code")), "")
    if found := re.search(r"has no (delivery|fault|partner)\b", detail):
        advice = _LISTED[found[1]]
    return " ".join(filter(None, (f"{head}.", detail, complete(advice, arguments))))
