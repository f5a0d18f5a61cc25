"""IDEM-13, and IDEM-08 and IDEM-11 at once: requests that carry one key and arrive together."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from ..credentials import Partner
from ..operations import Creation
from ..trial import Trial, judges, problem_code
from ..wire import Exchange, Request
from .idempotency import replayed, session_id

PARALLEL: Final = 12
REFERENCES: Final = ("order 1", "order 2", "order 3", "order 4")
"""Each asks for something else than the others do."""
ROUNDS: Final = 3
"""Of each race: what depends on who comes first does not show itself every time."""


def send_at_once(trial: Trial, requests: Sequence[Request]) -> list[Exchange]:
    """Send all of them from connections of their own, which begin together; the exchanges in their order."""
    target = trial.known.target
    ready = threading.Barrier(len(requests))

    def send(request: Request) -> Exchange:
        client = trial.client.beside()
        try:
            ready.wait(target.timeout)
            return client.send(request)
        finally:
            client.close()

    with ThreadPoolExecutor(max_workers=len(requests)) as pool:
        exchanges = list(pool.map(send, requests))
    trial.client.count += len(exchanges)
    return exchanges


def signed(trial: Trial, members: Mapping[str, Any], creation: Creation, partner: Partner) -> Request:
    """A creation that is ready to be sent."""
    return trial.sign(trial.creating(members, creation=creation), partner=partner)


def _is_waiting(trial: Trial, exchange: Exchange) -> bool:
    """Whether the answer is 409 ``idempotency_in_progress``, and ERR-09: how long to wait."""
    answer = exchange.answer
    if answer is None or answer.status != 409 or problem_code(answer) != "idempotency_in_progress":
        return False
    value = answer.header("Retry-After") or ""
    trial.check("ERR-09", value.isascii() and value.isdigit(), exchange, "Retry-After in whole seconds")
    return True


def _judge_one_session(trial: Trial, exchanges: Sequence[Exchange]) -> str | None:
    """IDEM-13: one session and one first answer among all of them; the session's identifier."""
    made = {session_id(exchange) for exchange in exchanges} - {None}
    shown = next((exchange for exchange in exchanges if session_id(exchange)), exchanges[0])
    expected = f"one session for {len(exchanges)} concurrent requests with one key, not {len(made)}"
    trial.check("IDEM-13", len(made) == 1, shown, expected)
    firsts = [exchange for exchange in exchanges if session_id(exchange) and not replayed(exchange)]
    expected = f"one first answer among them, not {len(firsts)}"
    trial.check("IDEM-13", len(firsts) == 1, shown, expected)
    return next(iter(made), None)


@judges("IDEM-13", occasional=("ERR-09",))
def equal_requests_make_one_session(trial: Trial) -> None:
    """However many arrive at once, one session is made, and nobody gets anything else."""
    creation = trial.creation
    partner = trial.partner(creation)
    for _ in range(ROUNDS):
        request = signed(trial, {"idempotencyKey": trial.fresh()}, creation, partner)
        exchanges = send_at_once(trial, [request] * PARALLEL)
        for exchange in exchanges:
            status = exchange.answer.status if exchange.answer else None
            right = _is_waiting(trial, exchange) or status == 201
            trial.check("IDEM-13", right, exchange, "201 or 409 idempotency_in_progress")
        _judge_one_session(trial, exchanges)


@judges("IDEM-08", "IDEM-13", occasional=("ERR-09",))
def different_requests_share_no_answer(trial: Trial) -> None:
    """One of them makes the session of their key; those that ask for something else are not given it."""
    creation = trial.creation
    partner = trial.partner(creation)
    for _ in range(ROUNDS):
        key = trial.fresh()
        kinds = [{"idempotencyKey": key, "websiteReference": reference} for reference in REFERENCES]
        requests = [signed(trial, kinds[at % len(kinds)], creation, partner) for at in range(PARALLEL)]
        exchanges = send_at_once(trial, requests)
        made = _judge_one_session(trial, exchanges)
        for at, exchange in enumerate(exchanges):
            _judge_answer(trial, exchange, REFERENCES[at % len(REFERENCES)])
        for members in kinds:
            exchange = trial.post(members, creation=creation, partner=partner)
            _judge_answer(trial, exchange, members["websiteReference"])
            if found := session_id(exchange):
                expected = f"the session {made} again, which the race made"
                trial.check("IDEM-13", found == made, exchange, expected)


def _judge_answer(trial: Trial, exchange: Exchange, reference: str) -> None:
    """IDEM-08, IDEM-13: the session that was asked for, or none because another was; or the word to wait."""
    answer = exchange.answer
    if _is_waiting(trial, exchange):
        return
    expected = "201, 422 idempotency_key_reused or 409 idempotency_in_progress"
    if answer is None or answer.status not in (201, 422):
        trial.check("IDEM-13", False, exchange, expected)
    elif answer.status == 422:
        trial.check("IDEM-08", problem_code(answer) == "idempotency_key_reused", exchange, expected)
    else:
        document = answer.json()
        found = document.get("websiteReference") if isinstance(document, dict) else None
        of_another = found != reference and found in REFERENCES
        trial.check("IDEM-08", not of_another, exchange, f"no session of another request than {reference}")


@judges("IDEM-11")
def partners_do_not_wait_for_each_other(trial: Trial) -> None:
    """Two partners use one key at the same time, and each makes a session of its own."""
    creation, *partners = trial.two_partners()
    for _ in range(ROUNDS):
        members = {"idempotencyKey": trial.fresh()}
        exchanges = send_at_once(trial, [signed(trial, members, creation, partner) for partner in partners])
        _judge_independence(trial, exchanges, "another partner's equal key at the same time")


@judges("IDEM-11")
def operations_do_not_wait_for_each_other(trial: Trial) -> None:
    """One partner uses a key in all its operations at the same time, and each makes a session."""
    partner, mine = trial.two_operations()
    for _ in range(ROUNDS):
        members = {"idempotencyKey": trial.fresh()}
        exchanges = send_at_once(trial, [signed(trial, members, each, partner) for each in mine])
        _judge_independence(trial, exchanges, "an equal key in another operation at the same time")


def _judge_independence(trial: Trial, exchanges: Sequence[Exchange], case: str) -> None:
    seen: set[str] = set()
    for exchange in exchanges:
        made = session_id(exchange)
        own = made is not None and made not in seen and not replayed(exchange)
        trial.check("IDEM-11", own, exchange, f"201 with a session of its own for {case}")
        seen |= {made} if made else set()
