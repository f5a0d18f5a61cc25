"""Servers made faulty on purpose: the real applications, each with one small patch.

``python -m tests.faulty --list`` lists them, ``python -m tests.faulty NAME --port N`` runs one. The contract
tests have to fail on every one of them, and on the requirement that it breaks.
"""

from tests.faulty import (
    authentication,
    data,
    errors,
    idempotency,
    node,
    payments,
    protocol,
    sessions,
    webhooks,
)

__all__ = [
    "authentication",
    "data",
    "errors",
    "idempotency",
    "node",
    "payments",
    "protocol",
    "sessions",
    "webhooks",
]
