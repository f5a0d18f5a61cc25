"""A partner that can sign."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from reference_impl.domain.partners import Partner
from tests.reference_impl.builders import a_partner
from tests.reference_impl.domain.keys import public_pem


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    """The key of the partner ``acme``."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def partner(private_key: rsa.RSAPrivateKey) -> Partner:
    """The partner ``acme``, whose signatures verify."""
    return a_partner(public_key_pem=public_pem(private_key.public_key()))
