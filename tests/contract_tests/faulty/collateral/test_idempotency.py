"""Servers that are faulty in idempotency fail on nothing else."""

from __future__ import annotations

from tests.contract_tests.faulty import judging

AREA = "IDEM"

test_a_faulty_server_fails_on_nothing_else = judging.fails_on_nothing_else
