"""The benchmark compares like with like, and counts what fails."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

import openapi
from benchmarks import bare
from benchmarks.contract_tests import ALONE, ContractTests, Run, describe_contract_tests
from benchmarks.load import MISSING, Load, create_sessions
from benchmarks.orders import Partner
from benchmarks.processes import run_bare, run_mock
from mockserver.server import Sandbox, Settings
from reference_impl.serving.sockets import bind
from tests.project.tree import ROOT, plain_environment
from tests.tools import find_tool


@pytest.fixture
def wrk() -> str:
    """The tool that makes the load."""
    return find_tool("wrk")


def test_both_servers_are_set_alike(tmp_path: Path) -> None:
    sandbox = Sandbox(Settings(home=tmp_path, port=0))
    try:
        mock, other = sandbox._uvicorn.config, bare.configuration()
    finally:
        sandbox.close()
    mock.load()
    other.load()
    assert issubclass(mock.http_protocol_class, other.http_protocol_class)  # which can be broken off, no more
    for setting in ("loop", "ws", "lifespan", "access_log", "proxy_headers", "timeout_keep_alive"):
        assert getattr(mock, setting) == getattr(other, setting), setting


def test_sockets_name_tcp_so_that_asyncio_turns_nagles_algorithm_off() -> None:
    listeners = bind("127.0.0.1", 0)
    try:
        assert {listener.proto for listener in listeners} == {socket.IPPROTO_TCP}
    finally:
        for listener in listeners:
            listener.close()


def test_without_wrk_the_benchmark_says_how_to_install_it(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env=plain_environment(PATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (2, "", f"{MISSING}\n")


@pytest.fixture
def partner(tmp_path: Path) -> Partner:
    """The demo partner of a server that ran in ``tmp_path``."""
    with run_mock(tmp_path):
        return Partner(tmp_path / "partners" / "demo", seed=1)


def test_orders_differ_and_idempotency_keys_never_repeat(partner: Partner) -> None:
    bodies = [order.body for order in partner.orders(50, keyed=True)]
    assert len(set(bodies)) == 50
    assert all("idempotencyKey" in body for body in bodies)
    assert not any("idempotencyKey" in order.body for order in partner.orders(50, keyed=False))


def load(url: str, partner: Partner) -> Load:
    return create_sessions(url, partner, connections=2, seconds=5, orders=200, exactly=True)


@pytest.mark.usefixtures("wrk")
def test_every_creation_is_answered_with_201(tmp_path: Path) -> None:
    with run_mock(tmp_path) as mock:
        measured = load(mock.url, Partner(tmp_path / "partners" / "demo", seed=1))
    assert measured.answered >= 200
    assert measured.keyed == 50
    assert measured.failures == 0


@pytest.mark.usefixtures("wrk")
def test_refused_requests_are_counted(tmp_path: Path, partner: Partner) -> None:
    """Another server does not know this partner: each of its requests is a failure, however counted."""
    with run_mock(tmp_path / "another") as mock:
        measured = load(mock.url, partner)
    assert measured.other_than_201 == measured.answered >= 200
    assert measured.refused >= 200


@pytest.mark.usefixtures("wrk")
def test_the_bare_application_answers_the_same_load(partner: Partner) -> None:
    with run_bare() as server:
        assert load(server.url, partner).failures == 0


def test_runs_of_the_contract_tests_are_timed_and_held_to_their_targets() -> None:
    """The slowest decides, and a run that did not end with 0 spoils the figures."""
    quick, slow = Run(seconds=4.0, cpu_seconds=1.0), Run(seconds=91.0, cpu_seconds=9.0)
    good = describe_contract_tests(ContractTests(whole=[quick], alone=[quick], failures=0))
    assert (good.count("met"), good.count("MISSED")) == (2, 0)
    assert "Every run ended with 0." in good
    bad = describe_contract_tests(ContractTests(whole=[quick, slow], alone=[slow], failures=1))
    assert (bad.count("met"), bad.count("MISSED")) == (0, 2)
    assert "NOT VALID: 1 runs" in bad


def test_requirements_that_are_timed_alone_are_of_every_area() -> None:
    """All areas of an implementation's requirements, and none that there is not."""
    known = openapi.requirements()
    areas = {requirement.area for requirement in known.values()} - {"RECV"}
    assert {known[requirement].area for requirement in ALONE} == areas
