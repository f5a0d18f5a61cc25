"""The servers of a module's AREA, one test each, and how they are started."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Fault, Listening, by_area

if TYPE_CHECKING:
    from tests.contract_tests.faulty.judging import Started

pytest.register_assert_rewrite("tests.contract_tests.faulty.judging")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each faulty server of the area."""
    if "fault" in metafunc.fixturenames:
        faults = by_area()[metafunc.module.AREA]
        metafunc.parametrize("fault", faults, ids=lambda fault: fault.name)


@pytest.fixture
def start(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Started:
    """Starts a faulty server; one made from the Node implementation needs Node."""

    def started(fault: Fault) -> AbstractContextManager[Listening]:
        if fault.application == "node":
            request.getfixturevalue("node")
        return fault.start(partners, 0)

    return started
