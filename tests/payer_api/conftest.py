"""Servers whose clocks stand still and are set by the test, and sessions in every state."""

from __future__ import annotations

import pytest

from tests.serving import Server
from tests.timed import TimedServer, timed, timed_servers

__all__ = ["timed", "timed_servers"]


@pytest.fixture
def server(timed: TimedServer) -> Server:
    """Each application in turn."""
    return timed.server
