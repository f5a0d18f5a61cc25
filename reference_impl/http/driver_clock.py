"""Driver operations on the session clock: it moves forwards alone, and takes with it all that falls due."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reference_impl.delivery.dispatcher import Occurrence
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.problems import Fault, Problem, invalid_request
from reference_impl.driven import Driven, StoppedError
from reference_impl.http.driver_representation import show_occurrence
from reference_impl.http.durations import parse_duration
from reference_impl.http.messages import Answer, Request, answer_json

LONGEST_ADVANCE = timedelta(days=3650)
"""The furthest that one call moves the clock."""

_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_UNITS = ("days", "hours", "minutes", "seconds")


def get_clock(request: Request) -> Answer:
    """200 with what the clock shows."""
    return answer_json(_shown(request.caller))


async def advance_clock(request: Request) -> Answer:
    """200 once all that fell due is done."""
    driven: Driven = request.caller
    step = _step(request.document)
    if driven.clock() + step > _LATEST:
        raise _too_far("")
    with _unless_stopped():
        return _moved(driven, await driven.advance_by(step))


async def set_clock(request: Request) -> Answer:
    """200 once all that fell due until the given time is done; 409 for a time in the clock's past."""
    driven: Driven = request.caller
    target = datetime.fromisoformat(request.document["now"]).astimezone(UTC)
    target = target.replace(microsecond=target.microsecond // 1000 * 1000)
    if target - driven.clock() > LONGEST_ADVANCE or target > _LATEST:
        raise _too_far("/now")
    try:
        with _unless_stopped():
            return _moved(driven, await driven.advance(target))
    except ValueError:
        raise Problem(
            "clock_moves_forwards",
            "The session clock is later than that already, and moves forwards alone. Advance it, or make a "
            "new namespace, whose clock begins at real time.",
            members={"now": as_rfc3339(driven.clock())},
        ) from None


async def freeze_clock(request: Request) -> Answer:
    """200 with the clock, which stands still."""
    with _unless_stopped():
        await request.caller.freeze()
    return answer_json(_shown(request.caller))


async def resume_clock(request: Request) -> Answer:
    """200 with the clock, which runs."""
    with _unless_stopped():
        await request.caller.resume()
    return answer_json(_shown(request.caller))


@contextlib.contextmanager
def _unless_stopped() -> Iterator[None]:
    """Raises ``namespace_not_found`` for a namespace that is dropped meanwhile."""
    try:
        yield
    except StoppedError:
        raise Problem(
            "namespace_not_found",
            "The namespace was dropped before its clock stood where it was told to. What was under way is "
            "broken off.",
        ) from None


def _moved(driven: Driven, occurrences: Sequence[Occurrence]) -> Answer:
    done = [show_occurrence(occurrence) for occurrence in occurrences]
    return answer_json({**_shown(driven), "occurrences": done})


def _step(document: Mapping[str, Any]) -> timedelta:
    """How far the clock is to move; the schema allows a duration or units, not both."""
    if "duration" in document:
        step = parse_duration(document["duration"])
        if step is None:
            raise invalid_request(
                [Fault("/duration", "bad_format", "must be an ISO 8601 duration such as PT5M")]
            )
        pointer = "/duration"
    else:
        step = timedelta(**{unit: document[unit] for unit in _UNITS if unit in document})
        pointer = f"/{next(unit for unit in _UNITS if unit in document)}"
    if step > LONGEST_ADVANCE:
        raise _too_far(pointer)
    return step


def _too_far(pointer: str) -> Problem:
    return invalid_request(
        [Fault(pointer, "out_of_range", "moves the clock too far: at most 3650 days a call")]
    )


def _shown(driven: Driven) -> dict[str, Any]:
    return {
        "now": as_rfc3339(driven.clock()),
        "isFrozen": driven.clock.is_frozen,
        "aheadSeconds": max(0.0, round(driven.clock.ahead.total_seconds(), 3)),
    }
