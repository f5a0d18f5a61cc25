"""Judges generated requests: what each deserves, and whether it got that."""

from collections.abc import Iterable
from typing import Any, Final

from ..credentials import Partner
from ..ledger import Breach, Ledger
from ..operations import creation_at, session_path
from ..target import Acquaintance
from ..trial import describe, problem_code, problem_pointers
from ..unrouted import is_unrouted
from ..wire import Answer, Client, Exchange, Request
from .creation import CREATED, judge_creation, judge_representation
from .oracle import FIELDS, JUDGED, Deserved, deserve
from .standing import STANDING, judge_answer

CITES: Final = tuple(dict.fromkeys((*STANDING, "AUTH-02", "ERR-10", *CREATED, *JUDGED)))
OCCASIONAL: Final = ("ERR-09",)
LOOK_UP_EVERY: Final = 10
"""Of how many creations one is looked up."""

KEPT_SESSIONS: Final = 50
"""The latest, with all that they say; of those before it is known that they exist."""


class Arbiter:
    """Remembers the sessions that were made, so that look-ups can be judged as well as creations."""

    def __init__(self, *, known: Acquaintance, client: Client, ledger: Ledger, test: str) -> None:
        """`client` sends the look-ups; `test` is the name under which breaches are recorded."""
        self._known = known
        self._client = client
        self._ledger = ledger
        self._test = test
        self._made: set[str] = set()
        self._sessions: dict[str, Any] = {}
        self._owners: dict[str, Partner] = {}
        self._seen: set[str] = set()

    def partner(self, path: str) -> Partner:
        """Who has to sign a request to `path`: whoever may create there, or created what is read there."""
        creation = creation_at(path) or self._known.creations[0]
        return self._owners.get(path) or self._known.partners(creation)[0]

    def judge(self, exchange: Exchange) -> None:
        """Judge one exchange by all that holds for it."""
        if is_unrouted(exchange, self._client):
            return
        judge_answer(exchange, seen=self._seen, check=self._check)
        known = frozenset(self._made)
        deserved = deserve(exchange.request, max_amount=self._known.target.limit, known=known)
        if exchange.answer is None or exchange.answer.status >= 500:
            return  # which breaks ERR-11, and tells nothing of the rules that the request is about
        self._remember(exchange)
        # Every request is signed as it is sent: whatever it holds, the signature is not what is wrong.
        if not self._check(
            "AUTH-02", exchange.answer.status != 401, exchange, "the signature to be accepted"
        ):
            return
        if deserved is None:
            return
        if deserved.status == 201:
            self._judge_accepted(exchange, deserved)
        elif deserved.faults:
            self._judge_refused(exchange, deserved)
        elif deserved.status == 200:
            self._judge_found(exchange)
        else:
            requirement = {404: "SESS-12", 405: "HTTP-02", 415: "HTTP-10"}.get(deserved.status, "DATA-04")
            got = exchange.answer.status == deserved.status
            if exchange.request.method != "HEAD":
                got = got and problem_code(exchange.answer) == deserved.code
            self._check(requirement, got, exchange, f"{deserved.status} {deserved.code}")

    def _judge_accepted(self, exchange: Exchange, deserved: Deserved) -> None:
        answer, members = exchange.answer, dict(deserved.members or {})
        creation = creation_at(exchange.request.path.partition("?")[0])
        if answer is None or creation is None:
            return
        if answer.status != 201:
            # What the target objects to tells which rule it has wrong.
            tops = _tops(problem_pointers(answer))
            blamed = {FIELDS[top] for top in tops if top in FIELDS} or {"SESS-01"}
            for requirement in sorted(blamed):
                self._check(requirement, False, exchange, "201 for a valid request")
            return
        for name in members:
            self._check(FIELDS[name], True, exchange, "")
        judge_creation(exchange, creation=creation, members=members, check=self._check)
        session_id = _session_id(answer)
        if session_id is not None and len(self._made) % LOOK_UP_EVERY == 1:
            path = session_path(session_id)
            headers = self._owners[path].headers(b"", timestamp=str(self._known.now()))
            self._judge_found(self._client.send(Request(method="GET", path=path, headers=headers)))

    def _remember(self, exchange: Exchange) -> None:
        """Keep the session that was made, wrongly or not: look-ups find it from now on."""
        creation = creation_at(exchange.request.path.partition("?")[0])
        answer = exchange.answer
        if creation is None or answer is None or answer.status != 201:
            return
        session_id = _session_id(answer)
        if session_id is not None:
            self._made.add(session_id)
            self._sessions[session_id] = answer.json()
            if len(self._sessions) > KEPT_SESSIONS:  # a target that answers much must not fill the memory
                del self._sessions[next(iter(self._sessions))]
            self._owners[session_path(session_id)] = self._known.partners(creation)[0]

    def _judge_refused(self, exchange: Exchange, deserved: Deserved) -> None:
        """Judge the answer to a request with faults.

        One that is not refused breaks the rule of each. A fault that goes unnamed beside others may have been
        seen or not: what is broken for certain is the list. What is named without being a fault tells which
        rule the target has wrong, as in the refusal of a valid request.
        """
        answer, faults = exchange.answer, deserved.faults
        code = problem_code(answer) if answer is not None and answer.status == 400 else None
        expected = f"400 {deserved.code} at {', '.join(map(repr, sorted(faults)))}"
        is_too_much = "DATA-14" in faults.values()
        if code != "invalid_request" and not (is_too_much and code == "amount_out_of_range"):
            for requirement in sorted(set(faults.values())):
                self._check(requirement, False, exchange, expected)
            return
        named = problem_pointers(answer)
        missing = faults.keys() - named
        # Whether what lies within an unknown member, or a value of the wrong type, is faulty too (for NUL in
        # a name, say), the document leaves open: only what stands outside of such places is judged.
        others = {
            place for place in named - faults.keys() if not any(place.startswith(f"{top}/") for top in faults)
        }
        tops = _tops(others) - _tops(missing)
        mistaken = {FIELDS[top] for top in tops if top in FIELDS}
        for requirement in sorted(mistaken):
            self._check(requirement, False, exchange, expected)
        for pointer in faults.keys() & named:
            self._ledger.kept(faults[pointer])
        if is_too_much and not mistaken:
            self._check("DATA-14", code == deserved.code and "/amount" in named, exchange, expected)
        if code == "invalid_request":
            complete = not missing and _tops(others) <= FIELDS.keys()
            self._check("ERR-05", complete, exchange, expected)

    def _judge_found(self, exchange: Exchange) -> None:
        session_id = exchange.request.path.rpartition("/")[2].partition("?")[0]
        if exchange.request.method != "GET":
            return
        answer = exchange.answer
        shown = answer.json() if answer is not None else None
        judge_representation(exchange, self._sessions.get(session_id, shown), self._check)

    def _check(self, requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        if truth:
            self._ledger.kept(requirement)
        else:
            got = f"; got {describe(exchange)}" if exchange is not None else ""
            message = f"expected {expected}{got}"
            self._ledger.broken(
                Breach(requirement=requirement, test=self._test, message=message, exchange=exchange)
            )
        return truth


def _session_id(answer: Answer) -> str | None:
    session = answer.json()
    found = session.get("sessionId") if isinstance(session, dict) else None
    return found if isinstance(found, str) else None


def _tops(pointers: Iterable[str]) -> set[str]:
    """The members of the whole in which these places are; the whole itself is in none, and is named ""."""
    return {pointer.partition("/")[2].partition("/")[0] for pointer in pointers}
