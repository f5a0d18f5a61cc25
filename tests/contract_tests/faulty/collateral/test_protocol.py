"""Servers that are faulty in HTTP fail on nothing else."""

from __future__ import annotations

from tests.contract_tests.faulty import judging

AREA = "HTTP"

test_a_faulty_server_fails_on_nothing_else = judging.fails_on_nothing_else
