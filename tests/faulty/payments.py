"""PAY, and what the clock decides: servers that pay twice, forget, or do not know what time it is."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.namespaces import Namespaces
from reference_impl.domain import transitions
from reference_impl.domain.deposits import Deposit, DepositStatus
from reference_impl.domain.events import Occasion
from reference_impl.domain.sessions import Session, Status
from reference_impl.domain.transitions import Transition
from reference_impl.http import driver_payments, handlers, session_api
from reference_impl.storage import memory
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases import payments
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.catalogue import EVERYTHING
from tests.faulty.patches import Patches, faulty

SANDBOX = "sandbox"
MINUTE = timedelta(minutes=1)


def _shown(patches: Patches, change: Callable[[Session, datetime, dict[str, Any]], object]) -> None:
    """Have `change` alter the session as look-ups show it."""

    def represent(
        original: Callable[..., bytes], session: Session, *, now: datetime, **keywords: Any
    ) -> bytes:
        document = json.loads(original(session, now=now, **keywords))
        change(session, now, document)
        return json.dumps(document, ensure_ascii=False).encode()

    patches.around(handlers, "represent_session", represent)


@faulty(breaks="PAY-01", collateral=("HOOK-06", "HOOK-08", "HOOK-13", "SESS-16", "SESS-18"), on=SANDBOX)
def another_try_in_the_same_session(patches: Patches) -> None:
    """Whoever was refused may pay once more in the same session, which gets a second deposit."""
    patches.replace(driver_payments, "_open_session", driver_payments._session)
    patches.replace(transitions, "_require_open", lambda *_: None)


@faulty(breaks="PAY-02", collateral=("HOOK-20", "PAY-01", "SESS-17", "SESS-18"), on=SANDBOX)
def open_until_the_bank_knows(patches: Patches) -> None:
    """A session that has its deposit stays open until the bank has taken the order."""

    def change(session: Session, _: datetime, document: dict[str, Any]) -> None:
        if session.deposit is not None and session.deposit.status is DepositStatus.CREATED:
            document["status"] = "open"

    _shown(patches, change)


@faulty(breaks="PAY-03", collateral=("HOOK-20", "PAY-06", "SESS-17"), on=SANDBOX)
def acceptance_before_submission(patches: Patches) -> None:
    """The bank's acceptance is shown before the payment was submitted."""
    swapped = {"submitted": "accepted", "accepted": "submitted"}

    def change(_: Session, __: datetime, document: dict[str, Any]) -> None:
        if document["deposit"]:
            document["deposit"]["status"] = swapped.get(
                document["deposit"]["status"], document["deposit"]["status"]
            )

    _shown(patches, change)


@faulty(breaks="PAY-04", collateral=("PAY-06",), on=SANDBOX)
def every_failure_is_a_processing_error(patches: Patches) -> None:
    """Why a deposit failed is kept to itself: every failure is a processing_error."""

    def change(_: Session, __: datetime, document: dict[str, Any]) -> None:
        if document["deposit"] and "failureCode" in document["deposit"]:
            document["deposit"]["failureCode"] = "processing_error"

    _shown(patches, change)


@faulty(breaks="PAY-05", collateral=("HOOK-20", "PAY-01", "PAY-04", "PAY-06", "SESS-18"), on=SANDBOX)
def sessions_end_after_their_deposits(patches: Patches) -> None:
    """The deposit has failed, and its session is in processing until the next sweep looks at it."""

    def change(session: Session, _: datetime, document: dict[str, Any]) -> None:
        if session.status is Status.FAILED:
            document["status"] = "processing"

    _shown(patches, change)


@faulty(breaks="PAY-06", collateral=("HOOK", "SESS-18"), on=SANDBOX)
def authorisations_without_end(patches: Patches) -> None:
    """A deposit waits for its payer for ever."""
    patches.replace(Deposit, "times_out_at", property(lambda _: None))


@faulty(breaks="PAY-06", on=SANDBOX)
def submitted_deposits_time_out(patches: Patches) -> None:
    """A deposit that the payer has authorised is failed for want of an authorisation."""
    waiting = (DepositStatus.CREATED, DepositStatus.INITIATED, DepositStatus.SUBMITTED)

    def times_out_at(self: Deposit) -> datetime | None:
        return self.created_at + timedelta(minutes=15) if self.status in waiting else None

    patches.replace(Deposit, "times_out_at", property(times_out_at))


@faulty(breaks="PAY-07", collateral=("HOOK-06",), on=SANDBOX)
def an_exit_cancels_everything(patches: Patches) -> None:
    """A payer who closes the page cancels the session, though the bank has the order already."""

    def cancel(original: Callable[..., Transition], session: Session, occasion: Occasion) -> Transition:
        if session.status is Status.PROCESSING:
            return transitions._close(session, Status.CANCELLED, occasion)
        return original(session, occasion)

    patches.around(transitions, "cancel", cancel)


@faulty(breaks="PAY-08", on=SANDBOX)
def amounts_of_payers_forgotten(patches: Patches) -> None:
    """What the payer has filled in is paid, and never shown."""
    asked: dict[str, bool] = {}

    def add_session(original: Callable[..., None], self: MemoryStorage, session: Session) -> None:
        asked[session.session_id] = session.amount is not None
        original(self, session)

    def change(session: Session, _: datetime, document: dict[str, Any]) -> None:
        if not asked.get(session.session_id, True):
            document["amount"] = None

    patches.around(MemoryStorage, "add_session", add_session)
    _shown(patches, change)


@faulty(breaks="SESS-11", on=SANDBOX)
def saved_banks_of_today(patches: Patches) -> None:
    """A session lists the banks that are saved now, not those that were when it was made."""

    def read(original: Callable[..., Session], environment: Any, *, partner: Any, session_id: str) -> Session:
        session = original(environment, partner=partner, session_id=session_id)
        with environment.storage.transaction() as transaction:
            banks = use_cases._saved_banks(transaction, partner, session.user_id)
        return dataclasses.replace(session, saved_banks=banks)

    patches.around(handlers, "read_session", read)


@faulty(breaks="SESS-11", on=SANDBOX)
def banks_of_failed_payments_saved(patches: Patches) -> None:
    """A bank is saved as soon as it is used, though the payment fails."""

    def apply(original: Callable[..., None], environment: Any, transaction: Any, step: Transition) -> None:
        original(environment, transaction, step)
        session = step.session
        if session.status is Status.FAILED and session.deposit is not None:
            iban = environment.processor.debtor_iban(session)
            deposit = dataclasses.replace(session.deposit, debtor_iban_masked=iban)
            payments._save_bank(environment, transaction, dataclasses.replace(session, deposit=deposit))

    patches.around(payments, "_apply", apply)


@faulty(breaks="SESS-11", on=SANDBOX)
def saved_banks_shared_by_partners(patches: Patches) -> None:
    """Saved banks are looked up by userId alone, so that a partner sees where another's customer banks."""
    for module in (payments, use_cases):
        patches.around(
            module,
            "identify_customer",
            lambda original, partner_id, user_id, *, email="": original("all", user_id, email=email),
        )


def each_payment_by_another_bank(patches: Patches) -> None:
    """Give every payment a bank of its own, which the contract leaves to the payer: no fault by itself."""

    def save(original: Callable[..., None], environment: Any, transaction: Any, session: Session) -> None:
        deposit = session.deposit
        if deposit is not None:
            bank = dataclasses.replace(deposit.bank, bank_id=f"bank-{deposit.reference}")
            deposit = dataclasses.replace(deposit, bank=bank)
        original(environment, transaction, dataclasses.replace(session, deposit=deposit))

    patches.around(payments, "_save_bank", save)


@faulty(breaks="SESS-11", on=SANDBOX)
def saved_banks_without_end(patches: Patches) -> None:
    """A customer who has paid by more than ten banks is shown all of them."""
    each_payment_by_another_bank(patches)
    patches.replace(memory, "SAVED_BANKS", 1_000)


@faulty(breaks="SESS-16", collateral=("HOOK-08", "SESS-18"), on=SANDBOX)
def expiry_waits_for_a_sweep(patches: Patches) -> None:
    """An expired session can be paid until a sweep has found it, a minute later."""
    patches.replace(Session, "status_at", lambda self, _: self.status)
    due_at = Session.due_at.fget  # type: ignore[attr-defined]  # a property

    def later(self: Session) -> datetime | None:
        due: datetime | None = due_at(self)
        return due + MINUTE if due is not None and self.status is Status.OPEN else due

    patches.replace(Session, "due_at", property(later))


@faulty(breaks="SESS-17", collateral=("IDEM-05",), on=SANDBOX)
def payments_under_way_expire(patches: Patches) -> None:
    """A session is expired at its time, though its payment is under way."""

    def status_at(original: Callable[..., Status], self: Session, now: datetime) -> Status:
        if self.status is Status.PROCESSING and now >= self.expires_at:
            return Status.EXPIRED
        return original(self, now)

    patches.around(Session, "status_at", status_at)


@faulty(breaks="SESS-18", collateral=("SESS-17",), on=SANDBOX)
def whatever_is_old_has_expired(patches: Patches) -> None:
    """After its time every session is shown as expired, those that were paid included."""

    def change(session: Session, now: datetime, document: dict[str, Any]) -> None:
        if session.status is Status.COMPLETED and now >= session.expires_at:
            document["status"] = "expired"

    _shown(patches, change)


@faulty(breaks="IDEM-05", collateral=("IDEM-15",), on=SANDBOX)
def repeats_tell_of_today(patches: Patches) -> None:
    """A repeat is answered with the session as it is now, which its client takes for the first answer."""

    def create(original: Callable[..., Any], environment: Any, **keywords: Any) -> Any:
        creation = original(environment, **keywords)
        if not creation.replayed:
            return creation
        with environment.storage.transaction() as transaction:
            session = transaction.session(creation.session_id)
        return dataclasses.replace(creation, body=keywords["represent"](session))

    patches.around(handlers, "create_session", create)


@faulty(breaks="IDEM-15", collateral=("IDEM-05",), on=SANDBOX)
def keys_forgotten_after_an_hour(patches: Patches) -> None:
    """Keys are kept for an hour, by the session clock: who tries again in the evening pays twice."""

    def create(original: Callable[..., Any], environment: Any, **keywords: Any) -> Any:
        now[0] = environment.session_clock()
        return original(environment, **keywords)

    def first_answer(original: Callable[..., Any], self: MemoryStorage, scope: Any) -> Any:
        found = original(self, scope)
        return found if found is None or now[0] - found.answered_at < timedelta(hours=1) else None

    now = [datetime.now(UTC)]
    patches.around(handlers, "create_session", create)
    patches.around(MemoryStorage, "first_answer", first_answer)


@faulty(breaks="AUTH-10", collateral=(EVERYTHING,), on=SANDBOX)
def signatures_by_the_session_clock(patches: Patches) -> None:
    """The window of time stamps goes by the session clock, and moving that locks every partner out."""

    def authenticate(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return original(*arguments, **{**keywords, "now": clock[0]().timestamp()})

    def of_api_key(original: Callable[..., Any], *arguments: Any) -> Any:
        environment = original(*arguments)
        clock[0] = environment.session_clock
        return environment

    clock: list[Callable[[], datetime]] = [datetime.now]
    patches.around(Namespaces, "of_api_key", of_api_key)
    patches.around(session_api, "authenticate", authenticate)
