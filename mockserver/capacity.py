"""How much a mock server keeps where nobody says; a module of its own, which `--help` reads in no time."""

from __future__ import annotations

MAXIMUM_SESSIONS = 10_000
"""Sessions; finished ones are dropped first, then the oldest."""
