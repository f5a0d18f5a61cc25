"""The liberties of a module's AREAS, one test each, and how they are started."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

import tests.liberties  # noqa: F401 - registers them
from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Listening
from tests.liberties.catalogue import LIBERTIES, Liberty

if TYPE_CHECKING:
    from tests.contract_tests.liberties.judging import Started

pytest.register_assert_rewrite("tests.contract_tests.liberties.judging")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each liberty of the areas."""
    if "liberty" in metafunc.fixturenames:
        found = [liberty for liberty in LIBERTIES.values() if liberty.area in metafunc.module.AREAS]
        metafunc.parametrize("liberty", found, ids=lambda liberty: liberty.name)


@pytest.fixture
def start(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Started:
    """Starts one on any free port; one made from the Node implementation needs Node."""

    def started(liberty: Liberty) -> AbstractContextManager[Listening]:
        if liberty.application == "node":
            request.getfixturevalue("node")
        return liberty.start(partners, 0)

    return started
