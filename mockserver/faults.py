"""Faults: answers other than the right one, for the next requests that fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a fault strikes. ``path`` is exact, or a prefix before a final ``*``; None fits all."""

    path: str | None = None
    operation_id: str | None = None
    partner: str | None = None

    def fits(self, *, path: str, operation_id: str | None, partner: str | None, of_session_api: bool) -> bool:
        """Whether the request is struck; without path and operation, the session API's alone are."""
        if self.partner is not None and partner != self.partner:
            return False
        if self.operation_id is not None and operation_id != self.operation_id:
            return False
        if self.path is not None:
            exact = self.path.removesuffix("*")
            return path.startswith(exact) if self.path.endswith("*") else path == exact
        return self.operation_id is not None or of_session_api


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``delay`` in seconds of real time comes first; then at most one of a problem of the contract, a bare
    status, and a dropped connection; or else the right answer.
    """

    code: str | None = None
    status: int | None = None
    drop: bool = False
    delay: float = 0.0
    match: Match = Match()
