"""What generated requests have made is remembered as far as it is needed, and no further."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from contextlib import closing

import pytest

from contract_tests.judging.arbiter import KEPT_SESSIONS, Arbiter
from contract_tests.ledger import Ledger
from contract_tests.operations import CREATIONS, session_path
from contract_tests.target import Acquaintance, Target
from contract_tests.trial import encode
from contract_tests.wire import Answer, Client, Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import held
from tests.contract_tests.scripted import answer, scripted

HOSTED = CREATIONS[0]
MUCH = 200_000
JSON = (("Content-Type", "application/json"),)


def session(number: int) -> dict[str, str]:
    """One that says more than anybody asked for."""
    return {"sessionId": f"{number:022}", "more": str(number) * (MUCH // len(str(number)))}


def told(request: Request, status: int, document: object) -> Exchange:
    body = json.dumps(document).encode()
    return Exchange(request=request, answer=Answer(status=status, reason="", headers=JSON, body=body))


def looked_up(number: int, document: object) -> Exchange:
    return told(Request(method="GET", path=session_path(f"{number:022}")), 200, document)


@pytest.fixture(scope="module")
def made(partners: Mapping[str, PartnerCredentials]) -> tuple[Arbiter, Ledger, int]:
    """An arbiter that has seen six times as many sessions made as it keeps, and what it holds of them."""
    own = held(partners)[:1]
    ledger = Ledger(selected=frozenset({"SESS-10"}))
    with (
        scripted(lambda _: answer("404 Not Found", b"{}")) as server,
        closing(Client(server.url, timeout=5)) as client,
    ):
        known = Acquaintance(target=Target(url=server.url, partners=own), allowed=((own[0].name, CREATIONS),))
        arbiter = Arbiter(known=known, client=client, ledger=ledger, test="generated")
        request = Request(method="POST", path=HOSTED.path, headers=JSON, body=encode(HOSTED.members()))
        tracemalloc.start()
        for number in range(1, 6 * KEPT_SESSIONS + 1):
            arbiter.judge(told(request, 201, session(number)))
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    ledger.breaches.clear()
    return arbiter, ledger, size


def test_much_that_was_answered_is_not_kept(made: tuple[Arbiter, Ledger, int]) -> None:
    """Of the latest sessions all, of the others that they exist."""
    _, _, size = made
    assert size < 2 * KEPT_SESSIONS * MUCH


def test_a_session_is_there_however_long_ago_it_was_made(made: tuple[Arbiter, Ledger, int]) -> None:
    """What it said is compared as long as it is kept."""
    arbiter, ledger, _ = made
    latest = 6 * KEPT_SESSIONS
    arbiter.judge(looked_up(1, session(1)))
    arbiter.judge(looked_up(latest, session(latest)))
    assert ledger.breaches == {}
    arbiter.judge(looked_up(latest, session(1)))
    assert list(ledger.breaches) == ["SESS-10"]
