"""What the processes of the reference implementation do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a process does."""

    WEB = "web"
    DISPATCH = "dispatch"
    SIMULATION = "simulation"
