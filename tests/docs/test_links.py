"""The links of a built site."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import links


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A site of two pages that link to each other, to a file, and to elsewhere."""
    (tmp_path / "below").mkdir()
    (tmp_path / "a%b.txt").touch()
    (tmp_path / "below" / "other.html").write_text(
        '<h2 id="place">x</h2> <a href="../index.html?q=1#top">x</a>'
    )
    (tmp_path / "index.html").write_text(
        '<body id="top"> <a href="#top">x</a> <a href="">x</a> <a href="below/other.html#place">x</a>'
        ' <img src="a%25b.txt"> <a href="https://example.com/none">x</a> <a href="mailto:a@example.com">x</a>'
    )
    return tmp_path


def test_links_that_lead_somewhere_are_left_alone(built: Path) -> None:
    assert links.find_broken(built) == []


@pytest.mark.parametrize("link", ["none.html", "#none", "below/other.html#none", "../index.html", "below/"])
def test_a_link_that_leads_nowhere_is_named_with_its_page(built: Path, link: str) -> None:
    (built / "page.html").write_text(f'<a href="{link}">x</a>')
    assert links.find_broken(built) == [f"page.html: {link}"]
