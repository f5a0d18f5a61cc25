"""The page of the faulty servers is that of the record, and leaves none of them out."""

from __future__ import annotations

import re

from docs import generated
from docs.generated import faulty_servers
from tests.faulty import recorded
from tests.faulty.catalogue import CATALOGUE
from tests.faulty.recorded import Recorded

ONE = Recorded(layers=("directed", "driven"), plain=("not_a_server_error: Server error (GET /x)",))
NONE = Recorded(layers=("generated",), plain=())


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
    page = faulty_servers.page({"no-window-of-timestamps": ONE, "unknown-members-accepted": NONE})
    (row,) = re.findall(r"^\| `no-window-of-timestamps` .*$", page, re.MULTILINE)
    assert row.endswith(
        "| [AUTH-09](requirements/AUTH.md#auth-09) | directed, driven | `not_a_server_error` |"
    )
    (row,) = re.findall(r"^\| `unknown-members-accepted` .*$", page, re.MULTILINE)
    assert row.endswith("| generated | no |")
    everything = len(CATALOGUE)
    assert f"\n| all | {everything} | 2 | 1 | 1 | 0 | 0 | 1 | 2 | 1 |\n" in page
