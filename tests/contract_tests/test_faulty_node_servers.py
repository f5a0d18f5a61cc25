"""Servers made faulty out of the Node implementation: each of them is faulty indeed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faulty.node.source import Change


@pytest.mark.parametrize("text", ["one", "two"])
def test_a_change_that_does_not_fit_the_source_is_no_fault(tmp_path: Path, text: str) -> None:
    """What is not there, and what is there twice, is reported instead of served."""
    (tmp_path / "module.mjs").write_text("two two")
    with pytest.raises(LookupError, match=r"module\.mjs"):
        Change(module="module.mjs", old=text, new="three").apply(tmp_path)
    assert (tmp_path / "module.mjs").read_text() == "two two"
