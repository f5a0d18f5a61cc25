"""Judges generated requests: what each deserves, and whether it got that."""

from typing import Any, Final

from ..credentials import Partner
from ..ledger import Breach, Ledger
from ..operations import creation_at, session_path
from ..target import Acquaintance
from ..trial import describe, problem_code, problem_pointers
from ..wire import Client, Exchange, Request
from .creation import CREATED, judge_creation
from .oracle import FIELDS, JUDGED, Deserved, deserve
from .standing import STANDING, judge_answer

CITES: Final = tuple(dict.fromkeys((*STANDING, "ERR-10", *CREATED, *JUDGED)))
OCCASIONAL: Final = ("ERR-09",)
LOOK_UP_EVERY: Final = 10
"""Of how many creations one is looked up."""


class Arbiter:
    """Remembers the sessions that were made, so that look-ups can be judged as well as creations."""

    def __init__(self, *, known: Acquaintance, client: Client, ledger: Ledger, test: str) -> None:
        """`client` sends the look-ups; `test` is the name under which breaches are recorded."""
        self._known = known
        self._client = client
        self._ledger = ledger
        self._test = test
        self._sessions: dict[str, Any] = {}
        self._owners: dict[str, Partner] = {}
        self._seen: set[str] = set()

    def partner(self, path: str) -> Partner:
        """Who has to sign a request to `path`: whoever may create there, or created what is read there."""
        creation = creation_at(path) or self._known.creations[0]
        return self._owners.get(path) or self._known.partners(creation)[0]

    def judge(self, exchange: Exchange) -> None:
        """Judge one exchange by all that holds for it."""
        judge_answer(exchange, seen=self._seen, check=self._check)
        known = frozenset(self._sessions)
        deserved = deserve(exchange.request, max_amount=self._known.target.max_amount, known=known)
        if deserved is None or exchange.answer is None:
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
            tops = {pointer.split("/")[1] for pointer in problem_pointers(answer) if pointer}
            blamed = {FIELDS[top] for top in tops if top in FIELDS} or {"SESS-01"}
            for requirement in sorted(blamed):
                self._check(requirement, False, exchange, "201 for a valid request")
            return
        for name in members:
            self._check(FIELDS[name], True, exchange, "")
        judge_creation(exchange, creation=creation, members=members, check=self._check)
        session = answer.json()
        if isinstance(session, dict) and isinstance(session.get("sessionId"), str):
            path = session_path(session["sessionId"])
            self._sessions[session["sessionId"]] = session
            self._owners[path] = partner = self._known.partners(creation)[0]
            if len(self._sessions) % LOOK_UP_EVERY == 1:
                headers = partner.headers(b"", timestamp=str(self._known.now()))
                self._judge_found(self._client.send(Request(method="GET", path=path, headers=headers)))

    def _judge_refused(self, exchange: Exchange, deserved: Deserved) -> None:
        answer = exchange.answer
        refused = answer is not None and answer.status == 400 and problem_code(answer) == deserved.code
        places = ", ".join(repr(pointer) for pointer in sorted(deserved.faults))
        expected = f"400 {deserved.code} at {places}"
        found = problem_pointers(answer)
        for pointer, requirement in deserved.faults.items():
            self._check(requirement, refused and pointer in found, exchange, expected)
        if refused and deserved.code == "invalid_request":
            # Whether what lies within an unknown member, or a value of the wrong type, is faulty too (for NUL
            # in a name, say), the document leaves open: only what stands outside of such places is judged.
            judged = {
                place
                for place in found
                if place in deserved.faults or not any(place.startswith(f"{top}/") for top in deserved.faults)
            }
            self._check("ERR-05", judged == set(deserved.faults), exchange, expected)

    def _judge_found(self, exchange: Exchange) -> None:
        session_id = exchange.request.path.rpartition("/")[2].partition("?")[0]
        answer = exchange.answer
        if exchange.request.method != "GET":
            return
        truth = (
            answer is not None and answer.status == 200 and answer.json() == self._sessions.get(session_id)
        )
        self._check("SESS-10", truth, exchange, "200 with the representation of the 201")

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
