"""What becomes of a test whose tool is missing."""

from __future__ import annotations

import shutil

import pytest

from tests.tools import find_tool, need_tools


@pytest.fixture(autouse=True)
def without_php_and_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has every other tool."""
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool in ("php", "npm") else f"/bin/{tool}")


def test_elsewhere_it_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no npm, php here"):
        need_tools("php", "node", "npm")


def test_in_continuous_integration_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match="no npm here, and REQUIRE_TOOLS is set"):
        find_tool("npm")


def test_a_tool_that_is_there_is_found() -> None:
    need_tools("curl", "node")
    assert find_tool("node") == "/bin/node"
