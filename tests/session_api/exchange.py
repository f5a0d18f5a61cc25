"""One exchange over a raw socket: the client writes what it is told, repairs nothing, reads one answer."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import openapi

TIMEOUT = 10
"""Seconds after which a silent server counts as hung."""

Fields = Iterable[tuple[str, str]]

_REQUEST_ID = re.compile(r"[!-~]{1,64}")
_seen_request_ids: set[str] = set()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came in; field names in lower case, repeated fields joined."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    @property
    def code(self) -> str:
        """The problem's code; the whole answer, for a readable failure, where it is no problem."""
        if self.fields.get("content-type") != "application/problem+json" or not self.body:
            return f"{self.status} {self.body!r}"
        return str(self.document["code"])

    @property
    def pointers(self) -> set[str]:
        """The locations that a 400 names."""
        return {entry["pointer"] for entry in self.document["errors"]}


def exchange(
    port: int,
    method: str,
    target: str,
    *,
    fields: Fields = (),
    body: bytes | None = None,
    chunks: int | None = None,
    host: str = "127.0.0.1",
) -> Answer:
    """Send one request to 127.0.0.1 and read its answer, which must be as every answer is.

    ``chunks`` sends the body in chunks of that many bytes instead of with its length.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was read
            connection.sendall(compose(method, target, fields=fields, body=body, chunks=chunks, host=host))
        answer = read_answer(connection, without_content=method == "HEAD")
    check_common(answer, without_content=method == "HEAD")
    return answer


def compose(
    method: str,
    target: str,
    *,
    fields: Fields = (),
    body: bytes | None = None,
    chunks: int | None = None,
    host: str = "127.0.0.1",
) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}" if chunks is None else "Transfer-Encoding: chunked")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8")
    if body is None or chunks is None:
        return head + (body or b"")
    pieces = [body[start : start + chunks] for start in range(0, len(body), chunks)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def read_answer(connection: socket.socket, *, without_content: bool = False) -> Answer:
    """Read one answer with a declared length from an open connection."""
    reader = connection.makefile("rb")
    status_line = reader.readline()
    assert status_line.startswith(b"HTTP/1.1 "), f"no answer, but {status_line!r}"
    fields: dict[str, str] = {}
    while (line := reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        key = name.lower()
        fields[key] = f"{fields[key]}, {value.strip()}" if key in fields else value.strip()
    length = 0 if without_content else int(fields["content-length"])
    return Answer(status=int(status_line.split()[1]), fields=fields, body=reader.read(length))


def check_common(answer: Answer, *, without_content: bool = False) -> None:
    """What holds for every answer of the API, whatever was asked.

    HTTP-07, HTTP-16, HTTP-17, ERR-01 to ERR-04, ERR-06, AUTH-01 (the challenge).
    """
    request_id = answer.fields["request-id"]
    assert _REQUEST_ID.fullmatch(request_id)
    assert request_id not in _seen_request_ids
    _seen_request_ids.add(request_id)
    assert answer.fields["cache-control"] == "no-store"
    assert not [name for name in answer.fields if name.startswith("access-control-")]
    assert ("www-authenticate" in answer.fields) == (answer.status == 401)
    if without_content:
        assert answer.body == b""
        return
    if answer.status < 400:
        assert answer.fields["content-type"] == "application/json"
        return
    assert answer.fields["content-type"] == "application/problem+json", answer
    problem = answer.document
    kind = openapi.problems()[problem["code"]]
    assert (problem["status"], problem["title"]) == (answer.status, kind.title)
    assert answer.status == kind.status
    assert problem["detail"]
    assert problem["instance"] == f"urn:stablemint:request:{request_id}"
    assert problem["type"].endswith(f"/docs/problems/{problem['code']}")
    assert ("errors" in problem) == (answer.status == 400)
    for entry in problem.get("errors", ()):
        assert entry["detail"]
        assert entry["pointer"] == "" or entry["pointer"].startswith("/")
