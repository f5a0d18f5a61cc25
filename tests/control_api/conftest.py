"""One mock server for all tests; each finds its default namespace reset and without endpoints."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver import MockServer
from tests.control_api.control import Control
from tests.control_api.receiver import Receiver, listen


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """A mock server that holds every answer to the document."""
    with MockServer() as running:
        yield running


@pytest.fixture
def sandbox(mock: MockServer) -> Control:
    """The default namespace: empty, its clock running, steps made at once."""
    control = Control(mock.url, mock.partners)
    for partner in mock.partners:
        control.delete(f"/partners/{partner}/endpoints")
    control.put("/settings", {"pace": "at_once"})
    control.post("/clock/resume")
    control.post("/reset")
    return control


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint of nobody yet."""
    with listen() as running:
        yield running
