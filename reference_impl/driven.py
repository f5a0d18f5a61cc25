"""What the control API's `driver` operations drive: an environment whose time can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from reference_impl.delivery.dispatcher import Occurrence
from reference_impl.environment import Environment


class DrivenClock(Protocol):
    """A session clock that can be moved, forwards only. Calling it reads it."""

    def __call__(self) -> datetime: ...

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""

    @property
    def ahead(self) -> timedelta:
        """By how much it is ahead of real time now."""


class Driven(Protocol):
    """An environment, and what moves it."""

    @property
    def environment(self) -> Environment:
        """What is driven."""

    @property
    def clock(self) -> DrivenClock:
        """Its session clock."""

    @property
    def webhook_public_key(self) -> str:
        """The key that webhooks are verified with, an SPKI PEM."""

    @property
    def capacity(self) -> int | None:
        """How many sessions are kept, and with them the answers to their idempotency keys; None for all."""

    async def advance(self, target: datetime) -> Sequence[Occurrence]:
        """Move the clock to ``target`` once all that falls due until then is done, and list it.

        Raises ValueError for a time in the clock's past.
        """

    async def advance_by(self, step: timedelta) -> Sequence[Occurrence]:
        """Move the clock so by ``step``, which is no move backwards; steps taken at one time add up."""

    async def freeze(self) -> None:
        """Stop the clock where it is."""

    async def resume(self) -> None:
        """Let it run on from where it stands."""

    def reset(self) -> None:
        """Forget sessions, deliveries and saved banks; partners and endpoints stay."""
