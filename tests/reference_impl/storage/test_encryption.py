"""What a copy of the database does not tell: secrets, keys, and who somebody is."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from reference_impl.domain.webhook_keys import WebhookKey
from reference_impl.storage.encryption import Cipher, UndecipherableError, new_key, split_keys
from reference_impl.storage.sql import Encrypted, SqlStorage
from tests.reference_impl.builders import (
    HOSTED_PARTNER_MANAGED,
    NOW,
    a_delivery,
    a_partner,
    a_session,
    an_attempt,
)

CANARY = "canary-5f0c"
KEY = WebhookKey(key_id="first", private_key_pem=f"PRIVATE KEY {CANARY}", signs_from=NOW)
PARTNER = a_partner(api_secret=f"secret-{CANARY}")
SESSION = a_session(
    operation_id=HOSTED_PARTNER_MANAGED,
    userEmail=f"{CANARY}@shop.example",
    userKyc={"fullName": f"{CANARY} Ω", "residenceAddress": CANARY},
)
DELIVERY = a_delivery(
    body=json.dumps({"data": {"customerEmail": CANARY}}).encode(), session_id=SESSION.session_id
)
ATTEMPT = an_attempt(
    request_body=CANARY.encode(),
    response_headers={"X-Echo": CANARY},
    response_body=CANARY.encode(),
    error=f"refused: {CANARY}",
)


def fill(url: str, *keys: str) -> None:
    storage = SqlStorage.connect(url, migrate=True, cipher=Cipher(keys) if keys else None)
    with storage.transaction() as transaction:
        transaction.add_partner(PARTNER)
        transaction.add_session(SESSION)
        transaction.add_delivery(DELIVERY)
        transaction.add_attempt(DELIVERY.delivery_id, ATTEMPT)
        transaction.add_webhook_key(KEY)
    storage.close()


def read(url: str, *keys: str) -> list[Any]:
    storage = SqlStorage.connect(url, cipher=Cipher(keys) if keys else None)
    try:
        with storage.transaction() as transaction:
            return [
                transaction.partner("acme"),
                transaction.session(SESSION.session_id),
                transaction.delivery(DELIVERY.delivery_id),
                *transaction.attempts(DELIVERY.delivery_id),
                *transaction.webhook_keys(),
            ]
    finally:
        storage.close()


def dump(url: str) -> str:
    """Everything that stands in the database, as somebody with a copy of it reads it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = [
            str([bytes(value) if isinstance(value, memoryview) else value for value in row])
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - its own names
        ]
    engine.dispose()
    return "\n".join(rows)


EVERYTHING = [PARTNER, SESSION, DELIVERY, ATTEMPT, KEY]


def test_a_copy_of_the_database_tells_no_secret_and_nobodys_identity(url: str) -> None:
    """And whoever has the key reads everything as it was written (SESS-06, ERR-10)."""
    key = new_key()
    fill(url, key)
    assert CANARY not in dump(url)
    assert read(url, key) == EVERYTHING


def test_without_a_cipher_the_same_columns_are_readable(url: str) -> None:
    """Without which the test above could not fail."""
    fill(url)
    assert dump(url).count(CANARY) >= 9
    assert read(url) == EVERYTHING


def test_another_key_reads_nothing(url: str) -> None:
    fill(url, new_key())
    with pytest.raises(UndecipherableError):
        read(url, new_key())


def test_what_was_kept_without_a_cipher_is_not_taken_for_encrypted(url: str) -> None:
    fill(url)
    with pytest.raises(UndecipherableError):
        read(url, new_key())


def test_keys_are_rotated_while_the_store_is_in_use(url: str) -> None:
    """The new one first, the old one behind it; once all is encrypted anew, the old one can go."""
    old, new = new_key(), new_key()
    fill(url, old)
    assert read(url, new, old) == EVERYTHING
    storage = SqlStorage.connect(url, cipher=Cipher([new, old]))
    assert storage.encrypt_anew() == Encrypted(5, {})
    storage.close()
    assert read(url, new) == EVERYTHING
    with pytest.raises(UndecipherableError):
        read(url, old)


def test_what_no_key_decrypts_keeps_nothing_else_from_being_encrypted_anew(url: str) -> None:
    """It is named by its row and stays as it is: the lost key may be found."""
    lost, old, new = new_key(), new_key(), new_key()
    fill(url, old)
    with closing(SqlStorage.connect(url, cipher=Cipher([lost]))) as storage, storage.transaction() as writing:
        writing.add_partner(a_partner("another", api_secret=CANARY))
    with closing(SqlStorage.connect(url, cipher=Cipher([new, old]))) as storage:
        assert storage.encrypt_anew() == Encrypted(5, {"partners.partner_id": ["another"]})
    assert read(url, new) == EVERYTHING
    with closing(SqlStorage.connect(url, cipher=Cipher([new, lost]))) as storage:
        assert storage.encrypt_anew() == Encrypted(6, {})


def test_what_is_no_key_is_refused_with_the_way_to_one() -> None:
    for keys in ([], ["short"], ["é" * 44], [new_key(), ""]):
        with pytest.raises(ValueError, match="key"):
            Cipher(keys)


def test_a_setting_holds_several_keys() -> None:
    assert split_keys(" a , b\n,,") == ["a", "b"]
