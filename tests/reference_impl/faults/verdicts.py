"""What must hold after any faults, judged by the database, the receiver's log and what clients were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference_impl.faults.deployment import Deployment
from tests.reference_impl.faults.purchases import EVENTS, Purchase
from tests.reference_impl.faults.receiver import Came

_SESSIONS = "SELECT session_id, status, idempotency_key FROM sessions WHERE idempotency_key LIKE %s"
_DELIVERIES = """SELECT delivery_id, event_id, session_id, status FROM deliveries
    WHERE session_id IN (SELECT session_id FROM sessions WHERE idempotency_key LIKE %s)"""
_ATTEMPTS = """SELECT delivery_id, attempts.status,
        attempts.request_headers ->> 'StableMint-Signature' AS signature,
        extract(epoch FROM pg_xact_commit_timestamp(attempts.xmin))::float AS recorded_at
    FROM attempts JOIN deliveries USING (delivery_id)
    WHERE session_id IN (SELECT session_id FROM sessions WHERE idempotency_key LIKE %s)
    ORDER BY attempts.sequence"""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that is known of the sessions whose keys begin alike."""

    purchases: Sequence[Purchase]
    sessions: Sequence[Mapping[str, Any]]
    deliveries: Sequence[Mapping[str, Any]]
    attempts: Mapping[str, Sequence[Mapping[str, Any]]]
    came: Mapping[str, Sequence[Came]]

    @property
    def unrecorded(self) -> int:
        """Attempts that came to the receiver and whose result nobody lived to record."""
        recorded = sum(map(len, self.attempts.values()))
        return sum(map(len, self.came.values())) - recorded


def gather(deployment: Deployment, purchases: Sequence[Purchase], prefix: str) -> Evidence:
    """The evidence about every session whose key begins with ``prefix``."""
    like = f"{prefix}%"
    deliveries = deployment.database.query(_DELIVERIES, like)
    attempts = defaultdict(list)
    for attempt in deployment.database.query(_ATTEMPTS, like):
        attempts[attempt["delivery_id"]].append(attempt)
    events = {delivery["event_id"] for delivery in deliveries}
    session_ids = {session_id for purchase in purchases for session_id in purchase.session_ids}
    came = defaultdict(list)
    for each in deployment.receiver.log:
        if each.event_id in events or each.session_id in session_ids:
            came[each.event_id].append(each)
    return Evidence(
        purchases=purchases,
        sessions=deployment.database.query(_SESSIONS, like),
        deliveries=deliveries,
        attempts=attempts,
        came=came,
    )


def judge(evidence: Evidence) -> list[str]:
    """What is wrong; nothing, where all holds."""
    return [
        *_lost_sessions(evidence),
        *_keys_with_several_sessions(evidence),
        *_lost_events(evidence),
        *_events_sent_after_their_acknowledgement_was_recorded(evidence),
    ]


def _lost_sessions(evidence: Evidence) -> list[str]:
    """SESS-10: what was acknowledged is there, and as far as was acknowledged."""
    status = {session["session_id"]: session["status"] for session in evidence.sessions}
    return [
        f"session {session_id} was {purchase.end} and is {status.get(session_id, 'lost')}"
        for purchase in evidence.purchases
        for session_id in purchase.session_ids
        if status.get(session_id) != purchase.end
    ]


def _keys_with_several_sessions(evidence: Evidence) -> list[str]:
    """IDEM-13."""
    sessions = Counter(session["idempotency_key"] for session in evidence.sessions)
    told = {purchase.key: len(purchase.session_ids) for purchase in evidence.purchases}
    return [
        f"key {key} has {sessions[key]} sessions, {told.get(key, 0)} of them were answered"
        for key in sessions.keys() | told.keys()
        if (sessions[key], told.get(key)) != (1, 1)
    ]


def _lost_events(evidence: Evidence) -> list[str]:
    """HOOK-24: each event of each session was acknowledged by its receiver, under one identifier."""
    acknowledged: defaultdict[str, set[str]] = defaultdict(set)
    for event_id, requests in evidence.came.items():
        for request in requests:
            if request.status == 204:
                acknowledged[request.session_id].add(event_id)
    outbox: defaultdict[str, set[str]] = defaultdict(set)
    for delivery in evidence.deliveries:
        if delivery["status"] == "delivered":
            outbox[delivery["session_id"]].add(delivery["event_id"])
    return [
        f"of session {session_id}, {purchase.end}, {len(acknowledged[session_id])} events were acknowledged"
        f" and {len(outbox[session_id])} recorded so, not {EVENTS[purchase.end]}"
        for purchase in evidence.purchases
        for session_id in purchase.session_ids
        if acknowledged[session_id] != outbox[session_id] or len(outbox[session_id]) != EVENTS[purchase.end]
    ]


def _events_sent_after_their_acknowledgement_was_recorded(evidence: Evidence) -> list[str]:
    """HOOK-14: by the time at which the record was committed, and by the attempts that are recorded."""
    wrong = []
    for delivery in evidence.deliveries:
        event_id, attempts = delivery["event_id"], evidence.attempts[delivery["delivery_id"]]
        answered = {request.signature: request.status for request in evidence.came[event_id]}
        if any(answered.get(each["signature"]) != each["status"] for each in attempts if each["status"]):
            wrong.append(f"an attempt of event {event_id} is recorded otherwise than it was answered")
        if len({each["signature"] for each in attempts}) != len(attempts):
            wrong.append(f"an attempt of event {event_id} is recorded twice")
        successes = [number for number, each in enumerate(attempts) if each["status"] == 204]
        if successes != [len(attempts) - 1]:
            wrong.append(f"of event {event_id}, {len(successes)} successes are recorded, or not as the last")
            continue
        recorded_at = attempts[-1]["recorded_at"]
        late = [request.at - recorded_at for request in evidence.came[event_id] if request.at > recorded_at]
        wrong += [f"event {event_id} came {seconds:.3f} s after its success was recorded" for seconds in late]
    return wrong
