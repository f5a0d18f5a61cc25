"""PAY-02, PAY-05, SESS-18 under concurrency: whoever reads while payments are made sees whole steps."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ..credentials import Partner
from ..stage import Session, Stage
from ..trial import Obstacle, Trial, judges
from ..wire import Exchange, Request
from .payments import judge_consistency

READERS: Final = 3
SESSIONS: Final = 6
MOST_LOOK_UPS: Final = 400
"""By each reader: a bound for a target that is quick, and a driver that is not."""
FINAL: Final = frozenset({"completed", "failed", "expired", "cancelled"})


@judges("PAY-02", "PAY-05", "SESS-18")
def readers_see_whole_steps(trial: Trial) -> None:
    """Look-ups from several connections while sessions are paid one after the other."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        sessions = [stage.create(creation=creation) for _ in range(SESSIONS)]
        done = threading.Event()
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            readers = [pool.submit(_read_on, trial, partner, sessions, done) for _ in range(READERS)]
            try:
                for number, session in enumerate(sessions):
                    stage.play(session, "risk_declined" if number % 3 == 2 else "success")
            finally:
                done.set()
            seen = [reader.result() for reader in readers]
        looked = 0
        for exchanges in seen:
            final: dict[str, str] = {}
            for exchange in exchanges:
                found = exchange.answer.json() if exchange.answer and exchange.answer.status == 200 else None
                if not isinstance(found, dict):
                    continue
                looked += 1
                judge_consistency(stage, found, exchange)
                status, about = str(found.get("status")), exchange.request.path
                if about in final:
                    expected = f"a session that stays {final[about]}, as it was seen before"
                    stage.check("SESS-18", status == final[about], exchange, expected)
                elif status in FINAL:
                    final[about] = status
        if not looked:
            raise Obstacle("no look-up beside a payment was answered with the session")


def _read_on(
    trial: Trial, partner: Partner, sessions: list[Session], done: threading.Event
) -> list[Exchange]:
    """Look all sessions up in turn until the payments are made, and each once more after that."""
    client = trial.client.beside()
    exchanges: list[Exchange] = []
    try:
        while len(exchanges) < MOST_LOOK_UPS:
            last = done.is_set()
            for session in sessions:
                request = Request(method="GET", path=trial.path_of(session))
                exchanges.append(client.send(trial.sign(request, partner=partner)))
            if last:
                break
        return exchanges
    finally:
        client.close()
