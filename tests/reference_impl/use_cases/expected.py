"""A small model of one session: what is to become of it, said a second time and differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.plans import Action, Pace, Step

REACHED = {
    Action.INITIATE: "initiated",
    Action.SUBMIT: "submitted",
    Action.ACCEPT: "accepted",
    Action.COMPLETE: "completed",
    Action.FAIL: "failed",
}
"""The deposit's status after a step of the bank."""


class RefusedError(Exception):
    """The model's word for an action that is to be refused."""


@dataclass(kw_only=True)
class Expected:
    """A session as it should be. Every method takes ``now``, the time at which it is called."""

    expires_at: datetime
    pace: Pace
    anonymous: bool
    identified: bool
    status: str = "open"
    deposit: str | None = None
    told: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    step_at: datetime | None = None
    made_at: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        if self.status == "open":
            return self.expires_at
        if self.status != "processing":
            return None
        return min((time for time in (self.step_at, self.times_out_at) if time), default=None)

    @property
    def times_out_at(self) -> datetime | None:
        waits = self.made_at and self.deposit in ("created", "initiated")
        return self.made_at + timedelta(minutes=15) if self.made_at and waits else None

    def move(self, now: datetime, target: datetime) -> None:
        """Time goes by, noticed all the way."""
        while (due_at := self.due_at) and due_at <= target:
            now = max(now, due_at)
            self.settle(now)

    def settle(self, now: datetime) -> None:
        """What is due is noticed."""
        while (due_at := self.due_at) and due_at <= now:
            if self.status == "open":
                self._become("expired")
            elif due_at == self.step_at:
                self._take_step(now)
            else:
                self._reach("failed")

    def identify(self, now: datetime) -> None:
        self._let_time_out(now)
        self._require(self._is_open(now) and self.anonymous)
        self.identified = True

    def choose(self, now: datetime, outcome: str) -> None:
        self._let_time_out(now)
        self._require(self._is_open(now) and self.identified)
        self.made_at = now
        self._reach("created")
        self._become("processing")
        self._follow(list(OUTCOMES[outcome].script), now)
        self.settle(now)

    def consent(self, now: datetime, approved: bool) -> None:
        self._let_time_out(now)
        if not self._awaits_consent:
            self.settle(now)
        self._require(self._awaits_consent)
        if approved:
            self._take_step(now)
            self.settle(now)
        else:
            self._reach("failed")

    def leave(self, now: datetime) -> None:
        self._let_time_out(now)
        if self.status != "processing":
            self._require(self._is_open(now))
            self._become("cancelled")

    def step(self, now: datetime) -> None:
        self._let_time_out(now)
        self._require(bool(self.steps) and self.steps[0].action is not Action.NEVER)
        self._take_step(now)

    @property
    def _awaits_consent(self) -> bool:
        return bool(self.steps) and self.steps[0].action is Action.CONSENT

    def _is_open(self, now: datetime) -> bool:
        return self.status == "open" and now < self.expires_at

    def _let_time_out(self, now: datetime) -> None:
        if self.times_out_at and now >= self.times_out_at:
            self.settle(now)

    def _require(self, allowed: bool) -> None:
        if not allowed:
            raise RefusedError

    def _take_step(self, now: datetime) -> None:
        action = self.steps[0].action
        if action is not Action.CONSENT:
            self._reach(REACHED[action])
        if self.status == "processing":
            self._follow(self.steps[1:], now)

    def _follow(self, steps: list[Step], now: datetime) -> None:
        self.steps, self.step_at = steps, None
        if steps and self.pace is not Pace.MANUAL and steps[0].action not in (Action.CONSENT, Action.NEVER):
            self.step_at = now + steps[0].after + timedelta(seconds=2 if self.pace is Pace.TIMER else 0)

    def _reach(self, deposit: str) -> None:
        self.deposit = deposit
        self.told.append(deposit)
        if deposit in ("completed", "failed"):
            self._become(deposit)

    def _become(self, status: str) -> None:
        self.told.append(f"{self.status} → {status}")
        self.status = status
        if status != "processing":
            self.steps, self.step_at = [], None
