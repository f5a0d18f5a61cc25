"""Servers whose two clocks stand still and are set by the test."""

from __future__ import annotations

from tests.timed import timed, timed_servers

__all__ = ["timed", "timed_servers"]
