"""The site as it is built from today's sources: without a warning, and without a link that leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import openapi
from docs import loading, site


def test_the_site_is_built_and_loads_nothing_from_another_machine(site_folder: Path) -> None:
    """Pages, drawings and style sheets, every one."""
    pages = list(site_folder.rglob("*.html"))
    assert loading.find_foreign(site_folder) == []
    assert {path.removesuffix(".md") for path in site.sources() if path.endswith(".md")} <= {
        file.relative_to(site_folder).as_posix().removesuffix(".html") for file in pages
    }


def test_what_the_theme_leaves_out_is_in_every_page(site_folder: Path) -> None:
    """A name for each landmark, a level for each caption, the keyboard's way to what scrolls, one title; no
    heading of a table is empty.
    """
    for file in site_folder.rglob("*.html"):
        page = file.read_text("utf-8")
        if "furo-main-content" not in page:
            continue  # the API reference, which is no page of Sphinx
        assert page.count("<h1") == 1, file
        assert re.search(r"<th\b[^>]*>(\s|<p>|</p>)*</th>", page) is None, file
        assert "Generated with Sphinx" not in page, "with another Python it would be another version"
        assert re.search(r"<aside(?! aria-label)|<pre>|<div class=\"table-wrapper", page) is None, file
        assert page.count('role="heading"') == page.count('role="heading" aria-level="2"') > 0, file


def test_an_identifier_of_a_requirement_leads_to_it(site_folder: Path) -> None:
    """From a guide, from a page at the top and among the requirements; that each leads somewhere, the build
    has seen.
    """
    citation = r'<code[^>]*><span class="[^"]*">([A-Z]{3,4})-(\d\d)</span></code>(</a>)?'
    for page, way in {
        "guides/contract-tests.html": "../requirements/",
        "receivers.html": "requirements/",
        "requirements/RECV.html": "./",
    }.items():
        text = (site_folder / page).read_text("utf-8")
        cited = re.findall(citation, text)
        assert cited, page
        for area, number, end in cited:
            assert end, f"{page}: {area}-{number}"
            assert f'href="{way}{area}.html#{area.lower()}-{number}" title="' in text
    said = openapi.requirements()["RECV-04"].statement
    assert f'requirements/RECV.html#recv-04" title="{said}">' in (site_folder / "receivers.html").read_text()


def test_a_short_name_is_not_broken(site_folder: Path) -> None:
    """An identifier, an option or a member; a long one has to be, on a phone."""
    page = (site_folder / "receivers.html").read_text("utf-8")
    assert '<span class="pre whole">RECV-04</span>' in page
    assert '<span class="pre whole">--sessions-from</span>' in page
    page = (site_folder / "events" / "index.html").read_text("utf-8")
    assert '<span class="pre">partner.customer.deposit.created</span>' in page


def test_each_cell_of_a_wide_table_knows_the_heading_of_its_column(site_folder: Path) -> None:
    """A phone shows a row's cells below each other; the page of choosing begins with such a table."""
    page = (site_folder / "guides" / "choosing.html").read_text("utf-8")
    table = page.partition("<table")[2].partition("</table>")[0]
    first = table.partition("<tbody")[2].partition("</tr>")[0]
    assert re.findall(r'<td role="cell" data-label="([^"]*)"', first) == ["you want", "use", "operation"]
    assert 'class="wide docutils' in table
