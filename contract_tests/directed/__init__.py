"""Tests written by hand, one module for each area of the requirements: what cannot be generated.

Each function registers itself by :func:`contract_tests.trial.judges`, with the requirements that it is about.
"""

from . import authentication, errors, fields, idempotency, protocol, sessions, syntax

__all__ = ["authentication", "errors", "fields", "idempotency", "protocol", "sessions", "syntax"]
