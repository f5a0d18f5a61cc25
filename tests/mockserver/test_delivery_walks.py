"""Random walks of payers, bank, clock, control API and damaged receivers, against a small model."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from mockserver.webhook_behaviours import Kind
from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.events import EventType
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage
from tests.mockserver.delivery_world import LONG, PARTNERS, Answer, World

Move = tuple[object, ...]

ANSWERS: list[Answer] = [200, 204, 299, 302, 410, 500, ConnectionResetError, TimeoutError]
PARTNER = st.sampled_from(PARTNERS)
TYPES = st.one_of(st.just(frozenset(EventType)), st.sampled_from([frozenset({each}) for each in EventType]))
BEHAVIOUR = st.tuples(
    st.just("misbehave"), st.sampled_from(Kind), st.one_of(st.none(), PARTNER), TYPES, st.integers(1, 4)
)
ANSWER = st.tuples(st.just("answer"), PARTNER, st.sampled_from(ANSWERS))
PAYMENT = st.one_of(
    st.tuples(st.just("play"), PARTNER, st.just("success")),
    st.tuples(st.just("play"), PARTNER, st.sampled_from(sorted(OUTCOMES))),
    st.tuples(st.just("open"), PARTNER),
)
INTERFERENCE = st.one_of(
    st.tuples(st.just("leave"), st.integers(0, 5)),
    st.tuples(st.just("endpoint"), PARTNER, st.booleans()),
    st.tuples(st.just("resend"), st.integers(0, 30)),
    st.tuples(st.just("resend failed"), PARTNER),
    st.sampled_from([("reset",), ("reset when asked",), ("resend when asked",)]),
)
ADVANCE = st.tuples(st.just("advance"), st.sampled_from([0, 0, 4, 5, 10, 31, 60, 300]))
ROUND = st.tuples(
    st.lists(BEHAVIOUR, max_size=2),
    st.lists(ANSWER, max_size=2),
    st.lists(PAYMENT, min_size=1, max_size=3),
    st.lists(INTERFERENCE, max_size=2),
    st.lists(ADVANCE, min_size=1, max_size=2),
)
"""Some of everything: moves drawn from all alike seldom come to a delivery that anything happens to."""


def rounds(least: int, most: int) -> st.SearchStrategy[list[Move]]:
    """That many rounds, one after another."""
    walks = st.lists(ROUND, min_size=least, max_size=most)
    return walks.map(lambda drawn: [move for parts in drawn for part in parts for move in part])


async def make(world: World, move: Move) -> None:
    """Make one move; what it comes to is for the model to say."""
    match move:
        case ("open", str(partner)):
            world.open(partner)
        case ("play", str(partner), str(outcome)):
            world.play(partner, outcome)
        case ("leave", int(index)):
            world.leave(index)
        case ("answer", str(partner), answer):
            assert isinstance(answer, int | type)
            world.answers[partner] = answer
        case ("advance", int(minutes)):
            await world.advance(timedelta(minutes=minutes))
        case ("endpoint", str(partner), bool(configured)):
            world.configure(partner, configured)
        case ("resend", int(index)):
            world.resend(index)
        case ("resend failed", str(partner)):
            world.resend_failed(partner)
        case ("misbehave", Kind() as kind, None | str() as partner, frozenset() as types, int(times)):
            world.misbehave(kind, partner, types, times)
        case ("reset",):
            world.reset()
            await world.advance(timedelta(0))
        case ("reset when asked",):  # by the next receiver, while others are asked too
            world.resets_when_asked = True
        case ("resend when asked",):  # of what the next receiver is being sent
            world.resends_when_asked = True
        case _:
            raise AssertionError(move)


def walk(storage: Storage, key: rsa.RSAPrivateKey, moves: list[Move]) -> None:
    """Make the moves, then let everything come to its end, and compare."""

    async def go() -> None:
        world = World(storage, key)
        await world.namespace.freeze()
        with world.wired():
            for move in moves:
                note(str(move))
                await make(world, move)
            await world.advance(LONG)
        world.check()

    asyncio.run(go())


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Storage]]:
    """Both stores, emptied before each walk."""
    sqlite = SqlStorage.open(tmp_path_factory.mktemp("walks") / "state.db")
    yield {"memory": MemoryStorage(), "sqlite": sqlite}
    sqlite.close()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """What the webhooks are signed with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def _nobody_complains(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Neither the dispatcher of its own mistake, nor asyncio of a task whose exception nobody has seen."""
    yield
    gc.collect()  # asyncio complains when such a task goes
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("store", "walks"), [("memory", 60), ("sqlite", 8)])
def test_nothing_is_lost_and_nothing_comes_twice_for_no_reason(
    stores: dict[str, Storage], key: rsa.RSAPrivateKey, store: str, walks: int
) -> None:
    """Whatever payers, the bank, the clock, the control API and the receivers do."""

    @settings(derandomize=True, database=None, max_examples=walks, deadline=None)
    @given(rounds(2, 5))
    def through(moves: list[Move]) -> None:
        walk(stores[store], key, moves)

    through()


@pytest.mark.prove
@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize(("store", "walks"), [("memory", 150), ("sqlite", 30)])
def test_nor_on_longer_walks(
    stores: dict[str, Storage], key: rsa.RSAPrivateKey, store: str, walks: int, turn: int, prove_seed: int
) -> None:
    """The same, more often and further."""

    @seed(10 * prove_seed + turn)
    @settings(database=None, max_examples=walks, deadline=None)
    @given(rounds(4, 12))
    def through(moves: list[Move]) -> None:
        walk(stores[store], key, moves)

    through()
