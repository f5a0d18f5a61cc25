"""What the tests of payments and time stand on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from contract_tests.stage import Stage
from contract_tests.trial import Trial

SECOND = datetime(2030, 1, 31, 12, 0, 0, tzinfo=UTC)
LATER = SECOND + timedelta(milliseconds=250)


@pytest.mark.parametrize(
    ("shown", "latest"), [(SECOND, SECOND + timedelta(seconds=1)), (LATER, LATER)], ids=["cut", "exact"]
)
def test_what_a_command_shows_of_the_clock_may_be_cut(shown: datetime, latest: datetime) -> None:
    """A time without decimals can be that of a clock which is nearly a second ahead of it."""
    driver = SimpleNamespace(now=lambda: shown)
    known = SimpleNamespace(target=SimpleNamespace(claims=frozenset()))
    stage = Stage(cast("Trial", SimpleNamespace(driver=driver, known=known)))
    assert stage.latest() == latest
