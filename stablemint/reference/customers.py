"""`stablemint reference customers`: deleting who a customer is."""

from __future__ import annotations

import argparse
from typing import Any

from stablemint.reference.store import (
    CODES,
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    no_partner,
    open_store,
    tell,
)

LEFT = 4
"""The exit code where sessions were left."""


def add(commands: Any) -> None:
    """Add the command and what is below it."""
    group = add_group(
        commands, "customers", "the customers of partners", "customers forget shop --user-id user-7"
    )
    forget = add_command(
        group,
        "forget",
        "delete a customer's KYC data, e-mail address and saved banks",
        "customers forget shop --user-id user-7",
        "customers forget shop --email eve@example.com",
        work=_forget,
        codes=CODES
        | {LEFT: "sessions are still under way or cannot be read, and have to be forgotten later"},
    )
    forget.add_argument("partner", help="the partner")
    who = forget.add_mutually_exclusive_group(required=True)
    who.add_argument("--user-id", metavar="ID", help="the partner's userId")
    who.add_argument("--email", metavar="ADDRESS", help="of one whom Stable Mint manages")
    add_settings(forget, STORE_OPTIONS)


def _forget(arguments: argparse.Namespace) -> int:
    from reference_impl.use_cases.customers import forget_customer

    with open_store(arguments) as storage:
        try:
            done = forget_customer(
                storage, partner_id=arguments.partner, user_id=arguments.user_id, email=arguments.email
            )
        except KeyError:
            raise no_partner(arguments.partner) from None
    told = f"forgotten in {done.sessions} sessions; {done.under_way} still under way"
    if done.unreadable:
        told += (
            f"; {done.unreadable} were written with a lost encryption key: give it as well, or delete them "
            "(`stablemint reference encryption-key rotate` lists them)"
        )
    members = {"sessions": done.sessions, "underWay": done.under_way, "unreadable": done.unreadable}
    tell(arguments, members, told)
    return LEFT if done.under_way or done.unreadable else 0
