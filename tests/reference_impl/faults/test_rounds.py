"""Two hundred rounds of faults, in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from reference_impl.credentials import PartnerCredentials
from tests.reference_impl.faults.deployment import Deployment, deploy
from tests.reference_impl.faults.rounds import play_rounds
from tests.reference_impl.faults.verdicts import gather, judge

SLICES = 20
ROUNDS = 10
"""In each slice."""


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, partners: Mapping[str, PartnerCredentials]
) -> Iterator[Deployment]:
    """Two web servers and two dispatchers, which go from one slice into the next."""
    with deploy(tmp_path_factory.mktemp("rounds"), partners) as running:
        yield running


@pytest.mark.prove
@pytest.mark.parametrize("number", range(SLICES))
def test_no_fault_loses_or_doubles_anything(
    deployment: Deployment,
    number: int,
    prove_seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Sessions, keys and events, whoever is killed whenever, with the receiver failing half of the time."""
    seed = 1000 * prove_seed + number
    course = play_rounds(deployment, rounds=ROUNDS, seed=seed)
    evidence = gather(deployment, course.purchases, f"{seed}-")
    record_property("sessions", len(evidence.sessions))
    record_property("events", len(evidence.deliveries))
    record_property("kills", course.kills)
    record_property("database restarts", course.restarts)
    record_property("attempts nobody lived to record", evidence.unrecorded)
    assert judge(evidence) == []
    assert len(evidence.sessions) == len(course.purchases) > 0
