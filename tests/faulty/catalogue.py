"""What a faulty server is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from reference_impl.credentials import PartnerCredentials

AREAS: Final = {
    "AUTH": "authentication",
    "HTTP": "HTTP",
    "DATA": "data",
    "IDEM": "idempotency",
    "SESS": "sessions and isolation",
    "PAY": "payments",
    "ERR": "errors and leaks",
    "HOOK": "webhooks",
}
"""What the areas of the requirements are called in the list."""

EVERYTHING: Final = "everything"
"""The collateral of a fault after which hardly any request of the contract tests gets its answer."""


class Listening(Protocol):
    """A server that runs: where it listens, and whose credentials it knows."""

    @property
    def url(self) -> str:
        """Its base URL."""

    @property
    def partners(self) -> Mapping[str, PartnerCredentials]:
        """Its partners, by name."""

    @property
    def control_url(self) -> str | None:
        """Where its control API drives a namespace; None where it has none."""

    @property
    def ca_file(self) -> Path | None:
        """The certificate by which its own is trusted; None where it has none."""


Start = Callable[[Mapping[str, PartnerCredentials], int], AbstractContextManager[Listening]]
"""Runs a server that knows these partners, on this port (0: any free one), until the block ends."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One faulty server.

    `breaks` is the requirement on which the contract tests must fail; `collateral` are others on which they
    may, because the same patch breaks them as well: identifiers, areas, or EVERYTHING. `application` is what
    was made faulty.
    """

    name: str
    sentence: str
    breaks: str
    collateral: frozenset[str]
    application: str
    start: Start = field(repr=False)

    @property
    def area(self) -> str:
        """The area of the requirement that it breaks, such as AUTH."""
        return self.breaks.partition("-")[0]

    def explains(self, requirement: str) -> bool:
        """Whether it is no surprise that this requirement fails."""
        return bool(
            {requirement, requirement.partition("-")[0], EVERYTHING} & {self.breaks, *self.collateral}
        )


CATALOGUE: Final[dict[str, Fault]] = {}
"""All faulty servers, by name, once ``tests.faulty`` is imported."""


def register(fault: Fault) -> Fault:
    """Enter a faulty server in the catalogue; ValueError where its name is taken."""
    if fault.name in CATALOGUE:
        raise ValueError(f"there is a faulty server named {fault.name} already")
    CATALOGUE[fault.name] = fault
    return fault


def by_area() -> dict[str, list[Fault]]:
    """The faulty servers of each area, in the order of the requirements that they break."""
    areas: dict[str, list[Fault]] = {area: [] for area in AREAS}
    for fault in sorted(CATALOGUE.values(), key=lambda fault: (fault.breaks, fault.name)):
        areas[fault.area].append(fault)
    return {area: faults for area, faults in areas.items() if faults}
