"""HTTP as bytes: a client that repairs nothing that it sends and keeps all that it receives.

An answer of 429 or 503 means "try again" and is never a verdict (ERR-09): the client waits as long as
``Retry-After`` says, within bounds, and sends the same bytes once more. Interim answers are passed over.
"""

import dataclasses
import functools
import http.client
import itertools
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from .json_text import strict_json
from .timed_response import TimedResponse

Headers = tuple[tuple[str, str], ...]

ANSWER_LIMIT: Final = 1 << 20
"""Bytes of an answer that are read; no answer of the contract comes near it."""
KEPT: Final = 16_384
"""Bytes of an answer that are kept as evidence: a target that answers much must not fill the memory."""
CHUNK: Final = 16_384
LATE: Final = "no answer within the time allowed"
TRY_AGAIN: Final = frozenset({429, 503})
PATIENCE_SECONDS: Final = 30.0
"""By the clock, from the first busy answer to one request on: no wait begins that would end later."""
DEFAULT_WAIT_SECONDS: Final = 1.0
LEAST_WAITS_SECONDS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Before each repetition, the last before all further ones: who is told to wait 0 s must not run hot."""
SHOWN_OF_LINE: Final = 80
"""Characters of what stands in place of a status line."""
LEAST_SECONDS: Final = 0.001
"""To connect in: a socket takes 0 for "do not wait at all", and says of that what it does not of a wait."""
BROKEN: Final = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What a connection that the other side has ended says for itself; TLS has words of its own for it."""
UNANSWERED_LIMIT: Final = 3
"""Requests in a row that may go without an answer in time."""
UNANSWERED_TIMES: Final = 6
"""Times the time allowed for one answer that all which did not come may cost a run, in a row or not."""


class OutOfTime(Exception):
    """The time given to the run is spent (``--max-time``)."""


class StillBusy(Exception):
    """The target answered 429 or 503 for longer than the suite waits: nothing can be said of it."""


class Hanging(Exception):
    """The target left several requests in a row without an answer: waiting for more would take for ever."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it goes out. `headers` excludes ``Host`` and the framing, which the client writes."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes | None = None
    chunked: bool = False

    def header(self, name: str) -> str | None:
        """The field's value, repeated fields joined (RFC 9110 section 5.3); None where absent."""
        return _joined(self.headers, name)

    @property
    def media_type(self) -> str:
        """The type in ``Content-Type``, in small letters and without parameters; empty for none."""
        return _media_type(self.headers)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came in; `omitted` bytes of its body are not kept."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    omitted: int = 0

    def header(self, name: str) -> str | None:
        """The field's value, repeated fields joined (RFC 9110 section 5.3); None where absent."""
        return _joined(self.headers, name)

    @property
    def media_type(self) -> str:
        """The type in ``Content-Type``, in small letters and without parameters; empty for none."""
        return _media_type(self.headers)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return strict_json(self.body)
        except ValueError:
            return None

    @property
    def fault(self) -> str:
        """Why the body is no JSON, in words; empty where it is."""
        try:
            strict_json(self.body)
        except ValueError as error:
            return str(error) if self.body else "the body is empty"
        return ""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request and what became of it: an answer, or the reason why none came."""

    request: Request
    answer: Answer | None
    failure: str | None = None

    @functools.cached_property
    def evidence(self) -> "Exchange":
        """The same with no more of the answer's body than evidence needs."""
        answer = self.answer
        if answer is None or len(answer.body) <= KEPT:
            return self
        omitted = len(answer.body) - KEPT
        cut = dataclasses.replace(answer, body=answer.body[:KEPT], omitted=omitted)
        return dataclasses.replace(self, answer=cut)


class Losses:
    """Seconds in which at least one request was waited for in vain, over all connections of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = -math.inf
        self.seconds = 0.0

    def add(self, start: float, end: float) -> None:
        """Count the time from `start` to `end`, but for what of it is counted already."""
        with self._lock:
            self.seconds += max(0.0, end - max(start, self._until))
            self._until = max(self._until, end)


class Client:
    """One connection at a time to one base URL, kept open between requests.

    Not for use by several threads.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        deadline: float | None = None,
        ca_file: Path | None = None,
        answer_limit: int = ANSWER_LIMIT,
        losses: Losses | None = None,
    ) -> None:
        """`timeout` in seconds to connect, and for the whole answer; `deadline` by ``time.monotonic()``.

        `ca_file` holds the certificates to trust beside the system's; `answer_limit` is in bytes.
        """
        self._url = url
        self._ca_file = ca_file
        self._answer_limit = answer_limit
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._authority = parts.netloc.rpartition("@")[2]
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout
        self.deadline = deadline
        self._connection: http.client.HTTPConnection | None = None
        self._unanswered = 0
        self._losses = losses or Losses()
        self._spent = False
        self.count = 0
        self.pause: Callable[[float], None] = time.sleep
        self.clock: Callable[[], float] = time.monotonic

    def beside(self) -> "Client":
        """A client for another thread, with a connection of its own: it ends with this one's time."""
        return Client(
            self._url,
            timeout=self._timeout,
            deadline=self.deadline,
            ca_file=self._ca_file,
            answer_limit=self._answer_limit,
            losses=self._losses,
        )

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def require_time(self) -> None:
        """Raise :class:`OutOfTime` where there is no time for more."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise OutOfTime

    def rest(self, seconds: float) -> None:
        """Let so much time pass. Raises :class:`OutOfTime` as soon as there is no more of it."""
        self._wait(seconds)
        self.require_time()

    @property
    def is_hanging(self) -> bool:
        """Whether requests went without an answer in time, as many in a row or as long as are waited for."""
        return self._unanswered >= UNANSWERED_LIMIT or self._has_lost_enough

    @property
    def _has_lost_enough(self) -> bool:
        return self._losses.seconds >= UNANSWERED_TIMES * self._timeout

    @property
    def is_spent(self) -> bool:
        """Whether all the patience for the latest request went into waiting for a target that stays busy."""
        return self._spent

    def try_again(self) -> None:
        """Let a target that left requests unanswered have one more, and not the patience for three."""
        self._unanswered = min(self._unanswered, UNANSWERED_LIMIT - 1)

    def send(self, request: Request) -> Exchange:
        """Send until an answer is a verdict.

        Raises :class:`OutOfTime`, :class:`StillBusy` or :class:`Hanging`, no error of the wire.
        """
        if self.is_hanging:
            raise Hanging(
                f"the target left requests without an answer for {self._losses.seconds:.0f} s in all"
                if self._has_lost_enough
                else f"the target left {self._unanswered} requests in a row without an answer "
                f"for {self._timeout:g} s each"
            )
        patience_ends = math.inf
        self._spent = False
        for repetition in itertools.count():
            self.require_time()
            sent = time.monotonic()
            exchange = self._exchange(request)
            if exchange.failure == LATE:
                self.require_time()  # what the run's end cut short is no fault of the target
                self._losses.add(sent, time.monotonic())
            self._unanswered = self._unanswered + 1 if exchange.failure == LATE else 0
            if exchange.answer is None or exchange.answer.status not in TRY_AGAIN:
                return exchange
            least = LEAST_WAITS_SECONDS[min(repetition, len(LEAST_WAITS_SECONDS) - 1)]
            wait = max(retry_after(exchange.answer), least)
            now = self.clock()
            patience_ends = min(patience_ends, now + PATIENCE_SECONDS)
            if now + wait > patience_ends:
                self._spent = wait <= PATIENCE_SECONDS
                raise StillBusy(
                    f"the target answers {exchange.answer.status} and asks to wait {wait:.0f} s more"
                )
            self._wait(wait)
        raise AssertionError("unreachable: counting has no end")

    def _wait(self, seconds: float) -> None:
        """Wait so long, or to the end of the run's time where that comes first."""
        self.pause(self.allowed(seconds))

    def allowed(self, seconds: float) -> float:
        """So much time, or what is left to the run where that is less."""
        if self.deadline is None:
            return seconds
        return min(seconds, max(0.0, self.deadline - time.monotonic()))

    def _exchange(self, request: Request) -> Exchange:
        self.count += 1
        reused = self._connection is not None
        try:
            return Exchange(request=request, answer=self._attempt(request))
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            # A server may close an idle connection at any time (RFC 9112 section 9.5), so
            # that one such failure on a connection that was kept open says nothing about this
            # request.
            if not (reused and isinstance(error, (ConnectionError, *BROKEN))):
                return Exchange(request=request, answer=None, failure=_explain(error))
        try:
            return Exchange(request=request, answer=self._attempt(request))
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            return Exchange(request=request, answer=None, failure=_explain(error))

    def _attempt(self, request: Request) -> Answer:
        connection = self._connection or self._open()
        self._connection = connection
        connection.putrequest(
            request.method, self._prefix + request.path, skip_host=True, skip_accept_encoding=True
        )
        connection.putheader("Host", self._authority)
        for name, value in request.headers:
            connection.putheader(name, value)
        early = self._write_body(connection, request)
        deadline = time.monotonic() + self.allowed(self._timeout)
        # The type stubs know classes alone here; any callable of their arguments will do.
        connection.response_class = functools.partial(TimedResponse, deadline=deadline)  # type: ignore[assignment]
        response = connection.getresponse()
        body = response.read(self._answer_limit + 1)
        if len(body) > self._answer_limit:
            raise http.client.HTTPException(f"an answer of more than {self._answer_limit:,} bytes")
        if response.length:  # what is announced and never comes, the library passes over
            raise http.client.HTTPException(f"it ended {response.length:,} bytes before its Content-Length")
        answer = Answer(
            status=response.status,
            reason=response.reason,
            headers=tuple((name, value) for name, value in response.getheaders()),
            body=body,
        )
        if early or response.will_close:
            self.close()
        return answer

    def _write_body(self, connection: http.client.HTTPConnection, request: Request) -> bool:
        """Write the body.

        True where the server stopped reading, which it may once it has refused (RFC 9110 9.3).
        """
        if request.body is None:
            connection.endheaders()
            return False
        if request.chunked:
            connection.putheader("Transfer-Encoding", "chunked")
            payload = b"".join(
                b"%x\r\n%s\r\n" % (len(piece), piece)
                for piece in (
                    request.body[start : start + CHUNK] for start in range(0, len(request.body), CHUNK)
                )
            )
            payload += b"0\r\n\r\n"
        else:
            connection.putheader("Content-Length", str(len(request.body)))
            payload = request.body
        try:
            connection.endheaders(payload)
        except BROKEN:
            return True
        return False

    def _open(self) -> http.client.HTTPConnection:
        timeout = max(LEAST_SECONDS, self.allowed(self._timeout))
        if self._secure:
            context = trust(self._ca_file)
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """What trusts the system's certificates, and those in `ca_file`. Raises OSError where that has none."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _joined(headers: Headers, name: str) -> str | None:
    values = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(values) if values else None


def _media_type(headers: Headers) -> str:
    return (_joined(headers, "Content-Type") or "").partition(";")[0].strip().lower()


def retry_after(answer: Answer) -> float:
    """Seconds to wait: the number, or until the date, which an intermediary may send instead of it."""
    value = answer.header("Retry-After") or ""
    if value.isascii() and value.isdigit():
        return float(value)
    until = parse_date(value)
    if until is None:
        return DEFAULT_WAIT_SECONDS
    now = parse_date(answer.header("Date") or "")  # by the clock that the other date is of
    return max(0.0, until - (time.time() if now is None else now))


def parse_date(text: str) -> float | None:
    """A date of HTTP as Unix time in seconds; None where it is none."""
    try:
        date = parsedate_to_datetime(text)
        # Without a zone, as in the form of asctime, it is in UTC all the same (RFC 9110 section 5.6.7).
        return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):  # no date, or one with numbers beyond all calendars
        return None


def _explain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return LATE
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, BROKEN):
        return "the connection was broken off before there was a whole answer"
    if isinstance(error, http.client.IncompleteRead):
        return "no readable answer: its chunks are none, or end before the last"
    if isinstance(error, http.client.BadStatusLine):
        return f"no readable answer: it begins with {str(error).strip()[:SHOWN_OF_LINE]!r}"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused)"
    if isinstance(error, socket.gaierror):
        return "there is no such host, or its name cannot be looked up now"
    if type(error) is OSError and error.strerror:
        return f"the connection failed: {error.strerror.lower()}"
    text = str(error) or type(error).__name__
    return f"no readable answer: {text}"
