"""The dispatcher: whom a slow receiver delays, which URL an attempt goes to, and how it stops."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reference_impl.delivery.dispatcher import Attempted, Dispatcher
from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.problems import Problem, unavailable
from reference_impl.domain.sessions import Session
from reference_impl.domain.transitions import Transition
from reference_impl.environment import Environment
from reference_impl.storage.encryption import UndecipherableError
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases.deliveries import resend_delivery
from tests.reference_impl.builders import NOW, a_delivery, a_partner, a_session

SLOW, PROMPT = "slow", "prompt"


class Post(Sender):
    """Takes what is sent; what goes to a URL in ``held`` is answered only once it is let go."""

    def __init__(self) -> None:
        self.held: dict[str, asyncio.Event] = {}
        self.before: asyncio.Event | None = None
        self.sent: list[tuple[str, str]] = []

    async def hold_back(self, delivery: Delivery) -> None:
        if self.before is not None:
            await self.before.wait()

    async def attempt(self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]) -> Attempt:
        self.sent.append((delivery.delivery_id, url))
        if url in self.held:
            await self.held[url].wait()
        return Attempt(number=delivery.attempts + 1, started_at=clock(), url=url, status=204)


class World:
    """Two partners with a URL of their own, and a clock that stands still."""

    def __init__(self, storage: MemoryStorage | None = None) -> None:
        self.now = NOW
        self.told: Callable[[object], None] = lambda _: None
        self.storage = storage or MemoryStorage()
        self.post = Post()
        self.environment = Environment(
            storage=self.storage,
            public_url="https://api.example",
            checkout_url="https://api.example/checkout",
            session_clock=lambda: self.now,
            announce=lambda told: self.told(told),
        )
        self.dispatcher = Dispatcher(self.environment, self.post)
        with self.storage.transaction() as transaction:
            for name in (SLOW, PROMPT):
                transaction.add_partner(a_partner(name))
        for name in (SLOW, PROMPT):
            self.lead(name, f"https://{name}.example/")

    def lead(self, partner_id: str, url: str | None) -> None:
        with self.storage.transaction() as transaction:
            transaction.set_endpoint(partner_id, EventType.STATUS_CHANGED, url)

    def tell(self, partner_id: str, *, count: int = 1, due_at: datetime = NOW) -> list[str]:
        made = [a_delivery(partner_id=partner_id, due_at=due_at) for _ in range(count)]
        with self.storage.transaction() as transaction:
            for delivery in made:
                transaction.add_delivery(delivery)
        return [delivery.delivery_id for delivery in made]

    def status(self, delivery_id: str) -> DeliveryStatus:
        with self.storage.reading() as reading:
            delivery = reading.delivery(delivery_id)
        assert delivery is not None
        return delivery.status

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110 - what is waited for is in the store
                await asyncio.sleep(0.001)

    async def advance(self, step: timedelta) -> int:
        def move_to(time: datetime) -> None:
            self.now = time

        return len(await self.dispatcher.do_until(self.now + step, move_to=move_to))


def test_a_receiver_that_is_waited_for_in_an_advance_delays_no_other() -> None:
    """HOOK-21: what arises meanwhile is sent meanwhile, and listed by the advance as well."""

    async def work() -> None:
        world = World()
        held = world.post.held["https://slow.example/"] = asyncio.Event()
        (slow,) = world.tell(SLOW, due_at=NOW + timedelta(minutes=5))
        running = asyncio.create_task(world.dispatcher.run())
        moving = asyncio.create_task(world.advance(timedelta(minutes=5)))
        await world.until(lambda: bool(world.post.sent))
        (prompt,) = world.tell(PROMPT)
        world.dispatcher.wake()
        await world.until(lambda: world.status(prompt) is DeliveryStatus.DELIVERED)
        assert not moving.done()
        assert world.status(slow) is DeliveryStatus.PENDING
        held.set()
        assert await moving == 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


def test_a_receiver_with_thousands_of_attempts_due_delays_no_other() -> None:
    """HOOK-21: more than are under way at one time."""

    async def work() -> None:
        world = World()
        held = world.post.held["https://slow.example/"] = asyncio.Event()
        world.tell(SLOW, count=6_000)
        running = asyncio.create_task(world.dispatcher.run())
        await world.until(lambda: len(world.post.sent) > 10)
        (prompt,) = world.tell(PROMPT)
        world.dispatcher.wake()
        await world.until(lambda: world.status(prompt) is DeliveryStatus.DELIVERED)
        assert len(world.post.sent) < 1_000
        running.cancel()
        held.set()
        await world.dispatcher.break_off()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())


@pytest.mark.parametrize("url", ["https://slow.example/new", "https://other.example/", None])
def test_the_url_is_read_when_the_attempt_begins(url: str | None) -> None:
    """HOOK-23: whatever held it back before."""

    async def work() -> None:
        world = World()
        world.post.before = asyncio.Event()
        (delivery_id,) = world.tell(SLOW)
        await world.dispatcher.do_due()
        await asyncio.sleep(0.15)  # longer than a URL that was read counts as today's
        world.lead(SLOW, url)
        world.post.before.set()
        await world.dispatcher.finish_attempts()
        assert world.post.sent == ([] if url is None else [(delivery_id, url)])
        failed = DeliveryStatus.FAILED if url is None else DeliveryStatus.DELIVERED
        assert world.status(delivery_id) is failed

    asyncio.run(work())


def test_whoever_stops_waits_for_what_is_under_way_and_begins_nothing() -> None:
    async def work() -> None:
        world = World()
        held = world.post.held["https://slow.example/"] = asyncio.Event()
        (slow,) = world.tell(SLOW)
        await world.dispatcher.do_due()
        await world.until(lambda: bool(world.post.sent))
        (later,) = world.tell(PROMPT)
        stopping = asyncio.create_task(world.dispatcher.finish_attempts())
        await asyncio.sleep(0)
        held.set()
        await stopping
        assert (world.status(slow), world.status(later)) == (DeliveryStatus.DELIVERED, DeliveryStatus.PENDING)

    asyncio.run(work())


def test_giving_up_the_wait_breaks_nothing_off() -> None:
    async def work() -> None:
        world = World()
        held = world.post.held["https://slow.example/"] = asyncio.Event()
        (slow,) = world.tell(SLOW)
        await world.dispatcher.do_due()
        await world.until(lambda: bool(world.post.sent))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await world.dispatcher.finish_attempts()
        held.set()
        await world.dispatcher.finish_attempts()
        assert world.status(slow) is DeliveryStatus.DELIVERED

    asyncio.run(work())


def test_an_attempt_that_cannot_be_recorded_is_logged_without_what_an_exception_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SESS-06: an exception's message can quote a value."""

    async def refuse(*_: object) -> None:
        raise ValueError("Zebediah Quux")

    async def work() -> None:
        world = World()
        world.tell(PROMPT)
        monkeypatch.setattr(world.dispatcher._recorder, "record", refuse)
        await world.dispatcher.do_due()
        await world.dispatcher.finish_attempts()

    with caplog.at_level(logging.WARNING):
        asyncio.run(work())
    assert "ValueError" in caplog.text
    assert "Zebediah" not in caplog.text


def test_a_delivery_resent_before_its_attempt_has_landed_is_attempted_once_more() -> None:
    """Nothing of the first attempt is taken for the second, or the other way round."""

    async def work() -> None:
        world = World()
        broken: list[object] = []
        claiming: list[asyncio.Task[object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
        (once,) = world.tell(PROMPT)

        def resend_and_claim(told: object) -> None:
            if isinstance(told, Attempted) and len(world.post.sent) == 1:
                assert resend_delivery(world.environment, once) is not None
                claiming.append(asyncio.create_task(world.dispatcher.do_due()))

        world.told = resend_and_claim
        await world.dispatcher.do_due()
        await world.dispatcher.finish_attempts()
        await world.until(lambda: len(world.post.sent) == 2)
        await world.dispatcher.finish_attempts()
        assert broken == []
        assert world.status(once) is DeliveryStatus.DELIVERED
        assert not world.dispatcher._at_receiver

    asyncio.run(work())


class Locked(MemoryStorage):
    """A store in which the first session that is due waits for what another transaction holds."""

    def take_due_session(self, before: datetime) -> Session | None:
        raise unavailable("Another transaction is in the way. Try again.")


def test_a_step_that_has_to_wait_delays_no_webhook() -> None:
    """HOOK-21: as where a dispatcher that stands still holds a row."""

    async def work() -> None:
        world = World(Locked())
        (delivery_id,) = world.tell(PROMPT)
        with pytest.raises(Problem):
            await world.dispatcher.do_due()
        await world.dispatcher.finish_attempts()
        assert world.status(delivery_id) is DeliveryStatus.DELIVERED

    asyncio.run(work())


class Hanging(MemoryStorage):
    """A store behind a network, which hangs where it is told to until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = False
        self.was_let_go: list[bool] = []
        self.hung, self.let_go = threading.Event(), threading.Event()

    @property
    def waits(self) -> bool:
        return True

    @contextmanager
    def transaction(self) -> Iterator[MemoryStorage]:
        if self.hangs:
            self.hung.set()
            self.was_let_go.append(self.let_go.wait(5))
        with super().transaction() as transaction:
            yield transaction


def test_whatever_a_store_that_hangs_is_asked_receivers_are_heard_and_signals_too() -> None:
    """The event loop never waits for it: an answer that came in time is not taken for one that did not."""

    async def work() -> None:
        storage = Hanging()
        world = World(storage)
        held = world.post.held["https://slow.example/"] = asyncio.Event()
        (slow,) = world.tell(SLOW)
        running = asyncio.create_task(world.dispatcher.run())
        await world.until(lambda: bool(world.post.sent))
        (prompt,) = world.tell(PROMPT)
        storage.hangs = True
        world.dispatcher.wake()
        await world.until(storage.hung.is_set)  # in asking what is due
        held.set()
        world.dispatcher.stop()
        storage.let_go.set()
        await running
        await world.dispatcher.finish_attempts()
        assert storage.was_let_go
        assert all(storage.was_let_go)
        assert {world.status(slow), world.status(prompt)} == {DeliveryStatus.DELIVERED}

    asyncio.run(work())


def test_a_step_that_is_just_being_done_while_the_clock_is_moved_is_listed() -> None:
    """Whoever began it: that it is written is known before that it is done."""

    class Late(Hanging):
        @contextmanager
        def transaction(self) -> Iterator[MemoryStorage]:
            with MemoryStorage.transaction(self) as transaction:
                yield transaction
            if self.hangs and not self.hung.is_set():
                self.hung.set()
                self.let_go.wait(5)

    async def work() -> None:
        storage = Late()
        world = World(storage)
        with storage.transaction() as transaction:
            transaction.add_session(replace(a_session("one"), partner_id=PROMPT))
        world.now = NOW + timedelta(hours=1)
        storage.hangs = True
        doing = asyncio.create_task(world.dispatcher.do_due())
        await world.until(storage.hung.is_set)
        moving = asyncio.create_task(world.dispatcher.do_until(world.now, move_to=lambda _: None))
        await asyncio.wait([moving], timeout=0.2)
        storage.let_go.set()
        assert [each.outcome for each in await moving if isinstance(each.outcome, Transition)]
        await doing
        await world.dispatcher.finish_attempts()

    asyncio.run(work())


class Faulty(MemoryStorage):
    """A store in which something is that nobody can make sense of, until it is mended."""

    faulty = True
    refusals = 0

    @contextmanager
    def transaction(self) -> Iterator[MemoryStorage]:
        if self.faulty:
            self.refusals += 1
            raise UndecipherableError
        with super().transaction() as transaction:
            yield transaction


def test_a_mistake_of_ours_does_not_end_the_work_but_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A dispatcher that had ended would look like one that has nothing to do."""

    async def work() -> None:
        world = World()
        (delivery_id,) = world.tell(PROMPT)
        faulty = Faulty()
        dispatcher = Dispatcher(replace(world.environment, storage=faulty), world.post)
        running = asyncio.create_task(dispatcher.run())
        await world.until(lambda: faulty.refusals > 0)
        assert not running.done()
        faulty.faulty = False
        with faulty.transaction() as transaction, world.storage.reading() as reading:
            transaction.add_partner(a_partner(PROMPT))
            transaction.set_endpoint(PROMPT, EventType.STATUS_CHANGED, "https://prompt.example/")
            delivery = reading.delivery(delivery_id)
            assert delivery is not None
            transaction.add_delivery(delivery)
        dispatcher.wake()
        await world.until(lambda: bool(world.post.sent))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await dispatcher.finish_attempts()

    asyncio.run(work())
    assert "what is due could not be done" in caplog.text
    assert "UndecipherableError" in caplog.text
