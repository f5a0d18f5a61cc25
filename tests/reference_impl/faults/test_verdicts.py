"""The verdicts on rounds of faults find what they are there to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.reference_impl.faults.purchases import End, Purchase
from tests.reference_impl.faults.receiver import Came
from tests.reference_impl.faults.verdicts import Evidence, judge

LEFT = Purchase(key="0-a", session_ids=frozenset({"s"}), end=End.LEFT)
SESSION = {"session_id": "s", "status": "cancelled", "idempotency_key": "0-a"}
DELIVERY = {"delivery_id": "d", "event_id": "e", "session_id": "s", "status": "delivered"}


def request(status: int, at: float) -> Came:
    """A request whose signature is the time at which it came."""
    return Came(event_id="e", session_id="s", signature=f"{at}", at=at, status=status)


def attempt(status: int | None, at: float) -> dict[str, Any]:
    """The record of such a request, committed a tenth of a second later."""
    return {"delivery_id": "d", "signature": f"{at}", "status": status, "recorded_at": at + 0.1}


SOUND = Evidence(
    purchases=[LEFT],
    sessions=[SESSION],
    deliveries=[DELIVERY],
    attempts={"d": [attempt(503, 1.0), attempt(204, 3.0)]},
    came={"e": [request(503, 1.0), request(204, 2.0), request(204, 3.0)]},
)
"""One session that the payer left; the second attempt was acknowledged, and nobody lived to record it."""

Fault = Callable[[Evidence], Evidence]

FAULTS: dict[str, Fault] = {
    "is lost": lambda sound: replace(sound, sessions=[]),
    "and is open": lambda sound: replace(sound, sessions=[{**SESSION, "status": "open"}]),
    "has 2 sessions": lambda sound: replace(sound, sessions=[SESSION, {**SESSION, "session_id": "t"}]),
    "2 of them were answered": lambda sound: replace(
        sound, purchases=[replace(LEFT, session_ids=frozenset("st"))]
    ),
    "0 of them were answered": lambda sound: replace(sound, purchases=[]),
    "0 recorded so": lambda sound: replace(sound, deliveries=[{**DELIVERY, "status": "pending"}]),
    "0 events were acknowledged": lambda sound: replace(sound, came={"e": [request(503, 1.0)]}),
    "0 events were acknowledged and 0": lambda sound: replace(sound, deliveries=[], came={}),
    "recorded otherwise": lambda sound: replace(
        sound, attempts={"d": [attempt(503, 1.0), attempt(503, 2.0), attempt(204, 3.0)]}
    ),
    "recorded twice": lambda sound: replace(
        sound, attempts={"d": [attempt(503, 1.0), attempt(503, 1.0), attempt(204, 3.0)]}
    ),
    "2 successes are recorded": lambda sound: replace(
        sound, attempts={"d": [attempt(503, 1.0), attempt(204, 2.0), attempt(204, 3.0)]}
    ),
    "or not as the last": lambda sound: replace(
        sound, attempts={"d": [attempt(204, 2.0), attempt(503, 1.0)]}
    ),
    "after its success was recorded": lambda sound: replace(
        sound, came={"e": [*sound.came["e"], request(503, 4.0)]}
    ),
}


def test_what_is_sound_is_found_to_be_so() -> None:
    assert judge(SOUND) == []
    assert SOUND.unrecorded == 1


@pytest.mark.parametrize("finding", FAULTS)
def test_a_fault_is_found(finding: str) -> None:
    assert finding in " ".join(judge(FAULTS[finding](SOUND)))
