"""Right servers that take liberties: no test may fail on them.

What the contract leaves open, each of them decides otherwise than our own servers do, so that the contract
tests are held to the contract and not to what we happened to build: the counterpart of ``tests.faulty``.
"""

from tests.liberties import (
    answers,
    authentication,
    data,
    errors,
    idempotency,
    payments,
    sessions,
    webhooks,
)

__all__ = [
    "answers",
    "authentication",
    "data",
    "errors",
    "idempotency",
    "payments",
    "sessions",
    "webhooks",
]
