"""What a running implementation is made of: its store, clocks, randomness and settings."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from reference_impl.bank.port import PaymentProcessor
from reference_impl.bank.simulated import SimulatedBank
from reference_impl.domain.plans import Pace
from reference_impl.domain.sessions import LIFETIME
from reference_impl.storage.port import Storage

SCHEMA_MAXIMUM = 100_000_000
"""The largest amount the document allows, in hundredths (1,000,000)."""

SANDBOX_MAXIMUM = 1_000
"""The largest amount in the sandbox, in hundredths (10)."""


def session_clock() -> datetime:
    """Now in UTC, to the millisecond that answers show."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def new_session_id() -> str:
    """More than 143 random bits (SESS-03), in 24 characters (SESS-02): in effect the payer's bearer token.

    It never begins with a hyphen, which command lines would take for an option.
    """
    while (identifier := secrets.token_urlsafe(18)).startswith("-"):
        pass
    return identifier


def new_request_id() -> str:
    """A fresh `Request-Id`, 22 visible ASCII characters."""
    return secrets.token_urlsafe(16)


def new_uuid() -> str:
    """A random UUID (RFC 9562 §5.4)."""
    return str(uuid.uuid4())


def new_reference() -> str:
    """A deposit's reference, short enough to be read out: `SM-` and ten characters."""
    return "SM-" + "".join(secrets.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(10))


def new_end_to_end_id() -> str:
    """An ISO 20022 end-to-end identification, at most 35 characters."""
    return "E2E" + secrets.token_hex(16).upper()


def new_external_payment_id() -> str:
    """The bank's identifier of a payment."""
    return f"pay_{secrets.token_hex(12)}"


def do_nothing(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Everything that the rules need from the world outside.

    ``real_time`` gives seconds since 1970 and governs `Timestamp`; ``session_clock`` governs `createdAt`,
    `expiresAt` and the like: one in production, two in a sandbox. ``maximum_amount`` is in hundredths;
    ``validate_responses`` holds every answer to the document before it is sent.
    ``public_url`` has no trailing slash; every URL in an answer begins with it, never with a Host header.
    """

    storage: Storage
    public_url: str
    checkout_url: str
    maximum_amount: int = SCHEMA_MAXIMUM
    validate_responses: bool = False
    session_lifetime: timedelta = LIFETIME
    real_time: Callable[[], float] = time.time
    session_clock: Callable[[], datetime] = session_clock
    new_session_id: Callable[[], str] = new_session_id
    new_request_id: Callable[[], str] = new_request_id
    new_event_id: Callable[[], str] = new_uuid
    new_delivery_id: Callable[[], str] = new_uuid
    new_reference: Callable[[], str] = new_reference
    new_end_to_end_id: Callable[[], str] = new_end_to_end_id
    new_external_payment_id: Callable[[], str] = new_external_payment_id
    processor: PaymentProcessor = field(default_factory=SimulatedBank)
    pace: Callable[[], Pace] = lambda: Pace.AT_ONCE
    announce: Callable[[object], None] = do_nothing
    """Told of each change once it is committed: a ``Session`` opened, a ``Transition``, a ``Delivery``."""


class Environments(Protocol):
    """Where a request's environment is found: one for all, or a sandbox's namespaces."""

    def of_api_key(self, api_key: str) -> Environment:
        """The environment whose partner has this key; any, where none has."""

    def of_session(self, session_id: str) -> Environment:
        """The environment whose session this is; any, where none has it."""


@dataclass(frozen=True, slots=True)
class OneEnvironment:
    """Satisfies ``Environments`` with one for all."""

    environment: Environment

    def of_api_key(self, api_key: str) -> Environment:
        return self.environment

    def of_session(self, session_id: str) -> Environment:
        return self.environment
