"""The dispatcher: does what falls due, sessions' steps and deliveries' attempts, at once or by the clock."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from reference_impl.delivery.questions import Questions
from reference_impl.delivery.recorder import PATIENCE, Recorder
from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import ATTEMPT_TIMEOUT, Attempt, Delivery, abandon, record
from reference_impl.domain.problems import Problem, unavailable
from reference_impl.domain.transitions import Transition
from reference_impl.environment import Environment
from reference_impl.failures import describe
from reference_impl.storage.port import Claim, Receiver
from reference_impl.use_cases.payments import BrokenStepError, do_first_due

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""For how long a claimed delivery is this dispatcher's: much longer than an attempt may take."""

_BEGIN_WITHIN = 0.5
"""The part of a lease in which an attempt may begin: it ends, and is recorded, within the rest of it."""

assert LEASE.total_seconds() * (1 - _BEGIN_WITHIN) >= ATTEMPT_TIMEOUT + PATIENCE  # noqa: S101

_FRESH = 0.1
"""Seconds for which a URL that was read is that of now (HOOK-23)."""

BATCH = 64
"""Deliveries that are claimed in one transaction, and sessions' steps that are done before the next claim."""

BUSY = 64
"""Attempts under way at one receiver beyond which no more of its deliveries are claimed; others' are."""

MOST_IN_FLIGHT = 4_000
"""Attempts under way at one time."""

CONNECTIONS_PER_ORIGIN = 256
"""Attempts under way to one origin; those beyond wait their turn, and those to other origins do not."""

LONGEST_PAUSE = 1.0
"""Seconds of real time after which the dispatcher looks again in any case."""

_LOOK_AGAIN = 0.02


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


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """A receiver's URL, None where there is none, and when it was read, in seconds of the monotonic clock."""

    url: str | None
    read_at: float


class Dispatcher:
    """Does what is due in one environment, within one event loop.

    Any number of dispatchers, in any processes on any machines, share the work of one store: each session's
    step is done by the one that takes it first, each delivery attempted by the one that has claimed it.
    Deliveries are attempted concurrently: a slow or dead receiver delays no other. What is in flight when the
    process dies is due again once its lease has ended (HOOK-24). ``lease`` may be as long as one likes where
    one process has the store to itself and releases claims when it starts.
    """

    def __init__(self, environment: Environment, sender: Sender, *, lease: timedelta = LEASE) -> None:
        self._environment = environment
        self._sender = sender
        self._lease = lease
        self._begin_within = lease.total_seconds() * _BEGIN_WITHIN
        self._questions = Questions(environment.storage)
        self._recorder = Recorder(environment.storage, self._questions)
        # By task, not by delivery: one that is resent may be claimed anew before its last attempt has landed.
        self._under_way: dict[asyncio.Task[Occurrence | None], Claim] = {}
        self._at_receiver: Counter[Receiver] = Counter()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(CONNECTIONS_PER_ORIGIN)
        )
        self._woken = asyncio.Event()
        self._is_stopping = False
        self._moved: list[Occurrence] | None = None  # what comes about while the time is moved
        self._doing = asyncio.Lock()  # so that no step is done, and not yet among these
        self._more_wait = False
        self._more_steps_wait = False

    async def do_due(self) -> list[Occurrence]:
        """Do steps of sessions that are due, up to ``BATCH``, and begin attempts that are; the steps done."""
        try:
            async with self._doing:
                steps = await self._questions.ask(self._settle_sessions)
                if self._moved is not None:
                    self._moved += steps
        finally:  # a session's step that has to wait, such as for a row, delays no webhook
            await self._begin_attempts()
        return steps

    async def finish_attempts(self) -> None:
        """Wait for the attempts under way; none is begun."""
        if under_way := list(self._under_way):
            await asyncio.wait(under_way)  # whoever gives up waiting cancels none of them
        await asyncio.sleep(0)  # lets the callbacks of what has ended run

    async def do_until(self, target: datetime, *, move_to: Callable[[datetime], object]) -> list[Occurrence]:
        """Do all that falls due until ``target``, in order of due time, ties by creation.

        ``move_to`` sets the session clock, which has to stand still otherwise, to each due time in turn and
        to ``target`` at last. Attempts of one instant are made side by side, and waited for. Raises
        ``service_unavailable`` where something that is due is not done for as long as a lease.
        """
        moved: list[Occurrence] = []
        self._moved = moved
        try:
            await self._do_until(target, move_to, moved)
        finally:
            self._moved = None
        return sorted(moved, key=lambda occurrence: occurrence.due_at)

    async def _do_until(
        self, target: datetime, move_to: Callable[[datetime], object], moved: list[Occurrence]
    ) -> None:
        """Meanwhile ``run`` begins what arises: a receiver that is waited for here delays no other."""
        await self._attempt_all()
        idle_since = time.monotonic()
        while True:
            done_before = len(moved)
            await self.do_due()
            while self._more_steps_wait:
                await self.do_due()
            await self._attempt_all()
            async with self._doing:
                due_at = await self._questions.ask(self._next_due_at)
            if due_at is None or due_at > target:
                if not self._under_way:  # or what came of it is written, and not yet told
                    break
            elif due_at > self._environment.session_clock():
                move_to(due_at)
            elif len(moved) == done_before:  # another dispatcher has it in hand
                if time.monotonic() - idle_since > LEASE.total_seconds():
                    raise unavailable("Something that is due is not being done. Try again.")
                await asyncio.sleep(_LOOK_AGAIN)
                continue
            idle_since = time.monotonic()
        move_to(target)

    async def _attempt_all(self) -> None:
        while self._under_way:
            await self.finish_attempts()
            await self._begin_attempts()

    async def run(self) -> None:
        """Do what falls due, by the session clock, until stopped.

        Nothing else ends it: whoever had ended would look like one that has nothing to do. If it is cancelled
        instead, what it is just claiming is nobody's until the leases end.
        """
        while not self._is_stopping:
            self._woken.clear()
            pause = LONGEST_PAUSE
            try:
                await self.do_due()
                pause = 0 if self._more_steps_wait else await self._pause()
            except Problem as problem:
                log.warning("what is due has to wait: %s", problem.detail)
            except Exception as error:
                log.error("what is due could not be done, and is tried again: %s", describe(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    def stop(self) -> None:
        """Have ``run`` begin nothing more, and return."""
        self._is_stopping = True
        self.wake()

    async def break_off(self) -> None:
        """Cancel the attempts under way and give their deliveries back; nothing else is recorded of them."""
        await self._recorder.write()
        under_way = dict(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

        def give_back() -> None:
            with self._environment.storage.transaction() as transaction:
                for claim in under_way.values():
                    transaction.end_claim(claim, claim.delivery)

        if under_way:
            with contextlib.suppress(Problem):
                await self._questions.ask(give_back)

    def wake(self) -> None:
        """Look at once at what is due; to be called from the event loop's own thread."""
        self._woken.set()

    def _next_due_at(self) -> datetime | None:
        with self._environment.storage.reading() as reading:
            return reading.next_due_at()

    async def _pause(self) -> float:
        """Seconds until something is due, as far as the session clock runs with real time; never long."""
        due_at = await self._questions.ask(self._next_due_at)
        if due_at is None:
            return LONGEST_PAUSE
        ahead = (due_at - self._environment.session_clock()).total_seconds()
        # What is due already is under way: its end wakes.
        return min(ahead, LONGEST_PAUSE) if ahead > 0 else LONGEST_PAUSE

    def _settle_sessions(self) -> list[Occurrence]:
        done: list[Occurrence] = []
        self._more_steps_wait = False
        for _ in range(BATCH):  # then deliveries have their turn, and what else runs on this event loop
            try:
                step = do_first_due(self._environment)
            except BrokenStepError as error:
                log.error("a session's step failed: %s", describe(error.__cause__ or error))
                continue
            if step is None:
                return done
            done.append(Occurrence(*step))
        self._more_steps_wait = True
        return done

    async def _begin_attempts(self) -> None:
        self._more_wait = False
        while True:
            busy = [receiver for receiver, count in self._at_receiver.items() if count > BUSY]
            self._more_wait |= bool(busy)
            if len(self._under_way) > MOST_IN_FLIGHT - BATCH:
                self._more_wait = True
                return
            asked_at = time.monotonic()
            claims = await self._questions.ask(functools.partial(self._claim, passing_over=busy))
            for claim, endpoint in claims:
                self._begin(claim, endpoint, begin_by=asked_at + self._begin_within)
            if len(claims) < BATCH:
                return

    def _claim(self, *, passing_over: Collection[Receiver]) -> Sequence[tuple[Claim, _Endpoint]]:
        """Claim deliveries that are due, each with the URL that it goes to."""
        with self._environment.storage.transaction() as transaction:
            claims = transaction.claim_deliveries(
                self._environment.session_clock(), lease=self._lease, limit=BATCH, passing_over=passing_over
            )
            partners = {claim.delivery.partner_id for claim in claims}
            endpoints = {partner_id: transaction.endpoints(partner_id) for partner_id in partners}
        read_at = time.monotonic()
        return [
            (claim, _Endpoint(endpoints[claim.delivery.partner_id].get(claim.delivery.event_type), read_at))
            for claim in claims
        ]

    def _begin(self, claim: Claim, endpoint: _Endpoint, *, begin_by: float) -> None:
        delivery = claim.delivery
        task = asyncio.create_task(self._attempt(claim, endpoint, begin_by), name=delivery.delivery_id)
        self._under_way[task] = claim
        self._at_receiver[delivery.partner_id, delivery.event_type] += 1
        task.add_done_callback(self._land)

    def _land(self, task: asyncio.Task[Occurrence | None]) -> None:
        claim = self._under_way.pop(task)
        receiver = claim.delivery.partner_id, claim.delivery.event_type
        self._at_receiver[receiver] -= 1
        if not self._at_receiver[receiver]:
            del self._at_receiver[receiver]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.warning("an attempt could not be recorded, and will be made again: %s", type(error).__name__)
        elif not task.cancelled() and self._moved is not None and (occurrence := task.result()) is not None:
            self._moved.append(occurrence)
        if self._more_wait and (
            self._at_receiver[receiver] == BUSY or len(self._under_way) == MOST_IN_FLIGHT - BATCH
        ):
            self.wake()

    async def _attempt(self, claim: Claim, endpoint: _Endpoint, begin_by: float) -> Occurrence | None:
        delivery = claim.delivery
        due_at = delivery.due_at or self._environment.session_clock()
        await self._sender.hold_back(delivery)
        while True:
            endpoint = await self._endpoint_of_now(delivery, endpoint)
            url = endpoint.url
            if url is None:
                return await self._record(claim, due_at, abandon(delivery))  # HOOK-23
            async with self._turns[_origin(url)]:
                endpoint = await self._endpoint_of_now(delivery, endpoint)
                if endpoint.url != url:  # changed while others had their turn
                    continue
                if time.monotonic() > begin_by:  # another may have it by when the attempt would end
                    await self._recorder.record(claim, delivery, ())
                    return None
                clock = self._environment.session_clock
                attempt = await self._sender.attempt(delivery, url=url, clock=clock)
                again = await self._sender.send_again(delivery, url=url, clock=clock)
            sent = [attempt] if again is None else [attempt, again]
            return await self._record(claim, due_at, record(delivery, attempt), *sent)

    async def _endpoint_of_now(self, delivery: Delivery, endpoint: _Endpoint) -> _Endpoint:
        """The delivery's URL as it is now: what was read just before, or read once more (HOOK-23)."""
        if time.monotonic() - endpoint.read_at <= _FRESH:
            return endpoint
        return await self._questions.ask(functools.partial(self._endpoint, delivery))

    def _endpoint(self, delivery: Delivery) -> _Endpoint:
        read_at = time.monotonic()
        with self._environment.storage.reading() as reading:
            return _Endpoint(reading.endpoints(delivery.partner_id).get(delivery.event_type), read_at)

    async def _record(
        self, claim: Claim, due_at: datetime, after: Delivery, *sent: Attempt
    ) -> Occurrence | None:
        present = await self._recorder.record(claim, after, sent)
        if present is None:
            log.warning(
                "an attempt ended after its lease, or its delivery is gone: nothing is recorded of it"
            )
            return None
        attempted = Attempted(present, sent[0] if sent else None)
        self._environment.announce(attempted)
        return Occurrence(due_at, attempted)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
