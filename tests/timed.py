"""Servers whose two clocks stand still and are set by the test: fixtures for the conftests that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from reference_impl.credentials import PartnerCredentials
from tests.serving import APPLICATIONS, Server, make_environment, serve
from tests.stores import SERVERS, application_of, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clocks:
    """Real time in seconds since 1970, and the session clock; neither moves unless a test moves it."""

    real: float = NOON.timestamp()
    session: datetime = NOON

    def reset(self) -> None:
        """Put both back to noon."""
        self.real, self.session = NOON.timestamp(), NOON


@dataclass(frozen=True)
class TimedServer:
    """A server on ``clocks``."""

    server: Server
    clocks: Clocks


@pytest.fixture(scope="session", params=SERVERS)
def timed_servers(
    request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]
) -> Iterator[TimedServer]:
    """Each application in turn, for all tests of a package."""
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
def timed(timed_servers: TimedServer) -> TimedServer:
    """Each application in turn, at noon of 1 March 2026 by both clocks."""
    timed_servers.clocks.reset()
    return timed_servers
