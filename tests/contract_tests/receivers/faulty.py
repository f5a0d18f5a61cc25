"""Receivers that are wrong in one way each, the way's sentence, and the requirement that it breaks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract_tests.receivers.served import PARTNER, SESSIONS, Refused, Shop


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A faulty receiver. `collateral` are requirements that cannot hold either."""

    name: str
    breaks: str
    collateral: frozenset[str]
    sentence: str
    shop: type[Shop]


FAULTS: Final[dict[str, Fault]] = {}


def breaks(requirement: str, *collateral: str) -> Callable[[type[Shop]], type[Shop]]:
    """Put a receiver on the list."""

    def register(shop: type[Shop]) -> type[Shop]:
        name = re.sub(r"(?<=.)([A-Z])", r"-\1", shop.__name__).lower()
        sentence = (shop.__doc__ or "").strip()
        FAULTS[name] = Fault(
            name=name, breaks=requirement, collateral=frozenset(collateral), sentence=sentence, shop=shop
        )
        return shop

    return register


@breaks("RECV-02", "RECV-03", "RECV-04")
class AcknowledgesEverything(Shop):
    """Answers 200 first and verifies afterwards, when nobody learns of it."""

    def receive(self, headers: Message, raw: bytes) -> int:
        return 200


@breaks("RECV-02")
class VerifiesNothing(Shop):
    """Believes the headers."""

    def check_signature(self, timestamp: str, signature: str | None, raw: bytes) -> None:
        """Nothing."""

    def check_age(self, timestamp: str) -> None:
        if timestamp[:1].isdigit():
            super().check_age(timestamp)


@breaks("RECV-02", "RECV-12")
class VerifiesWhatItWrites(Shop):
    """Verifies the signature over the body as its own serialiser writes it."""

    def verify(self, key: rsa.RSAPublicKey, timestamp: str, signature: str, raw: bytes) -> bool:
        written = json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode()
        return super().verify(key, timestamp, signature, written)


@breaks("RECV-02")
class AcceptsAnyKey(Shop):
    """Takes whatever has the length of a signature for one."""

    def check_signature(self, timestamp: str, signature: str | None, raw: bytes) -> None:
        if len(signature or "") < 300:
            raise Refused(401)


@breaks("RECV-02")
class VerifiesOnlyWhatIsSigned(Shop):
    """Verifies a signature where there is one."""

    def check_signature(self, timestamp: str, signature: str | None, raw: bytes) -> None:
        if signature:
            super().check_signature(timestamp, signature, raw)


@breaks("RECV-02")
class LooksForRepeatsFirst(Shop):
    """Acknowledges a known eventId before it has verified who sends it."""

    def receive(self, headers: Message, raw: bytes) -> int:
        try:
            known = json.loads(raw)["eventId"] in self.seen
        except (ValueError, KeyError):
            known = False
        return 204 if known else super().receive(headers, raw)


@breaks("RECV-02")
class AcknowledgesWhatItCannotRead(Shop):
    """Acknowledges a body that is no JSON, to be rid of it."""

    def receive(self, headers: Message, raw: bytes) -> int:
        try:
            json.loads(raw)
        except ValueError:
            return 202
        return super().receive(headers, raw)


@breaks("RECV-03")
class NeverLooksAtTheClock(Shop):
    """Accepts a delivery of any age."""

    def check_age(self, timestamp: str) -> None:
        """Nothing."""


@breaks("RECV-03")
class BelievesTheFuture(Shop):
    """Refuses what is old, and accepts what has not happened yet."""

    def check_age(self, timestamp: str) -> None:
        if self.age(timestamp) > self.window:
            raise Refused(400)


@breaks("RECV-03")
class CountsInMinutes(Shop):
    """Accepts deliveries of 300 minutes."""

    window = 300 * 60


@breaks("RECV-01")
class IsInAHurry(Shop):
    """Refuses what is older than a minute."""

    window = 60


@breaks("RECV-04")
class TakesOtherPartnersEvents(Shop):
    """Looks at the session alone."""

    def check_addressee(self, event: Any) -> None:
        if event["data"]["sessionId"] not in SESSIONS:
            raise Refused(403)


@breaks("RECV-04")
class TakesUnknownSessions(Shop):
    """Looks at the partner alone."""

    def check_addressee(self, event: Any) -> None:
        if event["data"]["partnerName"] != PARTNER:
            raise Refused(403)


@breaks("RECV-05")
class RefusesRepeats(Shop):
    """Answers 409 to an event that it has."""

    def handle(self, event: Any) -> int:
        if event["eventId"] in self.seen:
            raise Refused(409)
        return super().handle(event)


@breaks("RECV-05")
class StumblesOverItself(Shop):
    """Fails when one event comes twice at the same time, as two insertions of one key do."""

    def __init__(self, trusted: tuple[rsa.RSAPublicKey, ...]) -> None:
        super().__init__(trusted)
        self.working: set[str] = set()

    def handle(self, event: Any) -> int:
        with self.lock:
            collides = event["eventId"] in self.working
            self.working.add(event["eventId"])
        if collides:
            raise Refused(500)
        threading.Event().wait(0.05)  # the work, during which the other comes
        with self.lock:
            self.working.discard(event["eventId"])
        return super().handle(event)


@breaks("RECV-06")
class RefusesUnknownMembers(Shop):
    """Validates against a closed schema."""

    def check_event(self, event: Any) -> None:
        strange = {"version", "links", "fee", "tags", "risk", "__proto__", "constructor"}
        if strange & ({*event} | {*event["data"]}):
            raise Refused(422)


@breaks("RECV-07")
@dataclass
class ExpectsTheirOrder(Shop):
    """Refuses the event of a deposit's creation after that of its initiation."""

    newest: str = ""

    def check_event(self, event: Any) -> None:
        before, self.newest = self.newest, event["data"]["eventType"].rpartition(".")[2]
        if self.newest == "created" and before == "initiated":
            raise Refused(409)


@breaks("RECV-08", "RECV-01")
class WorksBeforeItAnswers(Shop):
    """Does its work before it acknowledges."""

    def handle(self, event: Any) -> int:
        threading.Event().wait(2)  # longer than the test's sender waits
        return super().handle(event)


@breaks("RECV-01")
class Redirects(Shop):
    """Sends a sender that follows nothing to another address."""

    def receive(self, headers: Message, raw: bytes) -> int:
        return 308


@breaks("RECV-09")
class CrashesOnUnknownTypes(Shop):
    """Looks for a function named after the type of the event, and fails where there is none."""

    def check_event(self, event: Any) -> None:
        {"created", "initiated", "submitted", "accepted", "failed", "completed", "changed"}.remove(
            event["data"]["eventType"].rpartition(".")[2]
        )


@breaks("RECV-10", "RECV-02")
class LimitsBodies(Shop):
    """Reads no more than 16 KiB."""

    limit = 16_384


@breaks("RECV-01", "RECV-07", "RECV-10")
class KnowsNoUnicode(Shop):
    """Reads bodies as ASCII."""

    def check_event(self, event: Any) -> None:
        json.dumps(event, ensure_ascii=False).encode("ascii")


@breaks("RECV-11")
class SpellsFieldNames(Shop):
    """Looks header fields up by their exact spelling."""

    def field_of(self, headers: Message, name: str) -> str | None:
        return dict(headers.raw_items()).get(name)


@breaks("RECV-11")
class SpellsTheMediaType(Shop):
    """Compares Content-Type with one spelling."""

    def check_media_type(self, headers: Message) -> None:
        if headers["Content-Type"] != "application/json":
            raise Refused(415)


@breaks("RECV-12")
class ExpectsMembersInOrder(Shop):
    """Reads an event by a regular expression, the identifier first."""

    def receive(self, headers: Message, raw: bytes) -> int:
        status = super().receive(headers, raw)
        if not re.match(rb'\s*\{\s*"eventId"', raw):
            raise Refused(400)
        return status


@breaks("RECV-13")
class TrustsOneKey(Shop):
    """Holds one public key and no more."""

    def check_signature(self, timestamp: str, signature: str | None, raw: bytes) -> None:
        if not self.verify(self.trusted[0], timestamp, signature or "", raw):
            raise Refused(401)


@breaks("RECV-01")
@dataclass
class HoldsAGrudge(Shop):
    """Remembers the eventId of what it refused, and refuses its retry."""

    refused: set[str] = field(default_factory=set)

    def receive(self, headers: Message, raw: bytes) -> int:
        identifiers = {found.decode() for found in re.findall(rb'"eventId"\s*:\s*"([^"]+)"', raw)}
        if identifiers & self.refused:
            raise Refused(409)
        try:
            return super().receive(headers, raw)
        except Refused:
            self.refused |= identifiers
            raise


@breaks("RECV-01", "RECV-02")
@dataclass
class DiesOfTooMuch(Shop):
    """Answers nothing but 503 once it has been sent two million bytes."""

    dead: bool = False

    def receive(self, headers: Message, raw: bytes) -> int:
        self.dead = self.dead or len(raw) > 1_500_000
        return 503 if self.dead else super().receive(headers, raw)

    limit = 10_000_000
