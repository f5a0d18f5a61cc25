"""From settings to what runs: store, payment processor, environment, sender."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from reference_impl.bank.absent import NoProcessor
from reference_impl.bank.port import PaymentProcessor
from reference_impl.bank.simulated import SimulatedBank
from reference_impl.credentials import Home
from reference_impl.delivery.sender import Sender
from reference_impl.domain.amounts import hundredths
from reference_impl.environment import Environment
from reference_impl.http.rate_limit import RateLimit
from reference_impl.settings import UNLIMITED, Settings, SettingsError
from reference_impl.storage.sql import SqlStorage


def open_storage(settings: Settings) -> SqlStorage:
    """The store that the settings name. Raises OSError, with its name, if it cannot be used."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return SqlStorage.open(settings.embedded_database)


def find_processor(settings: Settings) -> PaymentProcessor:
    """The payment processor that the settings name; raises SettingsError."""
    name = settings.processor
    if settings.simulate or name == "simulated":
        return SimulatedBank()
    if name == "none":
        return NoProcessor()
    module, _, attribute = name.partition(":")
    try:
        make = cast("Callable[[], PaymentProcessor]", getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"processor: {name} cannot be imported ({error}); its module must be on Python's path."
        ) from None
    return make()


def make_environment(
    settings: Settings, *, storage: SqlStorage, announce: Callable[[object], None]
) -> Environment:
    """What the rules are given. ``public_url`` has to be known by now."""
    public_url = settings.public_url or ""
    return Environment(
        storage=storage,
        public_url=public_url,
        checkout_url=settings.checkout_url or f"{public_url}/checkout",
        maximum_amount=hundredths(float(settings.maximum_amount)) or 0,
        validate_responses=settings.validate_responses,
        processor=find_processor(settings),
        announce=announce,
    )


def make_rate_limit(settings: Settings) -> RateLimit | None:
    """The limit on each partner's requests in this process, if there is to be one."""
    return None if settings.rate_limit == UNLIMITED else RateLimit(settings.rate_limit)


def make_sender(settings: Settings) -> Sender:
    """The sender of webhooks."""
    return Sender(key=Home(settings.home).webhook_key())


def webhook_public_key(settings: Settings) -> str:
    """The key that webhooks are verified with, an SPKI PEM."""
    return Home(settings.home).webhook_public_key.read_text(encoding="ascii")
