"""Servers that are faulty in what they take as data fail on nothing else."""

from __future__ import annotations

from tests.contract_tests.faulty import judging

AREA = "DATA"

test_a_faulty_server_fails_on_nothing_else = judging.fails_on_nothing_else
