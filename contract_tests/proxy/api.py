"""Judges what goes by between a partner and an implementation of the session API."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from ..judging.creation import judge_creation
from ..judging.oracle import FIELDS, Deserved, deserve, is_coded
from ..judging.standing import judge_answer, judge_problem
from ..operations import Creation, creation_at
from ..target import HIGHEST_AMOUNT
from ..trial import problem_code, problem_pointers
from ..wire import Answer, Exchange, Request
from .conversation import Observed
from .document import Document
from .record import Fault, Observer, Record, Side

MALFORMED: Final = frozenset({"DATA-01", "DATA-02", "DATA-03"})
WINDOW_SECONDS: Final = 300
LEEWAY_SECONDS: Final = 5
"""What clocks and the way may make of the window without anybody being wrong."""
BODY_BYTES: Final = 262_144
REMEMBERED: Final = 10_000
REMEMBERED_MEMBERS: Final = ("createdAt", "expiresAt", "status")
"""Of a session."""
SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
REFUSED_BEFORE_DATA: Final = frozenset({401, 403, 404, 405, 406, 409, 413, 422, 429, 500, 503})
FINAL: Final = ("completed", "failed", "expired", "cancelled")
"""No set: what is answered in place of a status need not be hashable."""
ANYTIME: Final = frozenset({429, 503})


class ApiJudge:
    """Remembers Request-Ids and sessions, so that later answers can be judged by earlier ones."""

    def __init__(self, *, document: Document, record: Record) -> None:
        self._document = document
        self._record = record
        self._request_ids: set[str] = set()
        self._sessions: OrderedDict[str, tuple[dict[str, Any], float]] = OrderedDict()

    def judge(self, observed: Observed, tell: Callable[[Fault], None]) -> None:
        """Judge one exchange, on both sides."""
        exchange = observed.exchange
        partner = self._record.observer(Side.PARTNER, exchange, tell)
        implementation = self._record.observer(Side.IMPLEMENTATION, exchange, tell)
        self._judge_request(observed, partner)
        answer = exchange.answer
        if answer is None:
            implementation.broken("ERR-11", f"expected an answer; got none: {exchange.failure}")
            return
        if not observed.whole:
            self._record.unjudged += 1
            return
        self._judge_answer(exchange, answer, implementation)
        # Which lower limit an environment has, only it can say (DATA-14).
        deserved = deserve(exchange.request, max_amount=HIGHEST_AMOUNT, known=frozenset())
        creation = creation_at(exchange.request.path.partition("?")[0])
        if deserved is not None and creation is not None:
            self._judge_decision(exchange, answer, creation, deserved, implementation)
        if answer.status in (200, 201) and exchange.request.method != "HEAD":
            replayed = answer.header("Idempotency-Replayed") is not None
            self._judge_session(answer.json(), observed, replayed=replayed, implementation=implementation)

    # -- the partner ----------------------------------------------------------------------------------------

    def _judge_request(self, observed: Observed, partner: Observer) -> None:
        request, whole = observed.exchange.request, observed.whole
        if is_coded(request):
            faults = {"HTTP-11": "a Content-Encoding, which no body may have"}
        else:
            faults = self._document.request_faults(request) if whole else {}
        faults |= _credential_faults(request)
        if observed.request_bytes > BODY_BYTES:
            faults = {"HTTP-13": f"a body of {observed.request_bytes:,} bytes, more than {BODY_BYTES:,}"}
        deserved = deserve(request, max_amount=HIGHEST_AMOUNT, known=frozenset()) if whole else None
        if deserved is not None and "HTTP-13" not in faults:
            if deserved.code == "malformed_json" and not MALFORMED & set(faults):
                # It can be read as JSON, and is nested deeper than the contract has it.
                faults["DATA-03"] = "a body that is nested too deeply"
            for pointer, requirement in deserved.faults.items():
                faults.setdefault(requirement, f"{pointer or 'the body'} is not what the operation takes")
        for requirement, text in faults.items():
            partner.broken(requirement, text)
        if not faults and whole:
            for name in (deserved.members or {}) if deserved else {}:
                partner.check(FIELDS[name], True, None, "")
            partner.check("AUTH-06", True, None, "")

    # -- the implementation ---------------------------------------------------------------------------------

    def _judge_answer(self, exchange: Exchange, answer: Answer, implementation: Observer) -> None:
        if answer.status in ANYTIME:
            judge_problem(exchange, check=implementation.check)
        else:
            judge_answer(exchange, seen=self._request_ids, check=implementation.check)
        if len(self._request_ids) > REMEMBERED:
            self._request_ids.clear()
        if exchange.request.method == "HEAD" or implementation.found:
            return  # what is known to be wrong need not be said in other words
        for requirement, text in self._document.answer_faults(exchange, answer).items():
            if requirement:
                implementation.broken(requirement, text)

    def _judge_decision(
        self,
        exchange: Exchange,
        answer: Answer,
        creation: Creation,
        deserved: Deserved,
        implementation: Observer,
    ) -> None:
        """Whether valid data was accepted, and invalid data refused: where nothing else came first."""
        if deserved.status == 201 and answer.status == 201:
            judge_creation(
                exchange, creation=creation, members=deserved.members or {}, check=implementation.check
            )
        elif deserved.status == 201 and answer.status in (400, 415):
            if problem_code(answer) != "amount_out_of_range":
                tops = {pointer.split("/")[1] for pointer in problem_pointers(answer) if pointer}
                for requirement in sorted({FIELDS[top] for top in tops if top in FIELDS} or {"SESS-01"}):
                    implementation.broken(requirement, f"expected 201 for valid data; got {answer.status}")
        elif answer.status not in REFUSED_BEFORE_DATA:
            kept = answer.status == deserved.status
            unasked = "HTTP-11" if is_coded(exchange.request) else _requirement_of(deserved.status)
            for requirement in set(deserved.faults.values()) or {unasked}:
                implementation.check(
                    requirement, kept, exchange, f"{deserved.status} {deserved.code}; got {answer.status}"
                )

    def _judge_session(
        self, session: Any, observed: Observed, *, replayed: bool, implementation: Observer
    ) -> None:
        """What never changes, against what was said before (SESS-15, SESS-18)."""
        if not isinstance(session, dict) or not isinstance(session.get("sessionId"), str):
            return
        identifier = session["sessionId"]
        session = {name: session.get(name) for name in REMEMBERED_MEMBERS}
        before, ended = self._sessions.pop(identifier, (session, observed.began))
        same = all(before[name] == session[name] for name in ("createdAt", "expiresAt"))
        implementation.check("SESS-15", same, None, "createdAt and expiresAt as they were")
        # What was asked before that was answered may show what was before it.
        is_past = replayed or (before["status"] in FINAL and observed.began < ended)
        if before["status"] in FINAL and not is_past:
            truth = session["status"] == before["status"]
            implementation.check("SESS-18", truth, None, f"the status {before['status']}, which is final")
        self._sessions[identifier] = (before, ended) if is_past else (session, observed.ended)
        if len(self._sessions) > REMEMBERED:
            self._sessions.popitem(last=False)


def _requirement_of(status: int) -> str:
    return {404: "HTTP-01", 405: "HTTP-02", 415: "HTTP-10"}.get(status, "DATA-01")


def _credential_faults(request: Request) -> dict[str, str]:
    """What can be seen of a signature without the API secret: its form, and its age."""
    absent = [name for name in ("ApiKey", "Timestamp", "Signature") if not request.header(name)]
    if absent:
        return {"AUTH-06": f"no {', '.join(absent)}"}
    faults = {}
    timestamp, signature = request.header("Timestamp") or "", request.header("Signature") or ""
    if re.fullmatch(r"[0-9]{10}", timestamp, re.ASCII) is None:
        faults["AUTH-08"] = "a Timestamp that is not ten digits"
    elif abs(time.time() - int(timestamp)) > WINDOW_SECONDS + LEEWAY_SECONDS:
        age = time.time() - int(timestamp)
        faults["AUTH-09"] = f"a Timestamp {abs(age):.0f} s {'old' if age > 0 else 'ahead of time'}"
    if SIGNATURE.fullmatch(signature) is None or len(signature) % 4:
        faults["AUTH-11"] = "a Signature that is no base64 with padding"
    return faults
