"""Servers that are faulty in payments fail on what they break."""

from __future__ import annotations

from tests.contract_tests.faulty import judging

AREA = "PAY"

test_a_faulty_server_fails_on_what_it_breaks = judging.fails_on_what_it_breaks
