"""The page of the faulty servers is that of the record, and leaves none of them out."""

from __future__ import annotations

import re

from docs import generated
from docs.generated import faulty_servers
from tests.faulty import recorded
from tests.faulty.catalogue import CATALOGUE
from tests.faulty.recorded import Recorded

ONE = Recorded(written=("directed", "driven"), generated=True, plain=("a_check: Server error (GET /x)",))
NONE = Recorded(written=(), generated=False, plain=())
PART = Recorded(written=("model",))


def test_the_site_has_the_page_of_what_is_recorded() -> None:
    """Generated from the record whenever the site is built."""
    assert generated.pages()[faulty_servers.PATH] == faulty_servers.page(recorded.load())


def test_every_faulty_server_is_recorded_or_named_as_not_recorded() -> None:
    """Each stands on the page once, with its sentence."""
    known = recorded.load()
    page = generated.pages()[faulty_servers.PATH]
    rows, _, rest = page.partition("\n## Not recorded\n")
    for name, fault in CATALOGUE.items():
        (line,) = re.findall(rf"^.*`{name}`.*$", rows if name in known else rest, re.MULTILINE)
        assert fault.sentence in line
        assert page.count(f"`{name}`") == 1


def test_a_row_names_layers_and_checks() -> None:
    """What caught a server, and by which of its checks Schemathesis alone would have."""
    names = ("no-window-of-timestamps", "the-future-is-within-the-window", "the-window-in-whole-minutes")
    page = faulty_servers.page(dict(zip(names, (ONE, NONE, PART), strict=True)))
    one, none, part = (re.findall(rf"^\| `{name}` .*$", page, re.MULTILINE) for name in names)
    place = "[AUTH-09](requirements/AUTH.md#auth-09)"
    assert one[0].endswith(f"| {place} | directed, generated, driven | `a_check` |")
    assert none[0].endswith(f"| {place} | nothing | no |")
    assert part[0].endswith(f"| {place} | walks, (generated requests not run) | not run |")
    row = "1 of 3 | 1 of 2 | 1 of 3 | 0 of 3 | 1 of 3 | 1 of 2"
    assert f"\n| all | {len(CATALOGUE)} | {row} |\n" in page
