"""Tests written by hand, one module for each area of the requirements: what cannot be generated.

Each function registers itself by :func:`contract_tests.trial.judges`, with the requirements that it is about.
"""

from . import (
    amounts,
    authentication,
    concurrency,
    errors,
    fields,
    idempotency,
    payers,
    precedence,
    protocol,
    sessions,
    syntax,
    urls,
)

__all__ = [
    "amounts",
    "authentication",
    "concurrency",
    "errors",
    "fields",
    "idempotency",
    "payers",
    "precedence",
    "protocol",
    "sessions",
    "syntax",
    "urls",
]
