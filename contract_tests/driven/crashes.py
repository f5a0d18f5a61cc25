"""IDEM-16, HOOK-24: what is left of claims on keys and of events after a crash of the implementation."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from ..credentials import Partner
from ..directed.authentication import UNKNOWN_SESSION
from ..directed.idempotency import session_id
from ..directed.races import signed
from ..operations import Creation, session_path
from ..receiver import ACKNOWLEDGE, Reply
from ..stage import Stage, deposit_event
from ..trial import Obstacle, Trial, judges, problem_code
from ..wire import Exchange, Hanging, OutOfTime, StillBusy, retry_after
from .deliveries import EARLY, REFUSED, RETRIES, TIMEOUT_SECONDS

WRITERS: Final = 6
MOST_CREATIONS: Final = 500
"""By each writer: a bound for a target that no crash reaches."""
USABLE_SECONDS: Final = 60.0
"""After a crash, until the keys that it found claimed can be used, and until the target answers again."""
AGAIN_SECONDS: Final = 90.0
"""After a crash, until an event comes again whose attempt it broke off: it may be claimed for a while."""
PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A creation that was sent before the crash or into it; `made` is the session, where it was answered."""

    members: Mapping[str, Any]
    made: str | None


@judges("IDEM-16")
def keys_outlive_a_crash(trial: Trial) -> None:
    """Writers with a key each are interrupted: what was answered is answered again, the rest is made."""
    restart = trial.restart
    creation = trial.creation
    partner = trial.partner(creation)
    keys = [[trial.fresh() for _ in range(MOST_CREATIONS)] for _ in range(WRITERS)]
    begun, over = threading.Barrier(WRITERS + 1), threading.Event()
    with ThreadPoolExecutor(max_workers=WRITERS) as pool:
        writers = [pool.submit(_write, trial, creation, partner, each, begun, over) for each in keys]
        try:
            begun.wait(trial.client.allowed(trial.known.target.timeout))
            restart()
        except threading.BrokenBarrierError:
            trial.client.require_time()
            raise Obstacle("no creation was answered before the crash") from None
        finally:
            over.set()
        attempts = [attempt for writer in writers for attempt in writer.result()]
    back = await_return(trial)
    interrupted = [attempt for attempt in attempts if attempt.made is None]
    if not interrupted:
        raise Obstacle("the restart command interrupted no request: did it end the implementation at once?")
    for attempt in interrupted:
        exchange = _until_usable(trial, creation, partner, attempt.members, back + USABLE_SECONDS)
        expected = f"201 within {USABLE_SECONDS:g} s of a crash for a key whose request it broke off"
        trial.check("IDEM-16", session_id(exchange) is not None, exchange, expected)
    for attempt in attempts:
        if attempt.made is not None:
            exchange = trial.post(attempt.members, creation=creation, partner=partner)
            expected = f"the session {attempt.made} again, which was answered before the crash"
            trial.check("IDEM-16", session_id(exchange) == attempt.made, exchange, expected)


def _write(
    trial: Trial,
    creation: Creation,
    partner: Partner,
    keys: Sequence[str],
    begun: threading.Barrier,
    over: threading.Event,
) -> list[Attempt]:
    """Create sessions, one after the other, until one is not answered."""
    client = trial.client.beside()
    attempts: list[Attempt] = []
    try:
        for number, key in enumerate(keys):
            members = {"idempotencyKey": key}
            made = session_id(client.send(signed(trial, members, creation, partner)))
            attempts.append(Attempt(members=members, made=made))
            if number == 0:
                begun.wait(client.allowed(trial.known.target.timeout))
            if made is None or over.is_set():
                break
    except (Hanging, OutOfTime, StillBusy, threading.BrokenBarrierError):
        pass  # what there is time for is known by whoever waits for this
    finally:
        client.close()
    return attempts


def await_return(trial: Trial) -> float:
    """Wait until the target answers again: when it did so. An obstacle where it does not."""
    deadline = time.monotonic() + USABLE_SECONDS
    while time.monotonic() < deadline:
        trial.client.close()
        exchange = trial.get(session_path(UNKNOWN_SESSION))
        if exchange.answer is not None and exchange.answer.status == 404:
            return time.monotonic()
        trial.client.rest(PAUSE_SECONDS)
    raise Obstacle(f"the target did not answer within {USABLE_SECONDS:g} s of the restart command's end")


def _until_usable(
    trial: Trial, creation: Creation, partner: Partner, members: Mapping[str, Any], deadline: float
) -> Exchange:
    """Repeat the request, as often as asked to, while the answer is that its key is in use."""
    while True:
        exchange = trial.post(members, creation=creation, partner=partner)
        answer, left = exchange.answer, deadline - time.monotonic()
        if answer is None or problem_code(answer) != "idempotency_in_progress" or left < 0:
            return exchange
        trial.client.rest(min(max(retry_after(answer), PAUSE_SECONDS), left + PAUSE_SECONDS))


@judges("HOOK-24", listens=True, takes_long=True)
def events_outlive_a_crash(trial: Trial) -> None:
    """Some have failed once and are due again, others are being sent, when the implementation ends."""
    restart = trial.restart
    partner = trial.partner()
    held = deposit_event("completed")
    with Stage(trial) as stage:
        failing = stage.listen(partner, REFUSED, ACKNOWLEDGE)
        silent = stage.listen(partner, Reply(delay=TIMEOUT_SECONDS + 3), ACKNOWLEDGE, types=[held])
        session = stage.create()
        about = session["sessionId"]
        stage.driver.play(about, "success")
        told = stage.wait(failing, session, 6, seconds=TIMEOUT_SECONDS)
        begun = stage.wait(silent, session, 1, seconds=TIMEOUT_SECONDS)
        if not told or not begun:
            raise Obstacle("no event of a payment came to the configured URL before the crash")
        stage.story.append("end the implementation without warning, and start it again")
        restart()
        await_return(trial)
        # URLs are configuration, of which the contract does not say that it outlives a crash.
        stage.driver.set_endpoint(partner.name, failing.url)
        stage.driver.set_endpoint(partner.name, silent.url, [held])
        exchange = trial.get(trial.path_of(session), partner=partner)
        kept = exchange.answer is not None and exchange.answer.status == 200
        if not stage.check("HOOK-24", kept, exchange, "the session whose events are still to be delivered"):
            return
        stage.advance(RETRIES[0] + EARLY)
        deadline = time.monotonic() + AGAIN_SECONDS
        for inbox, events in ((failing, told), (silent, begun)):
            count = 2 * len({arrival.event_id for arrival in events})
            arrivals = stage.wait(inbox, session, count, seconds=max(0.0, deadline - time.monotonic()))
            for event in events:
                again = sum(arrival.event_id == event.event_id for arrival in arrivals) > 1
                expected = f"the event {event.event_id} again after the crash, as it was not acknowledged;"
                stage.check("HOOK-24", again, event.exchange, expected)
