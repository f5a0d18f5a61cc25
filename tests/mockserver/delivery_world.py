"""A namespace under a walk: several partners, the wire to their receivers, and what must come of it all."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver.namespaces import Namespace
from mockserver.webhook_behaviours import BehavingSender, Behaviour, Kind
from reference_impl.delivery.sender import Outgoing
from reference_impl.domain.deliveries import LOGGED_ATTEMPTS, RETRY_DELAYS, Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.sessions import FINAL, Status
from reference_impl.domain.transitions import IllegalTransitionError, Transition
from reference_impl.environment import Environment
from reference_impl.http.driver_gatekeeper import DEFAULT
from reference_impl.storage.port import Storage
from reference_impl.use_cases.deliveries import NeverSentError, resend_delivery, resend_failed
from reference_impl.use_cases.payments import leave
from reference_impl.use_cases.play import play
from reference_impl.use_cases.sessions import create_session
from tests.control_api.receiver import Received
from tests.reference_impl.builders import HOSTED, a_partner, a_request

PARTNERS = ("acme", "bolt", "cord")
LONG = timedelta(days=3)
"""After so long every schedule, time-out and expiry has come to its end."""

Answer = int | type[Exception]
"""A status, or what a receiver that is broken makes of the connection."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it went over the wire, what it was answered, and when by both clocks."""

    request: Received
    answer: Answer
    at: datetime

    @property
    def acknowledged(self) -> bool:
        return isinstance(self.answer, int) and 200 <= self.answer < 300


class World:
    """One namespace, and the model: which events were told, what was sent of each, how sessions ended."""

    def __init__(self, storage: Storage, key: rsa.RSAPrivateKey) -> None:
        storage.clear()
        self.namespace = Namespace(
            DEFAULT,
            settings=Environment(
                storage=storage,
                public_url="https://mock.example",
                checkout_url="https://mock.example/checkout",
            ),
            storage=storage,
            partners={},
            webhook_key=key,
        )
        self.namespace.observers.append(self._note)
        self.answers: dict[str, Answer] = dict.fromkeys(PARTNERS, 204)
        self.configured = dict.fromkeys(PARTNERS, True)
        self.resets_when_asked = False
        self.resends_when_asked = False
        self.was_unconfigured: set[str] = set()
        self.is_reset_under_way = False
        self._forget()
        with storage.transaction() as transaction:
            for partner in PARTNERS:
                transaction.add_partner(a_partner(partner))
        for partner in PARTNERS:
            self.configure(partner, True)

    def _forget(self) -> None:
        self.told: dict[str, bool] = {}  # by event: whether a URL was configured when it arose
        self.ends: dict[str, Status] = {}
        self.sessions: list[str] = []
        self.sent: defaultdict[str, list[Sent]] = defaultdict(list)  # by delivery
        self.resent: Counter[str] = Counter()
        self.due_again: dict[str, int] = {}  # how often at least it comes that was resent while it was sent
        self.behaviours_added = 0

    @contextlib.contextmanager
    def wired(self) -> Iterator[None]:
        """Have what the namespace sends come to ``_receive``, in the place of a network."""
        deliveries: dict[str, str] = {}  # by signature, which tells every request from every other
        prepare = BehavingSender.prepare

        def note(sender: BehavingSender, delivery: Delivery) -> Outgoing:
            outgoing = prepare(sender, delivery)
            deliveries[outgoing.headers["StableMint-Signature"]] = delivery.delivery_id
            return outgoing

        async def post(
            _: BehavingSender, url: str, outgoing: Outgoing
        ) -> tuple[int, Mapping[str, str], bytes]:
            delivery_id = deliveries[outgoing.headers["StableMint-Signature"]]
            return await self._receive(delivery_id, url, outgoing), {}, b""

        with patch.multiple(BehavingSender, prepare=note, _post=post):
            yield

    async def _receive(self, delivery_id: str, url: str, outgoing: Outgoing) -> int:
        answer = self.answers[url.rpartition("/")[2]]
        if self.resets_when_asked:
            self.resets_when_asked = False
            self.reset()
        if self.resends_when_asked:
            self.resends_when_asked = False
            self._resend_under_way(delivery_id)
        fields = {name.lower(): value for name, value in outgoing.headers.items()}
        sent = Sent(
            request=Received(fields=fields, body=outgoing.body), answer=answer, at=self.namespace.clock()
        )
        if self._find(delivery_id) is None:
            assert self.is_reset_under_way, "sent although it was forgotten"
        else:
            self.sent[delivery_id].append(sent)
        await asyncio.sleep(0)
        if isinstance(answer, int):
            return answer
        raise answer

    def _note(self, fact: object) -> None:
        if isinstance(fact, Transition):
            session = fact.session
            for event in fact.events:
                assert event.event_id not in self.told, "told twice"
                self.told[event.event_id] = self.configured[session.partner_id]
            former = self.ends.get(session.session_id)
            assert former in (None, session.status), "a final session was moved"
            if session.status in FINAL:
                self.ends[session.session_id] = session.status

    def _find(self, delivery_id: str) -> Delivery | None:
        with self.namespace.environment.storage.reading() as reading:
            return reading.delivery(delivery_id)

    def _deliveries(self) -> list[Delivery]:
        with self.namespace.environment.storage.reading() as reading:
            return list(reading.deliveries(limit=10_000))

    def open(self, partner: str) -> str:
        """A session of the partner."""
        creation = create_session(
            self.namespace.environment,
            partner=a_partner(partner),
            operation_id=HOSTED,
            request=a_request(HOSTED),
            represent=lambda _: b"{}",
        )
        self.sessions.append(creation.session_id)
        return creation.session_id

    def play(self, partner: str, outcome: str) -> None:
        """A session of the partner, paid or not, at once."""
        play(self.namespace.environment, session_id=self.open(partner), outcome=outcome)

    def leave(self, index: int) -> None:
        """A payer goes away, unless it is over already."""
        if self.sessions:
            with contextlib.suppress(IllegalTransitionError):
                leave(self.namespace.environment, session_id=self.sessions[index % len(self.sessions)])

    def configure(self, partner: str, configured: bool) -> None:
        """Set or remove the partner's endpoints."""
        self.configured[partner] = configured
        if not configured:
            self.was_unconfigured.add(partner)
        url = f"http://receiver.example/{partner}" if configured else None
        with self.namespace.environment.storage.transaction() as transaction:
            for event_type in EventType:
                transaction.set_endpoint(partner, event_type, url)

    def misbehave(self, kind: Kind, partner: str | None, types: frozenset[EventType], times: int) -> None:
        """Have the next attempts that fit misbehave; what is held back waits next to nothing."""
        seconds = 3600.0 if kind is Kind.STALE_TIMESTAMP else 0.001
        behaviour = Behaviour(kind=kind, partner=partner, event_types=types, seconds=seconds)
        self.namespace.behaviours.add(behaviour, times=times)
        self.behaviours_added += times

    def resend(self, index: int) -> None:
        """Send one delivery once more."""
        if deliveries := self._deliveries():
            delivery = deliveries[index % len(deliveries)]
            try:
                resend_delivery(self.namespace.environment, delivery.delivery_id)
                self.resent[delivery.delivery_id] += 1
            except NeverSentError:
                assert not self.told[delivery.event_id]

    def _resend_under_way(self, delivery_id: str) -> None:
        """Send once more what is just being sent; it comes again, whatever this attempt comes to."""
        if resend_delivery(self.namespace.environment, delivery_id) is not None:
            self.resent[delivery_id] += 1
            self.due_again[delivery_id] = len(self.sent[delivery_id]) + 2

    def resend_failed(self, partner: str) -> None:
        """Send all that failed once more."""
        for delivery in resend_failed(self.namespace.environment, partner_id=partner):
            self.resent[delivery.delivery_id] += 1

    async def advance(self, step: timedelta) -> None:
        """Move the clock; it stands still again afterwards, also where a reset let it run on."""
        before = self.namespace.clock()
        await self.namespace.advance_by(step)
        assert self.namespace.clock() >= before + step
        self.is_reset_under_way = False
        await self.namespace.freeze()

    def reset(self) -> None:
        """Forget everything, in the namespace and in the model."""
        self.is_reset_under_way = True
        self.namespace.reset()
        self._forget()

    def check(self) -> None:
        """Nothing lost, nothing twice for no reason, and the log says what was sent (HOOK-14 to HOOK-23)."""
        assert set(self.ends) == set(self.sessions)
        deliveries = self._deliveries()
        assert {delivery.event_id for delivery in deliveries} == set(self.told)
        assert set(self.sent) <= {delivery.delivery_id for delivery in deliveries}
        played = sum(self._check_delivery(delivery) for delivery in deliveries)
        used = self.behaviours_added - sum(entry.remaining for entry in self.namespace.behaviours.listed())
        if self.was_unconfigured:  # taken for an attempt that then had no URL to go to
            assert played <= used
        else:
            assert played == used

    def _check_delivery(self, delivery: Delivery) -> int:
        """How many behaviours were played on it."""
        sent, resent = self.sent[delivery.delivery_id], self.resent[delivery.delivery_id]
        if not self.told[delivery.event_id]:
            assert (delivery.status, sent) == (DeliveryStatus.NOT_CONFIGURED, [])
            return 0
        with self.namespace.environment.storage.reading() as reading:
            log = list(reading.attempts(delivery.delivery_id))
        assert len(log) == min(len(sent), LOGGED_ATTEMPTS)
        pairs = list(zip(log, sent[len(sent) - len(log) :], strict=True))
        for attempt, request in pairs:
            self._check_attempt(delivery, attempt, request)
        if delivery.partner_id not in self.was_unconfigured:
            assert len(sent) >= self.due_again.get(delivery.delivery_id, 0), "a resend was lost"
        firsts = _without_repeats(pairs)
        self._check_schedule(delivery, firsts, resent)
        return sum(attempt.behaviour is not None for attempt, _ in firsts)

    def _check_attempt(self, delivery: Delivery, attempt: Attempt, sent: Sent) -> None:
        """The log's line of a request says what went over the wire."""
        request = sent.request
        assert attempt.status == (sent.answer if isinstance(sent.answer, int) else None)
        assert (attempt.error is None) == isinstance(sent.answer, int)
        assert {name.lower(): value for name, value in attempt.request_headers.items()} == request.fields
        assert (delivery.body if attempt.request_body is None else attempt.request_body) == request.body
        is_signed = request.is_signed(self.namespace.webhook_public_key)
        is_stale = request.age > timedelta(minutes=5)
        half = delivery.body[: len(delivery.body) // 2]
        match attempt.behaviour:
            case Kind.WRONG_SIGNATURE:
                assert (is_signed, is_stale, request.body) == (False, False, delivery.body)
            case Kind.STALE_TIMESTAMP:
                assert (is_signed, is_stale, request.body) == (True, True, delivery.body)
            case Kind.TRUNCATED_BODY:
                assert (is_signed, is_stale, request.body) == (False, False, half)
            case _:
                assert (is_signed, is_stale, request.body) == (True, False, delivery.body)

    def _check_schedule(self, delivery: Delivery, firsts: list[tuple[Attempt, Sent]], resent: int) -> None:
        """Each attempt of a schedule at its time; another schedule for each time it was resent, no more."""
        for (attempt, sent), (later, later_sent) in pairwise(firsts):
            if later.number == 1:
                continue
            assert later.number == attempt.number + 1
            assert not sent.acknowledged, "sent again although it was acknowledged"
            assert later_sent.at - sent.at == RETRY_DELAYS[attempt.number - 1]
        assert sum(attempt.number == 1 for attempt, _ in firsts) <= 1 + resent
        assert sum(sent.acknowledged for _, sent in firsts) <= 1 + resent
        last = firsts[-1][1] if firsts else None
        may_be_abandoned = delivery.partner_id in self.was_unconfigured
        if delivery.status is DeliveryStatus.DELIVERED:
            assert last is not None
            assert last.acknowledged
        else:
            assert delivery.status is DeliveryStatus.FAILED
            ran_out = (
                last is not None and not last.acknowledged and firsts[-1][0].number == 1 + len(RETRY_DELAYS)
            )
            assert ran_out or may_be_abandoned


def _without_repeats(pairs: list[tuple[Attempt, Sent]]) -> list[tuple[Attempt, Sent]]:
    """What was sent without the second request of each duplicate, which decides nothing."""
    firsts: list[tuple[Attempt, Sent]] = []
    repeats = False
    for attempt, sent in pairs:
        if repeats:
            assert (attempt.number, attempt.behaviour) == (firsts[-1][0].number, Kind.DUPLICATE)
            repeats = False
            continue
        firsts.append((attempt, sent))
        repeats = attempt.behaviour == Kind.DUPLICATE
    assert not repeats
    return firsts
