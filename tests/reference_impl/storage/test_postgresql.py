"""What the store is prepared for in a PostgreSQL that is pooled, replicated, strict or in the way."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url
from sqlalchemy.exc import IntegrityError

from reference_impl.domain.problems import Problem
from reference_impl.http.wsgi import THREADS
from reference_impl.storage import postgresql
from reference_impl.storage.database import UnusableDatabase
from reference_impl.storage.patient_connection import SILENCE, PatientConnection
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage, migrate
from reference_impl.storage.sql_transaction import SqlTransaction
from tests.postgresql import Postgresql, run
from tests.reference_impl.builders import a_delivery, a_partner, a_session
from tests.reference_impl.storage.test_claims import claim, names
from tests.reference_impl.storage.test_concurrency import create, create_patiently
from tests.reference_impl.storage.test_deliveries import keep
from tests.reference_impl.storage.test_port import SCOPE, add, an_answer

INSERT_KEY = f"""INSERT INTO first_answers
    VALUES ('{SCOPE.partner_id}', '{SCOPE.operation_id}', '{SCOPE.key}', '', 'none', '', now())"""  # noqa: S608
PREPARED = "SELECT count(*) FROM pg_prepared_statements"


@pytest.fixture
def url(postgresql: Postgresql) -> Iterator[str]:
    """Of a database that knows the partner ``acme``; what a test sets for it is gone with it."""
    with postgresql.empty_database() as url:
        migrate(url)
        with closing(SqlStorage.connect(url)) as storage, storage.transaction() as transaction:
            transaction.add_partner(a_partner())
        yield url


def with_options(url: str, **options: str | tuple[str, ...]) -> str:
    """The URL with more options of libpq's, or of ours."""
    return make_url(url).update_query_dict(options).render_as_string(hide_password=False)


def default_to(url: str, setting: str, value: str) -> None:
    """Have every new connection to the database begin with a setting."""
    run(url, f"ALTER DATABASE {make_url(url).database} SET {setting} = '{value}'")


def prepared_after_many_reads(url: str) -> int:
    """How many statements the one connection of a store has prepared once it has read many times."""
    with closing(SqlStorage.connect(url, pool_size=1)) as storage:
        for _ in range(20):
            storage.count_sessions()
        with storage._database.engine.connect() as connection:
            return int(connection.exec_driver_sql(PREPARED).scalar_one())


class TestPooling:
    def test_nothing_is_prepared_where_a_pooler_could_not_keep_it_apart(self, url: str) -> None:
        assert prepared_after_many_reads(with_options(url, prepare_threshold="none")) == 0
        assert prepared_after_many_reads(url) > 0

    def test_a_threshold_that_is_none_is_refused_with_what_to_give(self, url: str) -> None:
        with pytest.raises(UnusableDatabase, match=r"number of executions, or `none`"):
            SqlStorage.connect(with_options(url, prepare_threshold="never"))

    def test_patience_is_that_of_the_transaction_whatever_connection_a_pooler_gives_it(
        self, url: str
    ) -> None:
        with closing(SqlStorage.connect(url, pool_size=1)) as storage:
            with storage._database.engine.connect() as another:
                another.exec_driver_sql("RESET lock_timeout")
            with storage.transaction() as transaction:
                inside = transaction._connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
            with storage._database.engine.connect() as connection:
                outside = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        assert (inside, outside) == ("2s", "0")


class TestCreation:
    @pytest.mark.parametrize("key", [None, "order-1"])
    def test_a_session_is_one_statement_which_commits_by_itself(self, url: str, key: str | None) -> None:
        """No client that dies or stands still can hold a key: there is no moment in between (IDEM-16)."""
        with closing(SqlStorage.connect(url)) as storage:
            statements: list[str] = []
            event.listen(
                storage._database.engine,
                "before_cursor_execute",
                lambda _connection, _cursor, statement, *_: statements.append(statement),
            )
            create(storage, key=key)
            assert len(statements) == 1
            assert storage.count_sessions() == 1

    @pytest.mark.parametrize(
        ("held", "code"),
        [
            (INSERT_KEY, "idempotency_in_progress"),
            ("LOCK TABLE sessions IN SHARE MODE", "service_unavailable"),
            ("LOCK TABLE first_answers IN SHARE MODE", "service_unavailable"),
        ],
    )
    def test_it_waits_for_seconds_and_no_longer_for_what_another_holds(
        self, url: str, held: str, code: str
    ) -> None:
        """IDEM-13, ERR-09: for a key as for a table that is being changed."""
        session = a_session()
        with closing(SqlStorage.connect(url)) as storage, storage._database.transaction() as other:
            other.exec_driver_sql(held)
            with pytest.raises(Problem) as refused:
                storage.create_session(session, an_answer(session))
            other.rollback()
        assert refused.value.code == code

    def test_nothing_is_left_of_one_that_cannot_be_written(self, url: str) -> None:
        """IDEM-06: the key can be used afterwards."""
        session = a_session(partner=a_partner("stranger"))
        with closing(SqlStorage.connect(url)) as storage:
            with pytest.raises(IntegrityError):
                storage.create_session(session, an_answer(session))
            with storage.reading() as reading:
                assert reading.first_answer(SCOPE) is None


def test_whoever_calls_is_known_while_every_thread_that_answers_waits(url: str) -> None:
    """A look-up does not wait for what requests are waiting for."""
    all_hold_one, over = threading.Barrier(THREADS + 1), threading.Event()
    with closing(SqlStorage.connect(url)) as storage:

        def answer() -> None:
            with storage.transaction():
                all_hold_one.wait()
                over.wait()

        with ThreadPoolExecutor(THREADS) as pool:
            answers = [pool.submit(answer) for _ in range(THREADS)]
            try:
                all_hold_one.wait()
                assert storage.partner_by_api_key("key_acme") == a_partner()
                storage.ping()
            finally:
                over.set()
            for each in answers:
                each.result()


class TestSettings:
    def test_a_time_zone_of_the_servers_own_moves_no_time(self, url: str) -> None:
        """What is written before the setting and after it is the same instant."""
        session = a_session(now=datetime(2026, 3, 29, 1, 30, 0, 123000, UTC))
        with closing(SqlStorage.connect(url)) as storage:
            add(storage, session)
        default_to(url, "timezone", "Asia/Kathmandu")
        other = a_session("another", now=session.created_at)
        with closing(SqlStorage.connect(url)) as storage:
            add(storage, other)
            with storage.transaction() as transaction:
                found = [transaction.session(each.session_id) for each in (session, other)]
        assert found == [session, other]


class TestFailover:
    def test_a_host_that_is_away_is_passed_over_for_the_next(self, url: str) -> None:
        """libpq's own: several hosts, and a server that can be written to wanted."""
        host = make_url(url).query["host"]
        assert isinstance(host, str)
        several = with_options(url, host=("/nowhere", host), target_session_attrs="read-write")
        with closing(SqlStorage.connect(several)) as storage:
            add(storage, a_session("one"))
            assert storage.count_sessions() == 1

    def test_a_server_that_became_a_replica_is_told_apart_from_a_mistake(self, url: str) -> None:
        """ERR-11: 503 until the connections lead to one that can be written to."""
        default_to(url, "default_transaction_read_only", "on")
        with closing(SqlStorage.connect(url)) as storage:
            with pytest.raises(Problem) as refused:
                add(storage, a_session("one"))
            assert refused.value.code == "service_unavailable"
            assert storage.count_sessions() == 0

    def test_connections_that_the_server_has_closed_are_replaced_unseen(self, url: str) -> None:
        with closing(SqlStorage.connect(url)) as storage:
            assert storage.count_sessions() == 0
            run(
                url,
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"  # waits for its end
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            add(storage, a_session("one"))
            assert storage.count_sessions() == 1

    @pytest.mark.parametrize("lost", [1, 2, 3])
    def test_connections_that_the_server_parts_with_as_soon_as_they_are_made_are_503(
        self, url: str, lost: int
    ) -> None:
        """ERR-11: as of a server that is shutting down, however many in a row."""
        with closing(SqlStorage.connect(url)) as storage:
            engine, parted = storage._database.engine, list[int]()
            engine.dispose()

            def part(connection: psycopg.Connection[Any], _: object) -> None:
                if len(parted) < lost:
                    parted.append(connection.info.backend_pid)
                    run(url, f"SELECT pg_terminate_backend({parted[-1]}, 10000)")

            event.listen(engine, "connect", part)
            for _ in range(lost):
                with pytest.raises(Problem) as refused:
                    storage.ping()
                assert refused.value.code == "service_unavailable"
            storage.ping()
            assert len(parted) == lost

    def test_a_process_with_thousands_of_files_open_reaches_it_like_any_other(self, url: str) -> None:
        """Numbers from 1024 on are beyond what `select` can be asked about."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        try:
            with ExitStack() as opened, closing(SqlStorage.connect(url)) as storage:
                storage._database.engine.dispose()
                while opened.enter_context(Path(os.devnull).open()).fileno() < 1024:
                    pass
                for _ in range(2):
                    assert storage.count_sessions() == 0
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def write_and_fall_silent(transaction: SqlTransaction) -> None:
    transaction.add_session(a_session("one"))
    transaction._connection.exec_driver_sql("SELECT pg_sleep(20)")


class TestSilence:
    """What a server says nothing to is given up, for libpq would wait without end."""

    @pytest.fixture(autouse=True)
    def _impatience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PatientConnection, "patience", 0.5)

    def test_an_answer_that_does_not_come_is_503_and_the_next_one_has_another_connection(
        self, url: str
    ) -> None:
        """ERR-11: here behind a locked table."""
        with closing(SqlStorage.connect(url)) as storage:
            with psycopg.connect(url) as other:
                other.execute("LOCK TABLE partners")
                started = time.monotonic()
                with pytest.raises(Problem) as refused:
                    storage.partner_by_api_key("key_acme")
                assert 0.5 <= time.monotonic() - started < 5
                other.rollback()
            assert refused.value.code == "service_unavailable"
            assert storage.partner_by_api_key("key_acme") == a_partner()

    def test_what_a_transaction_wrote_before_the_silence_is_undone(self, url: str) -> None:
        with closing(SqlStorage.connect(url)) as storage:
            with pytest.raises(Problem) as refused, storage.transaction() as transaction:
                write_and_fall_silent(transaction)
            assert refused.value.code == "service_unavailable"
            assert storage.count_sessions() == 0

    def test_a_key_whose_creation_was_given_up_and_came_about_has_the_answer_of_that(self, url: str) -> None:
        """IDEM-13, IDEM-16: the server goes on with a statement whose client has been told to try again."""
        session, another = a_session("one"), a_session("two")
        with closing(SqlStorage.connect(url)) as storage:
            with psycopg.connect(url) as other:
                other.execute("LOCK TABLE sessions")
                with pytest.raises(Problem) as refused:
                    storage.create_session(session, an_answer(session))
                other.rollback()  # before the server gives up waiting for it
            assert refused.value.code == "service_unavailable"
            first = storage.create_session(another, an_answer(another))
            assert first is not None
            assert first.session_id == session.session_id
            assert storage.count_sessions() == 1

    def test_the_server_ends_a_statement_before_its_silence_is_too_long(self, url: str) -> None:
        """It says so then, and goes on with nothing that nobody waits for."""
        with closing(SqlStorage.connect(url)) as storage, storage.transaction() as transaction:
            shown = transaction._connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
        assert shown == "8s"
        assert SILENCE > 8

    def test_a_migration_takes_as_long_as_it_takes(self, url: str) -> None:
        """It waits here for longer for another one than an answer is waited for."""
        with psycopg.connect(url) as other, ThreadPoolExecutor() as pool:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [postgresql._MIGRATION_LOCK])
            migrating = pool.submit(migrate, url)
            time.sleep(1)
            assert not migrating.done()
            other.rollback()
            migrating.result(20)


class TestConflicts:
    def test_a_deadlock_is_undone_for_one_of_the_two_to_try_again(self, url: str) -> None:
        """ERR-11."""
        with closing(SqlStorage.connect(url)) as storage:
            add(storage, a_session("a"), a_session("b"))
            both_hold_one = threading.Barrier(2)

            def lock(first: str, second: str) -> str | None:
                try:
                    with storage.transaction() as transaction:
                        transaction.session(first)
                        both_hold_one.wait()
                        transaction.session(second)
                except Problem as problem:
                    return problem.code
                return None

            with ThreadPoolExecutor(2) as pool:
                ends = list(pool.map(lock, "ab", "ba"))
        assert sorted(ends, key=str) == [None, "service_unavailable"]

    @pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
    def test_stricter_isolation_costs_tries_and_nothing_else(self, url: str, isolation: str) -> None:
        """IDEM-13, HOOK-24: where it is the database's default, those in conflict are told to try again."""
        default_to(url, "default_transaction_isolation", isolation)
        with closing(SqlStorage.connect(url, pool_size=8)) as storage:
            together = threading.Barrier(8)

            def create(_: int) -> list[str]:
                together.wait()
                return [create_patiently(storage, key=f"key-{number}").session_id for number in range(5)]

            with ThreadPoolExecutor(8) as pool:
                created = list(pool.map(create, range(8)))
            assert {tuple(each) for each in created} == {tuple(created[0])}
            assert storage.count_sessions() == 5
            assert sorted(claimed_by_many(storage, count=40)) == [f"{number:02}" for number in range(40)]


def claimed_by_many(storage: Storage, *, count: int) -> list[str]:
    """What four that claim at once are given of deliveries named by their number."""
    keep(storage, *(a_delivery(f"{number:02}") for number in range(count)))
    together = threading.Barrier(4)

    def work(_: int) -> list[str]:
        together.wait()
        taken: list[str] = []
        while batch := names(claim(storage, limit=3)):
            taken += batch
        return taken

    with ThreadPoolExecutor(4) as pool:
        return [name for share in pool.map(work, range(4)) for name in share]
