"""A mock server with its credentials on disk, for the commands that talk to one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver import MockServer
from tests.stablemint.sandboxed import CommandLine


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    home = tmp_path_factory.mktemp("home")
    with MockServer(home=home) as server:
        yield CommandLine(server, home)


@pytest.fixture
def stablemint(_running: CommandLine) -> CommandLine:
    """The command line, in front of a sandbox that has seen nothing yet."""
    _running("reset")
    _running("faults", "clear")
    return _running
