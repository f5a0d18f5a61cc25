"""`llms.txt`: the pages, each with a line that says what it is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import llms, site


def test_every_page_is_listed_once_with_a_description() -> None:
    pages = {path: text.decode() for path, text in site.sources().items() if path.endswith(".md")}
    entries = re.findall(r"^- \[(.+)\]\((\S+\.md)\): (\S.*)$", llms.write(pages), re.MULTILINE)
    assert sorted(path for _, path, _ in entries) == sorted(pages)
    assert [name for name, _, _ in entries if name == "Untitled"] == []
    assert [said for _, _, said in entries if len(said) > llms.LONGEST * 2] == []


def test_the_first_paragraph_of_prose_is_the_description() -> None:
    head = "(label)=\n# A title\n\n```{note}\nNot this.\n\nNor this.\n```\n\n"
    page = f"{head}This, with\na [link](other.md).\n\nNot this."
    assert llms.describe("page.md", page) == "This, with a link."


def test_a_long_paragraph_is_cut_at_the_end_of_a_sentence() -> None:
    long = f"One sentence. Another one: {'word ' * 50}. A third."
    assert llms.describe("page.md", f"# A title\n\n{long}") == "One sentence."


def test_a_page_that_says_nothing_of_itself_is_named() -> None:
    with pytest.raises(ValueError, match=r"docs/guides/new\.md has no paragraph"):
        llms.write({"guides/new.md": "# New\n\n- a list\n\n| a | table |\n"})


def test_pages_come_in_the_order_of_the_landing_page_and_then_by_folder() -> None:
    tree = "```{toctree}\n:caption: Guides\n:hidden:\n\nguides/b\nFirst <guides/a>\n```\n"
    pages = dict.fromkeys(("commands/a.md", "guides/a.md", "guides/b.md"), "# A\n\nAbout it.\n")
    listed = llms.write(pages | {"index.md": f"# Home\n\nAll of it.\n\n{tree}"}).partition("## Guides")[2]
    assert re.findall(r"^## (.*)$|\((\S+\.md)\):", listed, re.MULTILINE) == [
        ("", "guides/b.md"),
        ("", "guides/a.md"),
        ("Commands", ""),
        ("", "commands/a.md"),
        ("Landing page", ""),
        ("", "index.md"),
    ]


def test_every_link_of_the_file_and_of_the_pages_it_lists_leads_to_a_file(site_folder: Path) -> None:
    """As one follows them who reads Markdown: from page to page, without HTML."""
    lost = []
    for file in [site_folder / "llms.txt", *site_folder.rglob("*.md")]:
        for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text("utf-8")):
            path = link.partition("#")[0]
            if path and "://" not in path and not (file.parent / path).is_file():
                lost.append(f"{file.relative_to(site_folder)}: {link}")
    assert lost == []
