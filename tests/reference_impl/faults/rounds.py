"""Rounds of faults under load: `kill -9` of any process and restarts of the database, at seeded moments."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.reference_impl.faults.database import Away
from tests.reference_impl.faults.deployment import Deployment
from tests.reference_impl.faults.purchases import End, Purchase, buy_many
from tests.stablemint.test_reference import children

BUYERS = 4
PURCHASES = 4
"""Of each buyer, in a round."""

_ROUND = 2.0
"""Seconds over which a round's faults are spread."""

_TICK = 0.25
_QUIET = 2.0
"""Seconds without an attempt after which the living have none in hand: what is claimed is the dead's."""

_PATIENCE = 60.0


@dataclass
class Course:
    """What was done in some rounds."""

    purchases: list[Purchase] = field(default_factory=list)
    kills: int = 0
    restarts: int = 0


def play_rounds(deployment: Deployment, *, rounds: int, seed: int) -> Course:
    """Play rounds, and wait until nothing is left to be done; what was done."""
    chance, course = random.Random(seed), Course()
    deployment.receiver.fail_half(seed)
    with _passing_time(deployment, course):
        for number in range(rounds):
            _play_round(deployment, course, f"{seed}-{number}", chance)
        deployment.wait_until_ready()
        _wait_until_settled(deployment, course)
    return course


def _play_round(deployment: Deployment, course: Course, name: str, chance: random.Random) -> None:
    faults = [
        (chance.random() * _ROUND, _kill(deployment, course, chance)) for _ in range(chance.randint(1, 3))
    ]
    if chance.random() < 0.4:
        faults.append((chance.random() * _ROUND, _restart(deployment, course)))
    with ThreadPoolExecutor(BUYERS) as pool:
        buyers = [
            pool.submit(
                buy_many, deployment.client, f"{name}-{buyer}", PURCHASES, random.Random(chance.random())
            )
            for buyer in range(BUYERS)
        ]
        started = time.monotonic()
        for moment, fault in sorted(faults, key=lambda fault: fault[0]):
            time.sleep(max(0.0, started + moment - time.monotonic()))
            fault()
        for buyer in buyers:
            course.purchases += buyer.result()


def _kill(deployment: Deployment, course: Course, chance: random.Random) -> Callable[[], None]:
    victim = chance.choice(deployment.commands)

    def fault() -> None:
        for pid in children(victim.process.pid):  # none where it is being replaced just then
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                course.kills += 1

    return fault


def _restart(deployment: Deployment, course: Course) -> Callable[[], None]:
    def fault() -> None:
        deployment.database.crash()
        deployment.database.recover()
        course.restarts += 1

    return fault


@contextmanager
def _passing_time(deployment: Deployment, course: Course) -> Iterator[None]:
    """Until the block ends, the time of each retry comes within moments, and that of what payers let be.

    Only due times are moved, in the database, and only of what nobody has in hand: the processes run by the
    same clocks as ever, and leases last as long as ever.
    """
    over = threading.Event()

    def pass_time() -> None:
        while not over.wait(_TICK):
            let_be = [each.session_id for each in list(course.purchases) if each.end is End.LET_BE]
            with contextlib.suppress(Away):
                deployment.database.pass_due_times()
                deployment.database.pass_expiry(let_be)

    thread = threading.Thread(target=pass_time)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _wait_until_settled(deployment: Deployment, course: Course) -> None:
    """Wait for every delivery and every expiry; leases of dead processes end when all others are idle."""
    deadline = time.monotonic() + _PATIENCE
    quiet_since, before = time.monotonic(), (-1, -1)
    while True:
        unfinished, recorded = deployment.database.unfinished(), len(deployment.receiver.log)
        if not unfinished:
            return
        now = time.monotonic()
        assert now < deadline, f"{unfinished} sessions or deliveries are not finished"
        if (unfinished, recorded) != before:
            quiet_since, before = now, (unfinished, recorded)
        elif now - quiet_since > _QUIET:
            deployment.database.pass_leases()
            quiet_since = now
        time.sleep(_TICK)
