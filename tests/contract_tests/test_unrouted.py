"""What is refused by a library, and what an implementation has refused."""

from __future__ import annotations

from contextlib import closing

import pytest

from contract_tests.unrouted import is_unrouted
from contract_tests.wire import Client, Request
from tests.contract_tests.scripted import answer, scripted

PROBLEM = answer("400 Bad Request", b"{}", "Content-Type: application/problem+json")
BARE = answer("400 Bad Request", b"<h1>400</h1>", "Content-Type: text/html")
NOT_FOUND = answer("404 Not Found", b"{}", "Content-Type: application/problem+json")
CONTROL, LATIN, PLAIN = (
    Request(method="GET", path="/session/a%00"),
    Request(method="POST", path="/session/hosted", headers=(("ApiKey", "\xe9"),), body=b"{"),
    Request(method="GET", path="/session/x", headers=(("Timestamp", "now"),)),
)


@pytest.mark.parametrize(
    ("request_", "here", "elsewhere", "expected"),
    [
        (CONTROL, BARE, BARE, True),
        (LATIN, BARE, BARE, True),
        (CONTROL, BARE, NOT_FOUND, False),  # it knew the path
        (CONTROL, BARE, PROBLEM, False),
        (CONTROL, PROBLEM, PROBLEM, False),  # it knew the contract
        (CONTROL, answer("500 Internal Server Error"), answer("500 Internal Server Error"), False),
        (PLAIN, BARE, BARE, False),  # every library reads it
    ],
)
def test_who_knows_no_path_refuses_every_path(
    request_: Request, here: bytes, elsewhere: bytes, expected: bool
) -> None:
    """With 400 in words of its own, and nothing but what is odd in the head."""

    def script(received: bytes) -> bytes:
        return elsewhere if b" /nowhere/session/" in received else here

    with scripted(script) as server, closing(Client(server.url, timeout=5)) as client:
        assert is_unrouted(client.send(request_), client) is expected
    assert all(b"{" not in each for each in server.received[1:])
