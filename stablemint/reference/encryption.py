"""`stablemint reference encryption-key`: the keys for what is encrypted in the database."""

from __future__ import annotations

import argparse
from typing import Any

from stablemint.failure import REFUSED
from stablemint.reference.store import (
    CODES,
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    open_store,
    tell,
)

_NAMED = 20
"""Rows that are named of a table for a person to read."""


def add(commands: Any) -> None:
    """Add the command and what is below it."""
    group = add_group(
        commands,
        "encryption-key",
        "the keys for what is encrypted in the database",
        "encryption-key generate",
    )
    add_command(
        group, "generate", "print a fresh key; nothing is kept", "encryption-key generate", work=_generate
    )
    rotate = add_command(
        group,
        "rotate",
        "encrypt everything anew with the first of STABLEMINT_ENCRYPTION_KEYS, so that the others can go",
        "encryption-key rotate",
        work=_rotate,
        codes=CODES | {REFUSED: "some rows could be read with none of the keys: they stay as they are"},
    )
    add_settings(rotate, STORE_OPTIONS)


def _generate(arguments: argparse.Namespace) -> int:
    from reference_impl.storage.encryption import new_key

    key = new_key()
    tell(arguments, {"key": key}, key)
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    with open_store(arguments) as storage:
        done = storage.encrypt_anew()
    told = f"{done.rows} {'row was' if done.rows == 1 else 'rows were'} encrypted with the first key"
    for column, keys in done.lost.items():
        others = f" and {len(keys) - _NAMED} others (--json names all)" if len(keys) > _NAMED else ""
        told += f"\nnot readable with any of these keys, by {column}: {', '.join(keys[:_NAMED])}{others}"
    tell(arguments, {"rows": done.rows, "lost": done.lost}, told)
    return REFUSED if done.lost else 0
