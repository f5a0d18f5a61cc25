"""How a page looks and whether everybody can use it: pictures to be looked at, and what axe-core finds.

The pictures are in `artifacts/screens/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from playwright.sync_api import Page, ViewportSize

from tests.project.tree import ROOT

PICTURES = ROOT / "artifacts" / "screens"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Look = tuple[ViewportSize, Literal["light", "dark"]]

DESKTOP: ViewportSize = {"width": 1200, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
EVERY_LOOK: Mapping[str, Look] = {
    "desktop-light": (DESKTOP, "light"),
    "desktop-dark": (DESKTOP, "dark"),
    "phone-light": (PHONE, "light"),
}
DAY_AND_NIGHT: Mapping[str, Look] = {"desktop-light": (DESKTOP, "light"), "phone-dark": (PHONE, "dark")}


def examine(page: Page, name: str, axe: str, looks: Mapping[str, Look] = DAY_AND_NIGHT) -> None:
    """Take a picture of the page in each look, and hold it: no rule of WCAG 2.2 A and AA that axe can decide
    is broken, and nothing sticks out at the side.
    """
    for look, (size, scheme) in looks.items():
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        take_picture(page, f"{name}-{look}")
        assert judge(page, axe) == [], look
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


def take_picture(page: Page, name: str) -> None:
    """What can be seen of the page now, as `NAME.png`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def judge(page: Page, axe: str) -> list[str]:
    """What axe finds wrong with the page as it is."""
    page.evaluate(axe)
    # Without preloading, which asks for style sheets anew and may not, where a page comes from a file.
    found = page.evaluate("rules => axe.run({ runOnly: rules, preload: false })", RULES)
    assert found["passes"], "axe judged nothing"
    return [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
