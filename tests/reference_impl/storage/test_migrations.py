"""Migrations: from an empty database to this version's tables, on every database, whoever begins."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from reference_impl.storage import migrations
from reference_impl.storage.database import UnusableDatabase
from reference_impl.storage.sql import SqlStorage, migrate
from reference_impl.storage.sql_tables import METADATA
from tests.postgresql import Postgresql
from tests.reference_impl.builders import an_attempt
from tests.reference_impl.paying import Till


@pytest.fixture
def server_url(postgresql: Postgresql) -> Iterator[str]:
    """An empty database on the server."""
    with postgresql.empty_database() as url:
        yield url


@pytest.fixture(params=["postgresql", "sqlite"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    found: str = request.getfixturevalue("server_url")
    return found


def run(url: str, *statements: str) -> None:
    engine = create_engine(driven(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def driven(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def test_every_step_is_one_that_alembic_finds_in_this_order() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    found = [script.revision for script in scripts.walk_revisions()]
    assert found == list(reversed(migrations.REVISIONS))
    assert scripts.get_current_head() == migrations.HEAD


def test_migrations_and_tables_say_the_same(empty_url: str) -> None:
    """Column types, what may be null, indexes, unique constraints and foreign keys."""
    migrate(empty_url)
    engine = create_engine(driven(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_a_difference_between_migrations_and_tables_would_be_seen(empty_url: str) -> None:
    migrate(empty_url)
    run(empty_url, "DROP INDEX deliveries_due", "ALTER TABLE settings ADD COLUMN more TEXT")
    engine = create_engine(driven(empty_url))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()
    assert sorted(difference[0] for difference in found) == ["add_index", "remove_column"]


STEPS_BACK = {
    "0002": (
        "ALTER TABLE attempts DROP COLUMN request_body",
        "ALTER TABLE attempts DROP COLUMN behaviour",
        "UPDATE alembic_version SET version_num = '0002'",
    ),
    "0001": ("DROP TABLE webhook_keys", "UPDATE alembic_version SET version_num = '0001'"),
}
"""What makes of the revision after it the one that is named: to test with, for there is no way back."""


def test_every_step_can_be_taken_back_here() -> None:
    """Whoever adds a step says below what it does to a database that is in use."""
    assert sorted(STEPS_BACK) == list(migrations.REVISIONS[:-1])


@pytest.mark.parametrize("revision", sorted(STEPS_BACK))
def test_what_an_older_version_wrote_is_there_after_the_migration(revision: str, empty_url: str) -> None:
    """A payment with its events and attempts, to the last hundredth and millisecond."""
    migrate(empty_url)
    with closing(SqlStorage.connect(empty_url)) as storage:
        till = Till(storage)
        session_id = till.open(amount=9.99, websiteReference="Stra\u00dfe")
        till.choose(session_id)
        kept = written(storage, session_id)
    for step in sorted((each for each in STEPS_BACK if each >= revision), reverse=True):
        run(empty_url, *STEPS_BACK[step])
    migrate(empty_url)
    with closing(SqlStorage.connect(empty_url)) as storage:
        assert written(storage, session_id) == kept


def written(storage: SqlStorage, session_id: str) -> tuple[object, ...]:
    """A session, its events, and an attempt of each, which is added where there is none."""
    with storage.transaction() as transaction:
        session = transaction.session(session_id)
        deliveries = transaction.deliveries(session_id=session_id)
        assert session is not None
        assert len(deliveries) > 1
        for delivery in deliveries:
            if not transaction.attempts(delivery.delivery_id):
                transaction.add_attempt(delivery.delivery_id, an_attempt())
        attempts = [transaction.attempts(delivery.delivery_id) for delivery in deliveries]
    return session, deliveries, attempts


def test_a_second_migration_changes_nothing(empty_url: str) -> None:
    for _ in range(2):
        migrate(empty_url)
    SqlStorage.connect(empty_url).close()


def test_starts_at_one_time_make_the_tables_once(empty_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        for storage in pool.map(lambda _: SqlStorage.connect(empty_url, migrate=True), range(8)):
            assert storage.count_sessions() == 0
            storage.close()


def test_a_database_on_a_server_is_not_migrated_unasked(server_url: str) -> None:
    with pytest.raises(UnusableDatabase, match=r"it is empty.*stablemint reference migrate"):
        SqlStorage.connect(server_url)
    migrate(server_url)
    SqlStorage.connect(server_url).close()


def test_a_database_that_is_behind_is_refused_with_the_command_that_cures_it(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(server_url)
    monkeypatch.setattr(migrations, "HEAD", "9999")
    with pytest.raises(
        UnusableDatabase, match=r"its revision is 0\d+, 9999 is needed.*stablemint reference migrate"
    ):
        SqlStorage.connect(server_url)


def test_a_database_of_a_newer_version_is_refused(empty_url: str) -> None:
    migrate(empty_url)
    run(empty_url, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (SqlStorage.connect, migrate):
        with pytest.raises(UnusableDatabase, match=r"its revision is 9999.*use that version"):
            attempt(empty_url)


def test_the_tables_of_something_else_are_refused_and_left_alone(empty_url: str) -> None:
    run(empty_url, "CREATE TABLE songs (title TEXT)")
    for attempt in (SqlStorage.connect, migrate):
        with pytest.raises(UnusableDatabase, match=r"the tables of something else \(songs\)"):
            attempt(empty_url)
    run(empty_url, "INSERT INTO songs VALUES ('one')")


@pytest.mark.parametrize(
    "url", ["", "state.db", "sqlite://", "sqlite:///:memory:", "mysql://user@localhost/store"]
)
def test_what_is_no_url_of_a_database_is_refused_with_one_that_is(url: str) -> None:
    with pytest.raises(UnusableDatabase, match="postgresql://user:password@host/database or sqlite:///path"):
        SqlStorage.connect(url)


def test_a_refusal_does_not_tell_the_password(server_url: str) -> None:
    """Wherever in the URL it is."""
    nowhere = make_url(server_url).set(password="hush-hush", database="nowhere")
    options = {"password": "hush-hush", "sslpassword": "hush-hush"}
    for wrong in (nowhere, nowhere.update_query_dict(options)):
        with pytest.raises(UnusableDatabase, match="nowhere") as refusal:
            SqlStorage.connect(wrong.render_as_string(hide_password=False))
        assert "hush" not in str(refusal.value)
