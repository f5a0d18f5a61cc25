"""An identifier of a requirement, wherever a page cites one, leads to where the requirements list it; who
rests on it reads what is demanded.
"""

from __future__ import annotations

import html
import os
import re
from functools import partial
from pathlib import Path
from typing import Final

import openapi

_CODE: Final = r'<code class="[^"]*literal[^"]*"><span class="pre[^"]*">([A-Z]{3,4})-([0-9]{2})</span></code>'
_LINK_OR_CODE: Final = re.compile(rf"<a\b[^>]*>.*?</a>|{_CODE}", re.DOTALL)
FOLDER: Final = "requirements"


def link(folder: Path) -> None:
    """Change every page of the site in ``folder``, once; what is a link already stays as it is."""
    for file in sorted(folder.rglob("*.html")):
        way = os.path.relpath(folder / FOLDER, file.parent).replace(os.sep, "/")
        text = file.read_text("utf-8")
        file.write_text(_LINK_OR_CODE.sub(partial(_linked, folder, way), text), "utf-8")


def _linked(folder: Path, way: str, found: re.Match[str]) -> str:
    """Of an area that has no page, as in an example, nothing is made."""
    area, number = found.groups()
    if area is None or not (folder / FOLDER / f"{area}.html").is_file():
        return found[0]
    requirement = openapi.requirements().get(f"{area}-{number}")
    title = f' title="{html.escape(requirement.statement.replace("`", ""))}"' if requirement else ""
    place = f"{way}/{area}.html#{area.lower()}-{number}"
    return f'<a class="reference internal" href="{place}"{title}>{found[0]}</a>'
