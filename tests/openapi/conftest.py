"""The bundled document."""

from typing import Any

import pytest

from openapi import load


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The bundled document; nobody changes it."""
    return load()
