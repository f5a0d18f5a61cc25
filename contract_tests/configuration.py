"""``target.toml``: whom the suite tests, as whom, with what. Mistakes are named with their key and cure."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import openapi

from . import credentials
from .credentials import Partner
from .driver import Command, ControlApi, Driver, Restart
from .driver.control_api import DEFAULT_BASE
from .equipment import Equipment, ReceiverAddress
from .expectations import ExpectedFailure
from .table import ConfigurationError, Table
from .target import DRIVEN_FROM_OUTSIDE, Target, name_apart

NAME: Final = "target.toml"
PARTNER_KEYS: Final = (
    *("api_key", "api_key_file", "api_key_env", "api_secret_file", "api_secret_env"),
    *("private_key_file", "private_key_env"),
)
DRIVER_KINDS: Final = ("http", "command", "none")


@dataclass(frozen=True, kw_only=True)
class DriverSettings:
    """Which driver: the control API at `url`, the command of these `words`, or none where both are empty.

    `exits` tells whether the command knows the verb ``exit``; `restart` are the words of the command that
    ends the implementation and starts it again, none where empty. `timeout` is in seconds for each thing that
    either is asked to do.
    """

    url: str = ""
    token: str | None = None
    words: tuple[str, ...] = ()
    exits: bool = False
    restart: tuple[str, ...] = ()
    folder: Path | None = None
    timeout: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What ``target.toml`` says, checked."""

    target: Target
    driver: DriverSettings = DriverSettings()
    receiver: ReceiverAddress | None = None
    webhook_key_pem: bytes | None = None
    expected: tuple[ExpectedFailure, ...] = ()

    @contextmanager
    def equip(self) -> Iterator[Equipment]:
        """What the tests have to work with, until the block ends."""
        driver = self._make_driver()
        try:
            yield Equipment(
                driver=driver,
                restart=self._make_restart(),
                receiver=self.receiver,
                webhook_key_pem=self.webhook_key_pem,
            )
        finally:
            if driver is not None:
                driver.close()

    def _make_driver(self) -> Driver | None:
        settings = self.driver
        if settings.url:
            ca_file = self.target.ca_file
            return ControlApi(settings.url, timeout=settings.timeout, token=settings.token, ca_file=ca_file)
        if settings.words:
            return Command(
                settings.words, timeout=settings.timeout, folder=settings.folder, exits=settings.exits
            )
        return None

    def _make_restart(self) -> Restart | None:
        settings = self.driver
        if not settings.restart:
            return None
        return Restart(settings.restart, timeout=settings.timeout, folder=settings.folder)


def read(path: Path, *, environment: Mapping[str, str] | None = None) -> Configuration:
    """Read `path`; paths in it are relative to its folder.

    Raises :class:`ConfigurationError`, :class:`~.credentials.CredentialsError` and
    :class:`~.target.TargetError`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}; `stablemint verify --init` writes one"
        ) from None
    except ValueError as error:  # of decoding, and of TOML
        raise ConfigurationError(f"{path} is no TOML: {error}") from None
    reader = _Reader(path, os.environ if environment is None else environment)
    return reader.configuration(Table(str(path), "", values))


class _Reader:
    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._folder = path.parent
        self._environment = environment

    def configuration(self, table: Table) -> Configuration:
        url = table.text("url", "the base URL of the implementation, such as http://localhost:8080").rstrip(
            "/"
        )
        timeouts = table.table("timeouts")
        driver = table.table("driver")
        receiver = table.table("receiver")
        configuration = Configuration(
            target=Target(
                url=url,
                partners=name_apart(self._partner(entry) for entry in table.tables("partners")),
                max_amount=table.optional_number("max_amount"),
                claims=self._capabilities(table),
                timeout=timeouts.number("answer", 10),
                ca_file=self._optional_path(table, "ca_file"),
            ),
            driver=self._driver(driver, url, timeouts.number("driver", 60)),
            receiver=self._receiver(receiver),
            webhook_key_pem=self._webhook_key(receiver),
            expected=tuple(self._expected(entry) for entry in table.tables("expected_failures")),
        )
        for part in (timeouts, driver, receiver, table):
            part.refuse_the_rest()
        return configuration

    def _capabilities(self, table: Table) -> frozenset[str]:
        known = openapi.load()["x-capabilities"]
        claims = table.texts("capabilities", sorted(DRIVEN_FROM_OUTSIDE))
        unknown = [name for name in claims if name not in known]
        if unknown:
            raise table.fault("capabilities", f"{unknown[0]!r} is none; there are {', '.join(known)}")
        if "receiver" in claims:
            raise table.fault(
                "capabilities", "'receiver' is what a partner's own endpoint claims; take it out"
            )
        return frozenset(claims)

    def _partner(self, table: Table) -> Partner:
        name = table.text("name", "the partner's name at the implementation, as its events give it")
        table.refuse(
            ("api_secret", "private_key"),
            "secrets do not belong in this file: name a file or an environment variable that holds it "
            "({key}_file or {key}_env)",
        )
        folder = self._optional_path(table, "credentials")
        if folder is not None:
            table.refuse(PARTNER_KEYS, "give either {key} or `credentials`, a folder with all that is needed")
            partner = credentials.read_directory(folder, name=name)
        else:
            partner = credentials.make_partner(
                name=name,
                api_key=self._secret(table, "api_key").decode("utf-8", "replace").strip(),
                api_secret=self._secret(table, "api_secret").decode("utf-8", "replace").rstrip("\r\n"),
                pem=self._secret(table, "private_key"),
                source=table.where("private_key"),
            )
        table.refuse_the_rest()
        return partner

    def _secret(self, table: Table, key: str) -> bytes:
        file, variable = table.optional_text(f"{key}_file"), table.optional_text(f"{key}_env")
        plain = table.optional_text("api_key") if key == "api_key" else None
        given = [value for value in (file, variable, plain) if value is not None]
        if len(given) != 1:
            raise table.fault(
                f"{key}_file",
                f"give either {key}_file or {key}_env, or `credentials`, a folder with all three",
            )
        if plain is not None:
            return plain.encode()
        if variable is not None:
            value = self._environment.get(variable, "")
            if not value:
                raise table.fault(f"{key}_env", f"the environment variable {variable} is not set")
            return value.encode()
        return self._bytes(table, f"{key}_file", str(file))

    def _driver(self, table: Table, base: str, timeout: float) -> DriverSettings:
        kind = table.optional_text("kind") or "none"
        if kind not in DRIVER_KINDS:
            raise table.fault("kind", f"{kind!r} is none; there are {', '.join(DRIVER_KINDS)}")
        url = table.optional_text("url")
        words = tuple(table.texts("command", []))
        exits = self._optional_verbs(table)
        general: dict[str, Any] = {
            "restart": tuple(table.texts("restart", [])),
            "folder": self._folder,
            "timeout": timeout,
        }
        token_file, token_env = table.optional_text("token_file"), table.optional_text("token_env")
        if kind == "command":
            if not words:
                raise table.fault("command", 'give the command as a list of words: ["python3", "driver.py"]')
            return DriverSettings(words=words, exits=exits, **general)
        if exits:
            raise table.fault("optional_verbs", 'only a command has verbs: kind = "command"')
        if kind == "none":
            return DriverSettings(**general)
        token = None
        if token_env is not None:
            token = self._environment.get(token_env) or None
            if token is None:
                raise table.fault("token_env", f"the environment variable {token_env} is not set")
        elif token_file is not None:
            token = self._bytes(table, "token_file", token_file).decode("utf-8", "replace").strip()
        return DriverSettings(url=(url or base + DEFAULT_BASE).rstrip("/"), token=token, **general)

    def _optional_verbs(self, table: Table) -> bool:
        verbs = table.texts("optional_verbs", [])
        unknown = [verb for verb in verbs if verb != "exit"]
        if unknown:
            raise table.fault("optional_verbs", f"{unknown[0]!r} is none; there is 'exit'")
        return bool(verbs)

    def _receiver(self, table: Table) -> ReceiverAddress | None:
        if table.is_absent:
            return None
        listen = table.optional_text("listen") or "127.0.0.1:0"
        host, colon, port = listen.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65_535:
            raise table.fault(
                "listen", f"{listen!r} is no address and port, such as 127.0.0.1:0 (any free one)"
            )
        public_url = table.optional_text("public_url")
        return ReceiverAddress(
            host=host.strip("[]"), port=int(port), public_url=public_url.rstrip("/") if public_url else None
        )

    def _webhook_key(self, table: Table) -> bytes | None:
        file = table.optional_text("public_key_file")
        return None if file is None else self._bytes(table, "public_key_file", file)

    def _expected(self, table: Table) -> ExpectedFailure:
        requirement = table.text("requirement", "a requirement's identifier, such as IDEM-02")
        if requirement not in openapi.requirements():
            raise table.fault(
                "requirement", f"{requirement!r} is none; `stablemint verify --list` lists them"
            )
        reason = table.text("reason", "why it fails, for whoever reads the report")
        until = table.take("until")
        if not isinstance(until, date) or isinstance(until, datetime):
            raise table.fault(
                "until", "give the last day on which the failure is accepted: until = 2027-01-31"
            )
        table.refuse_the_rest()
        return ExpectedFailure(requirement=requirement, reason=reason, until=until)

    def _optional_path(self, table: Table, key: str) -> Path | None:
        text = table.optional_text(key)
        return None if text is None else self._folder / Path(text).expanduser()

    def _bytes(self, table: Table, key: str, name: str) -> bytes:
        path = self._folder / Path(name).expanduser()
        try:
            return path.read_bytes()
        except OSError as error:
            raise table.fault(key, f"{path} cannot be read: {error.strerror}") from None
