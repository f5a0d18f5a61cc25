"""The reference implementation's settings: from options, environment and a file, checked at start.

An option goes before the environment, the environment before the file, the file before the default.
`docs/settings.md` is written from this model (``reference_impl.settings_page``).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from reference_impl.environment import SANDBOX_MAXIMUM, SCHEMA_MAXIMUM
from reference_impl.urls import require_base_url

PREFIX = "STABLEMINT_"
FILE_VARIABLE = "STABLEMINT_CONFIG"
UNLIMITED = "off"
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1", re.IGNORECASE)
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")
"""One of the rates that the library reads, which takes more: of several it would keep the first alone."""

DEMO: Mapping[str, object] = {
    "maximum_amount": Decimal(SANDBOX_MAXIMUM) / 100,
    "private_webhook_addresses": True,
}
"""Defaults of `stablemint reference` without a subcommand, which is a sandbox on the developer's machine."""

_REASONS: Mapping[str, str] = {
    "int_parsing": "it has to be a whole number",
    "int_parsing_size": "it has to be a whole number",
    "int_type": "it has to be a whole number",
    "int_from_float": "it has to be a whole number",
    "float_parsing": "it has to be a number",
    "float_type": "it has to be a number",
    "decimal_parsing": "it has to be a number",
    "decimal_type": "it has to be a number",
    "finite_number": "it has to be a number that is finite",
    "decimal_max_places": "it has to have at most {decimal_places} decimals",
    "bool_parsing": "it has to be true or false",
    "bool_type": "it has to be true or false",
    "greater_than": "it has to be more than {gt}",
    "greater_than_equal": "it has to be at least {ge}",
    "less_than": "it has to be less than {lt}",
    "less_than_equal": "it has to be at most {le}",
    "string_type": "it has to be a text",
    "path_type": "it has to be a path",
    "string_too_short": "it is empty",
    "literal_error": "it has to be {expected}",
}
"""What is wrong with a value, by the type of Pydantic's error, whose own sentence speaks of parsing."""

_CLIENT_VARIABLES = frozenset(
    {"STABLEMINT_URL", "STABLEMINT_API_KEY", "STABLEMINT_API_SECRET", "STABLEMINT_PRIVATE_KEY"}
)
"""What a partner's credentials set: no settings of a server, and no mistakes either."""


class SettingsError(Exception):
    """Settings that cannot be served with. The message names each, what is wrong with it, and what to do."""


class Settings(BaseSettings):
    """How to run. Secrets are ``SecretStr``, so that printing the settings shows none."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", min_length=1, description="Address that the API listens on.")
    port: int = Field(8090, ge=0, le=65535, description="Port that the API listens on; 0 takes any free one.")
    workers: int = Field(1, ge=1, le=64, description="Web processes on this machine, on one socket.")
    public_url: str | None = Field(
        None,
        description="What URLs in answers begin with, where clients come by another way than `host` and "
        "`port`. Default: `http://localhost:PORT`.",
    )
    checkout_url: str | None = Field(
        None,
        description="The hosted checkout, which is no part of this server: `sessionUrl` is this, a slash and "
        "the session's identifier. Default: `/checkout` below the public URL, where nothing is served.",
    )
    maximum_amount: Decimal = Field(
        Decimal(SCHEMA_MAXIMUM) / 100,
        ge=Decimal("0.1"),
        le=Decimal(SCHEMA_MAXIMUM) / 100,
        decimal_places=2,
        description="The largest amount that a session may have. Default of `stablemint reference` without a "
        "subcommand: 10.",
    )
    rate_limit: str = Field(
        "18000/minute",
        description="Requests that one partner may make, in each web process by itself, such as "
        "`100/second` or `18000/minute`; `off` for no limit. More are answered 429.",
    )
    request_timeout: float = Field(
        30.0,
        gt=0,
        le=600,
        description="Seconds that a client may take to send a whole request; then its connection is closed.",
    )
    shutdown_grace: float = Field(
        30.0,
        ge=0,
        le=600,
        description="Seconds that requests and webhooks in flight are given to end when a process stops.",
    )
    tls_certificate: Path | None = Field(
        None, description="PEM file of the certificate chain; with `tls_key`, HTTPS is served."
    )
    tls_key: Path | None = Field(None, description="PEM file of the certificate's private key.")
    validate_responses: bool = Field(
        False, description="Hold every answer to the OpenAPI document, and answer 500 where one breaks it."
    )
    database_url: SecretStr | None = Field(
        None,
        description="Where everything is kept: `postgresql://USER:PASSWORD@HOST/NAME`, or `sqlite:///FILE`. "
        "Default: `store.sqlite` in `home`.",
    )
    encryption_keys: SecretStr | None = Field(
        None,
        description="Keys for what is encrypted in the database, separated by commas: the first encrypts, "
        "all decrypt. Make one with `stablemint reference encryption-key generate`. Required with a "
        "`database_url`; without one, a key file is made beside the SQLite file.",
    )
    home: Path = Field(
        Path(".stablemint/reference"),
        description="Folder of the embedded database, its key file and the demo partners' credentials.",
    )
    processor: str = Field(
        "none",
        description="The payment processor: `none` offers no banks, `simulated` plays outcomes without "
        "moving money, `package.module:name` is your own, a callable that returns a `PaymentProcessor`.",
    )
    simulate: bool = Field(
        False,
        description="Serve the control API's driver operations over a simulated bank, with a session clock "
        "that can be moved: for contract tests, never in production. All is one process then.",
    )
    control_token: SecretStr | None = Field(
        None, description="With `simulate`: lets whoever sends it drive from beyond loopback."
    )
    private_webhook_addresses: bool = Field(
        False,
        description="Whether webhooks may go to loopback, private and other addresses that are not public. "
        "Default of `stablemint reference` without a subcommand: true.",
    )
    operations_host: str = Field(
        "127.0.0.1", min_length=1, description="Address of `/healthz`, `/readyz` and `/metrics`."
    )
    operations_port: int = Field(
        9090,
        ge=0,
        le=65535,
        description="Port of these three; 0 takes any free one.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level that is logged; `info` has a line for every request."
    )

    @field_validator("public_url", "checkout_url")
    @classmethod
    def _is_base_url(cls, value: str | None) -> str | None:
        return None if value is None else require_base_url(value)

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        if value != UNLIMITED and not _RATE.fullmatch(value):
            raise ValueError("give a rate such as 100/second or 18000/minute, or off")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: SecretStr | None) -> SecretStr | None:
        known = r"(postgresql(\+psycopg)?://|sqlite:///).+"
        if value is not None and not re.fullmatch(known, value.get_secret_value()):
            raise ValueError("give postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE")
        return value

    @field_validator("processor")
    @classmethod
    def _is_processor(cls, value: str) -> str:
        if value not in ("none", "simulated") and not re.fullmatch(r"[\w.]+:\w+", value):
            raise ValueError("give none, simulated, or package.module:name")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library passes it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library passes it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes before what; ``load_settings`` gives the layers that are no environment."""
        layers = init_settings()
        return (
            InitSettingsSource(settings_cls, layers["options"]),
            env_settings,
            InitSettingsSource(settings_cls, layers["file"]),
            InitSettingsSource(settings_cls, layers["demo"]),
        )

    @property
    def embedded_database(self) -> Path:
        """The SQLite file that is used where no database is named."""
        return self.home / "store.sqlite"

    def variables(self) -> dict[str, str]:
        """The environment in which another process reads these settings, secrets included."""
        variables = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is not None:
                variables[f"{PREFIX}{name.upper()}"] = str(value)
        return variables


def load_settings(options: Mapping[str, object], *, file: Path | None = None, demo: bool = False) -> Settings:
    """The settings that apply; ``options`` were given on the command line, None where they were not.

    Raises SettingsError.
    """
    named = file or (Path(value) if (value := os.environ.get(FILE_VARIABLE)) else None)
    layers: Any = {
        "options": {name: value for name, value in options.items() if value is not None},
        "file": _read(named) if named else {},
        "demo": DEMO if demo else {},
    }
    try:
        settings = Settings(**layers)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    _check_together(settings)
    return settings


def unknown_variables() -> list[str]:
    """What in the environment looks like a setting and is none, each with what may have been meant."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {FILE_VARIABLE}
    return [
        f"{variable} is no setting{_near(variable, sorted(known))}"
        for variable in sorted(os.environ)
        if variable.startswith(PREFIX) and variable not in known | _CLIENT_VARIABLES
    ]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {str(error.strerror).lower()}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}.") from None


def _check_together(settings: Settings) -> None:
    _require_https_off_loopback(settings)
    if settings.simulate and settings.workers > 1:
        raise SettingsError("simulate: the simulation is one process, so `workers` must be 1.")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise SettingsError("tls_certificate, tls_key: give both for HTTPS, or none.")
    for name in ("tls_certificate", "tls_key"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"{name}: there is no file {path}.")


def _require_https_off_loopback(settings: Settings) -> None:
    """HTTP-20: by this server, or by a proxy in front of it, which `public_url` then leads to."""
    by_proxy = (settings.public_url or "").lower().startswith("https:")
    if not (settings.tls_certificate or by_proxy or _LOOPBACK.fullmatch(settings.host)):
        raise SettingsError(
            "host: off loopback the API is served by HTTPS alone. Give tls_certificate and tls_key, or, with "
            "a proxy in front that does it, the https URL that clients come by as public_url."
        )


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0])
        field = Settings.model_fields.get(name)
        if field is None:
            lines.append(f"{name}: there is no such setting{_near(name, list(Settings.model_fields))}.")
            continue
        known = _REASONS.get(fault["type"], "").format_map(fault.get("ctx", {}))
        reason = known or fault["msg"].removeprefix("Value error, ").rstrip(".")
        lines.append(f"{name} (or {PREFIX}{name.upper()}): {reason}. {field.description}")
    return "\n".join(lines)


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
