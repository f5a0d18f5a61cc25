"""`stablemint reference encryption-key`: the keys for what is encrypted in the database."""

from __future__ import annotations

import argparse
from typing import Any

from stablemint.reference.store import (
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    open_store,
    tell,
)


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
    )
    add_settings(rotate, STORE_OPTIONS)


def _generate(arguments: argparse.Namespace) -> int:
    from reference_impl.storage.encryption import new_key

    key = new_key()
    tell(arguments, {"key": key}, key)
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    with open_store(arguments) as storage:
        count = storage.encrypt_anew()
    tell(
        arguments,
        {"rows": count},
        f"{count} {'row was' if count == 1 else 'rows were'} encrypted with the first key",
    )
    return 0
