"""The run: is the endpoint there, does it acknowledge what is genuine, and then the tests."""

import time
from datetime import UTC, datetime
from typing import Final

import openapi
from openapi import Requirement

from .. import requirements
from ..ledger import Breach, Ledger
from ..preflight import PreflightError
from ..skew import EDGE_SECONDS, confirmed, skew_of, told
from ..suite import TIME_RAN_OUT, Plan, Report, Silent, Watcher, describe_obstacle
from ..wire import OutOfTime
from . import cases as _cases  # noqa: F401 - registers its tests
from .endpoint import Endpoint, Unreachable
from .receiver import Receiver
from .trial import CONTROL, NEEDS_SESSION, REGISTRY, Test, Trial, describe, is_acknowledged, is_late

AREA: Final = "RECV"
ONE_KEY: Final = "needs a second key that the receiver trusts (repeat --signing-key)"
GENUINE: Final = Test(name=CONTROL, cites=("RECV-01",), function=lambda _: None)


def known_requirements() -> dict[str, Requirement]:
    """The requirements on receivers, by identifier."""
    return {key: rule for key, rule in openapi.requirements().items() if rule.area == AREA}


def select(words: tuple[str, ...]) -> list[Requirement]:
    """The requirements meant by `words`. Raises :class:`~contract_tests.requirements.SelectionError`."""
    known = known_requirements()
    chosen = requirements.select(known, words)
    return [requirement for key, requirement in known.items() if key in chosen]


def coverage() -> dict[str, tuple[str, ...]]:
    """Which tests are about which requirement, by its identifier."""
    return {
        key: tuple(test.name for test in REGISTRY.values() if key in test.cites)
        for key in known_requirements()
    }


def untested() -> dict[str, str]:
    """Why requirements may not be verified, by identifier."""
    inspected = {
        key: "to be inspected: no answer can show it"
        for key, rule in known_requirements().items()
        if rule.verification == "inspection"
    }
    return {"RECV-13": ONE_KEY, **inspected}


def run(receiver: Receiver, plan: Plan, watcher: Watcher | None = None) -> Report:
    """Test `receiver`.

    Raises :class:`~contract_tests.requirements.SelectionError`, and
    :class:`~contract_tests.preflight.PreflightError` where nobody is there.
    """
    selected = frozenset(rule.id for rule in select(plan.select))
    start, started = time.monotonic(), datetime.now(UTC)
    deadline = start + plan.max_time if plan.max_time is not None else None
    endpoint = Endpoint(receiver.url, timeout=receiver.timeout, deadline=deadline, ca_file=receiver.ca_file)
    ledger = Ledger(selected=selected)
    told = watcher or Silent()
    visit = _Visit(receiver=receiver, endpoint=endpoint, ledger=ledger, told=told)
    interrupted = False
    notes: tuple[str, ...] = ()
    # What is decided by tests that are still to be run: until they are known, all that has one.
    undecided = {key for key, tests in coverage().items() if tests}
    try:
        endpoint.reach()
        notes = visit.begin()
        told.started(notes)
        if visit.is_silent:
            # Each of some hundred deliveries would be waited for as long.
            ledger.leave_open(selected, "the receiver does not answer in time: nothing else was sent")
        else:
            tests = [test for test in REGISTRY.values() if selected.intersection(test.cites)]
            for number, test in enumerate(tests):
                # After each the receiver has to take what is genuine.
                undecided = {*GENUINE.cites, *(key for rest in tests[number:] for key in rest.cites)}
                visit.execute(test)
    except Unreachable as error:
        raise PreflightError(
            f"{receiver.url} cannot be reached: {error}\nIs the receiver running, and is this its endpoint?"
        ) from None
    except OutOfTime:
        ledger.leave_open(undecided, TIME_RAN_OUT)
    except KeyboardInterrupt:
        interrupted = True
        ledger.leave_open(undecided, "interrupted")
    return Report(
        target=receiver,
        plan=plan,
        findings=ledger.findings(
            known_requirements(),
            claimed=receiver.claims,
            untested=untested(),
            idle=frozenset({"RECV-13"} if len(receiver.keys) < 2 else ()),
        ),
        notes=notes,
        requests=endpoint.count,
        seconds=time.monotonic() - start,
        started=started,
        interrupted=interrupted,
    )


def not_tested(receiver: Receiver, plan: Plan, reason: str) -> Report:
    """The report on a receiver that could not be tested, because of `reason`."""
    return describe_obstacle(receiver, plan, reason, requirements=known_requirements())


class _Visit:
    """The tests of one run in turn, each followed by a genuine delivery where it may have done harm."""

    def __init__(self, *, receiver: Receiver, endpoint: Endpoint, ledger: Ledger, told: Watcher) -> None:
        self._receiver = receiver
        self._endpoint = endpoint
        self._ledger = ledger
        self._told = told
        self._skew = 0
        self._trusted = False
        self.is_silent = False

    def begin(self) -> tuple[str, ...]:
        """Send the first genuine delivery; notes for the reader on what follows from it."""
        trial = self._trial(GENUINE)
        sent = time.time()
        exchange = trial.send(trial.sign(trial.events.any()))
        dated = skew_of(exchange, sent=sent, received=time.time())
        self._skew = confirmed(dated, self._judges_by)
        if self._skew:
            exchange = (trial := self._trial(GENUINE)).send(trial.sign(trial.events.any()))
        trial.acknowledged("RECV-01", exchange, "a genuine delivery")
        self._trusted = is_acknowledged(exchange) and bool(self._receiver.sessions)
        self.is_silent = is_late(exchange)
        known = ", ".join(session.session_id for session in self._receiver.sessions)
        notes = [f"as partner {self._receiver.partner_name!r}, of sessions: {known or 'none that it knows'}"]
        if note := told(self._skew, dated, "the receiver's"):
            notes.append(note)
        if not self._receiver.sessions:
            notes.append(NEEDS_SESSION)
        elif not self._trusted:
            notes.append(
                f"the first genuine delivery was not acknowledged: {describe(exchange)}. Does the receiver "
                "trust the public key of --signing-key, and does it know partner and sessions?"
            )
        return tuple(notes)

    def execute(self, test: Test) -> None:
        """Run one test, and see whether the receiver survives it."""
        self._told.progress(test.name, self._endpoint.count)
        trial = self._trial(test)
        test.function(trial)
        if trial.has_refused and self._trusted:
            self._confirm(test)

    def _judges_by(self, skew: int) -> bool:
        """Whether this is the clock by which the receiver judges what is fresh."""
        self._skew = skew
        trial = self._trial(GENUINE)
        aged = [trial.sign(trial.events.any(), age=age) for age in (EDGE_SECONDS, -EDGE_SECONDS)]
        return all(is_acknowledged(trial.send(each)) for each in aged)

    def _confirm(self, test: Test) -> None:
        """A refusal by a receiver that refuses everything from then on is none."""
        trial = self._trial(GENUINE)
        exchange = trial.send(trial.sign(trial.events.any()))
        if is_acknowledged(exchange):
            return
        self._trusted = False
        reason = f"after {test.name} a genuine delivery is no longer acknowledged: {describe(exchange)}"
        self._ledger.broken(Breach(requirement="RECV-01", test=test.name, message=reason, exchange=exchange))
        self._ledger.leave_open(test.cites, reason)

    def _trial(self, test: Test) -> Trial:
        return Trial(
            test=test,
            receiver=self._receiver,
            endpoint=self._endpoint,
            ledger=self._ledger,
            skew=self._skew,
            trusted=self._trusted,
        )
