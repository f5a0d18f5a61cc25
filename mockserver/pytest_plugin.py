"""The pytest fixture ``stablemint_mock``; the server is imported only when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.embedded import MockServer


@pytest.fixture
def stablemint_mock() -> Iterator[MockServer]:
    """A mock server on a free port, with credentials and a clock, fresh for each test."""
    from mockserver.embedded import MockServer

    with MockServer() as mock:
        yield mock
