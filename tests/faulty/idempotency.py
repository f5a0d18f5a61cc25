"""IDEM: servers on which it is not safe to try again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from reference_impl.domain import idempotency
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import Problem
from reference_impl.environment import Environment
from reference_impl.http import admission, handlers, problem_details
from reference_impl.http.api import Handler
from reference_impl.http.exchange import Scope
from reference_impl.http.messages import Answer, Request
from reference_impl.http.session_api import SessionGatekeeper
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.alterations import alter_handlers, alter_heads, alter_requests, alter_text, field_of
from tests.faulty.patches import Patches, faulty


def _altering_repeats(patches: Patches, change: Callable[[Answer], Answer]) -> None:
    """Change the answers that are given again."""

    def answer(handler: Handler, request: Request) -> Answer:
        given = handler(request)
        assert isinstance(given, Answer)
        return change(given) if "idempotency-replayed" in given.headers else given

    alter_handlers(patches, answer)


def _comparing(patches: Patches, change: Callable[[dict[str, Any]], Any]) -> None:
    """Compare requests by something else than all of their members."""

    def fingerprint(original: Callable[..., bytes], request: Mapping[str, Any]) -> bytes:
        return original({"compared": change(dict(request))})

    patches.around(use_cases, "fingerprint", fingerprint)


def _scoping(patches: Patches, **fixed: Callable[[str], str]) -> None:
    """Keep keys under another scope."""

    def scope(original: Callable[..., Any], **keywords: Any) -> Any:
        return original(**{name: fixed.get(name, str)(value) for name, value in keywords.items()})

    patches.around(use_cases, "KeyScope", scope)


@faulty(breaks="IDEM-01", collateral=("IDEM",))
def a_repeat_makes_a_second_session(patches: Patches) -> None:
    """Keys are taken and never looked up again."""
    patches.replace(MemoryStorage, "consume_key", lambda *_: None)


@faulty(breaks="IDEM-01", collateral=("IDEM",), on="reference")
def a_repeat_is_no_creation(patches: Patches) -> None:
    """A repeat is answered with 200, since nothing was created."""
    _altering_repeats(patches, lambda answer: dataclasses.replace(answer, status=200))


@faulty(breaks="IDEM-01", collateral=("IDEM-02",))
def a_repeat_tells_the_identifier_alone(patches: Patches) -> None:
    """A repeat is answered with the identifier of the session: the rest is said to be known."""

    def shorten(answer: Answer) -> Answer:
        session = json.loads(answer.body)
        return dataclasses.replace(answer, body=json.dumps({"sessionId": session["sessionId"]}).encode())

    _altering_repeats(patches, shorten)


@faulty(breaks="IDEM-02", on="reference")
def repeats_written_anew(patches: Patches) -> None:
    """What was answered is kept in a column of JSON, which gives it back in another order."""

    def rewrite(answer: Answer) -> Answer:
        return dataclasses.replace(answer, body=json.dumps(json.loads(answer.body), sort_keys=True).encode())

    _altering_repeats(patches, rewrite)


@faulty(breaks="IDEM-03", collateral=("IDEM-13",), on="reference")
def repeats_not_marked(patches: Patches) -> None:
    """Nothing tells a repeated answer from a first one."""
    _altering_repeats(
        patches,
        lambda answer: dataclasses.replace(answer, headers={"location": answer.headers["location"]}),
    )


@faulty(breaks="IDEM-03")
def first_answers_marked_as_such(patches: Patches) -> None:
    """First answers carry Idempotency-Replayed: false, which clients take for yes if they see the header."""

    def mark(_: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 201:
            fields.setdefault(b"idempotency-replayed", b"false")

    alter_heads(patches, mark)


@faulty(breaks="IDEM-04", collateral=("HTTP-16",))
def headers_repeated_with_the_answer(patches: Patches) -> None:
    """A repeated answer comes with every header of the first, its Request-Id included."""
    first: dict[bytes, bytes] = {}

    def repeat(_: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status == 201:
            fields[b"request-id"] = first.setdefault(fields[b"location"], fields[b"request-id"])

    alter_heads(patches, repeat)


def _refused_keys(patches: Patches, refuse: Callable[[Environment, KeyScope], None]) -> None:
    """Do something with the key of a request that is refused for what it holds."""
    asked: list[KeyScope | None] = [None]

    def further_faults(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        environment: Environment,
        caller: Partner,
        operation_id: str,
        document: Any,
    ) -> Any:
        key = document.get("idempotencyKey") if isinstance(document, dict) else None
        scope = KeyScope(partner_id=caller.partner_id, operation_id=operation_id, key=str(key))
        asked[0] = scope if key else None
        return original(self, environment, caller, operation_id, document)

    def problem(
        original: Callable[..., Any], self: SessionGatekeeper, environment: Environment, *faults: Any
    ) -> Any:
        if asked[0] is not None:
            refuse(environment, asked[0])
        return original(self, environment, *faults)

    patches.around(SessionGatekeeper, "further_faults", further_faults)
    patches.around(SessionGatekeeper, "refuse", problem)


@faulty(breaks="IDEM-06", collateral=("IDEM-07",))
def refusals_consume_keys(patches: Patches) -> None:
    """A key counts as used from the moment it was read, even where the request was refused."""
    spent: set[KeyScope] = set()
    _refused_keys(patches, lambda _, scope: spent.add(scope))

    def first_answer(original: Callable[..., Any], self: MemoryStorage, scope: KeyScope) -> Any:
        if scope in spent:
            raise Problem("idempotency_key_reused", "This idempotencyKey was used for another request.")
        return original(self, scope)

    patches.around(MemoryStorage, "first_answer", first_answer)


@faulty(breaks="IDEM-07", collateral=("HTTP-18",), on="reference")
def keys_looked_up_before_validation(patches: Patches) -> None:
    """The key is looked up first: an invalid repeat is told that its key was used, not what is wrong."""

    def further_faults(
        original: Callable[..., Any],
        self: SessionGatekeeper,
        environment: Environment,
        caller: Partner,
        operation_id: str,
        document: Any,
    ) -> Any:
        key = document.get("idempotencyKey") if isinstance(document, dict) else None
        if isinstance(key, str):
            scope = KeyScope(partner_id=caller.partner_id, operation_id=operation_id, key=key)
            with environment.storage.transaction() as transaction:
                first = transaction.first_answer(scope)
            if first is not None:
                idempotency.require_same_request(first, idempotency.fingerprint(document))
        return original(self, environment, caller, operation_id, document)

    patches.around(SessionGatekeeper, "further_faults", further_faults)


@faulty(breaks="IDEM-07")
def invalid_repeats_free_the_key(patches: Patches) -> None:
    """An invalid repeat clears what is known of its key, so that a valid one makes a second session."""

    def forget(environment: Environment, scope: KeyScope) -> None:
        if isinstance(environment.storage, MemoryStorage):
            environment.storage._first_answers.pop(scope, None)

    _refused_keys(patches, forget)


@faulty(breaks="IDEM-08", collateral=("IDEM-09",))
def a_reused_key_gets_the_first_answer(patches: Patches) -> None:
    """Another request under a used key is answered with the session of the first."""
    patches.replace(use_cases, "require_same_request", lambda *_: None)


@faulty(breaks="IDEM-08", collateral=("IDEM-09", "IDEM-13"), on="reference")
def a_conflict_frees_the_key(patches: Patches) -> None:
    """Once a key has met another request it is free again, and the first request makes a second session."""

    def create(original: Callable[..., Any], environment: Environment, **keywords: Any) -> Any:
        try:
            return original(environment, **keywords)
        except Problem:
            scope = KeyScope(
                partner_id=keywords["partner"].partner_id,
                operation_id=keywords["operation_id"],
                key=keywords["request"]["idempotencyKey"],
            )
            if isinstance(environment.storage, MemoryStorage):
                environment.storage._first_answers.pop(scope, None)
            raise

    patches.around(handlers, "create_session", create)


@faulty(
    breaks="IDEM-08",
    collateral=("ERR-02", "IDEM-09", "IDEM-13"),
)
def a_reused_key_is_a_conflict(patches: Patches) -> None:
    """A used key is answered with 409, which clients take for "in progress" and send again."""
    catalogue = dict(problem_details.CATALOGUE)
    code = "idempotency_key_reused"
    catalogue[code] = dataclasses.replace(catalogue[code], status=409)
    patches.replace(problem_details, "CATALOGUE", catalogue)


@faulty(breaks="IDEM-08", collateral=("IDEM-09",), on="reference")
def only_the_outermost_members_compared(patches: Patches) -> None:
    """What lies inside customFields or userKyc is not compared."""
    _comparing(
        patches,
        lambda request: {name: value for name, value in request.items() if not isinstance(value, dict)},
    )


@faulty(breaks="IDEM-08")
def keys_cut_to_fit(patches: Patches) -> None:
    """Keys are kept in a column of 128 characters, and what exceeds it is cut off."""
    _scoping(patches, key=lambda key: key[:128])


@faulty(breaks="IDEM-09", on="reference")
def order_of_members_counts(patches: Patches) -> None:
    """A repeat whose members come in another order is another request."""

    def fingerprint(original: Callable[..., bytes], request: Mapping[str, Any]) -> bytes:
        return original(request) + json.dumps(list(request)).encode()

    patches.around(use_cases, "fingerprint", fingerprint)


@faulty(breaks="IDEM-09")
def numbers_compared_as_written(patches: Patches) -> None:
    """5 and 5.0 are different amounts, since a decimal type keeps how many digits were written."""
    patches.replace(idempotency, "_with_float_numbers", lambda request: request)


@faulty(breaks="IDEM-09")
def bytes_compared(patches: Patches) -> None:
    """Repeats are compared byte by byte, so that white space and escapes make another request."""
    bodies: list[bytes] = [b""]

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        bodies[0] = body
        return original(body)

    patches.around(admission, "read_json", read)
    patches.around(use_cases, "fingerprint", lambda *_: hashlib.sha256(bodies[0]).digest())


@faulty(breaks="IDEM-09", on="reference")
def empty_compared_as_absent(patches: Patches) -> None:
    """Empty members are left out of the comparison, as if they had not been sent."""
    _comparing(patches, lambda request: {name: value for name, value in request.items() if value})


@faulty(breaks="IDEM-09")
def text_compared_by_its_looks(patches: Patches) -> None:
    """Texts that look the same are the same, of whichever code points."""
    _comparing(patches, lambda request: alter_text(request, lambda text: unicodedata.normalize("NFKC", text)))


def _carrying(patches: Patches, name: bytes) -> list[str]:
    """Where a header field of the request now handled stands."""
    carried = [""]

    def note(scope: Scope) -> Scope:
        carried[0] = (field_of(scope, name) or b"").decode("latin-1")
        return scope

    alter_requests(patches, note)
    return carried


@faulty(breaks="IDEM-10")
def the_key_of_a_header(patches: Patches) -> None:
    """An Idempotency-Key header takes the place of the idempotencyKey in the body."""
    carried = _carrying(patches, b"idempotency-key")

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        if carried[0] and isinstance(value, dict):
            value["idempotencyKey"] = carried[0]
        return value

    patches.around(admission, "read_json", read)


@faulty(breaks="IDEM-10")
def headers_compared(patches: Patches) -> None:
    """A repeat with another User-Agent, from the same client after an update, is another request."""
    carried = _carrying(patches, b"user-agent")
    _comparing(patches, lambda request: {**request, "agent": carried[0]})


@faulty(breaks="IDEM-11", on="reference")
def keys_shared_by_all_partners(patches: Patches) -> None:
    """Keys are one name space for everybody, so that a partner meets the session of another."""
    _scoping(patches, partner_id=lambda _: "everybody")


@faulty(breaks="IDEM-11", collateral=("SESS-01",))
def keys_shared_by_all_operations(patches: Patches) -> None:
    """A key that was used in one operation is used up in the others."""
    _scoping(patches, operation_id=lambda _: "any")


@faulty(breaks="IDEM-12")
def keys_without_case(patches: Patches) -> None:
    """Keys are compared without regard to case."""
    _scoping(patches, key=str.lower)


@faulty(breaks="IDEM-13", on="reference")
def concurrent_requests_race(patches: Patches) -> None:
    """The key is looked up, and written later, and nothing keeps others from doing the same in between."""

    @contextmanager
    def transaction(self: MemoryStorage) -> Iterator[MemoryStorage]:
        yield self

    def first_answer(original: Callable[..., Any], self: MemoryStorage, scope: KeyScope) -> Any:
        found = original(self, scope)
        time.sleep(0.02)
        return found

    patches.replace(MemoryStorage, "transaction", transaction)
    patches.around(MemoryStorage, "first_answer", first_answer)


def refusing_concurrent_requests(patches: Patches, refuse: Callable[[], Exception]) -> None:
    """Raise what `refuse` makes in all but one of a partner's concurrent requests with one key."""
    claimed: set[tuple[str, str, str]] = set()
    lock = threading.Lock()

    def create(original: Callable[..., Any], environment: Environment, **keywords: Any) -> Any:
        key = keywords["request"].get("idempotencyKey")
        claim = (keywords["partner"].name, keywords["operation_id"], key)
        with lock:
            if claim in claimed:
                raise refuse()
            claimed.update([claim] if key else [])
        try:
            time.sleep(0.05 if key else 0)
            return original(environment, **keywords)
        finally:
            claimed.discard(claim)

    patches.around(handlers, "create_session", create)


@faulty(breaks="IDEM-13", on="reference")
def losers_of_a_race_get_500(patches: Patches) -> None:
    """The database lets one of several concurrent requests in, and nobody catches what the others get."""
    refusing_concurrent_requests(patches, lambda: RuntimeError("duplicate key value"))


@faulty(
    breaks="IDEM-14",
    collateral=(
        "IDEM",
        "SESS-02",
        "SESS-08",
    ),
    on="reference",
)
def equal_requests_taken_for_repeats(patches: Patches) -> None:
    """Two equal requests without a key are taken for one that was sent twice."""

    def create(original: Callable[..., Any], environment: Environment, **keywords: Any) -> Any:
        request = keywords["request"]
        key = request.get("idempotencyKey") or idempotency.fingerprint(request).hex()
        return original(environment, **{**keywords, "request": {**request, "idempotencyKey": key}})

    patches.around(handlers, "create_session", create)


@faulty(breaks="IDEM-01", collateral=("IDEM",))
def keys_forgotten_when_another_comes(patches: Patches) -> None:
    """Of each partner's keys only the last is remembered."""

    def keep(original: Callable[..., Any], self: MemoryStorage, answer: FirstAnswer) -> Any:
        first = original(self, answer)
        if first is None:
            for scope in list(self._first_answers):
                if scope.partner_id == answer.scope.partner_id and scope != answer.scope:
                    del self._first_answers[scope]
        return first

    patches.around(MemoryStorage, "consume_key", keep)
