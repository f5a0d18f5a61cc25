"""The session API's document, compiled."""

from __future__ import annotations

import pytest

from reference_impl.application import session_contract
from reference_impl.http.contract import Contract


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The operations of the session API."""
    return session_contract()
