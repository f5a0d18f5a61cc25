"""Random walks of payer, bank, clock, control and receiver: what is received, against a small model."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.delivery.dispatcher import Dispatcher
from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import RETRY_DELAYS, Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.sessions import FINAL, Status
from reference_impl.domain.transitions import IllegalTransitionError, Transition
from reference_impl.environment import Environment
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases.deliveries import NeverSentError, resend_delivery
from reference_impl.use_cases.payments import leave
from reference_impl.use_cases.play import play
from reference_impl.use_cases.sessions import create_session
from tests.reference_impl.builders import HOSTED, a_partner, a_request

URL = "http://receiver.example/hook"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

MOVES = st.lists(
    st.one_of(
        st.just(("open", None)),
        st.tuples(st.just("play"), st.sampled_from(sorted(OUTCOMES))),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("answer"), st.sampled_from([200, 204, 299, 302, 410, 500, None])),
        st.tuples(st.just("advance"), st.sampled_from([0, 4, 5, 10, 31, 60, 300])),
        st.tuples(st.just("endpoint"), st.booleans()),
        st.tuples(st.just("resend"), st.integers(0, 30)),
    ),
    min_size=4,
    max_size=18,
)


class Receiver(Sender):
    """In the place of the wire: answers as it is told to, and notes what came."""

    def __init__(self) -> None:
        self.answer: int | None = 204
        self.bodies: dict[str, bytes] = {}
        self.got: Counter[str] = Counter()
        self.acknowledged: Counter[str] = Counter()
        self.times: dict[str, list[datetime]] = {}

    async def attempt(self, delivery: Delivery, *, url: str, clock: Callable[[], datetime]) -> Attempt:
        assert url == URL
        assert self.bodies.setdefault(delivery.event_id, delivery.body) == delivery.body  # HOOK-19
        self.got[delivery.event_id] += 1
        self.times.setdefault(delivery.event_id, []).append(clock())
        status = self.answer
        if status is not None and 200 <= status < 300:
            self.acknowledged[delivery.event_id] += 1
        await asyncio.sleep(0)
        return Attempt(
            number=delivery.attempts + 1,
            started_at=clock(),
            url=url,
            status=status,
            error=None if status else "broken off",
        )


class World:
    """One environment under a walk, with what the model expects of it."""

    def __init__(self) -> None:
        self.now = NOON
        self.told: dict[str, bool] = {}  # by event: whether a URL was configured when it arose
        self.ends: dict[str, Status] = {}
        self.resent: Counter[str] = Counter()
        self.configured = True
        self.was_unconfigured = False
        self.sessions: list[str] = []
        self.storage = MemoryStorage()
        self.receiver = Receiver()
        self.environment = Environment(
            storage=self.storage,
            public_url="https://mock.example",
            checkout_url="https://mock.example/checkout",
            session_clock=lambda: self.now,
            announce=self.note,
        )
        self.partner = a_partner()
        with self.storage.transaction() as transaction:
            transaction.add_partner(self.partner)
        self.set_endpoint(True)
        self.dispatcher = Dispatcher(self.environment, self.receiver)

    def note(self, fact: object) -> None:
        if isinstance(fact, Transition):
            for event in fact.events:
                assert event.event_id not in self.told, "told twice"
                self.told[event.event_id] = self.configured
            session = fact.session
            former = self.ends.get(session.session_id)
            assert former is None or former is session.status, "a final session was moved"
            if session.status in FINAL:
                self.ends[session.session_id] = session.status

    def set_endpoint(self, configured: bool) -> None:
        self.configured = configured
        self.was_unconfigured |= not configured
        with self.storage.transaction() as transaction:
            for event_type in EventType:
                transaction.set_endpoint(self.partner.partner_id, event_type, URL if configured else None)

    def open(self) -> str:
        creation = create_session(
            self.environment,
            partner=self.partner,
            operation_id=HOSTED,
            request=a_request(HOSTED),
            represent=lambda _: b"{}",
        )
        self.sessions.append(creation.session_id)
        return creation.session_id

    async def advance(self, minutes: int) -> None:
        def move_to(time: datetime) -> None:
            assert time >= self.now, "the clock went backwards"
            self.now = time

        await self.dispatcher.do_until(self.now + timedelta(minutes=minutes), move_to=move_to)

    def deliveries(self) -> list[Delivery]:
        with self.storage.transaction() as transaction:
            return list(transaction.deliveries(limit=10_000))

    async def make(self, move: tuple[str, object]) -> None:
        match move:
            case ("open", _):
                self.open()
            case ("play", str(outcome)):
                play(self.environment, session_id=self.open(), outcome=outcome)
            case ("leave", int(index)) if self.sessions:
                with contextlib.suppress(IllegalTransitionError):  # it is over already
                    leave(self.environment, session_id=self.sessions[index % len(self.sessions)])
            case ("answer", answer):
                assert answer is None or isinstance(answer, int)
                self.receiver.answer = answer
            case ("advance", int(minutes)):
                await self.advance(minutes)
            case ("endpoint", bool(configured)):
                self.set_endpoint(configured)
            case ("resend", int(index)) if deliveries := self.deliveries():
                delivery = deliveries[index % len(deliveries)]
                try:
                    resend_delivery(self.environment, delivery.delivery_id)
                    self.resent[delivery.event_id] += 1
                except NeverSentError:
                    assert not self.told[delivery.event_id]

    def check(self) -> None:
        """Nothing lost, nothing twice for no reason (HOOK-14, HOOK-15, HOOK-22, HOOK-23)."""
        deliveries = {delivery.event_id: delivery for delivery in self.deliveries()}
        assert set(deliveries) == set(self.told)
        for event_id, configured in self.told.items():
            delivery, resent = deliveries[event_id], self.resent[event_id]
            got, acknowledged = self.receiver.got[event_id], self.receiver.acknowledged[event_id]
            assert acknowledged <= 1 + resent
            assert got <= (1 + len(RETRY_DELAYS)) * (1 + resent)
            if not configured:
                assert (delivery.status, got) == (DeliveryStatus.NOT_CONFIGURED, 0)
            elif delivery.status is DeliveryStatus.DELIVERED:
                assert acknowledged >= 1
            else:
                assert delivery.status is DeliveryStatus.FAILED
                assert resent or acknowledged == 0
                assert self.was_unconfigured or got >= 1 + len(RETRY_DELAYS)
            if not resent:
                times = self.receiver.times.get(event_id, [])
                waits = [later - earlier for earlier, later in pairwise(times)]
                assert waits == list(RETRY_DELAYS[: len(waits)])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(moves=MOVES)
def test_nothing_is_lost_and_nothing_comes_twice_for_no_reason(moves: list[tuple[str, object]]) -> None:
    """Whatever payers, the bank, the clock, the control API and the receiver do."""

    async def walk() -> None:
        world = World()
        for move in moves:
            await world.make(move)
        await world.advance(3 * 24 * 60)  # every schedule, time-out and expiry comes to its end
        assert set(world.ends) == set(world.sessions)
        world.check()

    asyncio.run(walk())
