"""A small model of sessions, keys and time, walked side by side with the target."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from ..credentials import Partner
from ..operations import Creation
from ..stage import Session, Stage
from ..trial import Obstacle, Trial, describe
from ..walks import Wrong
from .clock import AUTHORISATION, instant
from .payments import deposit_of, deposit_status

Kind = Literal["create", "repeat", "misuse", "read", "play", "start", "wait", "refuse", "advance"]
KINDS: Final[tuple[Kind, ...]] = (
    *("create", "create", "repeat", "repeat", "misuse", "read", "read", "read"),
    *("play", "start", "wait", "refuse", "advance", "advance"),
)
MOVES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 7, 14, 16, 31, 120, 1500))
SLACK: Final = timedelta(seconds=20)
"""Around an instant at which something falls due, either side is right: the clock runs while we ask."""
DAY: Final = timedelta(days=1)
RETENTION: Final = timedelta(hours=24)
OPTIONAL: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"websiteReference": " a b "},
    {"customFields": {"é": "", "b": "2"}},
    {"amount": 0.29, "currency": "PLN"},
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `which` picks a session, a request or a distance, as the kind has it."""

    kind: Kind
    which: int

    def __str__(self) -> str:
        return f"{self.kind} {self.which}"


@dataclass(kw_only=True)
class Expected:
    """What the model knows of one session.

    `turns` is when it changes by itself, into what, and the requirement that says so; `born` is how far the
    clock had been moved when it was made; `tried` whether a payment was tried although it was not open.
    """

    first: Session
    members: dict[str, Any]
    creation: Creation
    partner: Partner
    status: str = "open"
    deposit: str | None = None
    reference: Any = None
    turns: tuple[datetime, str, str] | None = None
    moved: bool = False
    born: timedelta = timedelta(0)
    tried: bool = False


def make_walk(seed: random.Random, length: int) -> list[Step]:
    """A walk that begins with a session."""
    steps = [Step(kind="create", which=seed.randrange(1000))]
    return steps + [Step(kind=seed.choice(KINDS), which=seed.randrange(1000)) for _ in range(length - 1)]


class World:
    """The model and the target, through one walk."""

    def __init__(self, trial: Trial, stage: Stage) -> None:
        self._trial = trial
        self._stage = stage
        self._sessions: list[Expected] = []
        self._moved = timedelta(0)
        self.touched: set[str] = set()
        """The requirements that the walk has come to, and found kept."""

    def walk(self, steps: Sequence[Step]) -> Wrong | None:
        """Walk: what went wrong first, or None. Every session is read once more at the end."""
        for step in steps:
            if (wrong := self._take(step)) is not None:
                return wrong
        for expected in self._sessions:
            if (wrong := self._read(expected)) is not None:
                return wrong
        return None

    def _take(self, step: Step) -> Wrong | None:
        if step.kind == "create":
            self._create(step.which)
            return None
        if step.kind == "advance":
            move = MOVES[step.which % len(MOVES)]
            self._stage.advance(move)
            self._moved += move
            return None
        if not self._sessions:
            return None  # a shortened walk may have lost its creations
        expected = self._sessions[step.which % len(self._sessions)]
        match step.kind:
            case "repeat":
                return self._repeat(expected)
            case "misuse":
                return self._misuse(expected)
            case "read":
                return self._read(expected)
            case _:
                return self._play(expected, step.kind)

    def _create(self, which: int) -> None:
        creations = self._trial.creations()
        creation = creations[which % len(creations)]
        partner = self._trial.known.partners(creation)[0]
        members = {"idempotencyKey": self._trial.fresh(), **OPTIONAL[which % len(OPTIONAL)]}
        first = self._stage.create(members, creation=creation, partner=partner)
        expires = instant(first, "expiresAt")
        self._sessions.append(
            Expected(
                first=first,
                members=members,
                creation=creation,
                partner=partner,
                turns=(expires, "expired", "SESS-16"),
                born=self._moved,
            )
        )

    def _repeat(self, expected: Expected) -> Wrong | None:
        self._stage.story.append(f"repeat the creation of {expected.first['sessionId']}")
        exchange = self._trial.post(expected.members, creation=expected.creation, partner=expected.partner)
        answer = exchange.answer
        same = answer is not None and answer.status == 201 and answer.json() == expected.first
        if same:
            self._touch("IDEM-05", expected.moved)
            self._touch("IDEM-15", self._moved > expected.born)
            return None
        if self._is_gone(expected):
            return None
        requirement = "IDEM-05" if expected.moved and not self._is_old(expected) else "IDEM-15"
        return Wrong(requirement=requirement, expected="the first answer again", exchange=exchange)

    def _misuse(self, expected: Expected) -> Wrong | None:
        self._stage.story.append(f"use the key of {expected.first['sessionId']} for another request")
        changed = {**expected.members, "userCountryCode": "FR"}
        exchange = self._trial.post(changed, creation=expected.creation, partner=expected.partner)
        if exchange.answer is not None and exchange.answer.status == 422:
            self._touch("IDEM-15", self._moved > expected.born)
            return None
        if self._is_gone(expected):
            return None
        return Wrong(
            requirement="IDEM-15",
            expected="422 for another request with a key that is kept",
            exchange=exchange,
        )

    def _is_old(self, expected: Expected) -> bool:
        return self._stage.driver.now() > instant(expected.first, "createdAt") + RETENTION - SLACK

    def _is_gone(self, expected: Expected) -> bool:
        """Whether the key may have been dropped: it is a day old, and its session is there no more."""
        if not self._is_old(expected):
            return False
        exchange = self._trial.get(self._trial.path_of(expected.first), partner=expected.partner)
        return exchange.answer is not None and exchange.answer.status == 404

    def _play(self, expected: Expected, kind: Kind) -> Wrong | None:
        """Pay it: to its end, or to its first step, or so that it waits a day, or in vain."""
        before = self._stage.driver.now()
        if self._is_turning(expected, before):
            return None
        self._turn(expected, before)
        outcome = {"refuse": "risk_declined", "wait": "waiting"}.get(kind, "success")
        done = self._stage.attempt(expected.first, outcome, steps=0 if kind == "start" else None)
        if expected.status != "open":
            expected.tried = True
            return self._read(expected)
        if not done:
            raise Obstacle(f"an open session could not be played to {outcome}")
        expected.moved = True
        now = self._stage.driver.now()
        expected.turns = None
        match kind:
            case "play":
                expected.status, expected.deposit = "completed", "completed"
            case "refuse":
                expected.status, expected.deposit = "failed", "failed"
            case "wait":
                expected.status, expected.deposit = "processing", "accepted"
                expected.turns = (now + DAY, "completed", "SESS-17")
            case _:
                expected.status, expected.deposit = "processing", "created"
                expected.turns = (now + AUTHORISATION, "failed", "PAY-06")
        return self._read(expected)

    def _is_turning(self, expected: Expected, now: datetime) -> bool:
        return expected.turns is not None and abs(expected.turns[0] - now) <= SLACK

    def _turn(self, expected: Expected, now: datetime) -> str | None:
        """Do in the model what has fallen due: the requirement that says so, None where nothing has."""
        if expected.turns is None or now < expected.turns[0]:
            return None
        _, status, requirement = expected.turns
        expected.status, expected.turns, expected.moved = status, None, True
        expected.deposit = status if expected.deposit is not None else None
        return requirement

    def _read(self, expected: Expected) -> Wrong | None:
        """Look it up, and compare."""
        now = self._stage.driver.now()
        if self._is_turning(expected, now):
            return None
        was = expected.status
        turned = self._turn(expected, now)
        self._stage.story.append(f"read {expected.first['sessionId']}")
        exchange = self._trial.get(self._trial.path_of(expected.first), partner=expected.partner)
        found = exchange.answer.json() if exchange.answer and exchange.answer.status == 200 else None
        if not isinstance(found, dict):
            if self._is_old(expected) and exchange.answer is not None and exchange.answer.status == 404:
                return None  # how long a session can be looked up, the contract does not say
            raise Obstacle(f"the look-up of a session was answered {describe(exchange)}")
        seen = (found.get("status"), deposit_status(found))
        if seen != (expected.status, expected.deposit):
            requirement = turned or _blame(was)
            wanted = f"a session that is {expected.status} with a deposit that is {expected.deposit}"
            return Wrong(requirement=requirement, expected=f"{wanted}, not {seen}", exchange=exchange)
        reference = deposit_of(found).get("reference")
        if expected.reference not in (None, reference):
            text = f"the deposit {expected.reference} and no second one"
            return Wrong(requirement="PAY-01", expected=text, exchange=exchange)
        expected.reference = reference
        self._touch_by_reading(expected, was, turned, now)
        return None

    def _touch_by_reading(self, expected: Expected, was: str, turned: str | None, now: datetime) -> None:
        """What a look-up that was right shows to be kept."""
        if turned is not None:
            self.touched.add(turned)
            return
        self._touch("SESS-17", was == "processing" and now > instant(expected.first, "expiresAt") + SLACK)
        self._touch("SESS-18", expected.tried and was not in ("open", "processing"))
        self._touch("PAY-01", expected.tried)

    def _touch(self, requirement: str, truth: bool) -> None:
        self.touched |= {requirement} if truth else set()


def _blame(status: str) -> str:
    return {"open": "SESS-16", "processing": "SESS-17"}.get(status, "SESS-18")
