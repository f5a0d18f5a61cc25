"""Column types whose values are encrypted at rest, each as it passes through an engine that has a cipher."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    Row,
    Select,
    Text,
    TypeDecorator,
    type_coerce,
)

from reference_impl.storage.encryption import Cipher, UndecipherableError

_CIPHERS: WeakKeyDictionary[Dialect, Cipher] = WeakKeyDictionary()
"""By dialect: the one thing of its engine that a column type is told, and each engine has its own."""


def use_cipher(engine: Engine, cipher: Cipher) -> None:
    """Have everything in sealed columns encrypted that goes through this engine."""
    _CIPHERS[engine.dialect] = cipher


class Sealed:
    """A column whose values are encrypted, where its engine has a cipher; they can be neither compared nor
    sorted by the database.
    """


SWEEP = 500
"""Rows that are due and are looked through at once, where one of them cannot be read."""

MOST_SWEEPS = 8
"""How often that is done in one round."""


def as_it_lies(column: Column[Any]) -> ColumnElement[Any]:
    """A sealed column without deciphering it: one value that cannot be must not keep a whole page from it."""
    return type_coerce(column, column.type.impl).label(column.name)  # type: ignore[attr-defined]


def decipher(column: Column[Any], value: Any, dialect: Dialect) -> Any:
    """What a value stands for that was read as it lies; raises UndecipherableError."""
    return column.type.process_result_value(value, dialect)  # type: ignore[attr-defined]


def find_lost(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any], column: Column[Any]
) -> Sequence[int]:
    """The numbers of the rows, of those that ``statement`` gives with their ``sequence`` and the column as it
    lies, in which that cannot be deciphered.
    """
    rows = connection.execute(statement, values).all()
    return [row.sequence for row in rows if not _is_readable(column, row, connection.dialect)]


def _is_readable(column: Column[Any], row: Row[Any], dialect: Dialect) -> bool:
    try:
        decipher(column, getattr(row, column.name), dialect)
    except UndecipherableError:
        return False
    return True


class SealedText(TypeDecorator[str], Sealed):
    """Text, encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        cipher = _CIPHERS.get(dialect)
        return value if value is None or cipher is None else cipher.encrypt(value.encode()).decode("ascii")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        cipher = _CIPHERS.get(dialect)
        return value if value is None or cipher is None else cipher.decrypt(value.encode()).decode()


class SealedBytes(TypeDecorator[bytes], Sealed):
    """Bytes, encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        cipher = _CIPHERS.get(dialect)
        return value if value is None or cipher is None else cipher.encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        cipher = _CIPHERS.get(dialect)
        return value if value is None or cipher is None else cipher.decrypt(value)


class Personal(TypeDecorator[Any], Sealed):
    """Members that say who somebody is (SESS-06), encrypted: a JSON string that holds what was JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        cipher = _CIPHERS.get(dialect)
        if value is None or cipher is None:
            return value
        return cipher.encrypt(json.dumps(value, ensure_ascii=False).encode()).decode("ascii")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        cipher = _CIPHERS.get(dialect)
        if value is None or cipher is None:
            return value
        if not isinstance(value, str):
            raise UndecipherableError
        return json.loads(cipher.decrypt(value.encode()))
