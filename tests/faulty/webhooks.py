"""HOOK: servers whose events say the wrong thing, or come too often, too late, unsigned or not at all."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import itertools
import json
import re
import time
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mockserver.interception import Interception
from reference_impl.delivery import dispatcher, sender
from reference_impl.delivery.sender import Outgoing, Sender
from reference_impl.domain import events, transitions
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus, schedule
from reference_impl.domain.events import Event, EventType, Occasion
from reference_impl.domain.sessions import Session, Status
from reference_impl.domain.transitions import Transition
from reference_impl.http import handlers
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases import deliveries, payments
from tests.faulty.patches import Patches, faulty

SANDBOX = "sandbox"
CONTENT = ("HOOK-02", "HOOK-09", "HOOK-10", "HOOK-11", "HOOK-13")


# -- how it is sent ----------------------------------------------------------------------------------------


@faulty(
    breaks="HOOK-01",
    collateral=(
        "HOOK-06",
        "HOOK-16",
    ),
    on=SANDBOX,
)
def endpoints_without_their_query(patches: Patches) -> None:
    """The query of a configured URL is cut off, and with it what tells the receiver whose event it is."""
    patches.around(sender, "_as_configured", lambda original, url: original(url.partition("?")[0]))


@faulty(breaks="HOOK-01", on=SANDBOX)
def events_as_a_form(patches: Patches) -> None:
    """Events are sent as form data, as an HTTP library does by itself where nobody says what they are."""

    def prepare(original: Callable[..., Outgoing], *arguments: Any) -> Outgoing:
        right = original(*arguments)
        headers = {**right.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return Outgoing(headers=headers, body=right.body)

    patches.around(Sender, "prepare", prepare)


@faulty(breaks="HOOK-02", on=SANDBOX)
def events_counted(patches: Patches) -> None:
    """Events are numbered, and their numbers are no UUIDs."""
    numbers = itertools.count(1)

    def event(original: Callable[..., Event], *arguments: Any) -> Event:
        told = original(*arguments)
        document = {**json.loads(told.body), "eventId": str(next(numbers))}
        return dataclasses.replace(told, body=json.dumps(document, ensure_ascii=False).encode())

    patches.around(events, "_event", event)


@faulty(breaks="HOOK-03", collateral=("HOOK-18",), on=SANDBOX)
def signature_without_the_time(patches: Patches) -> None:
    """The body alone is signed, so that an old event can be sent again under a new time stamp."""

    def sign(
        original: Callable[..., dict[str, str]], body: bytes, *, key: rsa.RSAPrivateKey, now: datetime
    ) -> dict[str, str]:
        signature = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
        return original(body, key=key, now=now) | {
            "StableMint-Signature": base64.b64encode(signature).decode()
        }

    patches.around(sender, "sign_webhook", sign)


@faulty(breaks="HOOK-03", on=SANDBOX)
def signature_over_another_writing(patches: Patches) -> None:
    """What is signed is the event with sorted members, and what is sent is the event as it was made."""

    def sign(original: Callable[..., dict[str, str]], body: bytes, **keywords: Any) -> dict[str, str]:
        return original(json.dumps(json.loads(body), sort_keys=True).encode(), **keywords)

    patches.around(sender, "sign_webhook", sign)


@faulty(breaks="HOOK-03", on=SANDBOX)
def signature_with_another_padding(patches: Patches) -> None:
    """Events are signed with PSS, the modern padding, which a receiver of PKCS#1 v1.5 cannot verify."""

    def sign(
        original: Callable[..., dict[str, str]], body: bytes, *, key: rsa.RSAPrivateKey, now: datetime
    ) -> dict[str, str]:
        right = original(body, key=key, now=now)
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.MAX_LENGTH)
        signature = key.sign(right["StableMint-Timestamp"].encode() + b"," + body, pss, hashes.SHA256())
        return right | {"StableMint-Signature": base64.b64encode(signature).decode()}

    patches.around(sender, "sign_webhook", sign)


@faulty(breaks="HOOK-03", collateral=("HOOK-18",), on=SANDBOX)
def retries_with_a_new_time_and_the_old_signature(patches: Patches) -> None:
    """The first attempt's signature is kept for the retries, which are stamped anew: theirs fit nothing."""
    kept: dict[str, str] = {}

    def prepare(original: Callable[..., Outgoing], self: Sender, delivery: Delivery) -> Outgoing:
        right = original(self, delivery)
        first = kept.setdefault(delivery.delivery_id, right.headers["StableMint-Signature"])
        return dataclasses.replace(right, headers={**right.headers, "StableMint-Signature": first})

    patches.around(Sender, "prepare", prepare)


@faulty(breaks="HOOK-04", on=SANDBOX)
def time_stamps_of_the_session_clock(patches: Patches) -> None:
    """Events are stamped by the session clock, and refused by every receiver once that was moved."""

    async def attempt(
        original: Callable[..., Any], self: Sender, delivery: Delivery, *, url: str, clock: Any
    ) -> Attempt:
        self._real_now = clock
        made: Attempt = await original(self, delivery, url=url, clock=clock)
        return made

    patches.around(Sender, "attempt", attempt)


# -- what is told ------------------------------------------------------------------------------------------


@faulty(
    breaks="HOOK-05",
    collateral=(
        "HOOK-06",
        "HOOK-08",
        "HOOK-13",
        "HOOK-14",
        "HOOK-16",
        "PAY-01",
    ),
    on=SANDBOX,
)
def creations_told(patches: Patches) -> None:
    """A session that is created is told of, as if it had changed."""

    def create(original: Callable[..., Any], environment: Any, **keywords: Any) -> Any:
        creation = original(environment, **keywords)
        if not creation.replayed:
            with environment.storage.transaction() as transaction:
                session = transaction.session(creation.session_id)
                occasion = payments._occasion(environment, transaction, session)
                event = events.tell_status(session, Status.OPEN, occasion)
                delivery = schedule(
                    event,
                    delivery_id=environment.new_delivery_id(),
                    configured=event.event_type in transaction.endpoints(session.partner_id),
                )
                transaction.add_delivery(delivery)
            environment.announce(delivery)
        return creation

    patches.around(handlers, "create_session", create)


@faulty(breaks="HOOK-06", collateral=("HOOK-05", "HOOK-07", "HOOK-13", "HOOK-14", "HOOK-20"), on=SANDBOX)
def every_step_changes_the_status(patches: Patches) -> None:
    """Each step of a deposit is told twice, as if the session had gone from processing to processing."""

    def advance(original: Callable[..., Transition], *arguments: Any) -> Transition:
        moved = original(*arguments)
        told = events.tell_status(moved.session, moved.session.status, arguments[-1])
        return Transition(moved.session, (*moved.events, told))

    patches.around(transitions, "_advance", advance)


@faulty(breaks="HOOK-06", collateral=("HOOK-08",), on=SANDBOX)
def expiries_in_silence(patches: Patches) -> None:
    """A session expires, and nobody is told."""

    def close(
        original: Callable[..., Transition], session: Session, status: Status, occasion: Occasion
    ) -> Transition:
        closed = original(session, status, occasion)
        return closed if status is not Status.EXPIRED else Transition(closed.session, ())

    patches.around(transitions, "_close", close)


# HOOK-06 on a busy machine: what is due 3 ms later may be sent after the move of the clock is answered.
@faulty(breaks="HOOK-07", collateral=("HOOK-06", "HOOK-08"), on=SANDBOX)
def each_event_at_its_own_time(patches: Patches) -> None:
    """The two events of one transition are timed when they are written, one after the other."""

    def tell(original: Callable[..., Event], session: Session, previous: Status, occasion: Occasion) -> Event:
        later = dataclasses.replace(occasion, now=occasion.now + timedelta(milliseconds=3))
        return original(session, previous, later)

    patches.around(transitions, "tell_status", tell)


@faulty(breaks="HOOK-07", collateral=("HOOK-08",), on=SANDBOX)
def events_in_real_time(patches: Patches) -> None:
    """Events tell when they were made in real time, whatever the session clock shows."""

    def event(
        original: Callable[..., Event],
        event_type: EventType,
        data: dict[str, Any],
        session: Session,
        occasion: Occasion,
    ) -> Event:
        return original(event_type, data, session, dataclasses.replace(occasion, now=datetime.now(UTC)))

    def occurred(original: Callable[..., Event], *arguments: Any) -> Event:
        return dataclasses.replace(event(original, *arguments), occurred_at=arguments[-1].now)

    patches.around(events, "_event", occurred)


@faulty(breaks="HOOK-07", collateral=("HOOK-06", "HOOK-14", "HOOK-19"), on=SANDBOX)
def one_identifier_for_a_transition(patches: Patches) -> None:
    """The events of one transition share an eventId, and whoever drops what was seen loses one of them."""

    def occasion(original: Callable[..., Occasion], *arguments: Any) -> Occasion:
        shared = str(uuid.uuid4())
        return dataclasses.replace(original(*arguments), new_event_id=lambda: shared)

    patches.around(payments, "_occasion", occasion)


@faulty(breaks="HOOK-08", on=SANDBOX)
def expiries_when_they_are_swept(patches: Patches) -> None:
    """An expiry is told with the time of the sweep that finds it, on the next full minute."""

    def close(
        original: Callable[..., Transition], session: Session, status: Status, occasion: Occasion
    ) -> Transition:
        swept = occasion.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        if status is Status.EXPIRED:
            occasion = dataclasses.replace(occasion, now=swept)
        return original(session, status, occasion)

    patches.around(transitions, "_close", close)


@faulty(breaks="HOOK-09", collateral=CONTENT, on=SANDBOX)
def nothing_is_left_out(patches: Patches) -> None:
    """A member without a value is left out of the event, as serialisers like to do."""

    def event(
        original: Callable[..., Event], event_type: EventType, data: dict[str, Any], *rest: Any
    ) -> Event:
        return original(
            event_type, {name: value for name, value in data.items() if value not in (None, {})}, *rest
        )

    patches.around(events, "_event", event)


@faulty(breaks="HOOK-10", on=SANDBOX)
def references_normalised(patches: Patches) -> None:
    """The partner's texts come back trimmed and in Unicode's compatible form, which no look-up finds."""

    def ours(original: Callable[[Session], dict[str, Any]], session: Session) -> dict[str, Any]:
        def neat(value: Any) -> Any:
            if isinstance(value, str):
                return unicodedata.normalize("NFKC", value).strip()
            return {name: neat(text) for name, text in value.items()} if isinstance(value, dict) else value

        return {name: neat(value) for name, value in original(session).items()}

    patches.around(events, "_of_the_partner", ours)


@faulty(breaks="HOOK-11", on=SANDBOX)
def identity_in_every_event(patches: Patches) -> None:
    """Who the payer is stands in every event of the deposit."""

    def status(original: Callable[..., dict[str, Any]], deposit: Any) -> dict[str, Any]:
        return original(deposit) | known

    known: dict[str, Any] = {}

    def tell(original: Callable[..., Event], session: Session, occasion: Occasion) -> Event:
        known.clear()
        if session.payer is not None:
            known["customerFullName"] = session.payer.full_name
            known["customerResidenceAddress"] = session.payer.residence_address
        return original(session, occasion)

    patches.around(events, "_of_the_status", status)
    patches.around(transitions, "tell_deposit", tell)


@faulty(breaks="HOOK-12", on=SANDBOX)
def customers_by_their_address(patches: Patches) -> None:
    """A customer is whoever has an e-mail address, so that a new address is a new customer."""
    patches.around(
        events,
        "identify_customer",
        lambda original, partner_id, user_id, *, email="": original(partner_id, None, email=email),
    )


@faulty(breaks="HOOK-12", on=SANDBOX)
def customers_of_all_partners(patches: Patches) -> None:
    """Two partners that call a customer by the same userId are told the same customerId."""
    patches.around(
        events,
        "identify_customer",
        lambda original, partner_id, user_id, *, email="": original("all", user_id, email=email),
    )


@faulty(breaks="HOOK-12", on=SANDBOX)
def customers_without_case(patches: Patches) -> None:
    """Customers are found by a collation to which two users are one whose userIds differ in case."""

    def identify(original: Callable[..., str], partner_id: str, user_id: str | None, **keywords: Any) -> str:
        return original(partner_id, user_id.casefold() if user_id else None, **keywords)

    patches.around(events, "identify_customer", identify)


@faulty(breaks="HOOK-13", on=SANDBOX)
def events_name_their_sender(patches: Patches) -> None:
    """The partnerName of every event is that of the company that sends it."""

    def event(
        original: Callable[..., Event], event_type: EventType, data: dict[str, Any], *rest: Any
    ) -> Event:
        return original(event_type, {**data, "partnerName": "Stable Mint"}, *rest)

    patches.around(events, "_event", event)


@faulty(breaks="HOOK-13", collateral=("HOOK-06",), on=SANDBOX)
def status_before_is_the_status_after(patches: Patches) -> None:
    """The session is asked for its previous status when it has the new one already."""

    def tell(original: Callable[..., Event], session: Session, previous: Status, occasion: Occasion) -> Event:
        return original(session, session.status, occasion)

    patches.around(transitions, "tell_status", tell)


# -- how often, and where to -------------------------------------------------------------------------------


def _judging(patches: Patches, judge: Callable[[Delivery, Attempt], Attempt]) -> None:
    """Have what came of an attempt judged by `judge`, which gives it back as it is to be counted."""
    patches.around(
        dispatcher, "record", lambda original, delivery, attempt: original(delivery, judge(delivery, attempt))
    )


def _refused(attempt: Attempt) -> Attempt:
    return dataclasses.replace(attempt, status=500)


def _acknowledged(attempt: Attempt) -> Attempt:
    return dataclasses.replace(attempt, status=200)


@faulty(breaks="HOOK-14", collateral=("HOOK-06",), on=SANDBOX)
def only_200_acknowledges(patches: Patches) -> None:
    """Whatever is not exactly 200 is a failure, a 204 included."""
    _judging(patches, lambda _, attempt: attempt if attempt.status == 200 else _refused(attempt))


@faulty(breaks="HOOK-15", collateral=("HOOK-16", "HOOK-17"), on=SANDBOX)
def retries_without_end(patches: Patches) -> None:
    """After the last retry there is another one every 90 minutes, for ever."""

    def record(original: Callable[..., Delivery], delivery: Delivery, attempt: Attempt) -> Delivery:
        after = original(delivery, attempt)
        if after.status is DeliveryStatus.FAILED:
            due_at = attempt.started_at + timedelta(minutes=90)
            return dataclasses.replace(after, status=DeliveryStatus.PENDING, due_at=due_at)
        return after

    patches.around(dispatcher, "record", record)


@faulty(breaks="HOOK-15", collateral=("HOOK-16", "HOOK-17"), on=SANDBOX)
def delays_from_the_event(patches: Patches) -> None:
    """The delays count from the event, so that most of a receiver's time to recover is gone."""
    delays = (5, 10, 30, 60, 90)

    def record(original: Callable[..., Delivery], delivery: Delivery, attempt: Attempt) -> Delivery:
        after = original(delivery, attempt)
        if after.due_at is None:
            return after
        due_at = delivery.created_at + timedelta(minutes=delays[delivery.attempts])
        return dataclasses.replace(after, due_at=due_at)

    patches.around(dispatcher, "record", record)


@faulty(breaks="HOOK-15", collateral=("HOOK-16", "HOOK-17", "HOOK-23"), on=SANDBOX)
def one_attempt_and_no_more(patches: Patches) -> None:
    """What is not acknowledged at once is given up."""

    def record(original: Callable[..., Delivery], delivery: Delivery, attempt: Attempt) -> Delivery:
        after = original(delivery, attempt)
        if after.due_at is not None:
            return dataclasses.replace(after, status=DeliveryStatus.FAILED, due_at=None)
        return after

    patches.around(dispatcher, "record", record)


@faulty(breaks="HOOK-16", collateral=("HOOK-15",), on=SANDBOX)
def redirects_followed(patches: Patches) -> None:
    """A receiver that redirects has its events sent on to wherever it says."""

    async def post(original: Callable[..., Any], self: Sender, url: str, outgoing: Outgoing) -> Any:
        client = self._client or await self._connect()
        async with asyncio.timeout(self._timeout):
            response = await client.post(
                sender._as_configured(url), data=outgoing.body, headers=outgoing.headers
            )
        async with response:
            return response.status, dict(response.headers), b""

    patches.around(Sender, "_post", post)


@faulty(breaks="HOOK-16", collateral=("HOOK-15",), on=SANDBOX)
def broken_connections_count_as_taken(patches: Patches) -> None:
    """Once the event was written to the connection it counts as delivered, whatever becomes of that."""
    _judging(
        patches,
        lambda _, attempt: (
            _acknowledged(attempt)
            if re.search("disconnected|reset", attempt.error or "", re.IGNORECASE)
            else attempt
        ),
    )


@faulty(breaks="HOOK-16", on=SANDBOX)
def time_out_between_two_lines(patches: Patches) -> None:
    """The ten seconds begin anew with every line of the answer's head."""

    async def post(original: Callable[..., Any], self: Sender, url: str, outgoing: Outgoing) -> Any:
        import aiohttp

        client = self._client or await self._connect()
        response = await client.post(
            sender._as_configured(url),
            data=outgoing.body,
            headers=outgoing.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=self._timeout),
        )
        async with response:
            return response.status, dict(response.headers), b""

    patches.around(Sender, "_post", post)


@faulty(breaks="HOOK-17", on=SANDBOX)
def gone_is_gone(patches: Patches) -> None:
    """A receiver that answers 410 is not asked again."""

    def record(original: Callable[..., Delivery], delivery: Delivery, attempt: Attempt) -> Delivery:
        after = original(delivery, attempt)
        if attempt.status == 410:
            return dataclasses.replace(after, status=DeliveryStatus.FAILED, due_at=None)
        return after

    patches.around(dispatcher, "record", record)


@faulty(breaks="HOOK-17", on=SANDBOX)
def retry_after_obeyed(patches: Patches) -> None:
    """The receiver says in Retry-After when it wants the next attempt, and gets it then."""

    def record(original: Callable[..., Delivery], delivery: Delivery, attempt: Attempt) -> Delivery:
        after = original(delivery, attempt)
        wait = attempt.response_headers.get("Retry-After")
        if after.due_at is not None and wait:
            due_at = attempt.started_at + timedelta(seconds=int(wait))
            return dataclasses.replace(after, due_at=due_at)
        return after

    patches.around(dispatcher, "record", record)


@faulty(breaks="HOOK-17", collateral=("HOOK-14",), on=SANDBOX)
def answers_are_read(patches: Patches) -> None:
    """An answer whose body speaks of a rejection counts as one, though its status is 200."""
    _judging(
        patches,
        lambda _, attempt: _refused(attempt) if b"rejected" in attempt.response_body else attempt,
    )


@faulty(breaks="HOOK-18", on=SANDBOX)
def retries_with_the_first_signature(patches: Patches) -> None:
    """A retry carries time stamp and signature of the first attempt, and is too old for its receiver."""
    first: dict[str, Outgoing] = {}

    def prepare(original: Callable[..., Outgoing], self: Sender, delivery: Delivery) -> Outgoing:
        return first.setdefault(delivery.delivery_id, original(self, delivery))

    patches.around(Sender, "prepare", prepare)


@faulty(breaks="HOOK-19", collateral=("HOOK-15", "HOOK-16", "HOOK-17", "HOOK-23"), on=SANDBOX)
def attempts_counted_in_the_body(patches: Patches) -> None:
    """The event tells which attempt it is, so that no two attempts are the same bytes."""

    def prepare(original: Callable[..., Outgoing], self: Sender, delivery: Delivery) -> Outgoing:
        document = json.loads(delivery.body) | {"attempt": delivery.attempts + 1}
        body = json.dumps(document, ensure_ascii=False).encode()
        return original(self, dataclasses.replace(delivery, body=body))

    patches.around(Sender, "prepare", prepare)


@faulty(breaks="HOOK-19", on=SANDBOX)
def a_resend_is_a_new_event(patches: Patches) -> None:
    """What is sent once more on demand has an eventId of its own, and is acted on twice."""

    def resend(original: Callable[..., Delivery], delivery: Delivery, *, now: datetime) -> Delivery:
        due, fresh = original(delivery, now=now), str(uuid.uuid4())
        body = delivery.body.replace(delivery.event_id.encode(), fresh.encode())
        return dataclasses.replace(due, event_id=fresh, body=body)

    patches.around(deliveries, "resend", resend)


@faulty(breaks="HOOK-19", on=SANDBOX)
def failed_events_are_written_anew(patches: Patches) -> None:
    """A delivery that was given up has left the queue: who asks for it again gets an event made afresh."""

    def resend(original: Callable[..., Delivery], delivery: Delivery, *, now: datetime) -> Delivery:
        due = original(delivery, now=now)
        if delivery.status is not DeliveryStatus.FAILED:
            return due
        event = {**json.loads(delivery.body), "eventId": str(uuid.uuid4())}
        body = json.dumps(event, ensure_ascii=False).encode()
        return dataclasses.replace(due, event_id=event["eventId"], body=body)

    patches.around(deliveries, "resend", resend)


@faulty(breaks="HOOK-20", collateral=("PAY", "SESS", "IDEM-05", "HOOK-06"), on=SANDBOX)
def look_ups_from_an_old_copy(patches: Patches) -> None:
    """Look-ups are answered from a copy that is half a second behind what events tell."""
    before: defaultdict[str, list[tuple[float, Session]]] = defaultdict(list)

    def replace_session(original: Callable[..., None], self: MemoryStorage, session: Session) -> None:
        if (old := self.session(session.session_id)) is not None:
            before[session.session_id].append((time.monotonic(), old))
        original(self, session)

    def read(original: Callable[..., Session], environment: Any, **keywords: Any) -> Session:
        session = original(environment, **keywords)
        late = [old for at, old in before[session.session_id] if at > time.monotonic() - 0.5]
        return late[0] if late else session

    patches.around(MemoryStorage, "replace_session", replace_session)
    patches.around(handlers, "read_session", read)


@faulty(breaks="HOOK-21", on=SANDBOX)
def answers_wait_for_receivers(patches: Patches) -> None:
    """While a delivery is under way nothing else is answered."""

    async def call(
        original: Callable[..., Any], self: Interception, scope: Any, receive: Any, send: Any
    ) -> None:
        under_way = self._namespaces.default.dispatcher._under_way
        while scope["path"].startswith("/session") and under_way:
            await asyncio.wait(set(under_way))
        await original(self, scope, receive, send)

    patches.around(Interception, "__call__", call)


def _kept_for_later(delivery: Delivery) -> Delivery:
    due_at = (delivery.due_at or delivery.created_at) + timedelta(hours=6)
    return dataclasses.replace(delivery, due_at=due_at)


@faulty(breaks="HOOK-22", collateral=("HOOK", "HOOK-23"), on=SANDBOX)
def events_wait_for_a_url(patches: Patches) -> None:
    """An event without a URL waits until there is one, and comes weeks later as news."""
    patches.around(
        payments,
        "schedule",
        lambda original, event, **keywords: original(event, **{**keywords, "configured": True}),
    )
    patches.replace(dispatcher, "abandon", _kept_for_later)


@faulty(breaks="HOOK-23", collateral=("HOOK-16",), on=SANDBOX)
def urls_read_once(patches: Patches) -> None:
    """Retries go to the URL of the first attempt, so that a wrong one cannot be mended."""
    first: dict[str, str] = {}

    async def attempt(
        original: Callable[..., Any], self: Sender, delivery: Delivery, *, url: str, clock: Any
    ) -> Attempt:
        kept = first.setdefault(delivery.delivery_id, url)
        made: Attempt = await original(self, delivery, url=kept, clock=clock)
        return made

    patches.around(Sender, "attempt", attempt)


@faulty(breaks="HOOK-23", on=SANDBOX)
def removed_urls_are_waited_for(patches: Patches) -> None:
    """A delivery whose URL was removed waits for another URL, and is sent there."""
    patches.replace(dispatcher, "abandon", _kept_for_later)
