"""Servers made faulty on purpose out of the Node implementation: the contract tests are to fit no one code base."""

from tests.faulty.node import (
    authentication,
    data,
    errors,
    idempotency,
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
    "payments",
    "protocol",
    "sessions",
    "webhooks",
]
