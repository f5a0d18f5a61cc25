"""Servers that are faulty in sessions and isolation fail on what they break."""

from __future__ import annotations

from tests.contract_tests.faulty import judging

AREA = "SESS"

test_a_faulty_server_fails_on_what_it_breaks = judging.fails_on_what_it_breaks
