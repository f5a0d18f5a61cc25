"""Whether a built site is that of today's sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from docs import site
from docs.__main__ import main


@pytest.mark.parametrize(
    "changed",
    [{"a.md": b"other"}, {"a.md": b"one", "b.md": b""}, {"b.md": b"one"}, {}],
    ids=["another text", "one page more", "another path", "one page less"],
)
def test_every_change_of_the_sources_makes_a_site_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: Mapping[str, bytes]
) -> None:
    """And nothing else does: not when it was built, nor the order in which files were found."""
    built = {"a.md": b"one"}
    (tmp_path / site.FINGERPRINT).write_text(f"{site.fingerprint(built)}\n")
    monkeypatch.setattr(site, "SITE", tmp_path)
    monkeypatch.setattr(site, "sources", lambda: built)
    assert site.is_fresh()
    monkeypatch.setattr(site, "sources", lambda: changed)
    assert not site.is_fresh()


def test_a_site_that_was_never_built_is_not_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "SITE", tmp_path)
    monkeypatch.setattr(site, "sources", dict)
    assert not site.is_fresh()


@pytest.mark.parametrize(("fresh", "code"), [(True, 0), (False, 1)])
def test_the_check_fails_for_a_stale_site_and_names_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fresh: bool, code: int
) -> None:
    monkeypatch.setattr(site, "is_fresh", lambda: fresh)
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert main() == code
    assert ("`make docs` builds it anew" in capsys.readouterr().err) == (not fresh)
