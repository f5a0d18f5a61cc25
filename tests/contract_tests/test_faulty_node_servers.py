"""Servers made faulty out of the Node implementation: enough of them, and each of them faulty indeed."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.faulty  # noqa: F401 - registers the faulty servers
from tests.faulty.catalogue import CATALOGUE
from tests.faulty.node.source import Change


@pytest.mark.parametrize("text", ["one", "two"])
def test_a_change_that_does_not_fit_the_source_is_no_fault(tmp_path: Path, text: str) -> None:
    """What is not there, and what is there twice, is reported instead of served."""
    (tmp_path / "module.mjs").write_text("two two")
    with pytest.raises(LookupError, match=r"module\.mjs"):
        Change(module="module.mjs", old=text, new="three").apply(tmp_path)
    assert (tmp_path / "module.mjs").read_text() == "two two"


def test_the_suite_is_not_fitted_to_one_code_base() -> None:
    """At least 40 faulty servers are made from the Node implementation, in every area of the catalogue."""
    made = [fault for fault in CATALOGUE.values() if fault.application == "node"]
    assert len(made) >= 40
    assert {fault.area for fault in made} == {fault.area for fault in CATALOGUE.values()}
