"""PAY-01 to PAY-08, SESS-11, SESS-18, IDEM-05: what a payment makes of its session."""

import contextlib
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from ..credentials import Partner
from ..document import named_members
from ..driver import Command, DriverError
from ..stage import Session, Stage
from ..target import HIGHEST_AMOUNT
from ..trial import Obstacle, Trial, judges
from ..wire import Exchange, Request

STATUSES: Final = ("created", "initiated", "submitted", "accepted", "completed")
UNDER_WAY: Final = frozenset({"created", "initiated", "submitted", "accepted"})
FAILURES: Final = frozenset(
    {
        "refused_by_bank",
        "insufficient_funds",
        "authorisation_timed_out",
        "identity_rejected",
        "risk_declined",
        "amount_mismatch",
        "processing_error",
    }
)
MOST_STEPS: Final = 8
"""More than any payment has."""


def deposit_of(session: Session) -> dict[str, Any]:
    """The session's deposit; empty without one, as where there is something else in its place."""
    deposit = session.get("deposit")
    return deposit if isinstance(deposit, dict) else {}


def deposit_status(session: Session) -> Any:
    """The status of the session's deposit; None without one."""
    return deposit_of(session).get("status")


def judge_consistency(stage: Stage, session: Session, exchange: Exchange) -> None:
    """PAY-02, PAY-05: what a look-up shows of session and deposit are two sides of one step, always."""
    status, deposit = session.get("status"), deposit_status(session)
    if status in ("open", "expired", "cancelled"):
        expected = f"no deposit of a session that is {status}, not one that is {deposit};"
        stage.check("PAY-02", deposit is None, exchange, expected)
    elif status == "processing":
        known = "PAY-05" if deposit in ("completed", "failed") else "PAY-02"
        expected = f"a deposit under way of a session that is processing, not {deposit};"
        stage.check(known, deposit in UNDER_WAY, exchange, expected)
    else:
        expected = f"a deposit that is {status} as its session is, not {deposit};"
        stage.check("PAY-05", deposit == status, exchange, expected)


LIVING: Final = ("status", "deposit", "amount", "paymentMethod")
"""What changes in the representation of a session; nothing else does (SESS-10)."""


def judge_the_rest(stage: Stage, first: Session, found: Session, exchange: Exchange) -> None:
    """SESS-10, SESS-15: of the `first` answer all that does not live is `found` again, the times included.

    This is said of what the document names.
    """
    first, found = named_members(first), named_members(found)
    for requirement, names in (
        ("SESS-15", {"createdAt", "expiresAt"}),
        ("SESS-10", {*first, *found} - {*LIVING, "createdAt", "expiresAt"}),
    ):
        changed = [name for name in sorted(names) if first.get(name) != found.get(name)]
        expected = f"{', '.join(changed) or 'all'} as the first answer had it"
        stage.check(requirement, not changed, exchange, expected)


@judges("PAY-02", "PAY-03", "PAY-05", besides=("SESS-10", "SESS-15"))
def deposits_go_step_by_step(trial: Trial) -> None:
    """A payment stopped after each of its steps, each time in a session of its own."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        way: list[Any] = []
        for steps in range(MOST_STEPS):
            members = {"websiteReference": "r", "customFields": {"a": "1"}}
            session = stage.create(members, creation=creation)
            stage.play(session, "success", steps=steps)
            found, exchange = stage.look(session, partner)
            judge_consistency(stage, found, exchange)
            judge_the_rest(stage, session, found, exchange)
            status = deposit_status(found)
            if not way:
                begun = found.get("status") == "processing" and status == "created"
                stage.check("PAY-02", begun, exchange, "a deposit that is created in a session in processing")
            way += [status] if way[-1:] != [status] else []
            in_order = tuple(way) == STATUSES[: len(way)]
            expected = f"statuses of the deposit in the order {', '.join(STATUSES)}, not {way};"
            if not stage.check("PAY-03", in_order, exchange, expected) or status == "completed":
                break
        else:
            stage.check("PAY-03", False, exchange, f"a deposit that is completed in the end, not {way};")


@judges("PAY-04", "PAY-05")
def deposits_fail_with_a_reason(trial: Trial) -> None:
    """Every failure that can be played ends session and deposit at once, and says why."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        for outcome in sorted(FAILURES - {"authorisation_timed_out"}):
            session = stage.create(creation=creation)
            stage.play(session, outcome)
            found, exchange = stage.look(session, partner)
            judge_consistency(stage, found, exchange)
            deposit = deposit_of(found)
            stage.check("PAY-04", found.get("status") == "failed", exchange, "a session that failed")
            code, reason = deposit.get("failureCode"), deposit.get("failureReason")
            stage.check("PAY-04", code == outcome, exchange, f"the failureCode {outcome}, not {code};")
            told = isinstance(reason, str) and bool(reason)
            stage.check("PAY-04", told, exchange, "a failureReason")
        session = stage.create(creation=creation)
        stage.play(session, "success")
        found, exchange = stage.look(session, partner)
        spared = not {"failureCode", "failureReason"} & {
            name for name, value in deposit_of(found).items() if value is not None
        }
        stage.check("PAY-04", spared, exchange, "no reason for a failure that there was not")


@judges("PAY-01", "SESS-18")
def what_is_over_stays_over(trial: Trial) -> None:
    """A session in processing takes no second payment, and a final one neither payment nor exit."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        final: list[tuple[Session, Session]] = []
        for outcome, steps, status in (
            ("success", 0, "processing"),
            ("success", None, "completed"),
            ("risk_declined", None, "failed"),
        ):
            session = stage.create(creation=creation)
            stage.play(session, outcome, steps=steps)
            before, exchange = stage.look(session, partner)
            if before.get("status") != status:
                raise Obstacle(f"a session could not be made {status} but is {before.get('status')}")
            again = "risk_declined" if outcome == "success" else "success"
            stage.attempt(session, again)
            after, exchange = stage.look(session, partner)
            same = _reference(after) == _reference(before) and after.get("deposit") is not None
            stage.check("PAY-01", same, exchange, f"the one deposit {_reference(before)} after a second try")
            requirement = "PAY-01" if status == "processing" else "SESS-18"
            expected = f"the session as it was, {status}, after a second try"
            stage.check(requirement, after == before, exchange, expected)
            if status != "processing":
                leave(stage, session)
                after, exchange = stage.look(session, partner)
                stage.check("SESS-18", after == before, exchange, f"it {status} when the payer exits, too")
                final.append((session, before))
        stage.pass_time(timedelta(days=2))
        for session, before in final:
            if stage.is_kept(session, partner):
                after, exchange = stage.look(session, partner)
                expected = f"the session as it was, {before['status']}, two days later"
                stage.check("SESS-18", after == before, exchange, expected)


def _reference(session: Session) -> Any:
    return deposit_of(session).get("reference")


@judges("PAY-07")
def payers_may_leave(trial: Trial) -> None:
    """An exit cancels an open session, and leaves one in processing alone."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        session = stage.create(creation=creation)
        require_exit(stage, session)
        cancelled, exchange = stage.look(session, partner)
        stage.check("PAY-07", cancelled.get("status") == "cancelled", exchange, "a session that is cancelled")
        session = stage.create(creation=creation)
        stage.play(session, "success", steps=1)
        before, _ = stage.look(session, partner)
        leave(stage, session)
        after, exchange = stage.look(session, partner)
        stage.check("PAY-07", after == before, exchange, "a session in processing as it was before the exit")


@judges("SESS-18", besides=("IDEM-05", "SESS-10", "SESS-15"))
def cancelled_sessions_stay_cancelled(trial: Trial) -> None:
    """No payment follows an exit, and no expiry."""
    creation = trial.creation
    partner = trial.partner(creation)
    with Stage(trial) as stage:
        members = {"idempotencyKey": trial.fresh(), "websiteReference": "r", "customFields": {"a": "1"}}
        session = stage.create(members, creation=creation)
        require_exit(stage, session)
        cancelled, exchange = stage.look(session, partner)
        judge_the_rest(stage, session, cancelled, exchange)
        stage.attempt(session, "success")
        after, exchange = stage.look(session, partner)
        stage.check("SESS-18", after == cancelled, exchange, "a cancelled session as it was")
        exchange = trial.post(members, creation=creation, partner=partner)
        first = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
        stage.check("IDEM-05", first == session, exchange, "the first answer, of a session cancelled since")
        stage.pass_time(timedelta(days=1))
        if stage.is_kept(session, partner):
            after, exchange = stage.look(session, partner)
            stage.check("SESS-18", after == cancelled, exchange, "a cancelled session as it was, a day later")


def leave(stage: Stage, session: Session) -> bool:
    """Have the payer exit, by a driver that can, or else by the payer API: whether there was a way."""
    stage.story.append("the payer exits")
    if isinstance(stage.driver, Command) and stage.driver.exits:
        stage.driver.exit(session["sessionId"])
        return True
    path = f"/payer/session/{session['sessionId']}/exit"
    exchange = stage.trial.send(Request(method="POST", path=path, body=b""))
    return exchange.answer is not None and exchange.answer.status == 200


def require_exit(stage: Stage, session: Session) -> None:
    """Have the payer exit; an obstacle where nothing can."""
    if not leave(stage, session):
        raise Obstacle(
            "nothing lets the payer exit: POST /payer/session/{sessionId}/exit of the payer API was not "
            'answered 200, and no driver command knows it (optional_verbs = ["exit"] in target.toml)'
        )


@judges("PAY-08", besides=("SESS-10",))
def payers_name_the_amount(trial: Trial) -> None:
    """An embedded session without an amount takes one from the payer, and none outside the limits."""
    creation = trial.pick(lambda each: each.type == "embedded", "an embedded session")
    partner = trial.partner(creation)
    target = trial.known.target
    limit = target.limit if target.has_limit else HIGHEST_AMOUNT
    with Stage(trial) as stage:
        session = stage.create({"amount": None}, creation=creation)
        found, exchange = stage.look(session, partner)
        stage.check("PAY-08", found.get("amount", 0) is None, exchange, "an amount of null")
        stage.attempt(session, "success", amount=limit + 0.01)
        found, exchange = stage.look(session, partner)
        untouched = found.get("amount", 0) is None and found.get("status") == "open"
        stage.check("PAY-08", untouched, exchange, f"an open session after an amount above {limit:g}")
        small = stage.create({"amount": None}, creation=creation)
        with contextlib.suppress(DriverError):  # such as a control API's answer that its document forbids
            stage.attempt(small, "success", amount=0.05)
        found_small, shown = stage.look(small, partner)
        untouched = found_small.get("amount", 0) is None and found_small.get("status") == "open"
        stage.check("PAY-08", untouched, shown, "an open session after an amount below 0.1")
        named = stage.create(creation=creation)
        stage.attempt(named, "success", amount=0.29)
        paid, shown = stage.look(named, partner)
        kept = paid.get("amount") == named.get("amount")
        stage.check("PAY-08", kept, shown, "the amount of the creation, whatever the payer filled in")
        if found.get("status") != "open":
            session = stage.create({"amount": None}, creation=creation)
        stage.play(session, "success", amount=0.29)
        found, exchange = stage.look(session, partner)
        stage.check("PAY-08", found.get("amount") == 0.29, exchange, "the amount that the payer filled in")
        method = deposit_of(found).get("paymentMethod")
        chosen = method is not None and found.get("paymentMethod") == method
        stage.check("SESS-10", chosen, exchange, f"the paymentMethod that was chosen, {method}")


@judges("IDEM-05")
def repeats_tell_of_the_beginning(trial: Trial) -> None:
    """A repeat gets the first answer although the session has moved on, to whatever status."""
    ways = (("success", 0), ("success", None), ("risk_declined", None))
    with Stage(trial) as stage:
        for creation, (outcome, steps) in itertools.product(trial.creations(), ways):
            members = {"idempotencyKey": trial.fresh(), "websiteReference": "again"}
            session = stage.create(members, creation=creation)
            stage.play(session, outcome, steps=steps)
            exchange = trial.post(members, creation=creation)
            first = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
            stage.check(
                "IDEM-05", first == session, exchange, "the first answer, of the session when it was open"
            )


SAVED_BANKS: Final = 10
MORE_PAYMENTS: Final = 10
"""After two: where each is by another bank, there are more than are saved."""


@judges("SESS-11")
def banks_are_saved(trial: Trial) -> None:
    """Banks of completed payments, most recent first, of this customer of this partner, as a snapshot."""
    creation = trial.pick(lambda each: each.type == "embedded", "an embedded session")
    partners = trial.known.partners(creation)
    user = trial.fresh("user")
    with Stage(trial) as stage:

        def banks(user_id: str = user, partner: Partner = partners[0]) -> tuple[list[Any], Session]:
            session = stage.create({"userId": user_id}, creation=creation, partner=partner)
            found = session.get("savedBanks")
            return (found if isinstance(found, list) else []), session

        def pay(outcome: str) -> None:
            stage.play(banks()[1], outcome)

        none, early = banks()
        _, exchange = stage.look(early, partners[0])
        stage.check("SESS-11", none == [], exchange, "no saved banks of a customer who has paid nothing")
        pay("refused_by_bank")
        none, later = banks()
        _, exchange = stage.look(later, partners[0])
        stage.check("SESS-11", none == [], exchange, "no saved bank of a payment that failed")
        under_way = trial.fresh("user")
        stage.play(banks(under_way)[1], "success", steps=1)
        none, later = banks(under_way)
        _, exchange = stage.look(later, partners[0])
        stage.check("SESS-11", none == [], exchange, "no saved bank of a payment that is under way")
        pay("success")
        one, later = banks()
        _, exchange = stage.look(later, partners[0])
        if not stage.check("SESS-11", len(one) == 1, exchange, "the bank of the payment that was completed"):
            return
        moved = stage.create(
            {"userId": user, "userEmail": "new@shop.example"}, creation=creation, partner=partners[0]
        )
        _, exchange = stage.look(moved, partners[0])
        kept = moved.get("savedBanks") == one
        stage.check("SESS-11", kept, exchange, "the bank of the same customer by another address")
        others = [banks(trial.fresh("User"))]
        if len(partners) > 1:
            others.append(banks(user, partners[1]))
        for found, session in others:
            owner = partners[0] if session is others[0][1] else partners[1]
            _, exchange = stage.look(session, owner)
            stage.check("SESS-11", found == [], exchange, "no bank of another customer or partner")
        _judge_order(stage, partners[0], banks, pay, one)
        for then, session in (([], early), (one, later)):
            snapshot, exchange = stage.look(session, partners[0])
            kept = snapshot.get("savedBanks") == then
            stage.check("SESS-11", kept, exchange, "the saved banks of the creation, whatever was paid since")
        _judge_other_operations(stage, partners[0], banks)


def _judge_other_operations(
    stage: Stage, partner: Partner, banks: Callable[..., tuple[list[Any], Session]]
) -> None:
    """A customer who paid by the hosted page is the same customer."""
    user = stage.trial.fresh("user")
    for creation in stage.trial.creations():
        hosted = creation.management == "partner" and creation.type == "hosted"
        if hosted and partner in stage.trial.known.partners(creation):
            paid = stage.create({"userId": user}, creation=creation, partner=partner)
            stage.play(paid, "success")
            found, session = banks(user)
            _, exchange = stage.look(session, partner)
            expected = "the bank of a payment that the customer completed on the hosted page"
            stage.check("SESS-11", len(found) == 1, exchange, expected)


def _judge_order(
    stage: Stage,
    partner: Partner,
    banks: Callable[[], tuple[list[Any], Session]],
    pay: Callable[[str], None],
    one: list[Any],
) -> None:
    """The bank that was used last comes first, and once; of more than ten, the last ten are told.

    Which bank is used, no driver says: perhaps each outcome has one, perhaps each payment.
    """
    pay("accepted_late")
    stage.advance(timedelta(minutes=11))
    known, later = banks()
    _, exchange = stage.look(later, partner)
    stage.check("SESS-11", is_next(known, one), exchange, "the bank that was used last first")
    is_one_for_all = len(known) == 1
    for turn in range(MORE_PAYMENTS):
        pay("success")
        found, later = banks()
        _, exchange = stage.look(later, partner)
        again = is_next(found, known)
        if turn == 0 and not is_one_for_all:
            again = again and found[:1] != known[:1]
        expected = f"the bank of the last payment first, once, and {SAVED_BANKS} banks at most"
        if not stage.check("SESS-11", again, exchange, expected):
            return
        known = found


def is_next(found: list[Any], before: list[Any]) -> bool:
    """Whether the bank of one more payment went to the front, out of its former place if it had one.

    A bank that was used by another account is shown with the last one, or once for each.
    """
    front = found[:1]
    others = [bank for bank in before if bank not in front]
    other_banks = [bank for bank in others if _bank_id(bank) != _bank_id(front[0])] if front else []
    return bool(front) and found in [[*front, *rest][:SAVED_BANKS] for rest in (others, other_banks)]


def _bank_id(bank: Any) -> Any:
    return bank.get("id") if isinstance(bank, dict) else None
