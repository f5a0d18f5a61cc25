"""From settings to what runs: store, payment processor, environment, sender."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from reference_impl.bank.absent import NoProcessor
from reference_impl.bank.port import PaymentProcessor
from reference_impl.bank.simulated import SimulatedBank
from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.sender import Sender
from reference_impl.domain.amounts import hundredths
from reference_impl.environment import Environment
from reference_impl.failures import describe
from reference_impl.files import keep_file
from reference_impl.http.rate_limit import RateLimit
from reference_impl.settings import UNLIMITED, Settings, SettingsError
from reference_impl.storage.encryption import Cipher, UndecipherableError, new_key, split_keys
from reference_impl.storage.sql import SqlStorage
from reference_impl.use_cases.webhook_keys import require_webhook_key, signing_key

_PORT = sorted(name for name in vars(PaymentProcessor) if not name.startswith("_"))


def open_storage(settings: Settings, *, migrate: bool = False) -> SqlStorage:
    """The store that the settings name, with a key to sign webhooks; ``migrate`` brings it up to date first.

    Raises OSError, with its name, if it cannot be used, and SettingsError for keys that do not fit it.
    """
    if settings.database_url is None:
        _make_home(settings.home)
        url = f"sqlite:///{settings.embedded_database}"
    else:
        url = settings.database_url.get_secret_value()
    storage = SqlStorage.connect(url, migrate=migrate, cipher=_find_cipher(settings))
    try:
        require_webhook_key(storage, now=datetime.now(UTC))
        signing_key(storage, now=datetime.now(UTC))
    except UndecipherableError:
        storage.close()
        raise SettingsError(
            "encryption_keys: none of these keys decrypts what is in the database. Give the keys that it was "
            "written with; a key that is lost cannot be made again."
        ) from None
    return storage


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"home: {home} cannot be made a folder: {str(error.strerror).lower()}.") from None


def _find_cipher(settings: Settings) -> Cipher:
    if settings.encryption_keys is not None:
        keys = split_keys(settings.encryption_keys.get_secret_value())
    elif settings.database_url is None:
        file = settings.embedded_database.with_suffix(".key")
        keys = split_keys(keep_file(file, lambda: new_key().encode("ascii")).decode("ascii", "replace"))
    else:
        raise SettingsError(
            "encryption_keys (or STABLEMINT_ENCRYPTION_KEYS): required with a database_url. Make a key with "
            "`stablemint reference encryption-key generate`, and keep it apart from the database."
        )
    try:
        return Cipher(keys)
    except ValueError as error:
        raise SettingsError(f"encryption_keys (or STABLEMINT_ENCRYPTION_KEYS): {error}.") from None


def find_processor(settings: Settings) -> PaymentProcessor:
    """The payment processor that the settings name; raises SettingsError."""
    name = settings.processor
    if settings.simulate or name == "simulated":
        return SimulatedBank()
    if name == "none":
        return NoProcessor()
    module, _, attribute = name.partition(":")
    try:
        make = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"processor: {name} cannot be imported ({error}); its module must be on Python's path."
        ) from None
    if not callable(make):
        raise SettingsError(f"processor: {name} cannot be called; name what makes a PaymentProcessor.")
    try:
        processor = make()
    except Exception as error:
        # Not its message: it could quote what the processor authenticates itself with.
        raise SettingsError(f"processor: {name} failed when it was called:\n{describe(error)}") from None
    if not isinstance(processor, PaymentProcessor):
        lacking = [each for each in _PORT if not hasattr(processor, each)]
        raise SettingsError(
            f"processor: {name} made a {type(processor).__name__}, which is no PaymentProcessor "
            f"(reference_impl/bank/port.py): it lacks {', '.join(lacking)}."
        )
    return processor


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


def make_sender(settings: Settings, storage: SqlStorage) -> Sender:
    """The sender of webhooks, with the key that signs now."""
    return Sender(
        key=signing_key(storage, now=datetime.now(UTC)),
        addresses=AddressPolicy(private=settings.private_webhook_addresses),
    )
