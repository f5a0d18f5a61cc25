"""A guide as steps that somebody follows who reads the tabs of one language.

A block whose first line is a comment with a file's name is saved under it. A block of `sh` is typed, in
a terminal of its own where the paragraph before it ends with "leave it running:". A block of `text` or `json`
is what is then to be seen: `…` stands for anything, and the paragraph before it may say "in any order". Other
blocks are there to be looked at, if they have no language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.project.fences import Block, read_blocks

SHOWN = ("", "http")
"""Languages of blocks that are no step."""

SEEN = ("text", "json")
"""Languages of blocks that say what is to be seen."""

_NAME = re.compile(r"(?:<\?php )?(?:#|//|<!--) (?P<name>[\w./-]+\.\w+)(?: -->)?$")
_CONTAINER = re.compile(r"^(?P<fence>:{3,})(?:\{(?P<kind>[\w-]+)\} *(?P<argument>.*))?$")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One block, with where it stands."""

    block: Block
    tabs: int | None
    """Which set of tabs it is in, counted over the page."""
    tab: str
    """Its tab's title; empty outside of tabs."""
    lead: str
    """The paragraph before it."""

    @property
    def file(self) -> str | None:
        """The name to save it under."""
        found = _NAME.match(self.block.code.partition("\n")[0])
        return found["name"] if found else None

    @property
    def keeps_running(self) -> bool:
        return self.lead.endswith("leave it running:")

    @property
    def ordered(self) -> bool:
        """Whether what is to be seen comes in the order of its lines."""
        return "in any order" not in self.lead


def read_steps(page: Path) -> list[Step]:
    """Every step of every tab, in the order of the page."""
    text = page.read_text(encoding="utf-8")
    return [
        Step(block=block, tabs=tabs, tab=tab, lead=_lead(text[: block.position]))
        for block in read_blocks(page)
        if block.language not in SHOWN
        for tabs, tab in [_place(text[: block.position])]
    ]


def languages(steps: list[Step]) -> list[str]:
    """The titles of tabs, each once; one empty title where there are none."""
    return list(dict.fromkeys(step.tab for step in steps if step.tab)) or [""]


def followed(steps: list[Step], language: str) -> Iterator[Step]:
    """The steps of who reads one language's tabs, and the first tab where there is none of that language."""
    for step in steps:
        if step.tabs is None or step.tab == language:
            yield step
        else:
            offered = [other.tab for other in steps if other.tabs == step.tabs]
            if language not in offered and step.tab == offered[0]:
                yield step


def _place(before: str) -> tuple[int | None, str]:
    """The number of the set of tabs, and the title of the tab, in which a text ends."""
    sets, opened = 0, list[tuple[str, str]]()
    for line in before.splitlines():
        found = _CONTAINER.match(line)
        if found is None:
            continue
        if found["kind"] is None:
            opened.pop()
        else:
            sets += found["kind"] == "tab-set"
            opened.append((found["kind"], found["argument"]))
    tab = next((argument for kind, argument in reversed(opened) if kind == "tab-item"), "")
    return (sets if tab else None), tab


def _lead(before: str) -> str:
    paragraph = before.rstrip("\n").rpartition("\n\n")[2]
    return " ".join(paragraph.split())
