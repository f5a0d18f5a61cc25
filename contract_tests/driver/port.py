"""What every driver can do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol


class DriverError(Exception):
    """The driver could not do what it was asked to: nothing can be said of the target.

    The message names the driver, what it was asked, and what it said or did instead. A requirement whose test
    meets one is `not verified`.
    """


class Refused(DriverError):
    """The driver understood, and says that this is not to be done: a second payment, an amount too large."""


class Driver(Protocol):
    """Plays payments, moves the session clock, and sets webhook endpoints. Not for use by several threads.

    Every verb raises :class:`DriverError`, and :class:`~contract_tests.wire.OutOfTime` from `deadline` on,
    by ``time.monotonic()``; None where a run may take as long as it takes.
    """

    deadline: float | None

    def play(
        self,
        session_id: str,
        outcome: str | None = None,
        *,
        amount: float | None = None,
        steps: int | None = None,
    ) -> None:
        """Pay a session, as ``playSession`` of the control API does.

        `outcome` is a code of ``listOutcomes`` (success where None), `amount` what the payer fills in where
        the session has none yet. With `steps`, the deposit is made and no more than so many steps after it;
        the rest waits.
        """

    def advance(self, duration: timedelta) -> Sequence[Mapping[str, Any]]:
        """Move the session clock forwards, and do all that falls due on the way before returning.

        The occurrences as ``advanceClock`` lists them, in order of due time; empty from a driver that cannot
        tell. A `duration` of zero waits for what is due now.
        """

    def now(self) -> datetime:
        """What the session clock shows, in UTC."""

    def set_endpoint(self, partner: str, url: str | None, event_types: Sequence[str] | None = None) -> None:
        """Have the partner's events of these types, or of all, sent to `url`; None takes the URL away."""

    def reset(self) -> None:
        """Forget sessions, keys and deliveries; partners and their endpoints stay."""

    def close(self) -> None:
        """Let go of connection or process; raises nothing."""
