"""Rules that the session clock decides: SESS-16, SESS-17, SESS-19, PAY-06, IDEM-15, HOOK-08, AUTH-10."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ..directed.authentication import UNKNOWN_SESSION
from ..driver import ControlApi
from ..operations import session_path
from ..receiver import Arrival
from ..stage import STATUS_CHANGED, Session, Stage, deposit_event
from ..trial import Obstacle, Trial, judges
from ..wire import Request
from .events import TOLERANCE, judge_ours, ours
from .payments import deposit_of, deposit_status, judge_the_rest, leave

BEFORE: Final = timedelta(seconds=20)
"""How long before its time something is looked for in vain: more than a step of a busy run takes."""
AUTHORISATION: Final = timedelta(minutes=15)
LIFETIME: Final = timedelta(minutes=30)
RETENTION: Final = timedelta(hours=24)


def instant(members: Mapping[str, Any], name: str, *, of: str = "a session") -> datetime:
    """A time of a session, or of what `of` says; an obstacle where it is none."""
    try:
        return datetime.fromisoformat(members[name])
    except (KeyError, TypeError, ValueError):
        raise Obstacle(f"{of} has no {name} that is a time") from None


@judges("SESS-16", "SESS-18", "SESS-19", "HOOK-08", besides=("SESS-10", "SESS-15"), listens=True)
def open_sessions_expire(trial: Trial) -> None:
    """Open until ``expiresAt``, expired from that instant on, and told so once, of that instant.

    The clock stands at that instant, where it can be stopped: a moment later says nothing of the boundary.
    """
    partner = trial.partner()
    with Stage(trial) as stage:
        inbox = stage.listen(partner)
        session = stage.create()
        created, expires = instant(session, "createdAt"), instant(session, "expiresAt")
        half_an_hour = expires - created == LIFETIME
        _, exchange = stage.look(session, partner)
        stage.check("SESS-19", half_an_hour, exchange, "30 minutes from createdAt to expiresAt")
        stage.advance_to(expires - BEFORE)
        early, exchange = stage.look(session, partner)
        if stage.latest() < expires:
            stage.check(
                "SESS-16", early.get("status") == "open", exchange, "a session that is open until then"
            )
        stage.stop_clock_at(expires)
        late, exchange = stage.look(session, partner)
        stage.check("SESS-16", late.get("status") == "expired", exchange, f"a session expired at {expires}")
        judge_the_rest(stage, session, late, exchange)
        stage.attempt(session, "success")
        leave(stage, session)
        stage.let_clock_run()
        after, exchange = stage.look(session, partner)
        stage.check("SESS-16", deposit_status(after) is None, exchange, "no deposit after the expiry")
        stage.check("SESS-18", after == late, exchange, "the expired session as it was")
        stage.advance(timedelta(minutes=1))
        _judge_expiry(stage, stage.collect(inbox, session, 1), session)


def _judge_expiry(stage: Stage, arrivals: tuple[Arrival, ...], session: Session) -> None:
    if not arrivals:
        raise Obstacle("no event of an expiry came to the configured URL")
    for arrival in arrivals:
        right = arrival.data.get("timestamp") == session["expiresAt"]
        stage.check("HOOK-08", right, arrival.exchange, f"the timestamp {session['expiresAt']}")


@judges("HOOK-06", "HOOK-08", besides=("HOOK-10",), listens=True)
def expiries_are_told(trial: Trial) -> None:
    """However late an expiry is noticed, it is told once, of the instant when it was due."""
    partner = trial.partner()
    with Stage(trial) as stage:
        inbox = stage.listen(partner)
        members = ours(trial)
        session = stage.create(members)
        stage.advance(instant(session, "expiresAt") - instant(session, "createdAt") + timedelta(hours=3))
        stage.look(session, partner)
        arrivals = stage.collect(inbox, session, 1)
        told = [(a.event_type, a.data.get("previousStatus"), a.data.get("status")) for a in arrivals]
        shown = arrivals[-1].exchange if arrivals else None
        alone = told == [(STATUS_CHANGED, "open", "expired")]
        stage.check(
            "HOOK-06", alone, shown, f"one {STATUS_CHANGED} of an expiry and nothing else, not {told};"
        )
        if arrivals:
            _judge_expiry(stage, arrivals[:1], session)
        for arrival in arrivals:
            judge_ours(stage, arrival, members)


@judges("HOOK-06", "HOOK-07", besides=("PAY-06",), listens=True)
def timeouts_are_told(trial: Trial) -> None:
    """A payer who never authorises: a failure like any other, of the instant when the time was over."""
    partner = trial.partner()
    with Stage(trial) as stage:
        inbox = stage.listen(partner)
        session = stage.create()
        stage.play(session, "success", steps=0)
        made = stage.collect(inbox, session, 2)
        if not made:
            raise Obstacle("no event of a payment came to the configured URL")
        stage.advance(AUTHORISATION + timedelta(hours=3))
        known = {arrival.event_id for arrival in made}
        found = stage.collect(inbox, session, len(made) + 2)
        arrivals = {arrival.event_id: arrival for arrival in found if arrival.event_id not in known}.values()
        told = sorted(arrival.event_type for arrival in arrivals)
        shown = found[-1].exchange
        failed = sorted((deposit_event("failed"), STATUS_CHANGED))
        expected = f"{' and '.join(failed)} of a payment that timed out, not {told};"
        stage.check("HOOK-06", told == failed, shown, expected)
        over = _time(made[0]) + AUTHORISATION
        for arrival in arrivals:
            right = abs(_time(arrival) - over) <= TOLERANCE
            stage.check("HOOK-07", right, arrival.exchange, f"the instant at which time was over, {over}")
            if arrival.event_type == deposit_event("failed"):
                code = arrival.data.get("failureCode")
                expected = f"the failureCode authorisation_timed_out in its event, not {code};"
                stage.check("PAY-06", code == "authorisation_timed_out", arrival.exchange, expected)


def _time(arrival: Arrival) -> datetime:
    return instant(arrival.data, "timestamp", of="an event")


@judges("SESS-17", besides=("PAY-06",))
def payments_under_way_do_not_expire(trial: Trial) -> None:
    """What is in processing at ``expiresAt`` stays so, and comes to its own end.

    Payments begin shortly before: those that wait for their payers have their fifteen minutes, and one that
    waits a day is not over by then, however long sessions last.
    """
    partner = trial.partner()
    with Stage(trial) as stage:
        waiting, *late = sessions = [stage.create() for _ in range(3)]
        first = min(instant(session, "expiresAt") for session in sessions)
        last = max(instant(session, "expiresAt") for session in sessions)
        stage.advance_to(first - min(LATE, (first - stage.driver.now()) / 2))
        begun = stage.driver.now()
        for steps, session in enumerate(late):
            stage.play(session, "success", steps=steps)
        stage.play(waiting, "waiting")
        found, _ = stage.look(waiting, partner)
        if found.get("status") != "processing":
            raise Obstacle(f"a payment that waits a day left its session {found.get('status')}")
        stage.advance_to(last + timedelta(minutes=1))
        for session in sessions:
            if session is not waiting and stage.latest() >= begun + AUTHORISATION:
                continue  # its own time may be over, where sessions do not end together
            found, exchange = stage.look(session, partner)
            expected = f"a session still in processing, whose payer has begun to pay at {begun}"
            stage.check("SESS-17", found.get("status") == "processing", exchange, expected)
            if session is not waiting:
                waits = deposit_status(found) in ("created", "initiated")
                stage.check("PAY-06", waits, exchange, "a deposit with 15 minutes of its own")
        stage.advance(timedelta(days=1))
        found, exchange = stage.look(waiting, partner)
        stage.check(
            "SESS-17", found.get("status") == "completed", exchange, "a session that is completed then"
        )


LATE: Final = timedelta(minutes=10)
"""How long before ``expiresAt`` a payment begins that has its fifteen minutes, beyond that."""


@judges("PAY-06")
def authorisations_time_out(trial: Trial) -> None:
    """Fifteen minutes for a deposit that is created or initiated, and no limit once submitted."""
    partner = trial.partner()
    with Stage(trial) as stage:
        sessions: dict[str, Session] = {}
        for steps in range(8):
            session = stage.create()
            earliest = stage.driver.now()
            stage.play(session, "success", steps=steps)
            found, _ = stage.look(session, partner)
            if not sessions:
                first = earliest
            sessions.setdefault(str(deposit_status(found)), session)
            if "submitted" in sessions:
                break
        control = stage.driver if isinstance(stage.driver, ControlApi) else None
        if control is not None:
            sessions["stepped"] = stage.create()
            stage.play(sessions["stepped"], "success", steps=0)
        latest = stage.latest()
        if not {"created", "initiated", "submitted"} <= set(sessions):
            raise Obstacle(f"payments could be stopped while {', '.join(sessions)} alone")
        stage.advance_to(first + AUTHORISATION - BEFORE)
        for status in ("created", "initiated"):
            found, exchange = stage.look(sessions[status], partner)
            if stage.latest() < first + AUTHORISATION:
                waits = deposit_status(found) == status
                stage.check("PAY-06", waits, exchange, f"a deposit {status} until 15 minutes have passed")
        if control is not None and stage.latest() < first + AUTHORISATION:
            stage.story.append("step the last one")
            control.step(sessions["stepped"]["sessionId"])
        stage.advance_to(latest + AUTHORISATION)
        for status in ("created", "initiated", *(["stepped"] if control is not None else [])):
            found, exchange = stage.look(sessions[status], partner)
            deposit = deposit_of(found)
            over = found.get("status") == deposit.get("status") == "failed"
            expected = f"a deposit that was {status} for 15 minutes failed"
            stage.check("PAY-06", over, exchange, expected)
            code = deposit.get("failureCode")
            truth = code == "authorisation_timed_out"
            stage.check("PAY-06", truth, exchange, f"the failureCode authorisation_timed_out, not {code};")
        found, exchange = stage.look(sessions["submitted"], partner)
        spared = deposit_status(found) == "submitted"
        stage.check("PAY-06", spared, exchange, "a deposit that was submitted as it was")


@judges("IDEM-15")
def keys_are_kept(trial: Trial) -> None:
    """A key stands for its answer for a day, and then for as long as its session is there."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        members = {"idempotencyKey": trial.fresh()}
        session = stage.create(members, creation=creation)
        for age in (RETENTION - timedelta(minutes=1), timedelta(days=3), timedelta(days=40)):
            stage.advance_to(instant(session, "createdAt") + age)
            if age > RETENTION:
                exchange = trial.get(trial.path_of(session), partner=partner)
                if exchange.answer is None or exchange.answer.status != 200:
                    break  # its session is gone, and what happens to the key is not tested
            exchange = trial.post(members, creation=creation)
            first = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
            stage.check("IDEM-15", first == session, exchange, f"the first answer again after {age}")
            changed = trial.post({**members, "currency": "GBP"}, creation=creation)
            refused = changed.answer is not None and changed.answer.status == 422
            stage.check("IDEM-15", refused, changed, f"422 idempotency_key_reused after {age}")


@judges("AUTH-10")
def signatures_go_by_real_time(trial: Trial) -> None:
    """However far the session clock is ahead: real time is accepted, and what it shows is not."""
    with Stage(trial) as stage:
        stage.advance(timedelta(days=2))
        path = session_path(UNKNOWN_SESSION)
        exchange = trial.get(path)
        found = exchange.answer is not None and exchange.answer.status == 404
        stage.check("AUTH-10", found, exchange, "404 session_not_found for a Timestamp of real time")
        shown = str(int(stage.driver.now().timestamp()))
        exchange = trial.send(trial.sign(Request(method="GET", path=path), timestamp=shown))
        refused = exchange.answer is not None and exchange.answer.status == 401
        stage.check("AUTH-10", refused, exchange, "401 timestamp_out_of_window for one of the session clock")
