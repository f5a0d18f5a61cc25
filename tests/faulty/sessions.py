"""SESS: servers that show too much of a session, too little, or something else."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from reference_impl.domain.partners import Partner, require_customer_management
from reference_impl.domain.problems import Fault, Problem, invalid_request
from reference_impl.domain.sessions import FLOWS, Session, Status, session_not_found
from reference_impl.environment import Environment
from reference_impl.http import handlers, representation
from reference_impl.http.api import Handler
from reference_impl.http.exchange import Scope
from reference_impl.http.messages import Answer, Request
from reference_impl.http.session_api import SessionGatekeeper
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.alterations import Document, alter_handlers, alter_heads, alter_requests, alter_sessions
from tests.faulty.patches import Patches, faulty


def _altering_look_ups(patches: Patches, change: Callable[[Document], None]) -> None:
    """Change what a GET shows of a session."""

    def look_up(handler: Handler, request: Request) -> Answer:
        answer = handler(request)
        assert isinstance(answer, Answer)
        if request.operation_id != "getSession":
            return answer
        session = json.loads(answer.body)
        change(session)
        return dataclasses.replace(answer, body=json.dumps(session).encode())

    alter_handlers(patches, look_up)


Read = Callable[[], Session]


def _finding(patches: Patches, find: Callable[[Read, Environment, Partner, str], Session]) -> None:
    """Find sessions in another way; `find` can read in the right one first."""

    def read(
        original: Callable[..., Session], environment: Environment, *, partner: Partner, session_id: str
    ) -> Session:
        return find(
            lambda: original(environment, partner=partner, session_id=session_id),
            environment,
            partner,
            session_id,
        )

    patches.around(handlers, "read_session", read)


def _any(environment: Environment, session_id: str) -> Session | None:
    with environment.storage.transaction() as transaction:
        return transaction.session(session_id)


@faulty(breaks="SESS-01")
def location_of_the_collection(patches: Patches) -> None:
    """Location is the path that was posted to, as a framework fills it in where nobody does."""

    def locate(scope: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 201:
            fields[b"location"] = scope["path"].encode()

    alter_heads(patches, locate)


@faulty(breaks="SESS-01", on="reference")
def location_by_the_host_of_the_request(patches: Patches) -> None:
    """Location is made of the Host that the client has sent, and so can be made to lead anywhere."""

    def complete(scope: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 201:
            fields[b"location"] = b"http://" + dict(scope["headers"])[b"host"] + fields[b"location"]

    alter_heads(patches, complete)


@faulty(breaks="SESS-02", collateral=("SESS-01",))
def sessions_are_numbered(patches: Patches) -> None:
    """Sessions are numbered as they come, so that everybody can guess those of others."""
    numbers = itertools.count(1)
    patches.environment(new_session_id=lambda: f"{next(numbers):06}")


@faulty(
    breaks="SESS-02",
    collateral=(
        "HTTP-05",
        "IDEM",
        "HTTP-05",
        "SESS",
    ),
    on="reference",
)
def identifiers_given_twice(patches: Patches) -> None:
    """Two processes that start with one seed give two sessions one identifier."""
    numbers = itertools.count()
    patches.environment(new_session_id=lambda: f"{next(numbers) // 2:024}")


@faulty(breaks="SESS-04", collateral=("DATA-12", "DATA-13", "SESS-01"), on="reference")
def amounts_as_text(patches: Patches) -> None:
    """The amount comes back as text, as some keep their decimals."""
    patches.replace(representation, "as_json_number", lambda amount: f"{amount / 100:.2f}")


@faulty(breaks="SESS-04", collateral=("SESS-01",))
def one_management_for_all(patches: Patches) -> None:
    """Every session says that its customers are Stable Mint's, since that was the first operation."""
    alter_sessions(patches, lambda document, _: document.update(customerManagement="stablemint"))


@faulty(breaks="SESS-05", collateral=("SESS-01",))
def absent_members_shown_as_null(patches: Patches) -> None:
    """Members that were not sent come back as null."""

    def fill(document: Document, _: Session) -> None:
        for name in ("userId", "websiteReference", "customFields"):
            document.setdefault(name, None)

    alter_sessions(patches, fill)


@faulty(breaks="SESS-05", on="reference")
def empty_members_left_out(patches: Patches) -> None:
    """Empty customFields do not come back."""

    def drop(document: Document, _: Session) -> None:
        if not document.get("customFields"):
            document.pop("customFields", None)

    alter_sessions(patches, drop)


@faulty(breaks="SESS-06")
def what_is_known_of_the_payer_comes_back(patches: Patches) -> None:
    """The answer repeats the whole request, identity data included."""
    alter_sessions(patches, lambda document, session: document.update(userKyc=session.user_kyc))


@faulty(breaks="SESS-06")
def a_conflict_shows_the_first_request(patches: Patches) -> None:
    """Who uses a key a second time is shown the request that used it first, to compare."""

    def create(original: Callable[..., Any], environment: Environment, **keywords: Any) -> Any:
        try:
            return original(environment, **keywords)
        except Problem as problem:
            key = keywords["request"]["idempotencyKey"]
            with environment.storage.transaction() as transaction:
                first = next(s for s in transaction.sessions() if s.idempotency_key == key)
            members = {"first": {"userId": first.user_id, "userKyc": first.user_kyc}}
            raise dataclasses.replace(problem, members=members) from None

    patches.around(handlers, "create_session", create)


@faulty(breaks="SESS-07", collateral=("SESS-01",), on="reference")
def statuses_by_their_constants(patches: Patches) -> None:
    """The status is written like the constant in the code, in capitals."""
    alter_sessions(patches, lambda document, _: document.update(status=document["status"].upper()))


@faulty(breaks="SESS-07", collateral=("SESS-01",))
def a_deposit_before_there_is_one(patches: Patches) -> None:
    """A session without a deposit shows an empty one."""
    alter_sessions(patches, lambda document, _: document.update(deposit=document["deposit"] or {}))


@faulty(breaks="SESS-08", collateral=("SESS-01",), on="reference")
def a_relative_session_url(patches: Patches) -> None:
    """The URL of the checkout is a path, to which no payer can be redirected from another site."""

    def shorten(document: Document, _: Session) -> None:
        if "sessionUrl" in document:
            document["sessionUrl"] = re.sub("^https?://[^/]+", "", document["sessionUrl"])

    alter_sessions(patches, shorten)


@faulty(breaks="SESS-09", collateral=("SESS-01",))
def lists_written_as_text(patches: Patches) -> None:
    """Lists come as the JSON text that the widget's attributes take, within JSON."""

    def write(document: Document, _: Session) -> None:
        for name in ("allowedPaymentMethods", "savedBanks"):
            if name in document:
                document[name] = json.dumps(document[name])

    alter_sessions(patches, write)


@faulty(breaks="SESS-09", on="reference")
def a_method_chosen_for_the_payer(patches: Patches) -> None:
    """The first payment method counts as chosen before the payer has chosen any."""

    def choose(document: Document, _: Session) -> None:
        if "paymentMethod" in document:
            document["paymentMethod"] = document["allowedPaymentMethods"][0]

    alter_sessions(patches, choose)


@faulty(
    breaks="SESS-10",
    collateral=(
        "AUTH-04",
        "HTTP",
        "SESS",
    ),
)
def look_ups_lag_behind(patches: Patches) -> None:
    """A look-up reads a copy to which a new session comes a moment later."""
    seen: set[str] = set()

    def find(read: Read, environment: Environment, partner: Partner, key: str) -> Session:
        session = read()
        if key not in seen:
            seen.add(key)
            raise session_not_found()
        return session

    _finding(patches, find)


@faulty(breaks="SESS-10", on="reference")
def look_ups_show_less(patches: Patches) -> None:
    """A look-up leaves out what the partner has sent, since the partner knows it."""

    def shorten(session: Document) -> None:
        for name in ("userId", "websiteReference", "customFields"):
            session.pop(name, None)

    _altering_look_ups(patches, shorten)


@faulty(breaks="SESS-12")
def sessions_of_others_readable(patches: Patches) -> None:
    """Whoever knows an identifier can read the session, whosever it is."""

    def find(_: Read, environment: Environment, __: Partner, key: str) -> Session:
        found = _any(environment, key)
        if found is None:
            raise session_not_found()
        return found

    _finding(patches, find)


@faulty(breaks="SESS-12", on="reference")
def sessions_of_others_forbidden(patches: Patches) -> None:
    """Another partner's session is forbidden, so that everybody learns that there is one."""

    def find(read: Read, environment: Environment, partner: Partner, key: str) -> Session:
        found = _any(environment, key)
        if found is not None and found.partner_id != partner.partner_id:
            raise Problem("flow_not_enabled", "This session is none of yours.")
        return read()

    _finding(patches, find)


@faulty(breaks="SESS-12")
def owners_of_sessions_told(patches: Patches) -> None:
    """Who looks up a session with the wrong credentials is told whose it is, and so that it is there."""

    def find(read: Read, environment: Environment, partner: Partner, key: str) -> Session:
        found = _any(environment, key)
        if found is not None and found.partner_id != partner.partner_id:
            raise dataclasses.replace(session_not_found(), detail=f"Only for {found.partner_id} alone.")
        return read()

    _finding(patches, find)


@faulty(breaks="SESS-12", on="reference")
def look_ups_kept_for_everybody(patches: Patches) -> None:
    """Answers are kept by their path, and given to whoever asks next."""
    kept: dict[str, Answer] = {}

    def look_up(handler: Handler, request: Request) -> Answer:
        identifier = request.path_parameters.get("sessionId")
        if identifier in kept:
            return kept[identifier]
        answer = handler(request)
        assert isinstance(answer, Answer)
        if identifier is not None:
            kept[identifier] = answer
        return answer

    alter_handlers(patches, look_up)


_METHOD: ContextVar[str] = ContextVar("method")


@faulty(breaks="SESS-12")
def head_tells_what_get_hides(patches: Patches) -> None:
    """HEAD asks whether there is such a session, and not whose it is."""

    def note(scope: Scope) -> Scope:
        _METHOD.set(scope["method"])
        return scope

    alter_requests(patches, note)

    def find(read: Read, environment: Environment, partner: Partner, key: str) -> Session:
        found = _any(environment, key)
        if _METHOD.get() == "HEAD" and found is not None:
            return found
        return read()

    _finding(patches, find)


@faulty(breaks="SESS-12", on="reference")
def identifiers_held_against_a_pattern(patches: Patches) -> None:
    """What does not look like an identifier is an invalid request, not an unknown session."""

    def find(read: Read, environment: Environment, partner: Partner, key: str) -> Session:
        if not re.fullmatch("[A-Za-z0-9_-]{22,64}", key):
            raise invalid_request([Fault("", "bad_format", "the identifier is malformed")])
        return read()

    _finding(patches, find)


@faulty(breaks="SESS-12")
def identifiers_without_case(patches: Patches) -> None:
    """Sessions are found by a collation to which upper and lower case are one."""

    def session(original: Callable[..., Any], self: MemoryStorage, session_id: str) -> Any:
        known = {key.lower(): key for key in self._sessions._things}
        return original(self, known.get(session_id.lower(), session_id))

    patches.around(MemoryStorage, "session", session)


@faulty(breaks="SESS-13")
def the_widget_for_everybody(patches: Patches) -> None:
    """The operation that came last does not ask whether the partner was onboarded for its model."""

    def authorise(
        original: Callable[..., None], self: SessionGatekeeper, caller: Partner, operation_id: str
    ) -> None:
        if operation_id != "createEmbeddedSessionForPartnerManagedCustomer":
            original(self, caller, operation_id)

    patches.around(SessionGatekeeper, "authorise", authorise)


@faulty(breaks="SESS-13", collateral=("HTTP-18",), on="reference")
def permission_asked_for_last(patches: Patches) -> None:
    """Whether the partner may use the operation is found out once its request was validated."""
    patches.replace(SessionGatekeeper, "authorise", lambda *_: None)

    def create(handler: Handler, request: Request) -> Answer:
        if request.operation_id in FLOWS:
            require_customer_management(request.caller, FLOWS[request.operation_id].customer_management)
        answer = handler(request)
        assert isinstance(answer, Answer)
        return answer

    alter_handlers(patches, create)


@faulty(breaks="SESS-14", collateral=("SESS-01",))
def times_with_an_offset(patches: Patches) -> None:
    """Times are written as the language writes them, with +00:00."""
    patches.replace(representation, "as_rfc3339", lambda time: time.isoformat())


@faulty(breaks="SESS-15", collateral=("HTTP-05", "SESS-10"))
def expiry_counts_from_the_look_up(patches: Patches) -> None:
    """Every look-up makes the session younger."""

    def represent(original: Callable[..., bytes], session: Session, *, now: Any, checkout_url: str) -> bytes:
        lifetime = session.expires_at - session.created_at
        moved = dataclasses.replace(session, expires_at=now + lifetime)
        return original(moved, now=now, checkout_url=checkout_url)

    patches.around(handlers, "represent_session", represent)


@faulty(
    breaks="SESS-15",
    collateral=(
        "HTTP-05",
        "SESS-10",
    ),
    on="reference",
)
def times_kept_in_whole_seconds(patches: Patches) -> None:
    """Times are kept without their milliseconds: a look-up gives other ones than the creation did."""

    def shorten(session: Document) -> None:
        for name in ("createdAt", "expiresAt"):
            session[name] = re.sub(r"\.[0-9]{3}Z$", ".000Z", session[name])

    _altering_look_ups(patches, shorten)


@faulty(breaks="SESS-19", on="sandbox")
def sessions_until_the_minute_is_full(patches: Patches) -> None:
    """A session ends with the minute, when the job runs that ends sessions, and so not after 30 of them."""

    def open_session(original: Callable[..., Session], request: Document, **keywords: Any) -> Session:
        session = original(request, **keywords)
        end = session.expires_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return dataclasses.replace(session, expires_at=end)

    patches.around(use_cases, "open_session", open_session)


@faulty(breaks="SESS-16", collateral=("SESS-18",), on="sandbox")
def expired_after_its_instant(patches: Patches) -> None:
    """A session ends once its time is past, and not when it comes: who acts at that instant still may."""
    due_at: Callable[[Session], datetime | None] = vars(Session)["due_at"].fget

    def status_at(original: Callable[..., Status], session: Session, now: datetime) -> Status:
        return session.status if now <= session.expires_at else original(session, now)

    def due_later(session: Session) -> datetime | None:
        due = due_at(session)
        return due + timedelta(milliseconds=1) if due and session.status is Status.OPEN else due

    patches.around(Session, "status_at", status_at)
    patches.replace(Session, "due_at", property(due_later))
