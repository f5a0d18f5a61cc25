"""Receivers prove who they are: one whose certificate does not verify is sent nothing."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from reference_impl.credentials import load_private_key, new_private_key
from tests.certificates import LOOPBACK, Authority, serving_context
from tests.control_api.receiver import listen
from tests.reference_impl.delivery.test_addresses import attempt


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return load_private_key(new_private_key())


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the sender trusts instead of the system's.

    A process takes it from SSL_CERT_FILE (``tests/stablemint/test_reference_https.py``); here the library has
    read that variable long ago.
    """
    authority = Authority(tmp_path)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", authority.trusting_context())
    return authority


def test_a_receiver_whose_certificate_verifies_is_sent_the_event(
    trusted: Authority, key: RSAPrivateKey
) -> None:
    with listen(secured_by=serving_context(*trusted.issue(*LOOPBACK))) as receiver:
        assert attempt(receiver.url, key, private=True).status == 204
        assert receiver.take().body == b"{}"


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (lambda trusted, _: trusted.issue("shop.example"), "not valid for '127.0.0.1'"),
        (lambda trusted, _: trusted.issue(*LOOPBACK, ended=timedelta(hours=1)), "has expired"),
        (lambda _, stranger: stranger.issue(*LOOPBACK), "unable to get local issuer certificate"),
    ],
    ids=["for another host", "expired", "by an unknown authority"],
)
def test_a_receiver_whose_certificate_does_not_verify_is_refused_and_the_attempt_says_why(
    trusted: Authority,
    tmp_path: Path,
    key: RSAPrivateKey,
    serve: Callable[[Authority, Authority], tuple[Path, Path]],
    reason: str,
) -> None:
    stranger = Authority(tmp_path, name="stranger")
    with listen(secured_by=serving_context(*serve(trusted, stranger))) as receiver:
        made = attempt(receiver.url, key, private=True)
        assert receiver.take_all() == []
    assert made.status is None
    assert "certificate verify failed" in (made.error or "")
    assert reason in (made.error or "")


def test_what_a_process_connects_with_verifies_names_and_certificates() -> None:
    """The context that the tests above exchange for their own is the strict one."""
    from aiohttp import connector

    context = connector._SSL_CONTEXT_VERIFIED
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
