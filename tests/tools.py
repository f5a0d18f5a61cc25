"""Tools of others that some tests need: where one is missing a test is skipped by name, and fails in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def refusal_to_skip(told: str) -> str | None:
    """What to fail with, instead of skipping for the reason given, where `REQUIRE_TOOLS` is set."""
    if not os.environ.get("REQUIRE_TOOLS"):
        return None
    return f"{told}, and REQUIRE_TOOLS is set, so that no test is skipped for want of a tool"


def need_tools(*names: str) -> None:
    """Skip the test where one of these commands is missing; fail it where `REQUIRE_TOOLS` is set."""
    missing = sorted(name for name in names if shutil.which(name) is None)
    if not missing:
        return
    told = f"not tested: there is no {', '.join(missing)} here"
    if refusal := refusal_to_skip(told):
        pytest.fail(refusal)
    pytest.skip(told)


def find_tool(name: str) -> str:
    """Where a command lies; without it the test is skipped, or fails, as ``need_tools`` says."""
    need_tools(name)
    found = shutil.which(name)
    assert found is not None
    return found
