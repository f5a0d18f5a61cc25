"""What every adapter of the storage port does."""

from __future__ import annotations

import dataclasses
import logging
from datetime import timedelta

import pytest

from reference_impl.domain.deposits import DepositStatus
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import CustomerManagement
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.sessions import FINAL, Session, Status
from reference_impl.storage.port import Storage
from tests.reference_impl.builders import (
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    NOW,
    a_bank,
    a_deposit,
    a_partner,
    a_session,
)
from tests.reference_impl.storage.conftest import OpenStorage, undone

SCOPE = KeyScope(partner_id="acme", operation_id=HOSTED, key="order-1")


def an_answer(session: Session, scope: KeyScope = SCOPE) -> FirstAnswer:
    return FirstAnswer(
        scope=scope,
        fingerprint=bytes(range(32)),
        session_id=session.session_id,
        body='{"text": "é\u202e🙂"}'.encode(),
        answered_at=NOW,
    )


def add(storage: Storage, *sessions: Session) -> None:
    with storage.transaction() as transaction:
        for session in sessions:
            transaction.add_session(session)


def read(storage: Storage, session_id: str) -> Session | None:
    with storage.transaction() as transaction:
        return transaction.session(session_id)


def kept(storage: Storage, *sessions: Session) -> list[str]:
    """Which of ``sessions`` are still there, by identifier."""
    return [session.session_id for session in sessions if read(storage, session.session_id) is not None]


class TestPartners:
    def test_a_partner_is_found_by_its_api_key_as_it_was_added(self, storage: Storage) -> None:
        partner = a_partner(
            "beta",
            customer_management=frozenset({CustomerManagement.PARTNER}),
            display_name="Beta & Söhne <b>",
            logo_url="https://beta.example/logo.svg",
            colour="#1a7F5a",
        )
        with storage.transaction() as transaction:
            transaction.add_partner(partner)
        assert storage.partner_by_api_key("key_beta") == partner

    def test_api_keys_are_exact(self, storage: Storage) -> None:
        assert storage.partner_by_api_key("key_acme") is not None
        for other in ("KEY_ACME", "key_acme ", "key_acm", "", "acme", "key_acme\0"):
            assert storage.partner_by_api_key(other) is None

    def test_a_partner_is_replaced_with_its_sessions_kept(self, storage: Storage) -> None:
        session = a_session()
        add(storage, session)
        assert storage.partner_by_api_key("key_acme") is not None
        changed = a_partner(api_key="key_new", api_secret="another secret")
        with storage.transaction() as transaction:
            transaction.add_partner(changed)
        assert storage.partner_by_api_key("key_acme") is None
        assert storage.partner_by_api_key("key_new") == changed
        assert read(storage, session.session_id) == session

    def test_partners_are_listed_by_name(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            for partner_id, name in (("1", "Zoë"), ("2", "Beta")):
                transaction.add_partner(a_partner(partner_id, name=name))
            assert [partner.name for partner in transaction.partners()] == ["Acme", "Beta", "Zoë"]


class TestSessions:
    @pytest.mark.parametrize(
        "session",
        [
            a_session("hosted"),
            a_session("identified", operation_id=HOSTED_PARTNER_MANAGED, userKyc={}, customFields={}),
            a_session(
                "embedded",
                operation_id=EMBEDDED,
                amount=1_000_000,
                userId=" \u202eعمر 🙂 e\u0301 ",
                userKyc={"fullName": "Zoë Ω", "dateOfBirth": "1990-01-31"},
                customFields={"z": "1", "a": "", "__proto__": "\u2028\ud7ff", "𝒳": "🙂"},
                websiteReference='"; DROP TABLE sessions; --',
                idempotencyKey="Order-1",
                blockchainDestinationType="Customer",
                blockchainDestinationAddress="0x" + "aB" * 20,
                saved_banks=(a_bank(2), a_bank(1)),
            ),
            dataclasses.replace(
                a_session("moved", operation_id=EMBEDDED, amount=None),
                amount=10,
                status=Status.PROCESSING,
                payment_method="open_banking",
            ),
            a_session("without amount", operation_id=EMBEDDED, amount=None),
        ],
        ids=lambda session: session.session_id,
    )
    def test_a_session_is_read_back_as_it_was_written(self, storage: Storage, session: Session) -> None:
        add(storage, session)
        assert read(storage, session.session_id) == session

    def test_no_field_of_a_session_is_forgotten(self, storage: Storage) -> None:
        session = dataclasses.replace(
            a_session(operation_id=EMBEDDED, userKyc={"fullName": "Zoë"}, saved_banks=(a_bank(),)),
            redirects=a_session().redirects,
            website_reference="w",
            custom_fields={"a": "b"},
            idempotency_key="k",
            blockchain_destination_type="Partner",
            blockchain_destination_address="0x" + "1" * 40,
            payment_method="open_banking",
            deposit=a_deposit(DepositStatus.INITIATED),
            plan=Plan(steps=(Step(Action.SUBMIT),), due_at=NOW),
            instruction="success",
            pace=Pace.TIMER,
        )
        assert [field.name for field in dataclasses.fields(session) if not getattr(session, field.name)] == []
        add(storage, session)
        assert read(storage, session.session_id) == session

    @pytest.mark.parametrize("milliseconds", [0, 1, 500, 999])
    def test_times_come_back_in_utc_to_the_millisecond(self, storage: Storage, milliseconds: int) -> None:
        session = a_session(now=NOW.replace(microsecond=milliseconds * 1000))
        add(storage, session)
        found = read(storage, session.session_id)
        assert found is not None
        assert found.created_at == session.created_at
        assert found.created_at.utcoffset() == timedelta(0)
        assert found.expires_at - found.created_at == timedelta(minutes=30)

    def test_the_order_of_custom_fields_is_kept(self, storage: Storage) -> None:
        session = a_session(customFields={"z": "1", "a": "2", "m": "3"})
        add(storage, session)
        found = read(storage, session.session_id)
        assert found is not None
        assert list(found.custom_fields or ()) == ["z", "a", "m"]

    def test_an_unknown_identifier_finds_nothing(self, storage: Storage) -> None:
        add(storage, a_session("AbC"))
        for other in ("abc", "AbC ", "", "AbC\0", "%", "🙂"):
            assert read(storage, other) is None

    def test_a_replaced_session_is_read_as_last_written(self, storage: Storage) -> None:
        session = a_session(idempotencyKey="k")
        add(storage, session)
        for status in (Status.PROCESSING, Status.COMPLETED):
            session = dataclasses.replace(session, status=status, payment_method="bank_transfer")
            with storage.transaction() as transaction:
                transaction.replace_session(session)
                assert transaction.session(session.session_id) == session
            assert read(storage, session.session_id) == session
        assert storage.count_sessions() == 1

    def test_a_session_that_is_not_there_cannot_be_replaced(self, storage: Storage) -> None:
        with pytest.raises(KeyError), storage.transaction() as transaction:
            transaction.replace_session(a_session("nowhere"))
        assert storage.count_sessions() == 0

    def test_sessions_are_counted(self, storage: Storage) -> None:
        assert storage.count_sessions() == 0
        add(storage, *(a_session() for _ in range(3)))
        assert storage.count_sessions() == 3
        assert storage.dropped_sessions == 0


class TestFirstAnswers:
    def test_a_first_answer_is_read_back_as_it_was_kept(self, storage: Storage) -> None:
        session = a_session()
        with storage.transaction() as transaction:
            assert transaction.first_answer(SCOPE) is None
            transaction.add_session(session)
            transaction.consume_key(an_answer(session))
            assert transaction.first_answer(SCOPE) == an_answer(session)
        with storage.transaction() as transaction:
            assert transaction.first_answer(SCOPE) == an_answer(session)

    @pytest.mark.parametrize(
        "other",
        [
            dataclasses.replace(SCOPE, partner_id="other"),
            dataclasses.replace(SCOPE, operation_id=EMBEDDED),
            dataclasses.replace(SCOPE, key="ORDER-1"),
            dataclasses.replace(SCOPE, key="order-1 "),
        ],
    )
    def test_a_key_is_unique_within_partner_and_operation_in_its_own_case(
        self, storage: Storage, other: KeyScope
    ) -> None:
        """IDEM-11, IDEM-12."""
        first, second = a_session(), a_session()
        with storage.transaction() as transaction:
            transaction.add_session(first)
            transaction.consume_key(an_answer(first))
            assert transaction.first_answer(other) is None
            transaction.add_session(second)
            transaction.consume_key(an_answer(second, other))
        with storage.transaction() as transaction:
            assert transaction.first_answer(SCOPE) == an_answer(first)
            assert transaction.first_answer(other) == an_answer(second, other)

    def test_a_key_is_kept_although_its_session_moves_on(self, storage: Storage) -> None:
        """IDEM-05."""
        session = a_session()
        with storage.transaction() as transaction:
            transaction.add_session(session)
            transaction.consume_key(an_answer(session))
        with storage.transaction() as transaction:
            transaction.replace_session(dataclasses.replace(session, status=Status.CANCELLED))
        with storage.transaction() as transaction:
            assert transaction.first_answer(SCOPE) == an_answer(session)


class TestCreation:
    def test_a_session_without_a_key_is_added(self, storage: Storage) -> None:
        """IDEM-14."""
        first, second = a_session(), a_session()
        assert storage.create_session(first, None) is None
        assert storage.create_session(second, None) is None
        assert kept(storage, first, second) == [first.session_id, second.session_id]
        assert read(storage, first.session_id) == first

    def test_a_key_is_consumed_with_its_session(self, storage: Storage) -> None:
        session = a_session()
        assert storage.create_session(session, an_answer(session)) is None
        assert read(storage, session.session_id) == session
        with storage.reading() as reading:
            assert reading.first_answer(SCOPE) == an_answer(session)

    def test_of_a_second_one_under_the_key_nothing_is_written(self, storage: Storage) -> None:
        """IDEM-13: the first answer is given instead."""
        first, second = a_session(), a_session()
        storage.create_session(first, an_answer(first))
        assert storage.create_session(second, an_answer(second)) == an_answer(first)
        assert kept(storage, first, second) == [first.session_id]


class TestSavedBanks:
    def test_banks_are_given_most_recent_first(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            assert transaction.saved_banks("customer") == ()
            for seconds, number in enumerate((1, 2, 3, 1)):
                transaction.save_bank("customer", a_bank(number), used_at=NOW + timedelta(seconds=seconds))
            assert transaction.saved_banks("customer") == (a_bank(1), a_bank(3), a_bank(2))
        with storage.transaction() as transaction:
            transaction.save_bank("customer", a_bank(2), used_at=NOW + timedelta(hours=1))
            assert transaction.saved_banks("customer") == (a_bank(2), a_bank(1), a_bank(3))
            assert transaction.saved_banks("another") == ()

    def test_of_two_uses_in_one_millisecond_the_later_call_is_the_more_recent(self, storage: Storage) -> None:
        with storage.transaction() as transaction:
            for number in (1, 2, 1, 3):
                transaction.save_bank("customer", a_bank(number), used_at=NOW)
        with storage.transaction() as transaction:
            assert transaction.saved_banks("customer") == (a_bank(3), a_bank(1), a_bank(2))

    def test_a_bank_used_again_is_known_by_what_was_last_said_of_it(self, storage: Storage) -> None:
        renamed = dataclasses.replace(a_bank(1), name="Renamed", iban_masked="PL** **** 9999")
        with storage.transaction() as transaction:
            transaction.save_bank("customer", a_bank(1), used_at=NOW)
            transaction.save_bank("customer", renamed, used_at=NOW + timedelta(seconds=1))
            assert transaction.saved_banks("customer") == (renamed,)

    def test_ten_banks_are_kept_for_each_customer(self, storage: Storage) -> None:
        """SESS-11."""
        with storage.transaction() as transaction:
            transaction.save_bank("another", a_bank(99), used_at=NOW)
            for number in range(1, 14):
                transaction.save_bank("customer", a_bank(number), used_at=NOW + timedelta(days=number))
        with storage.transaction() as transaction:
            assert transaction.saved_banks("customer") == tuple(map(a_bank, range(13, 3, -1)))
            assert transaction.saved_banks("another") == (a_bank(99),)


class TestTransactions:
    def test_an_exception_reaches_whoever_opened_the_transaction(self, storage: Storage) -> None:
        with pytest.raises(ZeroDivisionError), storage.transaction():
            raise ZeroDivisionError

    def test_an_exception_undoes_everything(self, storage: Storage) -> None:
        before = a_session("before")
        with storage.transaction() as transaction:
            transaction.add_session(before)
            transaction.save_bank("customer", a_bank(1), used_at=NOW)
        after = a_session("after")
        with undone(storage) as transaction:
            transaction.add_partner(a_partner(api_key="changed"))
            transaction.add_partner(a_partner("beta"))
            transaction.add_session(after)
            transaction.consume_key(an_answer(after))
            transaction.save_bank("customer", a_bank(2), used_at=NOW + timedelta(days=1))
            transaction.replace_session(dataclasses.replace(before, status=Status.COMPLETED))
        with storage.transaction() as transaction:
            assert [partner.partner_id for partner in transaction.partners()] == ["acme"]
            assert transaction.session("before") == before
            assert transaction.session("after") is None
            assert transaction.first_answer(SCOPE) is None
            assert transaction.saved_banks("customer") == (a_bank(1),)
        assert storage.partner_by_api_key("key_acme") == a_partner()
        assert storage.partner_by_api_key("changed") is None
        assert storage.partner_by_api_key("key_beta") is None
        assert storage.count_sessions() == 1

    def test_what_was_undone_can_be_done_again(self, storage: Storage) -> None:
        session = a_session()
        for _ in range(2):
            with undone(storage) as transaction:
                transaction.add_session(session)
                transaction.consume_key(an_answer(session))
        with storage.transaction() as transaction:
            transaction.add_session(session)
            transaction.consume_key(an_answer(session))
        assert read(storage, session.session_id) == session


class TestCapacity:
    def test_the_oldest_is_dropped_with_its_key(self, open_storage: OpenStorage) -> None:
        """IDEM-15: a key is never dropped before its session."""
        storage = open_storage(capacity=3)
        sessions = [a_session() for _ in range(4)]
        scopes = [dataclasses.replace(SCOPE, key=f"order-{number}") for number in range(4)]
        for session, scope in zip(sessions, scopes, strict=True):
            with storage.transaction() as transaction:
                transaction.add_session(session)
                transaction.consume_key(an_answer(session, scope))
        assert kept(storage, *sessions) == [session.session_id for session in sessions[1:]]
        with storage.transaction() as transaction:
            assert [transaction.first_answer(scope) is not None for scope in scopes] == [False, *[True] * 3]
        assert storage.count_sessions() == 3
        assert storage.dropped_sessions == 1

    @pytest.mark.parametrize("status", sorted(FINAL))
    def test_finished_sessions_go_before_older_ones_that_are_not(
        self, open_storage: OpenStorage, status: Status
    ) -> None:
        storage = open_storage(capacity=4)
        oldest, second, third, fourth, fifth, sixth, seventh = [a_session() for _ in range(7)]
        add(storage, oldest, second, third, fourth)
        with storage.transaction() as transaction:
            transaction.replace_session(dataclasses.replace(oldest, status=Status.PROCESSING))
            transaction.replace_session(dataclasses.replace(second, status=status))
            transaction.replace_session(dataclasses.replace(third, status=status))
        add(storage, fifth)
        assert kept(storage, second, third) == [third.session_id]
        add(storage, sixth)
        assert kept(storage, oldest, third, fourth, fifth, sixth) == [
            session.session_id for session in (oldest, fourth, fifth, sixth)
        ]
        add(storage, seventh)
        assert kept(storage, oldest, fourth) == [fourth.session_id]
        assert storage.dropped_sessions == 3

    def test_a_transaction_that_adds_many_keeps_the_bound(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=2)
        sessions = [a_session() for _ in range(7)]
        add(storage, *sessions)
        assert kept(storage, *sessions) == [session.session_id for session in sessions[5:]]
        assert storage.dropped_sessions == 5

    def test_an_undone_transaction_drops_nothing(self, open_storage: OpenStorage) -> None:
        storage = open_storage(capacity=1)
        session = a_session()
        add(storage, session)
        with undone(storage) as transaction:
            transaction.add_session(a_session())
        assert read(storage, session.session_id) == session
        assert storage.dropped_sessions == 0

    def test_the_log_says_once_that_sessions_are_dropped(
        self, open_storage: OpenStorage, caplog: pytest.LogCaptureFixture
    ) -> None:
        storage = open_storage(capacity=2)
        with caplog.at_level(logging.WARNING):
            add(storage, a_session(), a_session())
            assert caplog.messages == []
            for _ in range(3):
                add(storage, a_session())
        assert caplog.messages == [
            "the limit of 2 sessions is reached: finished ones are dropped first, then the oldest"
        ]
