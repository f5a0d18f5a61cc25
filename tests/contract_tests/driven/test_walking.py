"""Random walks find what is wrong with a target by themselves, and show the shortest way to it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import closing

import pytest

import openapi
import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests import suite  # noqa: F401 - registers the tests
from contract_tests.driven import walking
from contract_tests.driven.model import Step, make_walk
from contract_tests.driven.walking import LENGTH
from contract_tests.driver import ControlApi
from contract_tests.equipment import Equipment
from contract_tests.ledger import Breach, Ledger
from contract_tests.preflight import get_acquainted
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from contract_tests.trial import REGISTRY, Trial
from contract_tests.wire import Client
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DRIVEN, held
from tests.faulty.catalogue import CATALOGUE, Listening
from tests.sandboxed import serve_sandbox

NAME = "walking.walks_agree_with_the_model"


def walk(server: Listening, *, seed: int) -> list[Breach]:
    """What the walks of this seed find, and nothing else does."""
    return [breach for breaches in ledger_of(server, seed=seed).breaches.values() for breach in breaches]


def ledger_of(server: Listening, *, seed: int) -> Ledger:
    """What the walks of this seed observe."""
    target = Target(url=server.url, partners=held(server.partners), claims=DRIVEN_FROM_OUTSIDE | DRIVEN)
    ledger = Ledger(selected=frozenset(openapi.requirements()))
    with (
        closing(Client(server.url, timeout=10)) as client,
        closing(ControlApi(str(server.control_url))) as driver,
    ):
        trial = Trial(
            test=REGISTRY[NAME],
            known=get_acquainted(target, client),
            client=client,
            ledger=ledger,
            seed=seed,
            nonce=f"walk-{seed}",
            equipment=Equipment(driver=driver),
        )
        REGISTRY[NAME].function(trial)
    return ledger


def test_walks_depend_on_the_seed_alone() -> None:
    """Equal seeds make equal walks, and others do not."""
    one, again, two = (make_walk(random.Random(seed), LENGTH) for seed in (1, 1, 2))
    assert one == again != two
    assert len(one) == LENGTH
    assert one[0].kind == "create"


def test_walks_agree_with_the_mock_server(partners: Mapping[str, PartnerCredentials]) -> None:
    """No walk goes wrong where nothing is."""
    with serve_sandbox(partners) as sandbox:
        assert [breach.message for seed in range(3) for breach in walk(sandbox, seed=seed)] == []


def test_walks_count_for_what_they_came_to(
    partners: Mapping[str, PartnerCredentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that repeats a key a week later has seen that keys are kept, and nothing of payments."""
    made = [Step(kind="create", which=0), Step(kind="advance", which=6), Step(kind="repeat", which=0)]
    monkeypatch.setattr(walking, "make_walk", lambda *_: made)
    with serve_sandbox(partners) as sandbox:
        assert ledger_of(sandbox, seed=1).passes == {"IDEM-15": 3, "SESS-16": 3}
        made[1:] = [Step(kind="play", which=0), Step(kind="play", which=0), Step(kind="repeat", which=0)]
        assert ledger_of(sandbox, seed=2).passes == {"IDEM-05": 3, "PAY-01": 3, "SESS-18": 3}
        made[1:] = []
        assert ledger_of(sandbox, seed=3).passes == {}


def test_walks_come_to_all_that_they_seek(partners: Mapping[str, PartnerCredentials]) -> None:
    """Three seeds are enough for every requirement that they are said to be about."""
    with serve_sandbox(partners) as sandbox:
        seen = {key for seed in range(3) for key in ledger_of(sandbox, seed=seed).passes}
    assert seen == set(walking.SOUGHT)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("payments-under-way-expire", "play waiting"),
        ("repeats-tell-of-today", "repeat the creation"),
        ("keys-forgotten-after-an-hour", "advance"),
        ("whatever-is-old-has-expired", "advance"),
    ],
)
def test_walks_find_faults_by_themselves(
    name: str, words: str, partners: Mapping[str, PartnerCredentials]
) -> None:
    """Some seed within the first three comes to the fault, and shows it in a few steps."""
    fault = CATALOGUE[name]
    with fault.start(partners, 0) as server:
        found = next((found for seed in range(3) if (found := walk(server, seed=seed))), [])
    (breach,) = found
    assert fault.explains(breach.requirement), breach.message
    assert words in breach.message
    assert "the shortest walk of" in breach.message
    assert int(breach.message.partition("the shortest walk of ")[2].split()[0]) <= 6
