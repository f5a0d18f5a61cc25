"""HOOK-14 to HOOK-23: how often an event is sent, where to, and what a receiver can make of that."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ..driver import ControlApi, Refused
from ..judging.delivery import judge_attempts
from ..receiver import ACKNOWLEDGE, Arrival, Inbox, Reply
from ..stage import NOW, STATUS_CHANGED, Session, Stage, deposit_event
from ..trial import Obstacle, Trial, judges
from ..webhooks import STAMPED_APART_SECONDS
from ..wire import Exchange

RETRIES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 90))
EARLY: Final = timedelta(seconds=20)
"""How long before an attempt is due it is looked for in vain: more than a step of a busy run takes."""
TIMEOUT_SECONDS: Final = 10.0
SOON_SECONDS: Final = 4.0
"""An answer that takes longer, while a receiver is silent for ten seconds and more, waits for that."""
REFUSED: Final = Reply(status=500)
HUGE: Final = b'{"status": "rejected", "retry": true}' + b" " * 3_000_000
UNREACHABLE: Final = "http://127.0.0.1:1/"
"""Where nothing listens, or what does takes no event."""
ENTIRE_SCHEDULE: Final = 1 + len(RETRIES)


def first(inbox: Inbox, session: Session, event_type: str) -> Arrival:
    """The first delivery of this type about the session; an obstacle where none has come."""
    for arrival in inbox.about(session["sessionId"]):
        if arrival.event_type == event_type:
            return arrival
    raise Obstacle(f"no {event_type} came to the configured URL")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one event type's endpoint answers, and what must come of it."""

    requirement: str
    says: str
    replies: tuple[Reply, ...]
    again: bool


def _cases(away: str) -> dict[str, Case]:
    """One for each event type of a payment that is completed: all of them are told of one session."""
    moved = (("Location", away),)
    impatient = (("Retry-After", "1"),)
    patient = (("Retry-After", "86400"),)
    return {
        deposit_event("created"): Case(
            requirement="HOOK-15", says="500", replies=(Reply(status=500),), again=True
        ),
        deposit_event("initiated"): Case(
            requirement="HOOK-17",
            says="410 with Retry-After",
            replies=(Reply(status=410, headers=patient), Reply(status=503, headers=impatient)),
            again=True,
        ),
        deposit_event("submitted"): Case(
            requirement="HOOK-16",
            says="a redirect",
            replies=(Reply(status=307, headers=moved), Reply(status=301, headers=moved)),
            again=True,
        ),
        deposit_event("accepted"): Case(
            requirement="HOOK-16",
            says="a broken connection",
            replies=(Reply(breaks_off=True),),
            again=True,
        ),
        deposit_event("completed"): Case(
            requirement="HOOK-17",
            says="200 with a huge body that speaks of refusal",
            replies=(Reply(status=200, body=HUGE),),
            again=False,
        ),
        STATUS_CHANGED: Case(requirement="HOOK-14", says="299", replies=(Reply(status=299),), again=False),
    }


@judges("HOOK-14", "HOOK-15", "HOOK-16", "HOOK-17", "HOOK-18", "HOOK-19", listens=True)
def failures_are_tried_again(trial: Trial) -> None:
    """The whole schedule, for failures of every kind side by side, and for acknowledgements."""
    partner = trial.partner()
    with Stage(trial) as stage:
        away = stage.listen(partner)
        cases = _cases(away.url)
        inboxes = {name: stage.listen(partner, *case.replies, types=[name]) for name, case in cases.items()}
        session = stage.create({"websiteReference": "ü"})
        earliest = stage.driver.now()
        awaited = {name for name, case in cases.items() if case.again}
        stage.play(session, "success")
        for name, inbox in inboxes.items():
            if not stage.collect(inbox, session, 1):
                raise Obstacle(f"no {name} came to the configured URL")
        _let_stamps_differ(stage, [inbox.about(session["sessionId"])[0] for inbox in inboxes.values()])
        latest = stage.latest()
        for number, delay in enumerate(RETRIES, start=2):
            stage.advance_to(earliest + delay - EARLY)
            _judge_counts(stage, session, inboxes, cases, number - 1, f"before {delay} had passed")
            earliest = stage.driver.now()
            stage.advance_to(max(latest + delay, earliest))
            awaited = _those_that_come(stage, session, inboxes, awaited, number)
            latest = stage.latest()
            _judge_counts(stage, session, inboxes, cases, number, f"{delay} after the attempt before")
        stage.advance(timedelta(days=2))
        _judge_counts(stage, session, inboxes, cases, ENTIRE_SCHEDULE, "after the fifth failed retry")
        quiet = not away.arrivals
        shown = away.arrivals[0].exchange if away.arrivals else None
        stage.check("HOOK-16", quiet, shown, "that redirects are not followed")
        for name, inbox in inboxes.items():
            if name != STATUS_CHANGED:  # whose inbox takes two events
                judge_attempts(inbox.about(session["sessionId"]), stage.check)
        _judge_status(stage, session, cases)


def _those_that_come(
    stage: Stage, session: Session, inboxes: dict[str, Inbox], awaited: set[str], number: int
) -> set[str]:
    """Wait for an attempt at each inbox that is awaited: those that have come are awaited again."""
    deadline = time.monotonic() + stage.patience
    came = set()
    for name in awaited:
        left = max(0.0, deadline - time.monotonic())
        if len(stage.wait(inboxes[name], session, number, seconds=left)) >= number:
            came.add(name)
    return came


def _judge_counts(
    stage: Stage,
    session: Session,
    inboxes: dict[str, Inbox],
    cases: dict[str, Case],
    number: int,
    when: str,
) -> None:
    for name, case in cases.items():
        arrivals = inboxes[name].about(session["sessionId"])
        # The session's status changes twice.
        events = 2 if name == STATUS_CHANGED else 1
        expected = number if case.again else 1
        shown = arrivals[-1].exchange if arrivals else None
        stage.check(
            case.requirement,
            len(arrivals) == expected * events,
            shown,
            f"{expected} attempts of an event {when}, where each is answered {case.says}, "
            f"not {len(arrivals) / events:g};",
        )


def _let_stamps_differ(stage: Stage, first_attempts: Sequence[Arrival]) -> None:
    """Let real time pass until what is sent next can be told to be signed afresh (HOOK-18)."""
    latest = max(arrival.at for arrival in first_attempts)
    stage.trial.client.rest(max(0.0, latest + STAMPED_APART_SECONDS - time.time()))


def _judge_status(stage: Stage, session: Session, cases: dict[str, Case]) -> None:
    for name, status in (stage.statuses(session) or {}).items():
        expected = "failed" if cases[name].again else "delivered"
        requirement = "HOOK-15" if cases[name].again else "HOOK-14"
        stage.check(requirement, status == expected, None, f"a delivery that is {expected}, not {status};")


@judges("HOOK-16", listens=True, takes_long=True)
def receivers_that_do_not_answer(trial: Trial) -> None:
    """A head that is not complete after ten seconds is a failure.

    This takes the ten seconds of real time that the contract gives.
    """
    partner = trial.partner()
    late, slow = TIMEOUT_SECONDS + 3, TIMEOUT_SECONDS - 3
    with Stage(trial) as stage:
        kinds = {
            deposit_event("created"): ("silence", Reply(delay=late), True),
            deposit_event("failed"): (
                "a head that comes line by line",
                Reply(delay=late, trickles=True),
                True,
            ),
            STATUS_CHANGED: (f"a whole head after {slow:g} s", Reply(status=200, delay=slow), False),
        }
        inboxes = {
            name: stage.listen(partner, reply, ACKNOWLEDGE, types=[name])
            for name, (_, reply, _) in kinds.items()
        }
        session = stage.create()
        begun = time.monotonic()
        stage.play(session, "risk_declined")
        for name, inbox in inboxes.items():
            if not stage.wait(inbox, session, 1, seconds=SOON_SECONDS):
                raise Obstacle(f"no {name} came to the configured URL")
        trial.client.rest(max(0.0, begun + TIMEOUT_SECONDS + 1 - time.monotonic()))
        stage.advance(NOW)
        latest = stage.latest()
        about = session["sessionId"]
        before = {name: len(inbox.about(about)) for name, inbox in inboxes.items()}
        stage.advance_to(latest + RETRIES[0])
        for name, (says, _, again) in kinds.items():
            inbox = inboxes[name]
            arrivals = stage.wait(inbox, session, before[name] + again, seconds=stage.patience)
            came = len(arrivals) - before[name]
            shown = arrivals[-1].exchange
            expected = f"{'another' if again else 'no other'} attempt 5 minutes after {says};"
            stage.check("HOOK-16", bool(came) == again, shown, expected)


@judges("HOOK-16", listens=True)
def unreachable_receivers_are_tried_again(trial: Trial) -> None:
    """A connection that cannot be made is a failure like any other: there is another attempt."""
    partner = trial.partner()
    with Stage(trial) as stage:
        stage.point(partner, UNREACHABLE)
        session = stage.create()
        stage.play(session, "risk_declined")
        stage.advance(timedelta(minutes=1))
        inbox = stage.listen(partner)
        stage.advance(RETRIES[0])
        arrivals = stage.wait(inbox, session, 4, seconds=stage.patience)
        shown = arrivals[-1].exchange if arrivals else None
        expected = f"another attempt at 4 events that could not be delivered, not at {len(arrivals)};"
        stage.check("HOOK-16", len(arrivals) == 4, shown, expected)


@judges("HOOK-21", listens=True)
def answers_do_not_wait_for_receivers(trial: Trial) -> None:
    """While a receiver is silent, payments are played, and look-ups and creations answered.

    Its silence ends with the test: that a receiver may be silent for ten seconds is not waited for.
    """
    partner = trial.partner()
    with Stage(trial) as stage:
        inbox = stage.listen(partner, Reply(delay=TIMEOUT_SECONDS + 3), ACKNOWLEDGE)
        session = stage.create()
        begun = time.monotonic()
        stage.play(session, "risk_declined")
        if not stage.wait(inbox, session, 1, seconds=SOON_SECONDS):
            raise Obstacle("no event of a payment came to the configured URL")
        _judge_promptness(stage, session, begun)


def _judge_promptness(stage: Stage, session: Session, begun: float) -> None:
    trial = stage.trial
    stage.check(
        "HOOK-21",
        time.monotonic() - begun < SOON_SECONDS,
        None,
        "payments that are played while the receiver of their events is silent",
    )
    questions: dict[str, Callable[[], Exchange]] = {
        "a look-up": lambda: trial.get(trial.path_of(session)),
        "a creation": trial.post,
    }
    for name, ask in questions.items():
        start = time.monotonic()
        exchange = ask()
        took = time.monotonic() - start
        prompt = exchange.answer is not None and took < SOON_SECONDS
        expected = f"{name} answered within {SOON_SECONDS:g} s, not {took:.1f}, while a receiver is silent;"
        stage.check("HOOK-21", prompt, exchange, expected)


@judges("HOOK-22", listens=True)
def what_is_not_configured_is_never_sent(trial: Trial) -> None:
    """An event that finds no URL for its type is recorded, and stays where it is for good."""
    partner = trial.partner()
    with Stage(trial) as stage:
        stage.silence(partner)
        told = stage.listen(partner, types=[STATUS_CHANGED])
        session = stage.create()
        stage.play(session, "risk_declined")
        stage.collect(told, session, 2)
        everything = stage.listen(partner)
        stage.advance(timedelta(days=1))
        about = everything.about(session["sessionId"])
        sent = [arrival for arrival in about if arrival.event_type != STATUS_CHANGED]
        shown = sent[0].exchange if sent else None
        expected = "no event at a URL that was set after it arose"
        stage.check("HOOK-22", not sent, shown, expected)
        statuses = stage.statuses(session)
        for name in (deposit_event("created"), deposit_event("failed")):
            if statuses is not None:
                truth = statuses.get(name) == "not_configured"
                expected = f"a {name} recorded as not_configured, not {statuses.get(name)};"
                stage.check("HOOK-22", truth, None, expected)
        if isinstance(stage.driver, ControlApi):
            before = len(everything.about(session["sessionId"]))
            for found in stage.driver.deliveries(sessionId=session["sessionId"]):
                if found["status"] == "not_configured":
                    stage.story.append(f"resend a {found['eventType']} that is not_configured")
                    with contextlib.suppress(Refused):
                        stage.driver.resend(found["deliveryId"])
            arrivals = stage.collect(everything, session, before)
            shown = arrivals[-1].exchange if arrivals else None
            expected = "no event at a URL that was set after it arose, whoever asks for it"
            stage.check("HOOK-22", len(arrivals) == before, shown, expected)


@judges("HOOK-23", listens=True)
def urls_are_read_at_each_attempt(trial: Trial) -> None:
    """A retry goes to the URL of now; without one, the delivery has failed and is not taken up again."""
    partner = trial.partner()
    created, failed = deposit_event("created"), deposit_event("failed")
    with Stage(trial) as stage:
        old = stage.listen(partner, REFUSED, types=[created, failed])
        session = stage.create()
        stage.play(session, "risk_declined")
        stage.collect(old, session, 2)
        one = first(old, session, created)
        first(old, session, failed)
        about = session["sessionId"]
        new = stage.listen(partner, types=[created])
        stage.silence(partner, [failed])
        stage.advance(RETRIES[0] + EARLY)
        moved = [arrival.request.body for arrival in stage.wait(new, session, 1, seconds=stage.patience)]
        shown = old.about(about)[-1].exchange
        expected = f"the retry of a {created} at the URL that was set meanwhile, and not at the old one"
        stage.check("HOOK-23", moved == [one.request.body] and len(old.about(about)) == 2, shown, expected)
        late = stage.listen(partner, types=[failed])
        stage.advance(timedelta(days=1))
        came = late.about(about)
        shown = (came or old.about(about))[-1].exchange
        expected = f"no attempt of a {failed} after one that found its URL removed"
        stage.check("HOOK-23", not came and len(old.about(about)) == 2, shown, expected)
        statuses = stage.statuses(session)
        if statuses is not None:
            status = statuses.get(failed)
            stage.check("HOOK-23", status == "failed", None, f"a {failed} that is failed, not {status};")


@judges("HOOK-19", besides=("HOOK-15", "HOOK-18"), listens=True)
def resends_repeat_the_event(trial: Trial) -> None:
    """What was delivered, and what has failed, is sent once more on demand: the same bytes.

    Nothing but the control API can ask for that. Without it, what can be seen of attempts decides.
    """
    partner = trial.partner()
    if not isinstance(trial.driver, ControlApi):
        trial.ledger.remark("HOOK-19", "resends were not tried: they need the control API as the driver")
        return
    with Stage(trial) as stage:
        taken = stage.listen(partner)
        delivered, taken_first = _play_for_resends(stage, taken)
        refused = stage.listen(partner, *[REFUSED] * ENTIRE_SCHEDULE, ACKNOWLEDGE)
        failed, refused_first = _play_for_resends(stage, refused)
        stage.advance(timedelta(days=1))
        attempts = Counter(arrival.event_type for arrival in refused.about(failed["sessionId"]))
        events = Counter(arrival.event_type for arrival in refused_first)
        for name, number in events.items():
            expected = f"{ENTIRE_SCHEDULE} attempts of each {name}, not {attempts[name] / number:g};"
            tried = attempts[name] == number * ENTIRE_SCHEDULE
            stage.check("HOOK-15", tried, refused_first[-1].exchange, expected)
        _let_stamps_differ(stage, (*taken_first, *refused_first))
        _judge_resends(stage, refused, failed, refused_first)
        stage.point(partner, taken.url)
        _judge_resends(stage, taken, delivered, taken_first)


def _play_for_resends(stage: Stage, inbox: Inbox) -> tuple[Session, tuple[Arrival, ...]]:
    """A payment that failed, and the first attempts at its events."""
    session = stage.create({"customFields": {"ä": "\u2028", "b": ""}})
    stage.play(session, "risk_declined")
    first_attempts = stage.collect(inbox, session, 4)
    if not first_attempts:
        raise Obstacle("no event came to the configured URL")
    return session, first_attempts


def _judge_resends(stage: Stage, inbox: Inbox, session: Session, first_attempts: tuple[Arrival, ...]) -> None:
    """Have all events of the session sent once more, and compare them with their first attempts."""
    control = stage.trial.control
    before = {arrival.event_id: arrival for arrival in first_attempts}
    stage.advance(timedelta(minutes=1))
    so_far = len(inbox.about(session["sessionId"]))
    for found in control.deliveries(sessionId=session["sessionId"]):
        stage.story.append(f"resend a {found['eventType']} that is {found['status']}")
        control.resend(found["deliveryId"])
    arrivals = stage.collect(inbox, session, so_far + len(first_attempts))[so_far:]
    came = len(arrivals) == len(first_attempts)
    shown = inbox.about(session["sessionId"])[-1].exchange
    stage.check("HOOK-19", came, shown, f"{len(first_attempts)} resent events, not {len(arrivals)};")
    for arrival in arrivals:
        one = before.get(arrival.event_id)
        if one is None:
            stage.check("HOOK-19", False, arrival.exchange, "the eventId of the first attempt")
        else:
            judge_attempts((one, arrival), stage.check)
