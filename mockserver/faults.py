"""Faults: answers other than the right one, for the next requests that fit."""

from __future__ import annotations

from dataclasses import dataclass

OWN_PATHS = ("/_sandbox", "/docs", "/favicon.ico")
"""What begins so is the mock server's own, and no part of the APIs that partners and payers call."""

PAGES = ("/checkout", "/assets", "/widget")
"""What begins so is a page that payers see, or a file of one; they are answered before any fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a fault strikes. ``path`` is exact, or a prefix before a final ``*``; None fits all."""

    path: str | None = None
    operation_id: str | None = None
    partner: str | None = None

    @property
    def strikes_nothing(self) -> bool:
        """Whether all that has such a path is answered before any fault is looked for."""
        return self.path is not None and self.path.removesuffix("*").startswith(OWN_PATHS + PAGES)

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
