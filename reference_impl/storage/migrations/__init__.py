"""Migrations: how the tables came to be what they are, step by step, run by Alembic.

A step is a module in ``versions/``, named after its revision: ``r0002_what_it_does.py``. Steps are never
edited once released. To add one, change ``sql_tables``, then write the step; ``alembic``'s comparison in
``tests/reference_impl/storage/test_migrations.py`` fails until both say the same on every database.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from reference_impl.storage.database import UnusableDatabase

_FOLDER = Path(__file__).parent
REVISIONS = tuple(sorted(step.stem[1:5] for step in (_FOLDER / "versions").glob("r[0-9]*.py")))
"""Every revision, first to last."""

HEAD = REVISIONS[-1]
"""The revision that this version of the program works with."""

_TABLE = "alembic_version"


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; None for an empty one.

    Raises UnusableDatabase for the tables of something else, and for a revision that is not known here.
    """
    tables = inspect(connection).get_table_names()
    if _TABLE not in tables:
        if tables:
            raise UnusableDatabase(f"it holds the tables of something else ({_some(tables)})")
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is not None and found not in REVISIONS:
        raise UnusableDatabase(
            f"it was made by a newer version of this program (its revision is {found}, this one's is "
            f"{HEAD}): use that version"
        )
    return str(found) if found is not None else None


def upgrade(connection: Connection) -> None:
    """Bring a database to ``HEAD``, within the transaction that is open on ``connection``.

    Whoever calls sees to it that no other process does so at the same time. Raises UnusableDatabase.
    """
    if revision(connection) == HEAD:
        return
    from alembic import command  # a fifth of a second, and needed once in a database's life
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def require_head(connection: Connection, *, cure: str) -> None:
    """Raise UnusableDatabase unless a database is at ``HEAD``; ``cure`` says what brings it there."""
    found = revision(connection)
    if found != HEAD:
        raise UnusableDatabase(f"its tables are not those of this version ({_state(found)}): {cure}")


def _state(found: str | None) -> str:
    return "it is empty" if found is None else f"its revision is {found}, {HEAD} is needed"


def _some(names: Iterable[str]) -> str:
    first, *others = sorted(names)
    return first if not others else f"{first} and {len(others)} more"
