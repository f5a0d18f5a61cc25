"""The run: preflight, directed tests, generated requests, and the verdicts that follow."""

import functools
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from typing import Final, Protocol

import openapi
from openapi import Requirement

from . import directed as _directed  # noqa: F401 - registers its tests
from . import driven as _driven  # noqa: F401 - registers its tests, to be run after those
from .driver import DriverError
from .equipment import UNEQUIPPED, Equipment, Unequipped
from .expectations import ExpectedFailure, weigh
from .judging import arbiter
from .ledger import Finding, Ledger, Verdict
from .preflight import get_acquainted
from .requirements import select as choose
from .target import Acquaintance, Target
from .trial import REGISTRY, Obstacle, Trial
from .wire import Client, Hanging, OutOfTime, StillBusy

GENERATED: Final = "generated"
LAYERS: Final = ("directed", GENERATED)
NOT_TESTED: Final = "the target could not be tested"
NO_LONGER_ANSWERS: Final = "the target does not answer in time: nothing more was sent"
TIME_RAN_OUT: Final = "time ran out (--max-time)"
STAYS_BUSY: Final = "the target stays busy, however long it is waited for: nothing more was sent"
HANGING_LIMIT: Final = 3
"""Tests in a row that may end because the target no longer answers, or stays busy."""


class ExitCode(IntEnum):
    """What ``stablemint verify`` exits with."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    WRONG_USAGE = 2
    NO_TARGET = 3
    NOT_VERIFIED = 4
    INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run. `select` holds requirements or areas, all where empty; `max_time` is in seconds.

    `layers` is empty where no request depends on a seed. `command` is the command line that names this
    target, to which a replay adds its selection.
    """

    seed: int = 1
    select: tuple[str, ...] = ()
    layers: tuple[str, ...] = LAYERS
    max_examples: int = 20
    max_time: float | None = None
    command: str = "stablemint verify"

    @property
    def basis(self) -> str:
        """What the requests rest on, in words."""
        alone = f", {self.layers[0]} requests alone" if len(self.layers) == 1 else ""
        return f"seed {self.seed}{alone}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The verdicts of a run and what they rest on; `seconds` is how long it took.

    `obstacle` says why the target could not be tested at all; empty where it was.
    """

    target: Target
    plan: Plan
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    requests: int
    seconds: float
    started: datetime
    interrupted: bool = False
    obstacle: str = ""

    def count(self, verdict: Verdict) -> int:
        """How many requirements got this verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code for these verdicts."""
        if self.obstacle:
            return ExitCode.NO_TARGET
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.count(Verdict.FAILED) or self.count(Verdict.UNEXPECTED_PASS):
            return ExitCode.NOT_CONFORMANT
        if any(finding.is_open for finding in self.findings):
            return ExitCode.NOT_VERIFIED
        return ExitCode.CONFORMANT


class Watcher(Protocol):
    """Told what is going on, for those who wait."""

    def started(self, notes: tuple[str, ...]) -> None:
        """The preflight is done."""

    def progress(self, what: str, requests: int) -> None:
        """Something was done."""


class Silent:
    """A watcher for nobody."""

    def started(self, notes: tuple[str, ...]) -> None:
        """Say nothing."""

    def progress(self, what: str, requests: int) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A test, run where any of `about` is selected; where it cannot end, `decides` are left open."""

    name: str
    about: tuple[str, ...]
    decides: tuple[str, ...]
    execute: Callable[[], None]


def coverage(layers: tuple[str, ...] = LAYERS) -> dict[str, tuple[str, ...]]:
    """Which tests are about which requirement, by its identifier."""
    cites: dict[str, list[str]] = {key: [] for key in openapi.requirements()}
    tests = [(test.name, test.about) for test in REGISTRY.values() if "directed" in layers]
    if GENERATED in layers:
        tests.append((GENERATED, (*arbiter.CITES, *arbiter.OCCASIONAL)))
    for name, about in tests:
        for requirement in about:
            cites[requirement].append(name)
    return {key: tuple(names) for key, names in cites.items()}


def choose_layers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The layers that decide a selection, unless others are asked for.

    Generating requests takes as long for one requirement as for all, so that it is left out where nothing but
    single requirements is selected: each has directed tests. What a layer sends for a requirement is the same
    in every selection.
    """
    return ("directed",) if words and all("-" in word for word in words) else LAYERS


def select(words: tuple[str, ...]) -> list[Requirement]:
    """The requirements meant by `words`. Raises :class:`~.requirements.SelectionError`."""
    chosen = choose(openapi.requirements(), words)
    return [requirement for key, requirement in openapi.requirements().items() if key in chosen]


def untested(cites: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Why requirements that no test of this run decides are not verified, by identifier."""
    reasons = {}
    for key, requirement in openapi.requirements().items():
        if requirement.verification == "inspection":
            reasons[key] = "to be inspected: no request can show it"
        elif not cites[key]:
            reasons[key] = "no test in the layers that were run"
        elif key in occasional():
            reasons[key] = "the target never came to show it"
    return reasons


def occasional() -> frozenset[str]:
    """Requirements that only show themselves at times, so that a run may well not see them."""
    always = {key for test in REGISTRY.values() for key in test.cites}
    return frozenset(key for test in REGISTRY.values() for key in test.occasional) - always


def run(
    target: Target,
    plan: Plan,
    watcher: Watcher | None = None,
    *,
    equipment: Equipment = UNEQUIPPED,
    expected: Iterable[ExpectedFailure] = (),
    today: date | None = None,
) -> Report:
    """Test `target` with what `equipment` there is, which stays the caller's to close.

    `expected` failures count as such through their last day; `today` is that of UTC unless given.

    Raises :class:`~.requirements.SelectionError` and :class:`~.preflight.PreflightError`.
    """
    told = watcher or Silent()
    known_requirements = openapi.requirements()
    selected = choose(known_requirements, plan.select)
    start, started = time.monotonic(), datetime.now(UTC)
    deadline = start + plan.max_time if plan.max_time is not None else None
    client = Client(target.url, timeout=target.timeout, deadline=deadline, ca_file=target.ca_file)
    ledger = Ledger(selected=selected)
    interrupted = False
    notes: tuple[str, ...] = ()
    # What is decided by steps that are still to be run: until they are known, all that has a test.
    undecided = {key for key, tests in coverage(plan.layers).items() if tests}
    equipment.keep_time(deadline)
    try:
        known = get_acquainted(target, client)
        notes = known.notes
        told.started(notes)
        steps = [
            step
            for step in _steps(known, client, ledger, plan, told, equipment)
            if selected.intersection(_claimed(step.about, known_requirements, target))
            and _claimed(step.decides, known_requirements, target)
        ]
        hanging = 0
        for number, step in enumerate(steps, 1):
            undecided = {key for rest in steps[number - 1 :] for key in rest.decides}
            client.require_time()
            broken = f", {len(ledger.breaches)} broken" if ledger.breaches else ""
            told.progress(f"{number}/{len(steps)}{broken}  {step.name}", client.count)
            client.try_again()
            reason = _execute(step.execute)
            hanging = hanging + 1 if client.is_hanging or client.is_spent else 0
            if reason:
                ledger.leave_open(step.decides, reason)
            if hanging >= HANGING_LIMIT:
                reason = NO_LONGER_ANSWERS if client.is_hanging else STAYS_BUSY
                ledger.leave_open(undecided, reason)
                break
    except OutOfTime:
        ledger.leave_open(undecided, TIME_RAN_OUT)
    except KeyboardInterrupt:
        interrupted = True
        ledger.leave_open(undecided, "interrupted")
    finally:
        client.close()
        equipment.keep_time(None)
    reasons = untested(coverage(plan.layers))
    findings = ledger.findings(known_requirements, claimed=target.claims, untested=reasons, idle=occasional())
    return Report(
        target=target,
        plan=plan,
        findings=weigh(findings, expected, today=today or started.date()),
        notes=notes,
        requests=client.count,
        seconds=time.monotonic() - start,
        started=started,
        interrupted=interrupted,
    )


def not_tested(target: Target, plan: Plan, reason: str) -> Report:
    """The report on a target that `reason` kept from being tested: a :class:`~.preflight.PreflightError`.

    Raises :class:`~.requirements.SelectionError`.
    """
    return describe_obstacle(target, plan, reason, requirements=openapi.requirements())


def describe_obstacle(
    target: Target, plan: Plan, reason: str, *, requirements: Mapping[str, Requirement]
) -> Report:
    """The same, on those selected of some `requirements`: nothing of them is verified."""
    ledger = Ledger(selected=choose(requirements, plan.select))
    ledger.leave_open(ledger.selected, NOT_TESTED)
    return Report(
        target=target,
        plan=plan,
        findings=ledger.findings(requirements, claimed=target.claims, untested={}, idle=frozenset()),
        notes=(),
        requests=0,
        seconds=0,
        started=datetime.now(UTC),
        obstacle=reason,
    )


def _claimed(cited: tuple[str, ...], known: Mapping[str, Requirement], target: Target) -> set[str]:
    return {key for key in cited if known[key].capability in target.claims}


def _execute(step: Callable[[], None]) -> str:
    """Run one step; the reason why it could not be finished, or nothing. Raises :class:`OutOfTime`."""
    try:
        step()
    except (Hanging, Obstacle, StillBusy, Unequipped, DriverError) as obstacle:
        return str(obstacle)
    except OutOfTime:
        raise
    except Exception as error:
        return f"the test could not go on: {type(error).__name__}: {error}"
    return ""


def _steps(
    known: Acquaintance, client: Client, ledger: Ledger, plan: Plan, told: Watcher, equipment: Equipment
) -> Iterator[_Step]:
    nonce = secrets.token_hex(6)
    if "directed" in plan.layers:
        for test in REGISTRY.values():
            trial = Trial(
                test=test,
                known=known,
                client=client,
                ledger=ledger,
                seed=plan.seed,
                nonce=nonce,
                equipment=equipment,
            )
            yield _Step(
                name=test.name,
                about=test.about,
                decides=(*test.cites, *test.occasional),
                execute=functools.partial(test.function, trial),
            )
    if GENERATED in plan.layers:
        # Schemathesis takes a second to import, and is not always asked for.
        from . import generated

        generation = generated.Generation(
            known=known, client=client, ledger=ledger, seed=plan.seed, nonce=nonce
        )

        def generate() -> None:
            progress = functools.partial(_count, told, client)
            generation.run(max_examples=plan.max_examples, progress=progress)

        yield _Step(name=GENERATED, about=arbiter.CITES, decides=arbiter.CITES, execute=generate)


def _count(told: Watcher, client: Client, what: str) -> None:
    told.progress(f"{GENERATED}: {what}", client.count)
