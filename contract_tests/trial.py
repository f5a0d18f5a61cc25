"""What a directed test works with: signed requests on one side, observations of requirements on the other."""

import dataclasses
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from .credentials import Partner
from .driver import ControlApi, Driver, Restart
from .equipment import UNEQUIPPED, Equipment, ReceiverAddress
from .ledger import Breach, Ledger
from .operations import Creation, session_path
from .target import Acquaintance
from .wire import Answer, Client, Exchange, Headers, Request

JSON: Final = (("Content-Type", "application/json"),)
SUCCESSES: Final = frozenset({200, 201})
OF_EVERY_DELIVERY: Final = ("HOOK-01", "HOOK-02", "HOOK-03", "HOOK-04", "HOOK-13")
"""What can be seen of a delivery by itself, whatever the test is about that it reaches."""


class Obstacle(Exception):
    """Something outside a test's subject kept it from observing anything.

    The message is shown as the reason.
    """


@dataclass(frozen=True, kw_only=True)
class Test:
    """A directed test: which requirements its observations are about, and the function that makes them.

    `besides` are seen broken or kept in passing: no obstacle to the test is one to them. A selection of them
    alone runs the test as well, unless it `takes_long`.
    """

    name: str
    cites: tuple[str, ...]
    occasional: tuple[str, ...]
    function: Callable[["Trial"], None]
    besides: tuple[str, ...] = ()
    takes_long: bool = False

    @property
    def about(self) -> tuple[str, ...]:
        """All whose selection runs the test."""
        return (*self.cites, *self.occasional, *(() if self.takes_long else self.besides))

    def observes(self, requirement: str) -> bool:
        """Whether the test may say anything of `requirement`."""
        return requirement in (*self.cites, *self.occasional, *self.besides)


REGISTRY: Final[dict[str, Test]] = {}


def judges(
    *cites: str,
    occasional: tuple[str, ...] = (),
    besides: tuple[str, ...] = (),
    listens: bool = False,
    takes_long: bool = False,
) -> Callable[[Callable[["Trial"], None]], Test]:
    """Register a function as the directed test of `cites`, and of `occasional`: what shows itself at times.

    `besides` are seen in passing. One that `listens` opens inboxes, and judges each delivery that reaches
    them by itself, besides.
    """

    def register(function: Callable[["Trial"], None]) -> Test:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        heard = tuple(key for key in OF_EVERY_DELIVERY if key not in cites) if listens else ()
        test = Test(
            name=name,
            cites=cites,
            occasional=occasional,
            function=function,
            besides=(*besides, *heard),
            takes_long=takes_long,
        )
        REGISTRY[name] = test
        return test

    return register


class Trial:
    """One run of one directed test against one target."""

    def __init__(
        self,
        *,
        test: Test,
        known: Acquaintance,
        client: Client,
        ledger: Ledger,
        seed: int,
        nonce: str,
        equipment: Equipment = UNEQUIPPED,
    ) -> None:
        """`nonce` tells this run from others against the same target.

        `seed` and the test's name decide the rest. What `equipment` lacks, a test that asks for it cannot
        verify.
        """
        self.equipment = equipment
        self.test = test
        self.known = known
        self.client = client
        self.ledger = ledger
        self.random = random.Random(f"{seed}:{test.name}")  # noqa: S311 - repeatable on purpose
        self._nonce = nonce
        self._fresh = 0

    # -- who and what ---------------------------------------------------------------------------------------

    @property
    def creation(self) -> Creation:
        """Any creation that a partner of ours may use."""
        return self.creations()[0]

    def creations(self) -> tuple[Creation, ...]:
        """All creations that partners of ours may use."""
        if not self.known.creations:
            raise Obstacle("no partner given may create any session")
        return self.known.creations

    def withheld(self) -> list[tuple[Partner, Creation]]:
        """Each partner of ours with each creation that it may not use, and another of ours may."""
        return [
            (partner, creation)
            for partner in self.known.target.partners
            for creation in self.creations()
            if partner not in self.known.partners(creation)
        ]

    def pick(self, fits: Callable[[Creation], bool], what: str) -> Creation:
        """A creation that `fits`; an obstacle where no partner given may use one."""
        found = next((creation for creation in self.known.creations if fits(creation)), None)
        if found is None:
            raise Obstacle(f"no partner given may create {what}")
        return found

    def partner(self, creation: Creation | None = None) -> Partner:
        """The first partner that may use `creation`."""
        return self.known.partners(creation or self.creation)[0]

    def two_partners(self) -> tuple[Creation, Partner, Partner]:
        """A creation and two partners that may both use it; an obstacle where there are none."""
        for creation in self.creations():
            partners = self.known.partners(creation)
            if len(partners) > 1:
                return creation, partners[0], partners[1]
        raise Obstacle("needs credentials of two partners that may use one operation (repeat --credentials)")

    def two_operations(self) -> tuple[Partner, list[Creation]]:
        """A partner that may use two creations or more, and these; an obstacle where there is none."""
        for partner in self.known.target.partners:
            mine = [creation for creation in self.creations() if partner in self.known.partners(creation)]
            if len(mine) > 1:
                return partner, mine
        raise Obstacle("needs a partner that may use two operations")

    def fresh(self, label: str = "key") -> str:
        """Text that was never used before: in this run by its number, in another by its nonce."""
        self._fresh += 1
        return f"{label}-{self._nonce}-{self.test.name}-{self._fresh}"

    # -- what drives the target -----------------------------------------------------------------------------

    @property
    def driver(self) -> Driver:
        """Plays payments and moves the clock; an obstacle without one, as are those that follow."""
        return self.equipment.require_driver()

    @property
    def control(self) -> ControlApi:
        """The control API, for what no other driver can do: single steps, limits, the log of deliveries."""
        return self.equipment.require_control()

    @property
    def restart(self) -> Restart:
        """Has the target crash and start again."""
        return self.equipment.require_restart()

    @property
    def receiver_address(self) -> ReceiverAddress:
        """Where a webhook receiver of ours may listen, and how the target reaches it."""
        return self.equipment.require_receiver()

    @property
    def webhook_key(self) -> rsa.RSAPublicKey:
        """What verifies the signatures of webhooks."""
        return self.equipment.require_webhook_key()

    # -- requests -------------------------------------------------------------------------------------------

    def sign(
        self, request: Request, *, partner: Partner | None = None, timestamp: str | None = None
    ) -> Request:
        """The request with the three credential headers before its own."""
        signer = partner or self.partner()
        stamp = timestamp if timestamp is not None else str(self.known.now())
        headers = signer.headers(request.body or b"", timestamp=stamp)
        return dataclasses.replace(request, headers=(*headers, *request.headers))

    def creating(
        self,
        members: Mapping[str, Any] | None = None,
        *,
        creation: Creation | None = None,
        body: bytes | None = None,
        headers: Headers = JSON,
        chunked: bool = False,
    ) -> Request:
        """An unsigned creation: of `body` as it stands, or of the smallest request with `members` put in."""
        chosen = creation or self.creation
        content = body if body is not None else encode(chosen.members(**(members or {})))
        return Request(method="POST", path=chosen.path, headers=headers, body=content, chunked=chunked)

    def post(
        self,
        members: Mapping[str, Any] | None = None,
        *,
        creation: Creation | None = None,
        body: bytes | None = None,
        headers: Headers = JSON,
        chunked: bool = False,
        partner: Partner | None = None,
    ) -> Exchange:
        """Send a signed creation."""
        chosen = creation or self.creation
        request = self.creating(members, creation=chosen, body=body, headers=headers, chunked=chunked)
        return self.send(self.sign(request, partner=partner or self.partner(chosen)))

    def get(
        self, path: str, *, partner: Partner | None = None, headers: Headers = (), method: str = "GET"
    ) -> Exchange:
        """Send a signed look-up of `path`."""
        return self.send(self.sign(Request(method=method, path=path, headers=headers), partner=partner))

    def send(self, request: Request) -> Exchange:
        """Send as it stands."""
        return self.client.send(request)

    def create(
        self,
        members: Mapping[str, Any] | None = None,
        *,
        creation: Creation | None = None,
        partner: Partner | None = None,
    ) -> tuple[dict[str, Any], Exchange]:
        """Create a session on which a test builds; an obstacle where the target refuses a plain request."""
        exchange = self.post(members, creation=creation, partner=partner)
        session = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
        if not isinstance(session, dict) or not isinstance(session.get("sessionId"), str):
            raise Obstacle(f"a plain creation was not answered with a session but with {describe(exchange)}")
        return session, exchange

    def path_of(self, session: Mapping[str, Any]) -> str:
        """The look-up's path for a session that was just created."""
        return session_path(str(session["sessionId"]))

    # -- observations ---------------------------------------------------------------------------------------

    def check(self, requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        """Record whether `requirement` held; `expected` completes "expected …" in the report."""
        if not self.test.observes(requirement):
            raise ValueError(f"{self.test.name} observes {requirement} without citing it")
        if truth:
            self.ledger.kept(requirement)
        else:
            message = f"expected {expected}"
            if exchange is not None:
                message += f"; got {describe(exchange)}"
            self.ledger.broken(
                Breach(requirement=requirement, test=self.test.name, message=message, exchange=exchange)
            )
        return truth

    def expect(
        self, requirement: str, exchange: Exchange, status: int, code: str | None = None, case: str = ""
    ) -> bool:
        """Record whether the answer has this status and, for an error, this ``code``.

        `case` says what was sent.
        """
        answer = exchange.answer
        truth = (
            answer is not None and answer.status == status and (code is None or problem_code(answer) == code)
        )
        wanted = f"{status} {code}" if code else str(status)
        return self.check(requirement, truth, exchange, f"{wanted} for {case}" if case else wanted)

    def expect_pointers(
        self, requirement: str, exchange: Exchange, pointers: set[str], case: str = ""
    ) -> bool:
        """Record whether the answer is a 400 whose ``errors`` point at exactly these locations."""
        found = problem_pointers(exchange.answer)
        wanted = "400 invalid_request at " + ", ".join(repr(pointer) for pointer in sorted(pointers))
        truth = (
            exchange.answer is not None
            and exchange.answer.status == 400
            and problem_code(exchange.answer) == "invalid_request"
            and found == pointers
        )
        return self.check(requirement, truth, exchange, f"{wanted} for {case}" if case else wanted)


def encode(value: Any) -> bytes:
    """JSON in UTF-8 with white space where serialisers rarely put it and no needless escapes.

    A server that verifies signatures over its own re-serialisation of a body finds other bytes (AUTH-03).
    """
    return json.dumps(value, ensure_ascii=False, separators=(" ,  ", ":\t")).encode()


def with_amount(members: Mapping[str, Any], number: str) -> bytes:
    """A request as :func:`encode` writes it, with this text where its amount stands."""
    before, _, after = encode(members).partition(encode({"amount": members["amount"]})[1:-1])
    return before + b'"amount":\t' + number.encode() + after


def problem_code(answer: Answer | None) -> str | None:
    """The ``code`` of a problem; None where there is none."""
    document = answer.json() if answer is not None else None
    code = document.get("code") if isinstance(document, dict) else None
    return code if isinstance(code, str) else None


def problem_details(answer: Answer | None) -> list[str]:
    """The details of a problem's ``errors``; empty where there are none."""
    document = answer.json() if answer is not None else None
    errors = document.get("errors") if isinstance(document, dict) else None
    entries = errors if isinstance(errors, list) else []
    return [str(entry.get("detail")) for entry in entries if isinstance(entry, dict)]


def problem_pointers(answer: Answer | None) -> set[str]:
    """The set of pointers of a problem's ``errors``; empty where there are none."""
    document = answer.json() if answer is not None else None
    errors = document.get("errors") if isinstance(document, dict) else None
    entries = errors if isinstance(errors, list) else []
    return {
        entry["pointer"]
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("pointer"), str)
    }


def describe(exchange: Exchange) -> str:
    """An answer in a few words: status, code and pointers, or why they cannot be read."""
    answer = exchange.answer
    if answer is None:
        return exchange.failure or "no answer"
    words = [str(answer.status)]
    is_json = answer.status in SUCCESSES or answer.media_type.endswith("json")
    if is_json and exchange.request.method != "HEAD" and (fault := answer.fault):
        words.append(f"({fault})")
    if code := problem_code(answer):
        words.append(code)
    if pointers := problem_pointers(answer):
        words.append("at " + ", ".join(repr(pointer) for pointer in sorted(pointers)))
    return " ".join(words)
