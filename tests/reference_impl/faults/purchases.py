"""What partners and payers do: sessions asked for twice at once, then paid, refused, left or let be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from tests.reference_impl.faults.client import Client


class End(StrEnum):
    """How a payer ends a session: the status that it must have from then on."""

    PAID = "completed"
    REFUSED = "failed"
    LEFT = "cancelled"
    LET_BE = "expired"


EVENTS = {End.PAID: 7, End.REFUSED: 5, End.LEFT: 1, End.LET_BE: 1}
"""How many events tell of a session that ended so (HOOK-07)."""


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """A session that was acknowledged, and whose every step was."""

    key: str
    session_ids: frozenset[str]
    end: End

    @property
    def session_id(self) -> str:
        """The session, where there is one."""
        (session_id,) = self.session_ids
        return session_id


def buy(client: Client, key: str, end: End) -> Purchase:
    """One purchase; whatever fails on the way is tried again as a client should."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(client.insist_on_session, [key, key]))
    assert {answer.status for answer in answers} == {201}, answers
    session_ids = frozenset(answer.document["sessionId"] for answer in answers)
    payer = f"/payer/session/{min(session_ids)}"
    match end:
        case End.PAID | End.REFUSED:
            chosen = {"paymentMethod": "bank_transfer", "bankId": "bank-success"}
            _step(client, f"{payer}/deposit", chosen, until={"processing"})
            _step(client, f"{payer}/consent", {"approved": end is End.PAID}, until={end})
        case End.LEFT:
            _step(client, f"{payer}/exit", {}, until={end})
        case End.LET_BE:
            pass
    return Purchase(key=key, session_ids=session_ids, end=end)


def _step(client: Client, path: str, document: object, *, until: set[str]) -> None:
    """A payer's step, tried until it is taken.

    Where nobody knows whether it was, the next try is told that it is not possible, and in which status the
    session is. What a dead process has left to be done is no reason.
    """
    answer = client.insist("POST", path, document)
    if answer.status != 200:
        assert answer.document["code"] == "step_not_possible", answer
        assert answer.document["sessionStatus"] in until, f"{path} is not possible: {answer.document}"


def buy_many(client: Client, prefix: str, count: int, chance: random.Random) -> Sequence[Purchase]:
    """Purchases one after another, under keys that begin with ``prefix``."""
    return [buy(client, f"{prefix}-{number}", chance.choice(list(End))) for number in range(count)]
