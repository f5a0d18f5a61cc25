"""How much work one diagnosis may do."""

from __future__ import annotations

from dataclasses import dataclass

MAXIMUM_OPENINGS = 96
"""RSA public-key operations, each some 100 µs."""

MAXIMUM_STRINGS = 16_000
"""Strings built and hashed, each some 2 µs and what its bytes cost."""

MAXIMUM_BYTES = 24 * 1024 * 1024
"""Bytes hashed, some 2 ns each: 96 strings around the largest body."""

LARGEST_REWRITTEN = 16 * 1024
"""Bytes of the largest body whose JSON is written anew in other styles."""

LARGEST_PAIRED = 1_536
"""Bytes of the largest body for which pairs of mistakes are tried."""

MOST_REWRITTEN = 256
"""Commas and brackets in such a body: some 0.5 µs for each part of each of some 150 texts."""


@dataclass(slots=True, kw_only=True)
class Effort:
    """Counts the work and says when to stop: some 0.1 s of one core at most, and mostly a few ms."""

    openings: int = 0
    strings: int = 0
    bytes: int = 0
    exhausted: bool = False

    def may_open(self) -> bool:
        """Count an RSA operation, if one more is allowed."""
        return self._count(self.openings < MAXIMUM_OPENINGS, openings=1)

    def may_hash(self, size: int) -> bool:
        """Count a string of ``size`` bytes, if it is allowed."""
        allowed = self.strings < MAXIMUM_STRINGS and self.bytes + size <= MAXIMUM_BYTES
        return self._count(allowed, strings=1, size=size)

    def _count(self, allowed: bool, *, openings: int = 0, strings: int = 0, size: int = 0) -> bool:
        if allowed:
            self.openings += openings
            self.strings += strings
            self.bytes += size
        else:
            self.exhausted = True
        return allowed
