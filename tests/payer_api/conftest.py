"""Servers whose clocks stand still and are set by the test, and sessions in every state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from reference_impl.credentials import PartnerCredentials
from tests.serving import APPLICATIONS, Server, make_environment, serve
from tests.session_api.conftest import Clocks, TimedServer
from tests.stores import SERVERS, application_of, open_store


@pytest.fixture(scope="session", params=SERVERS)
def _timed_for_payers(
    request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]
) -> Iterator[TimedServer]:
    clocks = Clocks()
    with open_store(request.param, request) as storage:
        environment = make_environment(
            partners,
            storage=storage,
            real_time=lambda: clocks.real,
            session_clock=lambda: clocks.session,
        )
        app = APPLICATIONS[application_of(request.param)](environment)
        with serve(app, environment=environment, partners=partners) as running:
            yield TimedServer(running, clocks)


@pytest.fixture
def timed(_timed_for_payers: TimedServer) -> TimedServer:
    """Each application in turn, at noon of 1 March 2026 by both clocks."""
    _timed_for_payers.clocks.reset()
    return _timed_for_payers


@pytest.fixture
def server(timed: TimedServer) -> Server:
    """Each application in turn."""
    return timed.server
