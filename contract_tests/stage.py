"""A trial with a world to move: payments that are played, a clock, and endpoints that listen."""

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from .credentials import Partner
from .document import named_members
from .driver import ControlApi, DriverError, Refused
from .equipment import Unequipped
from .judging.delivery import judge_delivery
from .receiver import Arrival, Inbox, Receiver, Reply
from .trial import Obstacle, Trial, describe, problem_code
from .webhooks import event_types
from .wire import Exchange, OutOfTime, Request

AT_ONCE_SECONDS: Final = 2.0
"""For deliveries that are due and do not come, where a control API has said that all that is due is done."""
LATE_SECONDS: Final = 15.0
"""Within which an attempt begins once it is due, where the driver cannot say that all is done."""
PATIENCE_SECONDS: Final = 5.0
"""For a first attempt there: only a failure takes as long."""
SETTLING_SECONDS: Final = 0.5
"""In which what is due arrives, where the clock cannot be asked to wait for it."""
PARTING_SECONDS: Final = 3.0
"""In which endpoints are taken away once the run's time is over, or it was interrupted."""
NOW: Final = timedelta(0)
LEFTOVERS: Final = timedelta(hours=1)
"""After which sessions that others left open have expired, as a rule."""


Session = dict[str, Any]
"""A session as the target has answered it."""


class Stage:
    """What the tests of payments, time and deliveries stand on; a context manager.

    It keeps the story of what was done, which every breach tells, and takes endpoints away at its end.
    """

    def __init__(self, trial: Trial) -> None:
        """Raises :class:`~.trial.Obstacle` where there is no driver."""
        self.trial = trial
        self.driver = trial.driver
        self.story: list[str] = []
        self._listening: set[str] = set()
        self._begun = time.time()
        self._inboxes: list[tuple[Inbox, Partner]] = []
        self._receiver: Receiver | None = None
        self._movable = "clock" in trial.known.target.claims
        self._stands = False

    def __enter__(self) -> "Stage":
        if self._movable:
            # Nobody listens yet, so that the expiry of sessions that others left open disturbs nobody;
            # and the session clock is away from real time.
            self.driver.advance(LEFTOVERS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_over = error is not None and isinstance(error, OutOfTime | KeyboardInterrupt)
        try:
            if error is None or isinstance(error, Obstacle):
                self.judge_deliveries()
            if is_over:
                # Whoever waits for the end waits no longer than it takes to leave no endpoint behind.
                self.driver.deadline = time.monotonic() + PARTING_SECONDS
            with contextlib.suppress(*((DriverError, OutOfTime) if is_over else ())):
                self.let_clock_run()
                for name in self._listening:
                    self.driver.set_endpoint(name, None)
        finally:
            if self._receiver is not None:
                self._receiver.__exit__(None, None, None)

    # -- what happens ---------------------------------------------------------------------------------------

    def create(self, members: dict[str, Any] | None = None, **how: Any) -> Session:
        """Create a session on which the test builds: the session as it was answered."""
        session, _ = self.trial.create(members, **how)
        self._tell(f"create {session['sessionId']} with {members or {}}")
        return session

    def play(
        self,
        session: Session,
        outcome: str | None = None,
        *,
        amount: float | None = None,
        steps: int | None = None,
    ) -> None:
        """Have the session paid. Raises :class:`~.driver.Refused` where that cannot be."""
        how = f" {steps} steps of" if steps is not None else ""
        self._tell(f"play{how} {outcome or 'success'}")
        self.driver.play(session["sessionId"], outcome, amount=amount, steps=steps)

    def attempt(
        self, session: Session, outcome: str, *, amount: float | None = None, steps: int | None = None
    ) -> bool:
        """Try to have a session paid that perhaps cannot be: whether the driver did so."""
        try:
            self.play(session, outcome, amount=amount, steps=steps)
        except Refused:
            self.story[-1] += " (refused)"
            return False
        return True

    def advance(self, duration: timedelta = NOW) -> None:
        """Move the session clock by `duration`, and wait for all that is due."""
        self._tell(f"advance {duration}")
        self.driver.advance(duration)

    def pass_time(self, duration: timedelta) -> None:
        """Move the session clock, where the target claims that it can be moved."""
        if self._movable:
            self.advance(duration)

    def advance_to(self, time: datetime) -> None:
        """Move the session clock to `time`, or nowhere where that is past."""
        self.advance(max(NOW, time - self.driver.now()))

    def latest(self) -> datetime:
        """A time that the session clock has not passed yet: what a command shows may be cut to seconds."""
        now = self.driver.now()
        is_cut = now.microsecond == 0 and not isinstance(self.driver, ControlApi)
        return now + timedelta(seconds=1) if is_cut else now

    def stop_clock_at(self, time: datetime) -> None:
        """Move the session clock to `time`, and where a control API can, have it stand there for a while."""
        if isinstance(self.driver, ControlApi):
            self.driver.freeze()
            self._stands = True
        self.advance_to(time)

    def let_clock_run(self) -> None:
        """Have the clock run on, where it was stopped."""
        if self._stands and isinstance(self.driver, ControlApi):
            self.driver.resume()
            self._stands = False

    def settle(self) -> None:
        """Wait for all that is due now."""
        if self._movable:
            self.driver.advance(NOW)
        else:
            self.trial.client.rest(SETTLING_SECONDS)

    # -- what is seen ---------------------------------------------------------------------------------------

    def look(self, session: Session, partner: Partner) -> tuple[Session, Exchange]:
        """The session as a GET shows it now, in what the document names; an obstacle where it does not."""
        exchange = self.trial.get(self.trial.path_of(session), partner=partner)
        found = exchange.answer.json() if exchange.answer and exchange.answer.status == 200 else None
        if not isinstance(found, dict):
            raise Obstacle(f"the look-up of a session was answered {describe(exchange)}")
        return named_members(found), exchange

    def is_kept(self, session: Session, partner: Partner) -> bool:
        """Whether the session can still be looked up: for how long it can be, the contract does not say."""
        answer = self.trial.get(self.trial.path_of(session), partner=partner).answer
        return answer is None or problem_code(answer) != "session_not_found"

    def check(self, requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        """Record whether `requirement` held, and tell after which steps it did not."""
        after = f" after: {'; '.join(self.story)}" if self.story else ""
        return self.trial.check(requirement, truth, exchange, expected + after)

    # -- deliveries -----------------------------------------------------------------------------------------

    def listen(self, partner: Partner, *replies: Reply, types: Sequence[str] | None = None) -> Inbox:
        """An inbox to which the partner's events of these types, or of all, are sent from now on."""
        if self._receiver is None:
            address = self.trial.receiver_address
            receiver = Receiver(host=address.host, port=address.port, public_url=address.public_url)
            self._receiver = receiver.__enter__()
        inbox = self._receiver.open(self.trial.fresh("inbox") + "?for=a%20test", *replies)
        self._inboxes.append((inbox, partner))
        self.point(partner, inbox.url, types)
        return inbox

    def point(self, partner: Partner, url: str, types: Sequence[str] | None = None) -> None:
        """Have the partner's events of these types, or of all, sent to a URL, ours or not, until the end."""
        self._listening.add(partner.name)
        self.driver.set_endpoint(partner.name, url, types)
        self._tell(f"send {', '.join(types) if types else 'all events'} of {partner.name} to {url}")

    def silence(self, partner: Partner, types: Sequence[str] | None = None) -> None:
        """Take the URLs of these types, or of all, away."""
        self.driver.set_endpoint(partner.name, None, types)
        self._tell(f"send {', '.join(types) if types else 'no events'} of {partner.name} nowhere")

    def collect(self, inbox: Inbox, session: Session, count: int) -> tuple[Arrival, ...]:
        """What has arrived about the session when it is `count` deliveries, and nothing more is due."""
        self.settle()
        seconds = AT_ONCE_SECONDS if self._all_is_done else PATIENCE_SECONDS
        return self.wait(inbox, session, count, seconds=seconds)

    def wait(self, inbox: Inbox, session: Session, count: int, *, seconds: float) -> tuple[Arrival, ...]:
        """What has arrived about the session as soon as it is `count`, or after so many seconds.

        Raises :class:`~.wire.OutOfTime` where the run's end cuts that short, which is no fault of the target.
        """
        client = self.trial.client
        arrivals = inbox.wait(session["sessionId"], count, seconds=client.allowed(seconds))
        if len(arrivals) < count:
            client.require_time()
        return arrivals

    @property
    def patience(self) -> float:
        """Seconds for which a retry that is due is waited for."""
        return AT_ONCE_SECONDS if self._all_is_done else LATE_SECONDS

    @property
    def _all_is_done(self) -> bool:
        """Whether all that was due is done once the clock has been moved: a control API answers no sooner."""
        return self._movable and isinstance(self.driver, ControlApi)

    @property
    def strays(self) -> tuple[Exchange, ...]:
        """Requests that came to no inbox."""
        found = self._receiver.strays if self._receiver is not None else ()
        return tuple(Exchange(request=each, answer=None) for each in found if isinstance(each, Request))

    def statuses(self, session: Session) -> dict[str, str] | None:
        """The status of the session's latest delivery of each event type; None where no driver can tell."""
        if not isinstance(self.driver, ControlApi):
            return None
        found = self.driver.deliveries(sessionId=session["sessionId"])
        return {each["eventType"]: each["status"] for each in found}

    def judge_deliveries(self) -> None:
        """Judge all that has arrived, each delivery by itself."""
        arrivals = [(arrival, partner) for inbox, partner in self._inboxes for arrival in inbox.arrivals]
        if not arrivals:
            return
        key = self._webhook_key()
        skew = self.trial.known.skew
        for arrival, partner in arrivals:
            judge_delivery(
                arrival, key=key, since=self._begun, skew=skew, partner=partner.name, check=self.check
            )

    def _webhook_key(self) -> rsa.RSAPublicKey | None:
        try:
            return self.trial.webhook_key
        except (Unequipped, DriverError) as lack:
            # What can be judged without a key is; of signatures, nothing can be said.
            self.trial.ledger.obstruct("HOOK-03", str(lack))
            return None

    def _tell(self, what: str) -> None:
        self.story.append(what)


OF_DEPOSIT: Final = tuple(name for name in event_types() if ".deposit." in name)
STATUS_CHANGED: Final = "transaction.status.changed"


def deposit_event(status: str) -> str:
    """The event type that tells of a deposit having reached `status`."""
    return f"partner.customer.deposit.{status}"
