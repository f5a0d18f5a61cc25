"""Plans: what the payment processor has announced for a deposit, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reference_impl.domain.deposits import FailureCode


class Action(StrEnum):
    """One thing that happens to a deposit. ``consent`` waits for the payer; ``never`` is the end."""

    INITIATE = "initiate"
    CONSENT = "consent"
    SUBMIT = "submit"
    ACCEPT = "accept"
    COMPLETE = "complete"
    FAIL = "fail"
    NEVER = "never"


class Pace(StrEnum):
    """When steps happen: at once, a moment after one another, or only when told to."""

    AT_ONCE = "at_once"
    TIMER = "timer"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Step:
    """An action, how long after the step before it, and why the deposit fails if it does."""

    action: Action
    after: timedelta = timedelta(0)
    failure_code: FailureCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps to come; the first is due at ``due_at`` by the session clock, None when it waits."""

    steps: tuple[Step, ...]
    due_at: datetime | None

    @property
    def awaits_payer(self) -> bool:
        """Whether the next step is the payer's consent."""
        return bool(self.steps) and self.steps[0].action is Action.CONSENT
