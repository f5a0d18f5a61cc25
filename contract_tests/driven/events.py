"""HOOK-01 to HOOK-13, HOOK-20: what partners are told of a payment, of whom, and when."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from ..credentials import Partner
from ..directed.sessions import KYC
from ..operations import Creation
from ..receiver import Arrival, Inbox, Reply
from ..stage import STATUS_CHANGED, Session, Stage, deposit_event
from ..trial import Obstacle, Trial, judges
from ..wire import Exchange, Request
from .payments import deposit_of, deposit_status, leave, require_exit

TOLD_KYC: Final = {
    "customerFullName": "fullName",
    "customerResidenceAddress": "residenceAddress",
    "customerCitizenshipCountryCode": "citizenshipCountryCode",
}
NULLABLE_IN_EVERY_EVENT: Final = ("websiteReference", "idempotencyKey")
IDENTIFYING: Final = ("reference", "endToEndId", "paymentMethod")
OURS: Final = ("websiteReference", "idempotencyKey", "customFields")
PREFIX: Final = ("created", "initiated", "submitted", "accepted")
ORDER: Final = ("open", "processing", "final")
FINAL: Final = frozenset({"completed", "failed", "expired", "cancelled"})
TOLERANCE: Final = timedelta(seconds=2)
"""Between the session clock as a driver reads it and as the target does."""


def ours(trial: Trial) -> dict[str, Any]:
    """What a partner sends along, and is told again with every event."""
    return {
        "websiteReference": " order\u00a07 \U0001f30d",
        "customFields": {"a": "", "ü": " x ", "__proto__": "y"},
        "idempotencyKey": trial.fresh(),
    }


def deposit_statuses(arrivals: tuple[Arrival, ...]) -> Counter[str]:
    """How often each status of the deposit was told, by the status; repeats of one event count once."""
    told = {arrival.event_id: arrival.event_type for arrival in arrivals}
    return Counter(name.rpartition(".")[2] for name in told.values() if ".deposit." in name)


def steps_of_status(arrivals: tuple[Arrival, ...]) -> Counter[tuple[Any, Any]]:
    """How often each step of the session was told, as (previous, now)."""
    told = {arrival.event_id: arrival for arrival in arrivals if arrival.event_type == STATUS_CHANGED}
    return Counter((each.word("previousStatus"), each.word("status")) for each in told.values())


@judges(
    *("HOOK-01", "HOOK-02", "HOOK-03", "HOOK-04", "HOOK-05", "HOOK-06", "HOOK-07", "HOOK-09"),
    *("HOOK-10", "HOOK-11", "HOOK-13"),
    besides=("DATA-13", "DATA-28", "PAY-01", "PAY-04"),
    listens=True,
)
def payments_are_told(trial: Trial) -> None:
    """A payment made and a payment refused, of each operation, with all optional members and none."""
    models = trial.creations()
    with Stage(trial) as stage:
        told: dict[str, set[str]] = {}
        for creation in models:
            partner = trial.partner(creation)
            inbox = stage.listen(partner)
            known: list[Session] = []
            for outcome, end, members in (
                ("success", "completed", {}),
                ("refused_by_bank", "failed", _everything(trial, creation)),
            ):
                session = stage.create(members, creation=creation)
                early = stage.collect(inbox, session, 0)
                stage.check("HOOK-05", not early, _latest(early), "no event of a creation")
                start = stage.driver.now() - TOLERANCE
                stage.play(session, outcome)
                awaited = 7 if end == "completed" else 4
                arrivals = stage.collect(inbox, session, awaited)
                finish = stage.driver.now() + TOLERANCE
                if not arrivals:
                    _judge_absence(stage, inbox.arrivals, session)
                    return
                _judge_set(stage, arrivals, end)
                _judge_times(stage, arrivals, start, finish)
                _judge_sessions(stage, inbox, (*known, session), complete=len(arrivals) >= awaited)
                known.append(session)
                for arrival in arrivals:
                    judge_ours(stage, arrival, members)
                    _judge_absent_identity(stage, arrival, creation, members)
                    if "userEmail" in members and arrival.event_type != STATUS_CHANGED:
                        same = arrival.data.get("customerEmail") == members["userEmail"]
                        stage.check("DATA-28", same, arrival.exchange, "the customerEmail as it was sent")
                _judge_identity(stage, arrivals, members)
                _judge_deposit(stage, arrivals, session, partner)
                told.setdefault(end, set()).add(" ".join(sorted({a.event_type for a in arrivals})))
            if creation.management == "partner":
                _judge_half_known(stage, creation, partner, inbox)
            stage.silence(partner)
        if len(models) > 1:
            same = all(len(each) == 1 for each in told.values())
            stage.check("HOOK-05", same, None, f"the same events whatever made the session, not {told}")


def _everything(trial: Trial, creation: Creation) -> dict[str, Any]:
    members = {**ours(trial), "amount": 0.29, "currency": "PLN"}
    if creation.management == "partner":
        members |= {"userKyc": KYC, "userEmail": "First.Last@Shop.example"}
    return members


def _judge_half_known(stage: Stage, creation: Creation, partner: Partner, inbox: Inbox) -> None:
    """HOOK-09, HOOK-11: what little is known of a payer is told as it was sent, and null for the rest."""
    members = {"userKyc": {"fullName": " Zoe\u0308  Nordstro\u0308m "}}
    session = stage.create(members, creation=creation, partner=partner)
    stage.play(session, "success", steps=0)
    for arrival in stage.collect(inbox, session, 2):
        _judge_absent_identity(stage, arrival, creation, members)
        if arrival.event_type == deposit_event("created"):
            _judge_identity(stage, (arrival,), members)


def _judge_deposit(stage: Stage, arrivals: tuple[Arrival, ...], session: Session, partner: Partner) -> None:
    """DATA-13, DATA-28, PAY-01, PAY-04: events tell of the one deposit that a look-up shows."""
    found, _ = stage.look(session, partner)
    deposit = deposit_of(found)
    for arrival in arrivals:
        data = arrival.data
        if data.get("status") == "open":
            continue  # HOOK-05 forbids it; of a deposit it says nothing
        names = ("reference",) if arrival.event_type == STATUS_CHANGED else IDENTIFYING
        other = [name for name in names if data.get(name) != deposit.get(name)]
        expected = f"the {', '.join(other) or 'names'} of the session's one deposit"
        stage.check("PAY-01", not other, arrival.exchange, expected)
        if arrival.event_type == deposit_event("failed"):
            same = all(data.get(name) == deposit.get(name) for name in ("failureCode", "failureReason"))
            stage.check("PAY-04", same, arrival.exchange, "the failureCode and failureReason of the deposit")
        if arrival.event_type != STATUS_CHANGED:
            same = all(data.get(name) == found.get(name) for name in ("amount", "currency"))
            expected = f"an amount of {found.get('amount')} {found.get('currency')}"
            stage.check("DATA-13", same, arrival.exchange, expected)


def _latest(arrivals: tuple[Arrival, ...]) -> Exchange | None:
    return arrivals[-1].exchange if arrivals else None


def _judge_absence(stage: Stage, others: tuple[Arrival, ...], session: Session) -> None:
    """What no event of a payment breaks: HOOK-13 where events name another session, else HOOK-01 and 06."""
    if others:
        expected = f"events of a payment that name its session {session['sessionId']}"
        stage.check("HOOK-13", False, _latest(others), expected)
        return
    strays = stage.strays
    expected = "events of a payment at exactly the URL that is configured"
    for requirement in ("HOOK-01", "HOOK-06"):
        stage.check(requirement, False, strays[-1] if strays else None, expected)


def _judge_set(stage: Stage, arrivals: tuple[Arrival, ...], end: str) -> None:
    """HOOK-06, HOOK-13: one event of each status that the deposit went through, two of the session's."""
    statuses = deposit_statuses(arrivals)
    way = [status for status in PREFIX if status in statuses]
    right = (
        set(statuses) == {*way, end}
        and set(statuses.values()) == {1}
        and way == list(PREFIX[: len(way)])
        and len(way) >= (len(PREFIX) if end == "completed" else 1)
    )
    expected = f"one event each of the deposit's statuses, ending with {end}, not {dict(statuses)}"
    stage.check("HOOK-06", right, arrivals[-1].exchange, expected)
    steps = steps_of_status(arrivals)
    right = steps == Counter({("open", "processing"): 1, ("processing", end): 1})
    expected = f"one {STATUS_CHANGED} to processing and one to {end}, not {dict(steps)}"
    stage.check("HOOK-06", right, arrivals[-1].exchange, expected)
    named = set(steps) <= {("open", "processing"), ("processing", end)}
    expected = f"the statuses before and after each transition of a payment, not {set(steps)};"
    stage.check("HOOK-13", named, arrivals[-1].exchange, expected)
    ids = {arrival.request.body: arrival.event_id for arrival in arrivals}
    distinct = len(set(ids.values())) == len(ids)
    stage.check("HOOK-07", distinct, arrivals[0].exchange, "an eventId of its own for each event")


def _judge_times(stage: Stage, arrivals: tuple[Arrival, ...], start: datetime, finish: datetime) -> None:
    """HOOK-07: the events of one transition share its instant by the session clock."""
    times: dict[tuple[str, Any], str] = {}
    for arrival in arrivals:
        time = str(arrival.data.get("timestamp", ""))
        times[arrival.event_type, arrival.word("status")] = time
        expected = f"a timestamp by the session clock, from {start} to {finish}"
        stage.check("HOOK-07", _lies_between(time, start, finish), arrival.exchange, expected)
    for status, session_status in (("created", "processing"), ("completed",) * 2, ("failed",) * 2):
        pair = times.get((deposit_event(status), None)), times.get((STATUS_CHANGED, session_status))
        if None not in pair:
            shown = next(a for a in arrivals if a.event_type == deposit_event(status))
            expected = f"the timestamp {pair[1]} of the status event of the same transition"
            stage.check("HOOK-07", pair[0] == pair[1], shown.exchange, expected)


def _lies_between(time: str, start: datetime, finish: datetime) -> bool:
    try:
        return start <= datetime.fromisoformat(time) <= finish
    except (ValueError, TypeError):
        return False


def _judge_sessions(stage: Stage, inbox: Inbox, ours: tuple[Session, ...], *, complete: bool) -> None:
    """HOOK-13: where events of our sessions are missing, none came that names another session instead."""
    known = {session["sessionId"] for session in ours}
    strange = tuple(a for a in inbox.arrivals if a.data.get("sessionId") not in known)
    expected = f"events of a payment that name its session {ours[-1]['sessionId']}"
    stage.check("HOOK-13", complete or not strange, _latest(strange or inbox.arrivals), expected)


def judge_ours(stage: Stage, arrival: Arrival, members: dict[str, Any]) -> None:
    """HOOK-09, HOOK-10: what the partner sent along comes back in every event, or null and ``{}``."""
    data = arrival.data
    for name in OURS:
        sent = members.get(name, {} if name == "customFields" else None)
        requirement = "HOOK-10" if name in members else "HOOK-09"
        truth = name in data and data[name] == sent
        stage.check(
            requirement, truth, arrival.exchange, f"the {name} {'null' if sent is None else repr(sent)}"
        )


def _judge_absent_identity(
    stage: Stage, arrival: Arrival, creation: Creation, members: dict[str, Any]
) -> None:
    """HOOK-09: what is not known of a payer is null."""
    data = arrival.data
    if arrival.event_type == deposit_event("created") and creation.management == "partner":
        for name, source in TOLD_KYC.items():
            if source not in members.get("userKyc", {}):
                truth = name in data and data[name] is None
                stage.check("HOOK-09", truth, arrival.exchange, f"a {name} of null, as nothing is known")


def _judge_identity(stage: Stage, arrivals: tuple[Arrival, ...], members: dict[str, Any]) -> None:
    """HOOK-11: three members of one event carry what is known of the payer, and nothing else does."""
    kyc = members.get("userKyc", {})
    for arrival in arrivals:
        data = dict(arrival.data)
        created = arrival.event_type == deposit_event("created")
        for name, source in TOLD_KYC.items():
            value = data.pop(name, None) if created else data.get(name)
            if created and source in kyc:
                stage.check("HOOK-11", value == kyc[source], arrival.exchange, f"the {name} as it was given")
            elif not created:
                stage.check("HOOK-11", value is None, arrival.exchange, f"no {name} in this event")
        rest = repr({**arrival.event, "data": data})
        found = [name for name, value in kyc.items() if name != "citizenshipCountryCode" and value in rest]
        if kyc:
            expected = f"nothing of the payer's {', '.join(found) or 'identity'} elsewhere"
            stage.check("HOOK-11", not found, arrival.exchange, expected)


def _judge_cancellation(stage: Stage, arrivals: tuple[Arrival, ...]) -> None:
    events = {arrival.event_id: arrival for arrival in arrivals}.values()  # repeats of one event count once
    told = [(a.event_type, a.data.get("previousStatus"), a.data.get("status")) for a in events]
    expected = f"one {STATUS_CHANGED} of a cancellation and nothing else, not {told};"
    alone = told == [(STATUS_CHANGED, "open", "cancelled")]
    stage.check("HOOK-06", alone, _latest(arrivals), expected)


@judges("HOOK-06", besides=("HOOK-10",), listens=True)
def cancellations_are_told(trial: Trial) -> None:
    """A session that the payer leaves is told of once; an exit from one in processing, not at all."""
    partner = trial.partner()
    with Stage(trial) as stage:
        inbox = stage.listen(partner)
        members = ours(trial)
        session = stage.create(members)
        require_exit(stage, session)
        arrivals = stage.collect(inbox, session, 1)
        for arrival in arrivals:
            judge_ours(stage, arrival, members)
        _judge_cancellation(stage, arrivals)
        leave(stage, session)
        stage.pass_time(timedelta(days=1))
        _judge_cancellation(stage, stage.collect(inbox, session, 1))
        session = stage.create()
        stage.play(session, "success", steps=0)
        before = len(stage.collect(inbox, session, 2))
        leave(stage, session)
        arrivals = stage.collect(inbox, session, before)
        expected = "no event of an exit that changes nothing"
        stage.check("HOOK-06", len(arrivals) == before, _latest(arrivals), expected)


@judges("HOOK-13", listens=True)
def events_name_their_partner(trial: Trial) -> None:
    """Two partners' events come to their own endpoints and name, in ``partnerName``, two partners."""
    creation, one, two = trial.two_partners()
    with Stage(trial) as stage:
        names = {}
        inboxes = {partner.name: stage.listen(partner) for partner in (one, two)}
        sessions = {}
        for partner in (one, two):
            sessions[partner.name] = stage.create(creation=creation, partner=partner)
            stage.play(sessions[partner.name], "risk_declined")
        for name, inbox in inboxes.items():
            if not stage.collect(inbox, sessions[name], 4):
                raise Obstacle("no event came to the configured URL")
            arrivals = inbox.about(sessions[name]["sessionId"])
            strange = [
                arrival
                for other, session in sessions.items()
                if other != name
                for arrival in inbox.about(session["sessionId"])
            ]
            expected = "no event of another partner's session"
            stage.check("HOOK-13", not strange, _latest(tuple(strange)), expected)
            names[name] = {str(arrival.data.get("partnerName")) for arrival in arrivals}
            single = len(names[name]) == 1
            expected = f"one partnerName in all events of a partner, not {sorted(names[name])}"
            stage.check("HOOK-13", single, arrivals[0].exchange, expected)
        apart = not names[one.name] & names[two.name]
        shown = _latest(inboxes[two.name].about(sessions[two.name]["sessionId"]))
        stage.check("HOOK-13", apart, shown, f"another partnerName for another partner, not {names}")


@judges("HOOK-12", listens=True)
def customers_are_known_again(trial: Trial) -> None:
    """One ``customerId`` for a partner's ``userId``, another for another user or another partner."""
    creation = trial.pick(lambda each: each.management == "partner", "a session for an identified payer")
    partners = trial.known.partners(creation)
    user, other = trial.fresh("user"), trial.fresh("User")
    with Stage(trial) as stage:
        found: dict[str, set[str]] = {}
        shown: dict[str, Exchange | None] = {}

        def pay(who: str, partner: Partner, user_id: str, email: str, creation: Creation = creation) -> None:
            inbox = stage.listen(partner)
            members = {"userId": user_id, "userEmail": email}
            session = stage.create(members, creation=creation, partner=partner)
            stage.play(session, "risk_declined")
            arrivals = stage.collect(inbox, session, 4)
            known = {str(a.data.get("customerId")) for a in arrivals if a.event_type != STATUS_CHANGED}
            found.setdefault(who, set()).update(known)
            shown[who] = _latest(arrivals)

        pay("the user", partners[0], user, "one@shop.example")
        pay("the user", partners[0], user, "two@shop.example")
        pay("another user", partners[0], other, "one@shop.example")
        managed = [each for each in trial.creations() if each.management == "partner"]
        for other_creation in managed[1:]:
            if partners[0] in trial.known.partners(other_creation):
                pay("the user", partners[0], user, "one@shop.example", other_creation)
        pay("a user written in other cases", partners[0], user.swapcase(), "one@shop.example")
        if len(partners) > 1:
            pay("another partner's user", partners[1], user, "one@shop.example")
        if not found["the user"]:
            raise Obstacle("no event of a deposit came to the configured URL")
        one = len(found["the user"]) == 1
        expected = f"one customerId for one userId, not {sorted(found['the user'])}"
        stage.check("HOOK-12", one, shown["the user"], expected)
        for who in sorted(set(found) - {"the user"}):
            apart = bool(found[who]) and not found[who] & found["the user"]
            stage.check("HOOK-12", apart, shown[who], f"another customerId for {who}")
        if len(partners) < 2:
            raise Obstacle("needs credentials of two partners for identified payers (repeat --credentials)")


@judges("HOOK-20", listens=True)
def changes_can_be_read_before_they_are_told(trial: Trial) -> None:
    """A look-up that begins as an event arrives shows what the event tells, or something later."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        session = stage.create(creation=creation)
        looked: list[tuple[Arrival, Exchange]] = []
        ask = _asking(trial, partner, session)
        inbox = stage.listen(partner, Reply(while_held=lambda arrival: looked.append((arrival, ask()))))
        stage.play(session, "success")
        stage.collect(inbox, session, 7)
        if not looked:
            raise Obstacle("no event came to the configured URL")
        for arrival, exchange in looked:
            answer = exchange.answer
            found = answer.json() if answer and answer.status == 200 else None
            if not isinstance(found, dict):
                raise Obstacle("a look-up during a delivery was not answered with the session")
            told = arrival.event_type.rpartition(".")[2]
            if arrival.event_type == STATUS_CHANGED:
                told = str(arrival.data.get("status"))
                now = str(found.get("status"))
                ranks = [
                    ORDER.index("final" if status in FINAL else status)
                    for status in (told, now)
                    if status in FINAL or status in ORDER
                ]
            else:
                now = str(deposit_status(found))
                order = (*PREFIX, "completed")
                ranks = [order.index(status) for status in (told, now) if status in order]
            seen = len(ranks) == 2 and ranks[0] <= ranks[1]
            stage.check("HOOK-20", seen, exchange, f"{told}, which was told before, or later; not {now}")


def _asking(trial: Trial, partner: Partner, session: Session) -> Callable[[], Exchange]:
    """A look-up by a connection of its own, as the receiver's threads make it."""

    def ask() -> Exchange:
        client = trial.client.beside()
        try:
            return client.send(
                trial.sign(Request(method="GET", path=trial.path_of(session)), partner=partner)
            )
        finally:
            client.close()

    return ask
