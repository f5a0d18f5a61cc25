"""The faulty servers: which layer of the contract tests catches which, and what Schemathesis alone sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import tests.faulty  # noqa: F401 - registers the faulty servers
from docs.generated.markdown import table
from tests.faulty import recorded
from tests.faulty.catalogue import AREAS, CATALOGUE, Fault, by_area
from tests.faulty.recorded import LAYERS, Recorded

PATH: Final = "faulty-servers.md"
_SHORT: Final = {
    "directed": "directed",
    "generated": "generated",
    "model": "walks",
    "concurrency": "concurrent",
    "driven": "driven",
}

_TOP: Final = """\
# Faulty servers

{count} servers are faulty on purpose: the mock server, the reference implementation and the Node
implementation, each with one small patch. The [contract tests](implementers.md) have to fail on every one, on
the requirement that it breaks. In a clone of the repository, `python -m tests.faulty --list` lists them, and
`python -m tests.faulty NAME` runs one.

Which layer catches which was recorded by `python -m tests.faulty --report`, at the suite's default settings,
with the broken requirement selected. A layer caught a server where it saw that requirement broken:

{layers}
Beside them ran Schemathesis {version} as it is: its own checks in its default phases, with nothing but a
signer, and at most {examples} examples of an operation after its coverage phase. Even of the right servers it
reports failures ({usual}): it takes for valid what the environment's limit and used keys refuse, and
sends without credentials what the signer then signs. So a faulty server counts as seen only where
Schemathesis reports of it a kind of failure, at an operation, that it does not report of the right one.
"""

_MEANING: Final = {
    "directed": "single requests and short sequences of them, written for the requirement",
    "generated": "Schemathesis makes the requests, and checks of our own judge the answers",
    "model": "a model-based state machine walks through sessions, and compares",
    "concurrency": "many requests at once",
    "driven": "a driver plays payments and moves the clock, and a receiver takes the webhooks",
}


def pages() -> Mapping[str, str]:
    """One page, with what is not recorded named as such."""
    return {PATH: page(recorded.load())}


def page(known: Mapping[str, Recorded]) -> str:
    """The page for these records, by the server's name."""
    document = recorded.read()
    settings = document["schemathesis"]
    usual = {len(failures) for failures in document["right"].values()}
    top = _TOP.format(
        count=len(CATALOGUE),
        layers=table(
            ("layer", "", "what it does"),
            [(f"`{_SHORT[name]}`", title, _MEANING[name]) for name, title in LAYERS.items()],
        ),
        version=settings.get("version", "(not yet run)"),
        examples=settings.get("examples", 0),
        usual=f"{' to '.join(map(str, sorted({min(usual), max(usual)})))} of each"
        if usual
        else "not yet recorded",
    )
    areas = "".join(_area(area, faults, known) for area, faults in by_area().items())
    return f"{top}\n{_summary(known)}{areas}{_missing(known)}"


def _summary(known: Mapping[str, Recorded]) -> str:
    head = ("area", "servers", *_SHORT.values(), "Schemathesis alone")
    rows = [_counts(AREAS[area], faults, known) for area, faults in by_area().items()]
    rows.append(_counts("all", list(CATALOGUE.values()), known))
    return (
        "## What catches how many\n\nOf how many, where something was not run against all of them.\n\n"
        f"{table(head, rows)}"
    )


def _counts(title: str, faults: Sequence[Fault], known: Mapping[str, Recorded]) -> tuple[str, ...]:
    entries = [known.get(fault.name, Recorded()) for fault in faults]
    written = [entry.written for entry in entries if entry.written is not None]
    generated = [entry.generated for entry in entries if entry.generated is not None]
    alone = [entry.plain for entry in entries if entry.plain is not None]
    cells = []
    for layer in LAYERS:
        caught = generated if layer == "generated" else [layer in layers for layers in written]
        cells.append(_share(sum(caught), len(caught), len(faults)))
    return (title, str(len(faults)), *cells, _share(sum(map(bool, alone)), len(alone), len(faults)))


def _share(caught: int, run: int, servers: int) -> str:
    return str(caught) if run == servers else f"{caught} of {run}"


def _area(area: str, faults: Sequence[Fault], known: Mapping[str, Recorded]) -> str:
    rows = [_row(fault, known[fault.name]) for fault in faults if fault.name in known]
    title = AREAS[area]
    head = ("server", "breaks", "caught by", "Schemathesis alone")
    return f"\n## {title[0].upper()}{title[1:]}\n\n{table(head, rows)}" if rows else ""


def _row(fault: Fault, entry: Recorded) -> tuple[str, ...]:
    caught = [_SHORT[layer] for layer in entry.layers]
    caught += ["(generated requests not run)"] if entry.generated is None else []
    return (
        f"`{fault.name}` ({fault.application}): {fault.sentence}",
        f"[{fault.breaks}](requirements/{fault.area}.md#{fault.breaks.lower()})",
        ", ".join(caught) or "nothing",
        "not run" if entry.plain is None else _checks(entry.plain) or "no",
    )


def _checks(failures: Sequence[str]) -> str:
    """The checks of Schemathesis that told the server from the right one."""
    return ", ".join(f"`{check}`" for check in dict.fromkeys(text.partition(":")[0] for text in failures))


def _missing(known: Mapping[str, Recorded]) -> str:
    names = [name for name in sorted(CATALOGUE) if name not in known]
    if not names:
        return ""
    listed = "\n".join(f"- `{name}`: {CATALOGUE[name].sentence}" for name in names)
    return (
        f"\n## Not recorded\n\nOf these {len(names)} it is not recorded which layer catches them. That the "
        f"suite does is tested all the same, each with its requirement selected.\n\n{listed}\n"
    )
