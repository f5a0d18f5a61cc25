"""Fixtures shared by the tests of all rooms."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from docs import site
from reference_impl.credentials import PartnerCredentials
from tests.postgresql import Postgresql, running_postgresql
from tests.project.packaging import build_wheel
from tests.serving import APPLICATIONS, Server, make_environment, make_partners, serve
from tests.sharing import make_once
from tests.stores import SERVERS, application_of, open_store
from tests.tools import find_tool

NODE_TOOLS = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def partners() -> Mapping[str, PartnerCredentials]:
    """The partners that test servers know; their keys are made once."""
    return make_partners()


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Iterator[Server]:
    """Each application in turn, on each of its stores, over real HTTP."""
    with open_store(request.param, request) as storage:
        environment = make_environment(partners, storage=storage)
        app = APPLICATIONS[application_of(request.param)](environment)
        with serve(app, environment=environment, partners=partners) as running:
            yield running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A real PostgreSQL server, one for all worker processes of a run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    with running_postgresql(run) as server:
        yield server


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation site, built from today's sources once for all worker processes: ten seconds."""
    return make_once(tmp_path_factory, "built-site", site.build)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tracked files once for all worker processes: five seconds."""
    (built,) = (make_once(tmp_path_factory, "built-wheel", build_wheel) / "wheel").iterdir()
    return built


@pytest.fixture(scope="session")
def node() -> str:
    """The Node interpreter; without one the tests that need it are skipped, each by name."""
    return find_tool("node")


@pytest.fixture(scope="session")
def node_tools(node: str) -> Path:
    """The folder of the command lines that ``tests/node/package-lock.json`` pins.

    The first use installs them there (15 s, 150 MB, from npm's registry); later ones find them.
    """
    npm = find_tool("npm")
    installed = NODE_TOOLS / "node_modules" / ".package-lock.json"  # of npm's; make goes by its age as well
    with (NODE_TOOLS / "package-lock.json").open() as wanted:
        fcntl.flock(wanted, fcntl.LOCK_EX)  # one worker installs, the others wait
        if not installed.exists() or installed.stat().st_mtime < os.fstat(wanted.fileno()).st_mtime:
            done = subprocess.run(
                [npm, "ci", "--no-progress"],
                cwd=NODE_TOOLS,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"npm ci failed in tests/node:\n{done.stdout}{done.stderr}"
            installed.touch()
    return NODE_TOOLS / "node_modules" / ".bin"
