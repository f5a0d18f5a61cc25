"""Who waits for a slow store: a thread in the event loop's place, and nobody without end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import Problem
from reference_impl.environment import Environment, OneEnvironment
from reference_impl.http import patience
from reference_impl.http.admission import LOOK_UPS
from reference_impl.http.patience import Threads, begin_to_wait
from reference_impl.http.payer_api import PayerGatekeeper
from reference_impl.http.session_api import SessionGatekeeper
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage
from tests.serving import APPLICATIONS, make_environment, make_partners, serve
from tests.session_api.calls import signed
from tests.session_api.exchange import TIMEOUT, exchange

SIGNED = {"apikey": "key_acme", "timestamp": "1790000000", "signature": "c2lnbmVk"}


def have_all_done(*works: Callable[[], Any]) -> list[Any]:
    """What becomes of works for one thread, asked for at once by a request that begins to wait now."""

    async def run() -> list[Any]:
        scope: dict[str, Any] = {"state": {}}
        begin_to_wait(scope)
        one = Threads(1, name="one")
        return await asyncio.gather(*(one.do(scope, work) for work in works), return_exceptions=True)

    return asyncio.run(run())


def test_what_is_done_in_time_is_given_back() -> None:
    assert have_all_done(lambda: 1, lambda: 2) == [1, 2]


def test_what_takes_too_long_is_503_and_nobody_begins_with_what_waits_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ERR-11: requests that wait for a thread are given up at the same time as those that have one."""
    monkeypatch.setattr(patience, "ANSWER_WITHIN", 0.1)
    monkeypatch.setattr(patience, "_LOOK_OVER", 0.02)
    released, begun = threading.Event(), []

    def work() -> None:
        begun.append(True)
        released.wait(20)

    release = threading.Timer(0.5, released.set)
    release.start()
    ends = have_all_done(work, work, work)
    assert [end.code for end in ends if isinstance(end, Problem)] == ["service_unavailable"] * 3
    assert len(begun) == 1


def test_a_request_that_is_cancelled_is_not_answered() -> None:
    """As the server stops: nobody would read it."""
    released = threading.Event()

    async def run() -> None:
        one = Threads(1, name="one")
        asked = asyncio.create_task(one.do({"state": {}}, lambda: released.wait(20)))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        released.set()

    asyncio.run(run())


def test_one_that_may_take_its_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a clock's move, which takes as long as the deliveries that fall due."""
    monkeypatch.setattr(patience, "_LOOK_OVER", 0.01)

    def move() -> str:
        time.sleep(0.2)
        return "moved"

    async def run() -> str:
        return await Threads(1, name="one").do({"state": {}}, move)

    assert asyncio.run(run()) == "moved"


def test_a_time_out_of_the_work_s_own_is_nothing_but_that() -> None:
    def work() -> None:
        raise TimeoutError("a bank")

    assert [str(end) for end in have_all_done(work)] == ["a bank"]


def over(storage: Storage) -> OneEnvironment:
    return OneEnvironment(Environment(storage=storage, public_url="http://x", checkout_url="http://x"))


class Slow(MemoryStorage):
    """A store that may be long in answering, and knows one partner from just before."""

    @property
    def waits(self) -> bool:
        return True

    def waits_for_partner(self, api_key: str) -> bool:
        return api_key != "key_known"


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        (SIGNED, True),
        ({**SIGNED, "apikey": "key_known"}, False),
        ({**SIGNED, "apikey": ""}, False),
        ({name: value for name, value in SIGNED.items() if name != "signature"}, False),
        ({}, False),
    ],
)
def test_a_thread_asks_who_calls_where_the_store_has_to_be_asked(
    fields: Mapping[str, str], waits: bool
) -> None:
    """AUTH-06, AUTH-07: nothing is looked up for who has sent no credentials."""
    assert SessionGatekeeper(over(Slow())).waits(fields, {}) is waits
    assert not SessionGatekeeper(over(MemoryStorage())).waits(fields, {})


def test_a_thread_looks_a_payer_s_session_up_where_the_store_may_be_slow() -> None:
    for storage, waits in ((Slow(), True), (MemoryStorage(), False)):
        gatekeeper = PayerGatekeeper(over(storage))
        assert gatekeeper.waits({}, {"sessionId": "any"}) is waits


class Overrun(MemoryStorage):
    """A store that has met its partners, and gives strangers no answer until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.strangers = threading.Semaphore(0)
        self.released = threading.Event()

    @property
    def waits(self) -> bool:
        return True

    def waits_for_partner(self, api_key: str) -> bool:
        return True

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        partner = super().partner_by_api_key(api_key)
        if partner is None:
            self.strangers.release()
            self.released.wait(TIMEOUT)
        return partner


def test_a_flood_of_unknown_keys_keeps_no_partner_waiting() -> None:
    """However slow the store: who is not known stands in another line than who is."""
    storage, partners = Overrun(), make_partners()
    environment = make_environment(partners, storage=storage)
    app = APPLICATIONS["reference"](environment)
    with (
        serve(app, environment=environment, partners=partners) as server,
        ThreadPoolExecutor(4 * LOOK_UPS) as pool,
    ):
        stranger = [*{**server.sign(), "ApiKey": "key_unknown"}.items()]
        flood = [
            pool.submit(exchange, server.port, "GET", "/session/any", fields=stranger)
            for _ in range(4 * LOOK_UPS)
        ]
        try:
            for _ in range(LOOK_UPS):
                assert storage.strangers.acquire(timeout=TIMEOUT)
            assert signed(server, "GET", "/session/any").code == "session_not_found"
            assert not any(each.done() for each in flood)
        finally:
            storage.released.set()
        assert {each.result().code for each in flood} == {"unknown_api_key"}
