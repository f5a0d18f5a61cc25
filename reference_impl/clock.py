"""The sandbox's session clock: moves forwards on command; the real one never follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reference_impl.environment import session_clock


class MovableClock:
    """A clock that runs with real time, ahead of it by what it was advanced. Calling it reads it.

    ``ahead`` is negative for one that fell behind while it stood still.
    """

    def __init__(self, *, ahead: timedelta = timedelta(0), frozen_at: datetime | None = None) -> None:
        self._ahead = ahead
        self._frozen_at = frozen_at

    def __call__(self) -> datetime:
        return self._frozen_at if self._frozen_at is not None else session_clock() + self._ahead

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move forwards and return the new time; raises ValueError for a move backwards."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("the session clock only moves forwards; give a duration of zero or more")
        if self._frozen_at is not None:
            self._frozen_at += step
        else:
            self._ahead += step
        return self()

    def set(self, time: datetime) -> datetime:
        """Move forwards to ``time`` (with a zone); raises ValueError if it lies in the clock's past."""
        return self.advance(seconds=(time.astimezone(UTC) - self()).total_seconds())

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None

    @property
    def ahead(self) -> timedelta:
        """By how much it is ahead of real time now."""
        return self() - session_clock()

    def freeze(self) -> datetime:
        """Stop the clock where it is; ``advance`` and ``set`` still move it."""
        self._frozen_at = self()
        return self._frozen_at

    def resume(self) -> datetime:
        """Let a frozen clock run on from where it stands."""
        if self._frozen_at is not None:
            self._ahead = self._frozen_at - session_clock()
            self._frozen_at = None
        return self()
