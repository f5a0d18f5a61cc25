"""The links of a built site: whether each leads to a page, and to a place on it, that there is."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page links to, and the places on it that can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append(value)
            if name in ("id", "name") and value:
                self.places.add(value)


def find_broken(folder: Path) -> list[str]:
    """Every link of the pages in a folder that leads nowhere in it, as ``page: link``.

    Addresses with a scheme are left alone: nothing is asked of the network.
    """
    pages = {}
    for file in sorted(folder.rglob("*.html")):
        pages[file.resolve()] = page = _Page()
        page.feed(file.read_text(encoding="utf-8"))
    return [
        f"{file.relative_to(folder.resolve())}: {link}"
        for file, page in pages.items()
        for link in dict.fromkeys(page.links)
        if _leads_nowhere(link, file, pages)
    ]


def _leads_nowhere(link: str, file: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if parts.fragment and target in pages:
        return unquote(parts.fragment) not in pages[target].places
    return not target.is_file()
