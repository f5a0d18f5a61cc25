"""Servers with sessions and payments of their own kind raise no alarm."""

from __future__ import annotations

from tests.contract_tests.liberties import judging

AREAS = (
    "SESS",
    "PAY",
)

test_a_liberty_raises_no_alarm = judging.raises_no_alarm
test_a_liberty_raises_no_alarm_anywhere = judging.raises_no_alarm_anywhere
