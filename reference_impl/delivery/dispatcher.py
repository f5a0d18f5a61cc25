"""The dispatcher: does what falls due, sessions' steps and deliveries' attempts, at once or by the clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import Attempt, Delivery, abandon, record
from reference_impl.domain.problems import Problem
from reference_impl.domain.transitions import Transition
from reference_impl.environment import Environment
from reference_impl.use_cases.payments import do_next_due

log = logging.getLogger(__name__)

BATCH = 200
"""Sessions that are taken up in one go."""

MOST_IN_FLIGHT = 5_000
"""Attempts under way at one time."""

LONGEST_PAUSE = 1.0
"""Seconds of real time after which the dispatcher looks again in any case."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """A delivery after an attempt, and the attempt; None where its URL had been removed."""

    delivery: Delivery
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that was due: when, by the session clock, and what came of it."""

    due_at: datetime
    outcome: Transition | Attempted


class Dispatcher:
    """Does what is due in one environment, within one event loop.

    Deliveries are attempted concurrently: a slow or dead receiver delays no other. What is in flight when the
    process dies is due still, and attempted again at the next start (HOOK-24).
    """

    def __init__(self, environment: Environment, sender: Sender) -> None:
        self._environment = environment
        self._sender = sender
        self._in_flight: dict[str, asyncio.Task[Occurrence]] = {}
        self._woken = asyncio.Event()
        self._time_is_moved = False
        self._more_wait = False

    def do_due(self) -> list[Occurrence]:
        """Do every step of a session that is due, and begin the attempts that are; the steps done."""
        steps = self._settle_sessions()
        self._begin_attempts()
        return steps

    async def finish_attempts(self) -> list[Occurrence]:
        """Wait for the attempts under way: what came of them."""
        done: list[Occurrence] = []
        while under_way := list(self._in_flight.values()):
            done += await asyncio.gather(*under_way)
            await asyncio.sleep(0)  # lets the callbacks of what has ended run
            self._begin_attempts()
        return done

    async def do_until(self, target: datetime, *, move_to: Callable[[datetime], object]) -> list[Occurrence]:
        """Do all that falls due until ``target``, in order of due time, ties by creation.

        ``move_to`` sets the session clock, which has to stand still otherwise, to each due time in turn and
        to ``target`` at last. Attempts of one instant are made side by side, and waited for.
        """
        self._time_is_moved = True
        try:
            return await self._do_until(target, move_to)
        finally:
            self._time_is_moved = False

    async def _do_until(self, target: datetime, move_to: Callable[[datetime], object]) -> list[Occurrence]:
        done = await self.finish_attempts()
        while True:
            done += self.do_due()
            done += await self.finish_attempts()
            with self._environment.storage.transaction() as transaction:
                due_at = transaction.next_due_at()
            if due_at is None or due_at > target:
                break
            if due_at > self._environment.session_clock():
                move_to(due_at)
        move_to(target)
        return sorted(done, key=lambda occurrence: occurrence.due_at)

    async def run(self) -> None:
        """Do what falls due, by the session clock, until cancelled."""
        while True:
            self._woken.clear()
            pause = LONGEST_PAUSE
            try:
                if not self._time_is_moved:  # then `do_until` does what is due, and lists it
                    self.do_due()
                pause = self._pause()
            except Problem as problem:
                log.warning("what is due has to wait: %s", problem.detail)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def break_off(self) -> None:
        """Cancel the attempts under way; nothing is recorded of them."""
        under_way = list(self._in_flight.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def wake(self) -> None:
        """Look at once at what is due; to be called from the event loop's own thread."""
        self._woken.set()

    def _pause(self) -> float:
        """Seconds until something is due, as far as the session clock runs with real time; never long."""
        with self._environment.storage.transaction() as transaction:
            due_at = transaction.next_due_at()
        if due_at is None:
            return LONGEST_PAUSE
        ahead = (due_at - self._environment.session_clock()).total_seconds()
        # What is due already is under way: its end wakes.
        return min(ahead, LONGEST_PAUSE) if ahead > 0 else LONGEST_PAUSE

    def _settle_sessions(self) -> list[Occurrence]:
        done: list[Occurrence] = []
        broken: set[str] = set()
        while True:
            with self._environment.storage.transaction() as transaction:
                now = self._environment.session_clock()
                due = transaction.due_sessions(now, limit=BATCH + len(broken))
            sound = [session for session in due if session.session_id not in broken]
            if not sound:
                return done
            for session in sound:
                try:
                    transition = do_next_due(self._environment, session.session_id)
                except Problem as problem:
                    if problem.code != "session_not_found":
                        raise
                    continue  # dropped meanwhile
                except Exception as error:
                    broken.add(session.session_id)  # it delays no other
                    place = "".join(traceback.format_tb(error.__traceback__))
                    log.error("a session's step failed: %s\n%s", type(error).__name__, place)
                    continue
                if transition is not None and session.due_at is not None:
                    done.append(Occurrence(session.due_at, transition))

    def _begin_attempts(self) -> None:
        free = MOST_IN_FLIGHT - len(self._in_flight)
        if free <= 0:
            return
        with self._environment.storage.transaction() as transaction:
            due = transaction.due_deliveries(self._environment.session_clock(), limit=MOST_IN_FLIGHT)
            endpoints = {delivery.partner_id: transaction.endpoints(delivery.partner_id) for delivery in due}
        self._more_wait = len(due) == MOST_IN_FLIGHT
        begun = [delivery for delivery in due if delivery.delivery_id not in self._in_flight][:free]
        for delivery in begun:
            url = endpoints[delivery.partner_id].get(delivery.event_type)
            task = asyncio.create_task(self._attempt(delivery, url), name=delivery.delivery_id)
            self._in_flight[delivery.delivery_id] = task
            task.add_done_callback(self._land)

    def _land(self, task: asyncio.Task[Occurrence]) -> None:
        del self._in_flight[task.get_name()]
        if not task.cancelled() and task.exception() is not None:
            log.warning("an attempt could not be recorded, and will be made again: %r", task.exception())
        if self._more_wait:
            self.wake()

    async def _attempt(self, delivery: Delivery, url: str | None) -> Occurrence:
        due_at = delivery.due_at or self._environment.session_clock()
        if url is None:  # HOOK-23
            return Occurrence(due_at, self._record(delivery, None))
        attempt = await self._sender.attempt(delivery, url=url, clock=self._environment.session_clock)
        return Occurrence(due_at, self._record(delivery, attempt))

    def _record(self, delivery: Delivery, attempt: Attempt | None) -> Attempted:
        after = abandon(delivery) if attempt is None else record(delivery, attempt)
        with self._environment.storage.transaction() as transaction:
            present = transaction.delivery(delivery.delivery_id)
            if present == delivery:
                transaction.replace_delivery(after)
            elif present is not None:
                after = present  # sent again on demand meanwhile: that goes on
            if present is not None and attempt is not None:  # not so after a reset
                transaction.add_attempt(delivery.delivery_id, attempt)
        attempted = Attempted(after, attempt)
        self._environment.announce(attempted)
        return attempted
