"""Settings: where they come from, in which order, and how mistakes are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reference_impl.settings import Settings, SettingsError, load_settings, unknown_variables
from reference_impl.settings_page import PAGE, render


def test_the_page_of_settings_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run python -m reference_impl.settings_page"


def test_an_option_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the file before what a demo has by default."""
    file = tmp_path / "settings.toml"
    file.write_text("port = 1\nworkers = 2\nrate_limit = 'off'\nmaximum_amount = 50\n")
    monkeypatch.setenv("STABLEMINT_PORT", "3")
    monkeypatch.setenv("STABLEMINT_WORKERS", "4")
    settings = load_settings({"port": 5, "host": None}, file=file, demo=True)
    assert (settings.port, settings.workers, settings.rate_limit) == (5, 4, "off")
    assert settings.maximum_amount == 50
    assert load_settings({}, demo=True).maximum_amount == 10
    assert load_settings({}).maximum_amount == 1_000_000


def test_another_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings(
        {"encryption_keys": "a,b", "simulate": True, "home": "/somewhere", "maximum_amount": "9.99"}
    )
    for variable, value in given.variables().items():
        monkeypatch.setenv(variable, value)
    assert load_settings({}) == given


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("prot = 1", ["prot", "did you mean port?"]),
        ("port = 'x'", ["port", "STABLEMINT_PORT"]),
        ("rate_limit = 'often'", ["rate_limit", "100/second"]),
        ("rate_limit = '0/second'", ["rate_limit", "100/second"]),
        ("rate_limit = '10/second;100/minute'", ["rate_limit", "100/second"]),
        ("processor = 'bank'", ["processor", "package.module:name"]),
        ("tls_key = 'key.pem'", ["tls_certificate", "tls_key"]),
        ("port = ", ["settings.toml", "not TOML"]),
        ("host = '0.0.0.0'", ["host", "tls_certificate", "public_url"]),
        ("host = '192.0.2.7'\npublic_url = 'http://api.example'", ["host", "HTTPS"]),
    ],
)
def test_a_mistake_is_told_by_name(tmp_path: Path, text: str, names: list[str]) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refusal:
        load_settings({}, file=file)
    assert [name for name in names if name not in str(refusal.value)] == []


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "127.0.0.2"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "public_url": "https://api.example"},
    ],
)
def test_loopback_and_what_stands_behind_a_proxy_may_be_served_in_the_clear(
    settings: dict[str, object],
) -> None:
    """HTTP-20: nobody comes by HTTP from elsewhere."""
    assert load_settings(settings).tls_certificate is None


def test_a_secret_is_shown_by_no_mistake_and_no_print() -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({"database_url": "canary://canary", "control_token": "canary"})
    assert "canary" not in str(refusal.value)
    assert "canary" not in repr(load_settings({"encryption_keys": "canary", "control_token": "canary"}))


def test_a_variable_that_is_no_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those with which a partner's credentials are loaded."""
    monkeypatch.setenv("STABLEMINT_PROT", "1")
    monkeypatch.setenv("STABLEMINT_API_KEY", "key")
    assert "STABLEMINT_PROT is no setting; did you mean STABLEMINT_PORT?" in unknown_variables()
    assert not any("API_KEY" in mistake for mistake in unknown_variables())


def test_a_wrong_value_is_told_of_in_words_and_not_in_pydantics() -> None:
    """Of every setting: whatever is given to it, what is said speaks of no parsing and no input."""
    told = []
    value: object
    for name in Settings.model_fields:
        for value in (
            "abc",
            "",
            "-1",
            "1e9",
            "99999999999999999999",
            "0.123",
            "nan",
            "1.5",
            7,
            1.5,
            True,
            None,
            [],
        ):
            try:
                load_settings({name: value}, file=None)
            except SettingsError as error:
                told.append(str(error))
    assert "port (or STABLEMINT_PORT): it has to be a whole number. Port that" in "".join(told)
    assert "workers (or STABLEMINT_WORKERS): it has to be at least 1. Web processes" in "".join(told)
    pydantics = re.compile(r"\b(Input|unable|valid|should|instance)\b")
    assert [line for line in told if pydantics.search(line)] == []


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
