"""What a test of a receiver works with: genuine and wrong deliveries out, observations of requirements in."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..ledger import Breach, Ledger
from ..wire import Exchange
from . import delivery
from .delivery import Delivery
from .endpoint import TOO_LATE, Endpoint
from .events import Event, Events
from .receiver import Receiver

NEEDS_SESSION: Final = (
    "needs a session that the receiver knows: --sessions-from URL makes some, --session-id ID names one"
)
CONTROL: Final = "receivers.a_genuine_delivery"
"""The first delivery of all; what can be said of any other depends on it."""
ACKNOWLEDGES_NOTHING: Final = "it was refused, but so was the first genuine delivery: see RECV-01"
REFUSES_ALL: Final = "it was refused, but so was a genuine delivery: the refusal shows nothing"


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test: the requirements that its observations are about, and the function that makes them."""

    name: str
    cites: tuple[str, ...]
    function: Callable[["Trial"], None]


REGISTRY: Final[dict[str, Test]] = {}


def judges(*cites: str) -> Callable[[Callable[["Trial"], None]], Test]:
    """Register a function as the test of `cites`."""

    def register(function: Callable[["Trial"], None]) -> Test:
        name = f"receivers.{function.__name__}"
        test = Test(name=name, cites=cites, function=function)
        REGISTRY[name] = test
        return test

    return register


class Trial:
    """One run of one test against one receiver."""

    def __init__(
        self,
        *,
        test: Test,
        receiver: Receiver,
        endpoint: Endpoint,
        ledger: Ledger,
        skew: float,
        trusted: bool,
    ) -> None:
        """`skew` is in seconds, positive where the receiver's clock is ahead of ours.

        `trusted`: a genuine delivery was acknowledged, so that a refusal is one of what is wrong.
        """
        self.test = test
        self.receiver = receiver
        self.events = Events(receiver)
        self.has_refused = False
        self._endpoint = endpoint
        self._ledger = ledger
        self._skew = skew
        self._trusted = trusted

    # -- deliveries -----------------------------------------------------------------------------------------

    def sign(self, event: Event | bytes, *, age: float = 0, key: int = 0) -> Delivery:
        """A signed delivery of an event or of a body, `age` seconds old, by the key of this number."""
        body = event if isinstance(event, bytes) else delivery.encode(event)
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self._skew)
        return delivery.sign(body, key=self.receiver.keys[key], at=now - datetime.timedelta(seconds=age))

    def send(self, sent: Delivery) -> Exchange:
        """Make one attempt."""
        return self._endpoint.post(sent.request(self._endpoint.target))

    def send_together(self, *sent: Delivery) -> tuple[Exchange, ...]:
        """Make attempts at the same time."""
        return self._endpoint.post_together(tuple(one.request(self._endpoint.target) for one in sent))

    def send_with(self, sent: Delivery, *, names: Callable[[str], str]) -> Exchange:
        """Make one attempt, with the names of header fields spelt as `names` spells them."""
        request = sent.request(self._endpoint.target)
        headers = tuple((names(name), value) for name, value in request.headers)
        return self._endpoint.post(
            type(request)(method=request.method, path=request.path, headers=headers, body=request.body)
        )

    # -- observations ---------------------------------------------------------------------------------------

    def acknowledged(self, requirement: str, exchange: Exchange, case: str) -> bool:
        """Record whether what is genuine was acknowledged, and in time (RECV-08)."""
        if not self.receiver.sessions:
            # The event named a session that the receiver did not create: it is to be refused.
            self._ledger.obstruct(requirement, NEEDS_SESSION)
            self._ledger.obstruct("RECV-08", NEEDS_SESSION)
            return is_acknowledged(exchange)
        if not self._trusted and not is_acknowledged(exchange) and self.test.name != CONTROL:
            # The same as was found of the first genuine delivery: not this requirement's fault.
            self._ledger.obstruct(requirement, ACKNOWLEDGES_NOTHING)
            return False
        self._observe("RECV-08", not is_late(exchange), exchange, f"an answer in time for {case}")
        return self._observe(requirement, is_acknowledged(exchange), exchange, f"2xx for {case}")

    def refused(self, requirement: str, exchange: Exchange, case: str) -> None:
        """Record whether what is wrong was refused; a refusal counts where what is genuine is not."""
        self.has_refused = True
        if is_acknowledged(exchange) or self._trusted:
            truth = not is_acknowledged(exchange)
            self._observe(requirement, truth, exchange, f"anything but 2xx for {case}")
        else:
            self._ledger.obstruct(
                requirement, REFUSES_ALL if self.receiver.sessions else f"{case}: {NEEDS_SESSION}"
            )

    def _observe(self, requirement: str, truth: bool, exchange: Exchange, expected: str) -> bool:
        if requirement not in self.test.cites and requirement != "RECV-08":
            raise ValueError(f"{self.test.name} observes {requirement} without citing it")
        if truth:
            self._ledger.kept(requirement)
        else:
            self._ledger.broken(
                Breach(
                    requirement=requirement,
                    test=self.test.name,
                    message=f"expected {expected}; got {describe(exchange)}",
                    exchange=exchange,
                )
            )
        return truth


def is_acknowledged(exchange: Exchange) -> bool:
    """Whether the answer is 2xx (HOOK-14)."""
    return exchange.answer is not None and 200 <= exchange.answer.status < 300


def is_late(exchange: Exchange) -> bool:
    """Whether no complete response head came in time (HOOK-16)."""
    return exchange.answer is None and (exchange.failure or "").startswith(TOO_LATE)


def describe(exchange: Exchange) -> str:
    """What came of a delivery, in a few words."""
    answer = exchange.answer
    if answer is None:
        return exchange.failure or "no answer"
    if 300 <= answer.status < 400:
        return f"{answer.status}, a redirect, which no sender follows"
    return str(answer.status)
