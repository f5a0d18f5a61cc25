"""What several machines over one PostgreSQL survive: a crowd with one key, `kill -9`, a pause, a restart."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any, ParamSpec, TypeVar

import pytest

from reference_impl.credentials import PartnerCredentials
from reference_impl.http.patience import ANSWER_WITHIN
from tests.reference_impl.faults.client import PATH, Answer, NoAnswer, request
from tests.reference_impl.faults.deployment import Deployment, deploy, paused, worker
from tests.reference_impl.faults.rounds import play_rounds
from tests.reference_impl.faults.verdicts import gather, judge
from tests.stablemint.test_reference import PATIENCE, ask, wait_until

CROWD = 200
BUYERS = 4
P = ParamSpec("P")
T = TypeVar("T")

HANGING = 40
"""Who asks while the database hangs: more than there are threads at two servers."""

PROMPT = 3.0
"""Seconds within which what needs no database is answered, where others are at work."""

UNRECORDED = "nothing is recorded of it"


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, partners: Mapping[str, PartnerCredentials]
) -> Iterator[Deployment]:
    """Two web servers and two dispatchers, started once; each test leaves them working."""
    with deploy(tmp_path_factory.mktemp("faults"), partners) as running:
        yield running


def sessions_under(deployment: Deployment, key: str) -> int:
    """How many sessions are in the database that were asked for under a key."""
    statement = "SELECT count(*) AS count FROM sessions WHERE idempotency_key = %s"
    return int(deployment.database.query(statement, key)[0]["count"])


def ask_until_settled(deployment: Deployment, key: str, *, at: int) -> list[Answer]:
    """What a server answers, asked again as often as it says so; it ends where there is no answer."""
    answers: list[Answer] = []
    with suppress(NoAnswer):
        while not answers or answers[-1].says_try_again:
            answers.append(deployment.client.create(key, at=at))
    return answers


def test_200_clients_with_one_key_at_two_servers_make_one_session(deployment: Deployment) -> None:
    """IDEM-13: each is answered with the same 201, some of them once they have tried again, as told."""
    together = threading.Barrier(CROWD)

    def insist(number: int) -> list[Answer]:
        together.wait()
        answers = [deployment.client.create("crowd", at=number)]
        while answers[-1].says_try_again:
            time.sleep(0.1)
            answers.append(deployment.client.create("crowd", at=number))
        return answers

    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(pool.map(insist, range(CROWD)))
    last = [each[-1] for each in answers]
    assert {answer.status for answer in last} == {201}
    assert len({answer.body for answer in last}) == 1
    assert ["idempotency-replayed" in answer.headers for answer in last].count(False) == 1
    assert sessions_under(deployment, "crowd") == 1


def test_a_key_that_another_transaction_holds_is_in_progress_and_then_usable(deployment: Deployment) -> None:
    """IDEM-13, ERR-09: 409 with Retry-After from either server, and 201 once the other has given up."""
    deployment.client.create("template")
    copy = """INSERT INTO first_answers SELECT partner_id, operation_id, 'held', fingerprint, 'nowhere', body,
        answered_at FROM first_answers WHERE key = 'template'"""
    with deployment.database.holding(copy), ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda at: deployment.client.create("held", at=at), range(8)))
    assert {(answer.status, answer.document["code"]) for answer in answers} == {
        (409, "idempotency_in_progress")
    }
    assert all(answer.says_try_again for answer in answers)
    assert [deployment.client.create("held", at=at).status for at in (0, 1)] == [201, 201]
    assert sessions_under(deployment, "held") == 1


@pytest.mark.parametrize("given_up", [False, True])
def test_kill_9_while_a_session_is_written_leaves_the_key_usable(
    deployment: Deployment, *, given_up: bool
) -> None:
    """IDEM-16: whether the database still writes what the dead process asked for, or gives it up."""
    database, web, key = deployment.database, deployment.webs[0], f"killed-{given_up}"
    with ThreadPoolExecutor() as pool:
        with database.holding("LOCK TABLE sessions IN SHARE MODE"):
            asked = pool.submit(ask_until_settled, deployment, key, at=0)
            wait_until(lambda: database.waiting("%INSERT INTO sessions") == 1, "the session is being written")
            os.kill(worker(web), signal.SIGKILL)
            assert all(answer.says_try_again for answer in asked.result())  # none for the last request
            if given_up:
                wait_until(lambda: database.waiting("%INSERT INTO sessions") == 0, "it is given up")
        killed_at = time.monotonic()
        made = deployment.client.insist_on_session(key)
        assert time.monotonic() - killed_at < 60
    assert made.status == 201
    if given_up:
        assert "idempotency-replayed" not in made.headers
    assert sessions_under(deployment, key) == 1
    deployment.wait_until_ready()
    assert deployment.client.create(key, at=0).body == made.body


def test_a_process_that_stands_still_holds_no_key(deployment: Deployment) -> None:
    """IDEM-13, IDEM-16: as on a machine that is cut off; what it asked for is done, and others tell of it."""
    database, client = deployment.database, deployment.client
    with ThreadPoolExecutor() as pool:
        with ExitStack() as standing_still:
            with database.holding("LOCK TABLE sessions IN SHARE MODE"):
                asked = pool.submit(ask_until_settled, deployment, "stopped", at=0)
                wait_until(lambda: database.waiting("%INSERT INTO sessions") == 1, "it is being written")
                standing_still.enter_context(paused(worker(deployment.webs[0])))
            wait_until(lambda: sessions_under(deployment, "stopped") == 1, "it is written")
            made = client.create("stopped", at=1)
        *late, last = asked.result()
    assert all(answer.says_try_again for answer in late)
    assert made.status == 201
    assert "idempotency-replayed" in made.headers
    assert (last.status, last.body) == (201, made.body)
    assert sessions_under(deployment, "stopped") == 1


@pytest.mark.parametrize(("late", "present"), [(204, 503), (503, 204)])
def test_a_dispatcher_that_is_woken_after_its_lease_overwrites_nothing(
    deployment: Deployment, late: int, present: int
) -> None:
    """HOOK-24: another has made the attempt meanwhile, and what came of that stands."""
    database, receiver, client = deployment.database, deployment.receiver, deployment.client
    former, successor = deployment.dispatchers
    logged_before = former.logged().count(UNRECORDED)
    session_id = client.insist_on_session(f"woken-{late}").document["sessionId"]
    held = receiver.hold()
    with ExitStack() as former_sleeps:
        with paused(worker(successor)):
            client.insist("POST", f"/payer/session/{session_id}/exit")
            attempt_of_former = held.get(timeout=PATIENCE)
            former_sleeps.enter_context(paused(worker(former)))
        database.pass_leases()
        held.get(timeout=PATIENCE).answer(present)
        wait_until(lambda: recorded(deployment, session_id)[1] == [present], "the successor has recorded")
        as_recorded = recorded(deployment, session_id)
        attempt_of_former.answer(late)
    receiver.let_go()
    wait_until(lambda: former.logged().count(UNRECORDED) > logged_before, "the former has tried to record")
    assert recorded(deployment, session_id) == as_recorded
    assert as_recorded[0]["status"] == ("delivered" if present == 204 else "pending")


def recorded(deployment: Deployment, session_id: str) -> tuple[dict[str, Any], list[int]]:
    """The one delivery of a session as it stands in the database, and the statuses of its attempts."""
    (delivery,) = deployment.database.query(
        "SELECT delivery_id, status, due_at, attempts FROM deliveries WHERE session_id = %s", session_id
    )
    attempts = deployment.database.query(
        "SELECT status FROM attempts WHERE delivery_id = %s ORDER BY sequence", delivery["delivery_id"]
    )
    return delivery, [attempt["status"] for attempt in attempts]


def test_without_the_database_every_answer_is_503_and_with_it_all_goes_on(deployment: Deployment) -> None:
    """ERR-09, ERR-11: nothing is 500, no process is started anew, and no acknowledged session is lost."""
    client, database = deployment.client, deployment.database
    workers = list(map(worker, deployment.commands))
    is_over = threading.Event()
    refused: Counter[int] = Counter()

    def buy(buyer: int) -> list[str]:
        """Make sessions one after another, each at one of the servers; their identifiers."""
        made: list[str] = []
        while not is_over.is_set():
            answer = client.create(f"restart-{buyer}-{len(made)}", at=buyer)
            if answer.status == 201:
                made.append(answer.document["sessionId"])
            else:
                assert answer.says_try_again, answer
                refused[buyer] += 1
        return made

    with ThreadPoolExecutor() as pool:
        buyers = [pool.submit(buy, buyer) for buyer in range(BUYERS)]
        try:
            database.crash()
            wait_until(lambda: min(refused[buyer] for buyer in range(BUYERS)) > 5, "all are refused")
            assert ask(deployment.webs[0], "/readyz")[0] == 503
            database.recover()
            session_id = client.insist_on_session("afterwards").document["sessionId"]
        finally:
            is_over.set()
        made = [session for buyer in buyers for session in buyer.result()]
    client.insist("POST", f"/payer/session/{session_id}/exit")
    wait_until(lambda: recorded(deployment, session_id)[1] == [204], "webhooks are delivered again")
    assert list(map(worker, deployment.commands)) == workers
    assert {client.insist("GET", f"/session/{each}").status for each in made} == {200}
    (row,) = database.query(
        "SELECT count(*) AS sessions, count(DISTINCT idempotency_key) AS keys FROM sessions"
        " WHERE idempotency_key LIKE 'restart-%%'"
    )
    assert row["sessions"] == row["keys"] >= len(made)


def test_while_the_database_hangs_each_answer_comes_in_time_and_then_all_goes_on(
    deployment: Deployment,
) -> None:
    """ERR-11: 503 for whoever needs it, though more ask than threads answer; others are answered at once."""
    client, database = deployment.client, deployment.database
    workers = list(map(worker, deployment.commands))
    session_id = client.insist_on_session("before").document["sessionId"]

    def ask_one(buyer: int) -> Answer:
        """As a partner or as a payer."""
        if buyer % 3:
            return client.ask("POST", PATH, request(f"hang-{buyer}"), at=buyer, timeout=PATIENCE)
        return client.ask("GET", f"/payer/session/{session_id}", at=buyer, timeout=PATIENCE)

    def ask_as_stranger(path: str) -> Answer:
        return client.ask("GET", path, timeout=PATIENCE, anonymous=True)

    with ThreadPoolExecutor(HANGING) as pool:
        with database.hanging():
            hanging = [pool.submit(timed, ask_one, buyer) for buyer in range(HANGING)]
            strangers = []
            while not all(each.done() for each in hanging):
                strangers.append(timed(ask_as_stranger, "/session/none"))
                strangers.append(timed(ask_as_stranger, "/nowhere"))
                time.sleep(0.2)
            probes = [
                timed(ask, each, path)
                for each in deployment.commands
                for path in ("/healthz", "/readyz", "/metrics")
            ]
        answers = [each.result() for each in hanging]
    assert {answer.status for _, answer in strangers} == {401, 404}
    assert max(seconds for seconds, _ in strangers) < PROMPT
    assert [answer for _, answer in answers if not answer.says_try_again] == []
    assert max(seconds for seconds, _ in answers) < ANSWER_WITHIN + PROMPT
    assert [status for _, (status, _) in probes] == [200, 503, 200] * len(deployment.commands)
    assert max(seconds for seconds, _ in probes) < 2 + PROMPT
    deployment.wait_until_ready()
    assert client.insist("GET", f"/session/{session_id}").status == 200
    client.insist("POST", f"/payer/session/{session_id}/exit")
    wait_until(lambda: recorded(deployment, session_id)[1] == [204], "webhooks are delivered again")
    assert list(map(worker, deployment.commands)) == workers
    (row,) = database.query(
        "SELECT count(*) AS sessions, count(DISTINCT idempotency_key) AS keys FROM sessions"
        " WHERE idempotency_key LIKE 'hang-%%'"
    )
    assert row["sessions"] == row["keys"]


def timed(do: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> tuple[float, T]:
    """How many seconds something took, and what came of it."""
    started = time.monotonic()
    outcome = do(*arguments, **named)
    return time.monotonic() - started, outcome


def test_no_round_of_faults_loses_or_doubles_anything(deployment: Deployment) -> None:
    """Rounds as in `test_rounds.py`: this seed kills each of the four, and restarts the database twice."""
    seed = 9
    course = play_rounds(deployment, rounds=3, seed=seed)
    assert judge(gather(deployment, course.purchases, f"{seed}-")) == []
    assert course.kills > 0
    assert course.restarts == 2
