"""Fixtures shared by the tests of all rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from mockserver.credentials import PartnerCredentials
from tests.serving import APPLICATIONS, Server, make_environment, make_partners, serve


@pytest.fixture(scope="session")
def partners() -> Mapping[str, PartnerCredentials]:
    """The partners that test servers know; their keys are made once."""
    return make_partners()


@pytest.fixture(scope="session", params=sorted(APPLICATIONS))
def server(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Iterator[Server]:
    """Each application in turn, over memory and real HTTP."""
    environment = make_environment(partners)
    with serve(
        APPLICATIONS[request.param](environment), environment=environment, partners=partners
    ) as running:
        yield running
