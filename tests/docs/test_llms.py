"""`llms.txt`: the pages, each with a line that says what it is about."""

from __future__ import annotations

import re

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


def test_guides_come_before_what_is_looked_up() -> None:
    listed = llms.write(dict.fromkeys(("commands/a.md", "guides/a.md", "a.md"), "# A\n\nAbout it.\n"))
    assert re.findall(r"^## (.*)$", listed, re.MULTILINE) == ["The contract", "Pages", "Guides", "Commands"]
