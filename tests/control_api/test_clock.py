"""The session clock: forwards alone, with all that falls due on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.control_api.control import Control
from tests.control_api.receiver import Receiver


def shown(clock: Any) -> datetime:
    return datetime.fromisoformat(clock["now"])


@pytest.mark.parametrize(
    ("step", "minutes"),
    [
        ({"seconds": 90}, 1.5),
        ({"minutes": 31}, 31),
        ({"hours": 1, "minutes": 0.5}, 60.5),
        ({"days": 1}, 24 * 60),
        ({"duration": "PT5M"}, 5),
        ({"duration": "P1W"}, 7 * 24 * 60),
        ({"duration": "P1DT1H1M1.500S"}, 25 * 60 + 1 + 1.5 / 60),
    ],
)
def test_it_moves_by_as_much_as_it_is_told_to(sandbox: Control, step: Any, minutes: float) -> None:
    before = sandbox.post("/clock/freeze")
    after = sandbox.post("/clock/advance", step)
    assert shown(after) - shown(before) == timedelta(minutes=minutes)
    assert after["aheadSeconds"] >= minutes * 60 - 1


def test_it_is_set_forwards_and_never_back(sandbox: Control) -> None:
    now = shown(sandbox.post("/clock/freeze"))
    later = now + timedelta(hours=3)
    moved = sandbox.post("/clock/set", {"now": later.isoformat()})
    assert shown(moved) == later
    reply = sandbox.ask("POST", "/clock/set", {"now": now.isoformat()})
    assert (reply.status, reply.code) == (409, "clock_moves_forwards")
    assert reply.document["now"] == moved["now"] == sandbox.get("/clock")["now"]


def test_frozen_it_stands_still_and_can_be_moved(sandbox: Control) -> None:
    frozen = sandbox.post("/clock/freeze")
    assert frozen["isFrozen"]
    assert sandbox.get("/clock")["now"] == frozen["now"]
    moved = sandbox.advance(minutes=1)
    assert moved["isFrozen"]
    assert sandbox.get("/clock")["now"] == moved["now"]
    resumed = sandbox.post("/clock/resume")
    assert not resumed["isFrozen"]
    assert shown(resumed) - shown(moved) < timedelta(minutes=1)


def test_real_time_does_not_follow(sandbox: Control) -> None:
    """A request that is signed now is accepted, though the session clock is days ahead."""
    sandbox.advance(days=2)
    session_id = sandbox.new_session()
    created = datetime.fromisoformat(sandbox.get(f"/sessions/{session_id}")["createdAt"])
    assert created >= shown(sandbox.get("/clock")) - timedelta(minutes=1)


def test_an_open_session_expires_on_the_way(sandbox: Control) -> None:
    session_id = sandbox.new_session()
    (expiry,) = sandbox.advance(minutes=30)["occurrences"]
    assert expiry["kind"] == "transition"
    assert (expiry["sessionId"], expiry["status"], expiry["depositStatus"]) == (session_id, "expired", None)
    assert expiry["dueAt"] == sandbox.get(f"/sessions/{session_id}")["expiresAt"]


def test_the_first_retry_is_made_then_and_there(sandbox: Control, receiver: Receiver) -> None:
    """Five minutes after the first attempt, before the answer comes."""
    sandbox.deliver_to(receiver.url, event_types=["transaction.status.changed"])
    receiver.answer([503])
    sandbox.new_session()
    sandbox.post("/clock/freeze")
    expired = sandbox.advance(minutes=30)
    kinds = [(found["kind"], found.get("answerStatus")) for found in expired["occurrences"]]
    assert kinds == [("transition", None), ("attempt", 503)]
    first = receiver.take()
    before = sandbox.advance(minutes=4, seconds=59)
    assert before["occurrences"] == []
    (retry,) = sandbox.advance(minutes=1)["occurrences"]
    assert (retry["attempt"], retry["answerStatus"], retry["deliveryStatus"]) == (2, 204, "delivered")
    assert retry["nextDueAt"] is None
    (second,) = receiver.take_all()
    assert second.body == first.body
    assert retry["eventId"] == second.document["eventId"]


def test_all_retries_are_made_in_one_move_on_the_documented_schedule(
    sandbox: Control, receiver: Receiver
) -> None:
    """5, 10, 30, 60 and 90 minutes, each from the attempt before; then the delivery is failed (HOOK-15)."""
    sandbox.deliver_to(receiver.url, event_types=["transaction.status.changed"])
    receiver.answer([500] * 6)
    sandbox.new_session()
    sandbox.post("/clock/freeze")
    occurrences = sandbox.advance(hours=24)["occurrences"]
    attempts = [found for found in occurrences if found["kind"] == "attempt"]
    times = [datetime.fromisoformat(found["dueAt"]) for found in attempts]
    gaps = [(after - before).total_seconds() / 60 for before, after in pairwise(times)]
    assert gaps == [5, 10, 30, 60, 90]
    assert [found["attempt"] for found in attempts] == [1, 2, 3, 4, 5, 6]
    assert [found["deliveryStatus"] for found in attempts] == ["pending"] * 5 + ["failed"]
    assert len(receiver.take_all()) == 6


def test_occurrences_are_listed_in_order_of_due_time(sandbox: Control, receiver: Receiver) -> None:
    """Of sessions that expire, deposits that time out, steps of the bank, and attempts of their events."""
    sandbox.deliver_to(receiver.url)
    sandbox.post("/clock/freeze")
    sandbox.play(sandbox.new_session(), outcome="accepted_late")
    sandbox.new_session()
    sandbox.advance(minutes=3)
    sandbox.play(sandbox.new_session(), outcome="abandoned")
    sandbox.play(sandbox.new_session(), outcome="failed_after_submission")
    receiver.answer([500] * 4)
    occurrences = sandbox.advance(hours=5)["occurrences"]
    due = [found["dueAt"] for found in occurrences]
    assert due == sorted(due)
    done = [
        (found["status"], found["depositStatus"]) for found in occurrences if found["kind"] == "transition"
    ]
    assert done == [
        ("failed", "failed"),
        ("processing", "accepted"),
        ("completed", "completed"),
        ("failed", "failed"),
        ("expired", None),
    ]
    attempts = [found for found in occurrences if found["kind"] == "attempt"]
    assert {found["deliveryStatus"] for found in attempts[-4:]} == {"delivered"}


def test_moving_by_nothing_waits_for_what_is_due(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url)
    sandbox.play(sandbox.new_session())
    sandbox.advance()
    assert {delivery["status"] for delivery in sandbox.deliveries()} == {"delivered"}
    assert len(receiver.take_all()) == 7
