"""What a store in a file adds: it is there again, whatever ended the process, and says when it cannot be."""

from __future__ import annotations

import dataclasses
import logging
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import IntegrityError, StatementError

from reference_impl.domain.deliveries import LOGGED_ATTEMPTS, RETRY_DELAYS, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.problems import Problem
from reference_impl.storage.database import UnusableDatabase
from reference_impl.storage.sql import PARTNER_LIFETIME, SqlStorage
from reference_impl.storage.sqlite import BUSY_TIMEOUT, SqliteFile
from tests.reference_impl.builders import (
    EMBEDDED,
    HOSTED,
    NOW,
    a_bank,
    a_delivery,
    a_partner,
    a_payer,
    a_session,
    a_session_in_processing,
    an_attempt,
)
from tests.reference_impl.storage.test_concurrency import create

CREATE_WITHOUT_END = """
import itertools
import sys
from pathlib import Path
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.builders import a_partner
from tests.reference_impl.storage.test_concurrency import create

storage = SqlStorage.open(Path(sys.argv[1]))
with storage.transaction() as transaction:
    transaction.add_partner(a_partner())
for number in itertools.count():
    print(number, create(storage, key=f"key-{number}").session_id, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store will be; its name needs care in URLs and shells."""
    return tmp_path / "état ?#%41 'of' the; store.db"


@pytest.fixture
def storage(path: Path) -> Iterator[SqlStorage]:
    """A store in a file that knows the partner ``acme``."""
    opened = SqlStorage.open(path)
    with opened.transaction() as transaction:
        transaction.add_partner(a_partner())
    yield opened
    opened.close()


class TestDurability:
    def test_everything_is_there_again_after_a_restart(self, path: Path, storage: SqlStorage) -> None:
        session = a_session(customFields={"a": "🙂"})
        answer = FirstAnswer(
            scope=KeyScope(partner_id="acme", operation_id=HOSTED, key="k"),
            fingerprint=b"\0\xff",
            session_id=session.session_id,
            body=b"\0\xff",
            answered_at=NOW,
        )
        with storage.transaction() as transaction:
            transaction.add_session(session)
            transaction.consume_key(answer)
            transaction.save_bank("customer", a_bank(), used_at=NOW)
        storage.close()
        again = SqlStorage.open(path)
        with again.transaction() as transaction:
            assert transaction.session(session.session_id) == session
            assert transaction.first_answer(answer.scope) == answer
            assert transaction.saved_banks("customer") == (a_bank(),)
            assert list(transaction.partners()) == [a_partner()]
        assert again.partner_by_api_key("key_acme") == a_partner()
        assert again.count_sessions() == 1
        assert create(again, key="k2").replayed is False
        again.close()

    def test_unfinished_work_is_there_again_after_a_restart(self, path: Path, storage: SqlStorage) -> None:
        """HOOK-24: plans, the outbox, its log and how far the clock was moved."""
        session = a_session_in_processing("one")
        pending, failed = a_delivery("pending"), a_delivery("failed", status=DeliveryStatus.FAILED)
        with storage.transaction() as transaction:
            transaction.set_endpoint("acme", EventType.STATUS_CHANGED, "http://localhost/1")
            transaction.add_session(session)
            transaction.add_delivery(pending)
            transaction.add_delivery(failed)
            transaction.add_attempt("failed", an_attempt())
            transaction.keep_setting("clock", "1")
        storage.close()
        again = SqlStorage.open(path)
        with again.transaction() as transaction:
            assert transaction.take_due_session(NOW + timedelta(seconds=2)) == session
            (claim,) = transaction.claim_deliveries(NOW, lease=timedelta(seconds=60), limit=9)
            assert claim.delivery == pending
            assert transaction.deliveries() == [failed, pending]
            assert transaction.attempts("failed") == [an_attempt()]
            assert transaction.endpoints("acme") == {EventType.STATUS_CHANGED: "http://localhost/1"}
            assert transaction.setting("clock") == "1"
            assert transaction.next_due_at() == NOW
        again.close()

    def test_the_log_goes_on_after_a_restart(self, path: Path, storage: SqlStorage) -> None:
        """The bound counts what an earlier process settled."""
        for number in range(5):
            with storage.transaction() as transaction:
                transaction.add_delivery(a_delivery(str(number), status=DeliveryStatus.FAILED))
        storage.close()
        bounded = SqlStorage.open(path, capacity=2)
        with bounded.transaction() as transaction:
            transaction.add_delivery(a_delivery("5", status=DeliveryStatus.FAILED))
        with bounded.transaction() as transaction:
            assert [delivery.delivery_id for delivery in transaction.deliveries()] == ["5", "4", "3", "2"]
        bounded.close()

    @pytest.mark.parametrize("sessions_before_the_kill", [1, 40])
    def test_kill_9_loses_nothing_that_was_committed(self, path: Path, sessions_before_the_kill: int) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", CREATE_WITHOUT_END, path], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(sessions_before_the_kill)]
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        assert process.returncode == -signal.SIGKILL
        told = [line.split() for line in lines if line.endswith("\n")]
        assert len(told) >= sessions_before_the_kill
        storage = SqlStorage.open(path)
        # The last one can have been committed and the process killed before it could tell.
        assert storage.count_sessions() in (len(told), len(told) + 1)
        for number, session_id in told:
            creation = create(storage, key=f"key-{number}")
            assert (creation.session_id, creation.replayed) == (session_id, True)
        assert create(storage, key="usable").replayed is False
        storage.close()

    def test_the_bound_holds_for_what_an_earlier_process_left(
        self, path: Path, storage: SqlStorage, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(5):
            create(storage, key=f"key-{number}")
        storage.close()
        bounded = SqlStorage.open(path, capacity=3)
        with caplog.at_level(logging.WARNING):
            create(bounded, key=None)
        assert bounded.count_sessions() == 3
        assert bounded.dropped_sessions == 3
        assert len(caplog.messages) == 1
        assert create(bounded, key="key-4").replayed is True
        assert create(bounded, key="key-0").replayed is False
        bounded.close()


class TestFile:
    def test_its_owner_alone_can_read_it_for_it_holds_secrets(self, path: Path, storage: SqlStorage) -> None:
        files = list(path.parent.iterdir())
        assert path in files
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    def test_a_file_of_something_else_is_refused_and_left_alone(self, path: Path) -> None:
        content = b"Dear diary, this is no database. " * 100
        path.write_bytes(content)
        with pytest.raises(UnusableDatabase, match="file is not a database") as refusal:
            SqlStorage.open(path)
        assert str(path) in str(refusal.value)
        assert path.read_bytes() == content

    def test_a_database_of_something_else_is_refused_and_left_alone(self, path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE songs (title TEXT)")
        connection.close()
        with pytest.raises(UnusableDatabase, match="holds the tables of something else"):
            SqlStorage.open(path)
        connection = sqlite3.connect(path)
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("songs",)]
        connection.close()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "nowhere" / "state.db"
        with pytest.raises(UnusableDatabase, match="no such file or directory") as refusal:
            SqlStorage.open(path)
        assert str(path) in str(refusal.value)

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableDatabase, match="is a directory"):
            SqlStorage.open(tmp_path)

    def test_an_empty_file_is_as_good_as_none(self, path: Path) -> None:
        path.touch()
        storage = SqlStorage.open(path)
        assert storage.count_sessions() == 0
        storage.close()


class TestPartnersBetweenProcesses:
    """Two stores over one file stand for two processes."""

    def test_a_change_by_another_process_is_seen_when_the_lifetime_is_over(
        self, path: Path, storage: SqlStorage
    ) -> None:
        now = 1000.0
        reader = SqlStorage(SqliteFile(path), monotonic=lambda: now)
        assert reader.partner_by_api_key("key_acme") == a_partner()
        changed = a_partner(api_secret="rotated")
        with storage.transaction() as transaction:
            transaction.add_partner(changed)
        now += PARTNER_LIFETIME
        assert reader.partner_by_api_key("key_acme") == changed
        with storage.transaction() as transaction:
            transaction.add_partner(a_partner(api_key="key_rotated"))
        now += PARTNER_LIFETIME
        assert reader.partner_by_api_key("key_acme") is None
        reader.close()

    def test_a_partner_added_by_another_process_is_known_at_once(
        self, path: Path, storage: SqlStorage
    ) -> None:
        reader = SqlStorage(SqliteFile(path), monotonic=lambda: 1000.0)
        assert reader.partner_by_api_key("key_beta") is None
        with storage.transaction() as transaction:
            transaction.add_partner(a_partner("beta"))
        assert reader.partner_by_api_key("key_beta") == a_partner("beta")
        reader.close()

    def test_within_the_lifetime_the_database_is_not_asked(self, path: Path, storage: SqlStorage) -> None:
        reader = SqlStorage(SqliteFile(path), monotonic=lambda: 1000.0)
        known = reader.partner_by_api_key("key_acme")
        with storage.transaction() as transaction:
            transaction.add_partner(a_partner(api_secret="rotated"))
        assert reader.partner_by_api_key("key_acme") is known
        reader.close()

    def test_a_change_of_ones_own_is_seen_at_once(self, path: Path, storage: SqlStorage) -> None:
        frozen = SqlStorage(SqliteFile(path), monotonic=lambda: 1000.0)
        assert frozen.partner_by_api_key("key_acme") == a_partner()
        changed = a_partner(api_secret="rotated")
        with frozen.transaction() as transaction:
            transaction.add_partner(changed)
        assert frozen.partner_by_api_key("key_acme") == changed
        frozen.close()


class TestConstraints:
    """What the database holds to, whatever the code above it believes."""

    def test_a_key_is_consumed_once(self, storage: SqlStorage) -> None:
        """IDEM-13."""
        create(storage, key="k")
        with pytest.raises(IntegrityError), storage.transaction() as transaction:
            transaction._connection.execute(text("INSERT INTO first_answers SELECT * FROM first_answers"))

    def test_a_key_belongs_to_a_session_that_is_there_when_the_transaction_ends(
        self, storage: SqlStorage
    ) -> None:
        with pytest.raises(IntegrityError), storage.transaction() as transaction:
            transaction.consume_key(
                FirstAnswer(
                    scope=KeyScope(partner_id="acme", operation_id=HOSTED, key="k"),
                    fingerprint=b"",
                    session_id="nowhere",
                    body=b"",
                    answered_at=NOW,
                )
            )

    def test_a_session_belongs_to_a_partner_that_is_known(self, storage: SqlStorage) -> None:
        with pytest.raises(IntegrityError), storage.transaction() as transaction:
            transaction.add_session(a_session(partner=a_partner("stranger")))

    def test_a_time_without_a_zone_is_refused(self, storage: SqlStorage) -> None:
        with pytest.raises(StatementError, match="offset-naive"), storage.transaction() as transaction:
            transaction.add_session(a_session(now=datetime(2030, 1, 1)))  # noqa: DTZ001 - the fault in question

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 200)],
    )
    def test_a_connection_has_the_settings_that_durability_rests_on(
        self, path: Path, storage: SqlStorage, pragma: str, value: object
    ) -> None:
        database = SqliteFile(path)
        with database.engine.connect() as connection:
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
        database.close()

    def test_an_index_gives_the_order_of_dropping_without_a_sort(
        self, path: Path, storage: SqlStorage
    ) -> None:
        connection = sqlite3.connect(path)
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT sequence FROM sessions ORDER BY finished DESC, sequence LIMIT 1"
        ).fetchall()
        connection.close()
        assert [step[3] for step in plan] == [
            "SCAN sessions USING COVERING INDEX sessions_in_order_of_dropping"
        ]

    @pytest.mark.parametrize("table", ["sessions", "deliveries"])
    def test_an_index_gives_what_is_due_without_a_sort(
        self, path: Path, storage: SqlStorage, table: str
    ) -> None:
        connection = sqlite3.connect(path)
        due = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE due_at <= 0 ORDER BY due_at, sequence LIMIT 9"  # noqa: S608
        ).fetchall()
        next_due = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT due_at FROM {table} WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"  # noqa: S608
        ).fetchall()
        connection.close()
        assert [step[3] for step in due] == [f"SEARCH {table} USING INDEX {table}_due (due_at<?)"]
        assert [step[3] for step in next_due] == [
            f"SEARCH {table} USING COVERING INDEX {table}_due (due_at>?)"
        ]

    def test_what_identifies_a_payer_stands_in_one_column(self, path: Path, storage: SqlStorage) -> None:
        """SESS-06: whoever protects or deletes that column has protected or deleted all of a session's."""
        session = dataclasses.replace(
            a_session(operation_id=EMBEDDED, userEmail="canary@shop.example", userKyc={"gender": "canary"}),
            payer=a_payer(email="canary@b.example", full_name="canary", residence_address="canary"),
        )
        with storage.transaction() as transaction:
            transaction.add_session(session)
        connection = sqlite3.connect(path)
        cursor = connection.execute("SELECT * FROM sessions")
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
        connection.close()
        assert [name for name, value in row.items() if "canary" in str(value)] == ["identity"]

    def test_another_process_that_does_not_stop_writing_is_not_waited_for(
        self, path: Path, storage: SqlStorage
    ) -> None:
        """ERR-09, ERR-11: it passes by itself, so it is 503 with Retry-After; the next attempt succeeds."""
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Problem) as refused, storage.transaction():
            raise AssertionError("the transaction began while another had the file")
        assert (refused.value.code, refused.value.headers) == ("service_unavailable", {"retry-after": "1"})
        other.execute("ROLLBACK")
        other.close()
        with storage.transaction() as transaction:
            transaction.add_session(a_session())
        assert storage.count_sessions() == 1

    def test_one_among_several_processes_waits_for_its_turn(self, path: Path, storage: SqlStorage) -> None:
        """ERR-09: two web processes over one file write by turns, and neither is refused for that."""
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with closing(SqlStorage.connect(str(URL.create("sqlite", database=str(path))))) as shared:
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(3 * BUSY_TIMEOUT, lambda: other.execute("ROLLBACK"))
            release.start()
            shared.create_session(a_session(), None)
            release.join()
        other.close()
        assert storage.count_sessions() == 1


def test_attempts_that_are_not_read_any_more_do_not_fill_the_file(path: Path) -> None:
    """However often a delivery is resent, no more stand in it than are kept and a schedule adds."""
    storage = SqlStorage.open(path)
    with storage.transaction() as transaction:
        transaction.add_delivery(a_delivery("one"))
    for _ in range(20):
        with storage.transaction() as transaction:
            transaction.replace_delivery(a_delivery("one"))  # as a resend does
            for number in range(1, len(RETRY_DELAYS) + 2):
                transaction.add_attempt("one", an_attempt(number))
    storage.close()
    with closing(sqlite3.connect(path)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM attempts").fetchone()
    assert rows == LOGGED_ATTEMPTS + len(RETRY_DELAYS) + 1
