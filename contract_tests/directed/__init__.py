"""Tests written by hand, one module for each area of the requirements: what cannot be generated.

Each function registers itself by :func:`contract_tests.trial.judges`, with the requirements that it is about.
"""

from . import (
    amounts,
    authentication,
    errors,
    fields,
    idempotency,
    payers,
    precedence,
    protocol,
    races,
    sessions,
    syntax,
    urls,
)

__all__ = [
    "amounts",
    "authentication",
    "errors",
    "fields",
    "idempotency",
    "payers",
    "precedence",
    "protocol",
    "races",
    "sessions",
    "syntax",
    "urls",
]
