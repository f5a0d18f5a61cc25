"""What `stablemint reference` does besides serving: partners, endpoints, keys, customers, migrations."""

from __future__ import annotations

import argparse
import errno
import json
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_impl.credentials import load_private_key, new_private_key, public_pem
from reference_impl.domain.problems import unavailable
from reference_impl.domain.webhook_keys import choose_signing_key
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import load_settings
from reference_impl.storage.encryption import UndecipherableError, new_key
from stablemint.commands import reference
from stablemint.failure import Failure
from stablemint.program import main
from tests.postgresql import Postgresql
from tests.reference_impl.storage.test_migrations import STEPS_BACK

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `stablemint reference …` on one embedded store: exit code, output, errors."""

    def run_it(*words: str, store: tuple[str, ...] | None = None) -> tuple[int, str, str]:
        code = main(["reference", *words, *(("--home", str(home)) if store is None else store)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


@pytest.fixture(scope="module")
def public_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a partner's public key."""
    path = tmp_path_factory.mktemp("partner") / "public_key.pem"
    path.write_bytes(public_pem(load_private_key(new_private_key())))
    return str(path)


def add(run: Run, public_key: str, *options: str) -> dict[str, str]:
    code, out, _ = run("partners", "add", "--name", "acme", "--public-key", public_key, *options)
    assert code == 0
    credentials: dict[str, str] = json.loads(out)
    return credentials


def test_a_partner_is_added_with_a_secret_that_is_shown_once(run: Run, public_key: str, home: Path) -> None:
    """And kept encrypted, with a key beside the database that its owner alone reads."""
    made = add(run, public_key, "--customer-management", "partner")
    assert made["partner"] == "acme"
    assert [re.split(r" {2,}", line) for line in run("partners", "list")[1].splitlines()] == [
        ["partner", "API key", "customers managed by"],
        ["acme", made["apiKey"], "partner"],
    ]
    assert json.loads(run("partners", "list", "--json")[1]) == {
        "partners": [{"partner": "acme", "apiKey": made["apiKey"], "customerManagement": ["partner"]}]
    }
    kept = b"".join(file.read_bytes() for file in home.glob("store.sqlite*"))
    assert made["apiKey"].encode() in kept
    assert made["apiSecret"].encode() not in kept
    assert stat.S_IMODE((home / "store.key").stat().st_mode) == 0o600


def test_a_name_is_taken_once(run: Run, public_key: str) -> None:
    add(run, public_key)
    code, _, err = run("partners", "add", "--name", "acme", "--public-key", public_key)
    assert (code, "rotate-key" in err) == (1, True)


def test_a_key_is_rotated_at_once(run: Run, public_key: str, home: Path) -> None:
    """The former API key and secret are refused from then on."""
    before = add(run, public_key)
    after = json.loads(run("partners", "rotate-key", "acme")[1])
    assert after["apiKey"] != before["apiKey"]
    assert after["apiSecret"] != before["apiSecret"]
    storage = open_storage(load_settings({"home": home}))
    assert storage.partner_by_api_key(before["apiKey"]) is None
    known = storage.partner_by_api_key(after["apiKey"])
    storage.close()
    assert known is not None
    assert known.api_secret == after["apiSecret"]


@pytest.mark.parametrize("content", ["", "no key", "elliptic", None])
def test_what_is_no_rsa_public_key_is_refused_by_path(run: Run, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "key.pem"
    if content == "elliptic":
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        file.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    elif content is not None:
        file.write_text(content)
    code, out, err = run("partners", "add", "--name", "acme", "--public-key", str(file))
    assert (code, out) == (2, "")
    assert str(file) in err


def test_endpoints_are_set_for_all_types_or_for_some_and_removed(run: Run, public_key: str) -> None:
    add(run, public_key)
    code, out, _ = run("endpoints", "set", "acme", "https://shop.example/hooks")
    assert (code, out) == (0, run("endpoints", "list", "acme")[1])
    assert run("endpoints", "list", "acme")[1].count("https://shop.example/hooks\n") == 7
    listed = json.loads(run("endpoints", "list", "acme", "--json")[1])["endpoints"]
    assert [one["url"] for one in listed] == ["https://shop.example/hooks"] * 7
    one = ("--event-type", "transaction.status.changed")
    assert run("endpoints", "set", "acme", "https://shop.example/status", *one)[0] == 0
    assert re.search(
        r"transaction\.status\.changed +https://shop\.example/status\n", run("endpoints", "list", "acme")[1]
    )
    assert run("endpoints", "remove", "acme", *one)[0] == 0
    assert run("endpoints", "list", "acme")[1].count("https://shop.example/hooks\n") == 6
    assert json.loads(run("endpoints", "remove", "acme", "--json")[1]) == {"endpoints": []}
    assert "`stablemint reference endpoints set acme URL` sets them" in run("endpoints", "list", "acme")[1]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://shop.example/hooks", "https"),
        ("https://user@shop.example/", "https"),
        ("shop.example", "https"),
        ("https://10.0.0.1/hooks", "no public address"),
        ("https://[::ffff:127.0.0.1]/", "no public address"),
        ("https://localhost/hooks", "set STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES=true for this command too"),
        ("https://169.254.169.254/latest", "no public address"),
    ],
)
def test_a_url_that_webhooks_may_not_go_to_is_refused(
    run: Run, public_key: str, url: str, reason: str
) -> None:
    add(run, public_key)
    code, _, err = run("endpoints", "set", "acme", url)
    assert (code, reason in err) == (2, True), err


@pytest.mark.parametrize(
    "words",
    [
        ("endpoints", "list", "nobody"),
        ("endpoints", "set", "nobody", "https://shop.example/"),
        ("partners", "rotate-key", "nobody"),
        ("customers", "forget", "nobody", "--user-id", "7"),
    ],
)
def test_a_partner_that_there_is_not_is_named(run: Run, words: tuple[str, ...]) -> None:
    code, _, err = run(*words)
    assert (code, "no partner nobody" in err) == (1, True)


def test_webhook_keys_overlap(run: Run, home: Path) -> None:
    """The new one signs from its time on; the old one stays published until it is retired (HOOK-04)."""
    first = run("webhook-key", "show")[1]
    assert first.count("BEGIN PUBLIC KEY") == 1
    assert "PRIVATE" not in first
    old = first.split()[1].rstrip(":")
    run("webhook-key", "rotate", "--in-hours", "24")
    assert run("webhook-key", "show")[1].count("BEGIN PUBLIC KEY") == 2
    assert f"# {old}: signs\n" in run("webhook-key", "show")[1]
    new = run("webhook-key", "rotate")[1].split()[1].rstrip(":")
    assert f"# {new}: signs\n" in run("webhook-key", "show")[1]
    assert run("webhook-key", "retire", new)[0] == 1
    assert run("webhook-key", "retire", old)[0] == 0
    assert old not in run("webhook-key", "show")[1]
    storage = open_storage(load_settings({"home": home}))
    with storage.transaction() as transaction:
        keys = transaction.webhook_keys()
    storage.close()
    assert choose_signing_key(keys, max(key.signs_from for key in keys)).key_id != old


def test_encryption_keys_are_rotated(
    run: Run, public_key: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are given until all is encrypted anew; then the former one opens nothing."""
    made = add(run, public_key)
    old, new = (home / "store.key").read_text(), run("encryption-key", "generate", store=())[1].strip()
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", f"{new},{old}")
    assert run("encryption-key", "rotate")[1].startswith("2 rows ")
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", new)
    assert made["apiKey"] in run("partners", "list")[1]
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", old)
    code, _, err = run("partners", "list")
    assert (code, "encryption_keys" in err) == (2, True)
    assert old not in err


def test_a_database_that_is_named_needs_keys_that_are_named(run: Run, tmp_path: Path) -> None:
    code, _, err = run("partners", "list", store=("--database-url", f"sqlite:///{tmp_path / 'store'}"))
    assert (code, "STABLEMINT_ENCRYPTION_KEYS" in err, "generate" in err) == (2, True, True)


def test_a_key_that_is_none_is_refused_without_being_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", "canary-not-a-key")
    code, _, err = run("partners", "list")
    assert (code, "encryption_keys" in err, "canary" in err) == (2, True, False)


def test_a_server_s_database_is_migrated_by_command(
    run: Run, postgresql: Postgresql, public_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before that, every other command says what is missing, and shows no password."""
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", new_key())
    with postgresql.empty_database() as url:
        code, _, err = run("partners", "list", store=("--database-url", url))
        assert (code, "stablemint reference migrate" in err) == (2, True), err
        for _ in range(2):
            assert run("migrate", store=("--database-url", url))[0] == 0
        words = ("partners", "add", "--name", "acme", "--public-key", public_key)
        assert run(*words, store=("--database-url", url))[0] == 0
        assert "acme" in run("partners", "list", store=("--database-url", url))[1]


def test_a_migration_behind_a_long_transaction_gives_up_and_says_so(
    run: Run, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, with what to wait for: everybody else would wait behind it meanwhile."""
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", new_key())
    with postgresql.empty_database() as url:
        store = ("--database-url", url)
        assert run("migrate", store=store)[0] == 0
        with psycopg.connect(url, autocommit=True) as connection:
            for step in STEPS_BACK["0002"]:
                connection.execute(step.encode())
        with psycopg.connect(url) as other:
            other.execute("SELECT count(*) FROM attempts")  # as a backup does
            started = time.monotonic()
            code, _, err = run("migrate", store=store)
            assert time.monotonic() - started < 20
            assert (code, str(other.info.backend_pid) in err, "migrate again" in err) == (1, True, True), err
            other.rollback()
        assert run("migrate", store=store)[0] == 0


def test_a_customer_is_forgotten_by_command(run: Run, public_key: str) -> None:
    """What that does is told in ``tests/reference_impl/use_cases/test_customers.py``."""
    add(run, public_key)
    assert run("customers", "forget", "acme", "--user-id", "7") == (
        0,
        "forgotten in 0 sessions; 0 still under way\n",
        "",
    )


@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left"), BrokenPipeError(errno.EPIPE, "")]
)
def test_output_that_nobody_takes_is_told_of_as_for_every_command(trouble: OSError) -> None:
    """By `main`, with the exit codes 5 and 141."""

    def fail(_: argparse.Namespace) -> int:
        raise trouble

    with pytest.raises(OSError, match=str(trouble.errno)):
        reference.run(argparse.Namespace(work=fail))


@pytest.mark.parametrize(
    ("trouble", "code", "told"),
    [
        (unavailable("Another process is writing to the store. Try again."), 1, "Another process is writing"),
        (UndecipherableError(), 2, "the database holds what none of the encryption keys decrypts; give all"),
    ],
    ids=["busy", "written with a lost key"],
)
def test_trouble_that_comes_once_the_store_is_open_is_told_of_in_words(
    trouble: Exception, code: int, told: str
) -> None:
    """Another process begins to write meanwhile; one row among many was written with another key."""

    def fail(_: argparse.Namespace) -> int:
        raise trouble

    with pytest.raises(Failure, match=told) as refusal:
        reference.run(argparse.Namespace(work=fail))
    assert refusal.value.code == code
