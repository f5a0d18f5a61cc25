"""The benchmark of the reference implementation: small runs of each measure, and what its table says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import stock
from benchmarks.crowds import Crowds, measure_crowds
from benchmarks.load import Load
from benchmarks.outbox import Outbox, measure_outbox
from benchmarks.postgresql import Server
from benchmarks.reference_report import ReferenceFigures, describe_reference
from benchmarks.sessions import STOCK, Sessions, measure_sessions, subject
from reference_impl.serving.web import WebServer
from reference_impl.settings import load_settings
from tests.postgresql import Postgresql
from tests.reference_impl.serving.test_connections import application
from tests.tools import find_tool


@pytest.fixture
def wrk() -> str:
    """The tool that makes the load."""
    return find_tool("wrk")


@pytest.fixture(scope="module")
def server(postgresql: Postgresql) -> Iterator[Server]:
    """The tests' own PostgreSQL."""
    with postgresql.empty_database() as url:
        yield Server(url)


def test_the_stock_application_is_served_like_the_reference() -> None:
    theirs = stock.configuration()
    ours = WebServer(application, load_settings({}), ready=lambda: None).config
    theirs.load()
    ours.load()
    assert issubclass(ours.http_protocol_class, theirs.http_protocol_class)  # which is bounded, no more
    for setting in ("loop", "ws", "lifespan", "access_log", "proxy_headers", "timeout_keep_alive"):
        assert getattr(ours, setting) == getattr(theirs, setting), setting


@pytest.mark.usefixtures("wrk")
def test_every_subject_answers_every_creation(server: Server, tmp_path: Path) -> None:
    """Signed requests to the reference on both databases, and to the stock application."""
    subjects = {"SQLite": (2,), "PostgreSQL": (1,)}
    measured = measure_sessions(
        tmp_path, server, rounds=1, seconds=1, connections=2, seed=1, subjects=subjects
    )
    assert measured.failures == 0
    (loads,) = measured.rounds
    assert {name for name, load in loads.items() if load.requests > 0} == {
        STOCK,
        subject("SQLite", 2),
        subject("PostgreSQL", 1),
    }
    assert measured.ratio > 0


@pytest.mark.prove
@pytest.mark.usefixtures("wrk")
def test_sessions_are_created_and_read_among_those_that_were_filled_in(
    server: Server, tmp_path: Path
) -> None:
    """Each that is read is there: another answer than 200 would be a failure."""
    crowds = measure_crowds(tmp_path, server, rounds=1, seconds=1, connections=2, seed=1, few=10, many=300)
    assert crowds.failures == 0
    assert all(load.requests > 0 for each in crowds.rounds for pair in each.values() for load in pair)


@pytest.mark.prove
def test_every_webhook_is_delivered_once_by_one_dispatcher_and_by_two(server: Server, tmp_path: Path) -> None:
    outbox = measure_outbox(tmp_path, server, rounds=1, count=30)
    assert outbox.repeated == 0
    assert [len(rates) for rates in outbox.rates.values()] == [1, 1]


def a_load(rate: int, **changes: int) -> Load:
    figures = {"refused": 0, "broken": 0, "keyed": 0, "answered": 0, "other_than_201": 0, **changes}
    return Load(requests=rate, seconds=1, p50_ms=1, p99_ms=2, tool_cpu_seconds=0.1, **figures)


def some_figures(*, stock_rate: int = 100, many_rate: int = 100, refused: int = 0) -> ReferenceFigures:
    names = [subject(store, workers) for store in ("SQLite", "PostgreSQL") for workers in (1, 2)]
    loads = {name: a_load(200) for name in names} | {STOCK: a_load(stock_rate, refused=refused)}
    pair = a_load(100), a_load(many_rate)
    return ReferenceFigures(
        sessions=Sessions(connections=4, seconds=1, rounds=[loads]),
        outbox=Outbox(rates={1: [50.0], 2: [90.0]}, repeated=0, receiver_cores=[0.2]),
        crowds=Crowds(few=10_000, many=1_000_000, rounds=[{"create": pair, "read": pair}]),
    )


def rows_with(text: str, words: str) -> list[str]:
    return [line for line in text.splitlines() if words in line and line.startswith("| ")]


def test_a_figure_of_two_processes_is_marked_where_there_are_too_few_cores() -> None:
    few, enough = (describe_reference(some_figures(), cores=cores) for cores in (2, 4))
    for two in ("2 web processes", "2 dispatchers"):
        assert all("not measurable on 2 cores" in row for row in rows_with(few, two))
        assert rows_with(few, two)
    assert "not measurable" not in enough
    assert not any("not measurable" in row for row in rows_with(few, "1 web process,"))


def test_targets_are_met_or_missed_by_paired_ratios() -> None:
    text = describe_reference(some_figures(), cores=4)
    assert "| 2.00 |  | ≥ 1, met |" in text
    assert text.count("≤ 1.2, met") == 2
    slow = describe_reference(some_figures(stock_rate=201, many_rate=80), cores=4)
    assert "≥ 1, MISSED" in slow
    assert slow.count("≤ 1.2, MISSED") == 2


def test_figures_with_a_wrong_answer_are_not_valid() -> None:
    assert "NOT VALID: 1 requests" in describe_reference(some_figures(refused=1), cores=4)
