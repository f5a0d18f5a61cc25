"""The page of the liberties leaves none of them out."""

from __future__ import annotations

import re

from docs import generated
from docs.generated import liberties
from tests.liberties.catalogue import LIBERTIES


def test_every_liberty_stands_on_the_page_once() -> None:
    """With its sentence, the requirement within which it keeps, and what is warned of."""
    page = generated.pages()[liberties.PATH]
    assert f" {len(LIBERTIES)} servers " in page
    for name, liberty in LIBERTIES.items():
        (line,) = re.findall(rf"^\| `{name}` .*$", page, re.MULTILINE)
        assert liberty.sentence in line
        named = re.findall(r"\[([A-Z]+-[0-9]+)\]\(requirements/", line)
        assert named == [liberty.allowed_by, *sorted(liberty.warns)]
