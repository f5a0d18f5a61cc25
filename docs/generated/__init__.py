"""Pages generated from what they describe; each module's ``pages()`` gives Markdown by path."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generated import changelog, commands, events, faulty_servers, liberties, problems, requirements


def pages() -> Mapping[str, str]:
    """Every generated page."""
    return {
        path: text
        for module in (problems, events, requirements, faulty_servers, liberties, commands, changelog)
        for path, text in module.pages().items()
    }
