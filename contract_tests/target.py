"""Whom the suite tests: a base URL, the partners as which it calls, and what the target claims to offer."""

import dataclasses
import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

import openapi

from .credentials import Partner
from .operations import CREATIONS, LOWEST_AMOUNT, USUAL_AMOUNT, Creation
from .wire import trust

DRIVEN_FROM_OUTSIDE: Final = frozenset(
    {"core", "hosted", "embedded", "stablemint-managed", "partner-managed", "status", "limits"}
)
"""The capabilities that requests of partners alone can verify: no control API, no webhook receiver."""
HIGHEST_AMOUNT: Final = 1_000_000
"""Of the schemas: an environment's limit is lower, or this."""
SANDBOX_LIMIT: Final = 10
"""The limit of an environment that claims one and tells none: that of Stable Mint's sandbox."""
LEAST_LIMIT: Final = 1
"""Below it the amounts of the tests find no room."""


class TargetError(Exception):
    """A target that cannot be one; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the command line or ``target.toml`` says of the implementation under test.

    `max_amount` is the environment's limit, in units of the currency, where it is told; `timeout` is in
    seconds for each step of an exchange; `ca_file` holds certificates to trust beside the system's.
    """

    kind: ClassVar[str] = "Implementation"
    """What it is, for the reader of a report."""

    url: str
    partners: tuple[Partner, ...]
    max_amount: float | None = None
    claims: frozenset[str] = DRIVEN_FROM_OUTSIDE
    timeout: float = 10.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if "@" in parts.netloc:  # reports name the target, and would name a password with it
            raise TargetError("a base URL takes no user name and no password; leave out what stands before @")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise TargetError(f"{self.url!r} is no base URL; expected something like http://localhost:8080")
        try:
            _ = parts.port
        except ValueError as error:
            raise TargetError(f"{self.url!r} is no base URL: {error}") from None
        if not self.partners:
            raise TargetError(
                "no credentials: give --credentials DIR, the key files, the STABLEMINT_* variables, "
                "or [[partners]] in target.toml"
            )
        unknown = sorted(self.claims - set(openapi.load()["x-capabilities"]))
        if unknown:
            known = ", ".join(openapi.load()["x-capabilities"])
            raise TargetError(f"{', '.join(unknown)}: no such capability; there are {known}")
        self.require_certificates()
        if not LEAST_LIMIT <= self.limit <= HIGHEST_AMOUNT:
            raise TargetError(
                f"the maximum amount {self.limit:g} is not one from {LEAST_LIMIT:g}, below which there is no "
                "room for tests, to the contract's 1,000,000"
            )

    @property
    def limit(self) -> float:
        """The highest amount that is valid: told, or the sandbox's, or that of the schema."""
        if self.max_amount is not None:
            return self.max_amount
        return SANDBOX_LIMIT if "limits" in self.claims else HIGHEST_AMOUNT

    @property
    def has_limit(self) -> bool:
        """Whether it claims a maximum of its own, below that of the schema (DATA-14)."""
        return "limits" in self.claims and self.limit < HIGHEST_AMOUNT

    def require_certificates(self) -> None:
        """Raise :class:`TargetError` where there is a CA file that holds none."""
        try:
            trust(self.ca_file)
        except OSError as error:  # of the file, and of its content
            raise TargetError(f"the CA file {self.ca_file} cannot be used: {error}") from None


@dataclass(frozen=True, kw_only=True)
class Acquaintance:
    """What the preflight has learnt: who may create what, and how far the target's clock is from ours.

    `skew` is in seconds, positive where the target's clock is ahead.
    """

    target: Target
    allowed: tuple[tuple[str, tuple[Creation, ...]], ...]
    skew: int = 0
    notes: tuple[str, ...] = field(default=())

    def partners(self, creation: Creation) -> tuple[Partner, ...]:
        """The partners that may use `creation`, in the order in which they were given."""
        names = [name for name, creations in self.allowed if creation in creations]
        return tuple(partner for partner in self.target.partners if partner.name in names)

    @property
    def creations(self) -> tuple[Creation, ...]:
        """The creations that at least one partner may use, each with an amount that is valid there."""
        amount = USUAL_AMOUNT if self.target.limit >= USUAL_AMOUNT else LOWEST_AMOUNT
        usable = (creation for creation in CREATIONS if self.partners(creation))
        return tuple(dataclasses.replace(creation, amount=amount) for creation in usable)

    def now(self) -> int:
        """Whole seconds of the target's real time, as near as its ``Date`` lets us know."""
        return int(time.time()) + self.skew


def name_apart(partners: Iterable[Partner]) -> tuple[Partner, ...]:
    """The partners with names that tell them apart: folders of different homes may have one name."""
    named: dict[str, Partner] = {}
    for partner in partners:
        numbered = (f"{partner.name}-{number}" for number in itertools.count(2))
        name = next(name for name in itertools.chain([partner.name], numbered) if name not in named)
        named[name] = dataclasses.replace(partner, name=name)
    return tuple(named.values())
