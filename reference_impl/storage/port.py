"""What the use cases ask of a store. One set of tests holds for every adapter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import Session
from reference_impl.domain.webhook_keys import WebhookKey

SETTLED_DELIVERIES_PER_SESSION = 2
"""How long the log of deliveries is, for each session of the capacity; pending ones are always kept."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deliveries are due, and since when the first of them is."""

    due: int
    oldest_due_at: datetime | None


Receiver = tuple[str, EventType]
"""Whose URL, and for which type of event."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that whoever holds the claim may attempt until its lease ends.

    ``number`` is the fencing token: the latest claim of a delivery has the greatest one, and only its holder
    can end it. An earlier holder, stopped and woken too late, finds that it has nothing to say any more.
    """

    delivery: Delivery
    number: int


ASIDE = timedelta(minutes=1)
"""For how long a session is set aside that cannot be read, or whose step failed: it delays no other."""


@dataclass(frozen=True, slots=True)
class IdentifiedSessions:
    """Some sessions that say who pays, and how many others among them do that cannot be read.

    ``last`` is the place of the last of them all; None at the end.
    """

    sessions: Sequence[Session]
    unreadable: int
    last: int | None


class Reading(Protocol):
    """Reads alone. They wait for nobody and keep nobody waiting; each sees what is committed when it runs."""

    def partner(self, partner_id: str) -> Partner:
        """The partner; KeyError if there is none."""

    def partners(self) -> Iterable[Partner]:
        """Every partner, by name."""

    def endpoints(self, partner_id: str) -> Mapping[EventType, str]:
        """The partner's URLs, for the event types that have one."""

    def session(self, session_id: str) -> Session | None:
        """The session as last written, whoever's it is."""

    def sessions(self, *, partner_id: str | None = None, limit: int = 100) -> Sequence[Session]:
        """The latest sessions, last added first."""

    def delivery(self, delivery_id: str) -> Delivery | None:
        """The delivery as last written."""

    def deliveries(
        self,
        *,
        partner_id: str | None = None,
        session_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        """The latest deliveries that match, last added first."""

    def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        """The last ``LOGGED_ATTEMPTS`` of a delivery, first to last; older ones are dropped in time."""

    def next_due_at(self) -> datetime | None:
        """The earliest ``due_at`` of any session or delivery, claimed or not."""

    def setting(self, name: str) -> str | None:
        """A value kept with the data, such as how far the session clock was moved."""

    def webhook_keys(self) -> Sequence[WebhookKey]:
        """The keys that sign webhooks, in the order in which they begin to."""

    def identified_sessions(
        self, partner_id: str, user_id: str | None, *, after: int, limit: int
    ) -> IdentifiedSessions:
        """Sessions of a partner, or of one user of it, that say who pays, in the order of their creation.

        ``after`` is -1 for the first ones, then the ``last`` of those before.
        """

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        """The answer that consumed a key."""

    def saved_banks(self, customer_id: str) -> tuple[SavedBank, ...]:
        """Up to 10 banks with which the customer has completed a payment, most recent first."""


class Transaction(Reading, Protocol):
    """Reads and writes that take effect together, when the block that opened them ends without an error.

    A session or delivery that was read by its identifier stays as it is until then: other transactions that
    read it wait. Raises ``service_unavailable`` where waiting takes long or the store is away.
    """

    def add_partner(self, partner: Partner) -> None:
        """Add a partner, or replace the one of the same ``partner_id``."""

    def set_endpoint(self, partner_id: str, event_type: EventType, url: str | None) -> None:
        """Configure the URL for an event type, or remove it with None."""

    def add_session(self, session: Session) -> None:
        """Add a session; what exceeds the store's capacity is dropped in the same transaction."""

    def replace_session(self, session: Session) -> None:
        """Write a session that is there already; KeyError if it is not."""

    def take_due_session(self, before: datetime) -> Session | None:
        """The session that is due first, at ``before`` or earlier, ties by creation; None if none is.

        Those that another transaction has taken are passed over, so that any number of processes share the
        work. Those that cannot be read are postponed by ``ASIDE`` and logged; there are so many of them at
        times that None is given although others are due.
        """

    def postpone_session(self, session_id: str, until: datetime) -> None:
        """Have a session that is due not be taken before ``until``. What is due of it stays as it is, and
        whoever writes the session ends it.
        """

    def add_delivery(self, delivery: Delivery) -> None:
        """Add a delivery: the outbox, written with the change that it tells."""

    def replace_delivery(self, delivery: Delivery) -> None:
        """Write a delivery that is there already; KeyError if it is not. A claim of it goes on."""

    def claim_deliveries(
        self,
        before: datetime,
        *,
        lease: timedelta,
        limit: int,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Claim]:
        """Claim deliveries due at ``before`` or earlier, first due first, then first added.

        Each is the caller's for the time of ``lease``, by the store's real time; nobody else is given it
        meanwhile. Those to the receivers ``passing_over`` are left. What cannot be read is claimed and
        logged, and nobody is given it; there is so much of it at times that fewer are given than are due.
        """

    def end_claim(self, claim: Claim, after: Delivery) -> Delivery | None:
        """End a claim, and write ``after``; the delivery as it is then.

        One that was sent again on demand meanwhile stays so: that goes on. None, and nothing is written,
        where the claim is not the latest any more: its lease ended, or the delivery is gone.
        """

    def release_claims(self) -> None:
        """End every claim, whoever holds it: for the one process of a store, which has just started."""

    def add_attempt(self, delivery_id: str, attempt: Attempt) -> None:
        """Log an attempt of a delivery that is there; KeyError if it is not."""

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a value with the data."""

    def add_webhook_key(self, key: WebhookKey) -> None:
        """Add a key of an identifier that no other has."""

    def remove_webhook_key(self, key_id: str) -> None:
        """Remove a key, if it is there."""

    def rewrite_event(self, delivery_id: str, body: bytes) -> None:
        """Put another body in the place of a delivery's, and forget what else attempts repeat of it."""

    def forget_banks(self, customer_id: str) -> None:
        """Forget every bank of a customer."""

    def consume_key(self, answer: FirstAnswer) -> FirstAnswer | None:
        """Consume a key for a session that is added after it in the same transaction, and kept as long: None.

        Or give the answer that has consumed it; nothing is written then. A transaction under way that
        consumes the same key is waited for, whoever's it is; raises ``idempotency_in_progress`` if that takes
        long (IDEM-13).
        """

    def save_bank(self, customer_id: str, bank: SavedBank, *, used_at: datetime) -> None:
        """Remember a bank as the customer's most recent one."""


class Storage(Protocol):
    """A store of partners, sessions, deliveries, customers' banks and first answers.

    One that has a capacity keeps at most so many sessions, dropping finished ones first, then the oldest, and
    of the deliveries that are settled the last ``SETTLED_DELIVERIES_PER_SESSION`` for each of these.
    """

    @property
    def dropped_sessions(self) -> int:
        """How many sessions this store has dropped, since it was opened, to keep within its capacity."""

    @property
    def waits(self) -> bool:
        """Whether an answer may be long in coming: an event loop then leaves the question to a thread."""

    def waits_for_partner(self, api_key: str) -> bool:
        """Whether that is so of ``partner_by_api_key``, with this key and now."""

    def has_met_partner(self, api_key: str) -> bool:
        """Whether ``partner_by_api_key`` has found one with this key, as far as is remembered."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A transaction: committed at the block's end, undone if the block raises."""

    def reading(self) -> AbstractContextManager[Reading]:
        """For reads alone: cheaper than a transaction, and in nobody's way."""

    def create_session(self, session: Session, answer: FirstAnswer | None) -> FirstAnswer | None:
        """Add a session, and consume the key of ``answer`` for it, in a transaction by itself: None.

        Or give the answer that has consumed the key, as ``Transaction.consume_key`` does.
        """

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        """The partner of an API key: read for every request, so outside of any transaction."""

    def count_sessions(self) -> int:
        """How many sessions are kept."""

    def backlog(self, before: datetime) -> Backlog:
        """The deliveries whose ``due_at`` is ``before`` or earlier, counted: outside of any transaction."""

    def clear(self) -> None:
        """Forget everything but partners, their endpoints and the keys of webhooks."""

    def ping(self) -> None:
        """Return once the store has answered; raises ``service_unavailable``."""

    def close(self) -> None:
        """Release files and connections."""


def create_in(transaction: Transaction, session: Session, answer: FirstAnswer | None) -> FirstAnswer | None:
    """What ``create_session`` does, in a transaction that is open."""
    first = transaction.consume_key(answer) if answer else None
    if first is None:
        transaction.add_session(session)
    return first
