"""What the control API's `driver` operations drive: an environment whose session clock can be moved."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reference_impl.clock import MovableClock
from reference_impl.delivery.dispatcher import Dispatcher, Occurrence
from reference_impl.delivery.sender import Sender
from reference_impl.domain.sessions import Session
from reference_impl.environment import Environment, session_clock
from reference_impl.storage.port import Storage

_LEASE = timedelta(days=1)  # nobody else is there who could take over
_CLOCK_AHEAD = "session_clock_ahead_seconds"
_CLOCK_FROZEN = "session_clock_frozen_at"


class StoppedError(Exception):
    """It was stopped, a namespace by being dropped, before what was asked of it was done."""


class Driven:
    """An environment with a clock of its own, and the dispatcher that does what falls due by it.

    ``settings`` is the environment that it is made from, whose ``announce`` is told of everything;
    ``webhook_public_key`` an SPKI PEM; ``capacity`` how many sessions, and with them the answers to their
    idempotency keys, are kept, None for all. The clock's position is kept with the data. One process drives
    an environment: its coroutines run on the event loop that ``start`` ran on.
    """

    def __init__(
        self, settings: Environment, *, sender: Sender, webhook_public_key: str, capacity: int | None = None
    ) -> None:
        self.clock = _kept_clock(settings.storage)
        self.webhook_public_key = webhook_public_key
        self.capacity = capacity
        self.sender = sender
        self._tell = settings.announce
        self.environment = replace(settings, session_clock=self.clock, announce=self._announce)
        self.dispatcher = Dispatcher(self.environment, sender, lease=_LEASE)
        self._advancing = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self._move: asyncio.Task[list[Occurrence]] | None = None
        self._runs_on = True  # once the clock was moved
        self._is_stopped = False
        with settings.storage.transaction() as transaction:
            transaction.release_claims()  # those of the process before: whatever ended it

    async def start(self) -> None:
        """Begin to do what falls due."""
        self._loop = asyncio.get_running_loop()
        await self.sender.__aenter__()
        self._running = asyncio.create_task(self.dispatcher.run(), name="dispatcher")

    async def stop(self) -> None:
        """Stop doing so; what is under way is broken off, and due again at the next start."""
        self._is_stopped = True
        for task in (self._running, self._move):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self.dispatcher.break_off()
        await self.sender.__aexit__(None, None, None)

    async def advance(self, target: datetime) -> Sequence[Occurrence]:
        """Move the session clock to ``target``: all that falls due is done on return, and listed.

        Raises ValueError for a time in the clock's past, and ``StoppedError``.
        """
        async with self._alone():
            if target < self.clock():
                raise ValueError("the session clock only moves forwards")
            return await self._do_until(target)

    async def advance_by(self, step: timedelta) -> Sequence[Occurrence]:
        """Move the session clock as ``advance`` does, by ``step``; those that come at one time add up.

        Raises ValueError for a step backwards, and ``StoppedError``.
        """
        async with self._alone():
            if step < timedelta(0):
                raise ValueError("the session clock only moves forwards")
            return await self._do_until(self.clock() + step)

    async def freeze(self) -> datetime:
        """Stop the clock where it is, and return what it shows; raises ``StoppedError``."""
        async with self._alone():
            self.clock.freeze()
            self._keep_clock(self.clock(), is_frozen=True)
            return self.clock()

    async def resume(self) -> datetime:
        """Let the clock run on from where it stands, and return what it shows; raises ``StoppedError``."""
        async with self._alone():
            self.clock.resume()
            self._keep_clock(self.clock(), is_frozen=False)
        self.dispatcher.wake()
        return self.clock()

    def reset(self) -> None:
        """Forget sessions, deliveries and saved banks; partners and endpoints stay.

        The clock runs on from where it is; from where it is being moved to, if it is.
        """
        self.environment.storage.clear()
        self._keep_clock(self.clock(), is_frozen=False)
        if self._move is None or self._move.done():
            self.clock.resume()
        else:
            self._runs_on = True

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One at a time sets the clock; raises ``StoppedError``, also of those that had to wait."""
        async with self._advancing:
            if self._is_stopped:
                raise StoppedError
            yield

    async def _do_until(self, target: datetime) -> Sequence[Occurrence]:
        self._runs_on = not self.clock.is_frozen

        def move_to(time: datetime) -> None:
            # Kept before anything of that time is done: whatever a crash leaves done lies in the past.
            self._keep_clock(time, is_frozen=not self._runs_on)
            self.clock.set(time)

        self.clock.freeze()
        self._move = asyncio.create_task(
            self.dispatcher.do_until(max(target, self.clock()), move_to=move_to), name="clock"
        )
        try:
            return await self._move
        except asyncio.CancelledError:
            if self._is_stopped:
                raise StoppedError from None
            raise
        finally:
            if self._runs_on:
                self.clock.resume()

    def _keep_clock(self, position: datetime, *, is_frozen: bool) -> None:
        """Keep a position of the clock with the data, so that a restart finds it there."""
        ahead = position - session_clock()
        with self.environment.storage.transaction() as transaction:
            transaction.keep_setting(_CLOCK_AHEAD, repr(ahead.total_seconds()))
            transaction.keep_setting(_CLOCK_FROZEN, position.isoformat() if is_frozen else "")

    def _announce(self, fact: object) -> None:
        if not isinstance(fact, Session):  # nothing of a session just opened is due within its pause
            self._wake()
        self._tell(fact)

    def _wake(self) -> None:
        """Wake the dispatcher, from whichever thread."""
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if self._loop is None or here is self._loop:
            self.dispatcher.wake()
        else:
            self._loop.call_soon_threadsafe(self.dispatcher.wake)


def _kept_clock(storage: Storage) -> MovableClock:
    """The clock as it was kept with the data; one that runs with real time where none was."""
    with storage.reading() as reading:
        ahead = reading.setting(_CLOCK_AHEAD)
        frozen_at = reading.setting(_CLOCK_FROZEN)
    return MovableClock(
        ahead=timedelta(seconds=float(ahead or 0)),
        frozen_at=datetime.fromisoformat(frozen_at) if frozen_at else None,
    )
