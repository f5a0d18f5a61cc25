"""Records which layer of the contract tests catches which faulty server, and what Schemathesis alone does.

``python -m tests.faulty --report`` records it in ``recorded.json``, a part of a server at a time, so that it
can be stopped and goes on where it was; ``--share 1/2`` and ``--share 2/2`` do so beside each other.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from contract_tests.judging import arbiter
from contract_tests.suite import GENERATED, Plan
from contract_tests.trial import REGISTRY
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty import plain
from tests.faulty.catalogue import Fault, Listening, by_area
from tests.faulty.patches import patched
from tests.faulty.recorded import FILE, PARTS, Document, Recorded, load, read
from tests.faulty.shapes import digest
from tests.node_serving import serve_node

_MODULES: Final = {
    "contract_tests.directed.races": "concurrency",
    "contract_tests.driven.readers": "concurrency",
    "contract_tests.driven.walking": "model",
}


def record(
    partners: Mapping[str, PartnerCredentials], *, seconds: float, share: tuple[int, int] = (1, 1)
) -> Iterator[str]:
    """Record what is not recorded, until this time is over: each part of each server, once it is written.

    A `share` of (1, 2) is every second server, (2, 2) the others: two processes take them side by side.
    """
    until = time.monotonic() + seconds
    first, step = share
    faults = tuple(_in_turn())[first - 1 :: step]
    known = load()
    with plain.sharing_values():
        for part, fault in itertools.product(PARTS, faults):
            if getattr(known.get(fault.name, Recorded()), part) is not None:
                continue
            if time.monotonic() >= until:
                return
            usual = _usual(fault.application, partners) if part == "plain" else ()
            _enter(fault, part, observe(part, fault, partners, usual=usual))
            yield f"{fault.name}: {part}"


def observe(
    part: str, fault: Fault, partners: Mapping[str, PartnerCredentials], *, usual: Collection[str]
) -> list[str] | bool:
    """Run one of `PARTS` against a faulty server; Schemathesis reports `usual` of the right one."""
    if part == "generated" and fault.breaks not in arbiter.CITES:
        return False  # which these requests do not judge, and so are not sent for
    with fault.start(partners, 0) as server:
        if part == "plain":
            return sorted(plain.find_failures(server) - set(usual))
        if part == "generated":
            return bool(_layers(server, Plan(select=(fault.breaks,), layers=(GENERATED,))))
        return sorted(_layers(server, Plan(select=(fault.breaks,), layers=DIRECTED)))


def _layers(server: Listening, plan: Plan) -> set[str]:
    report = verify(server, plan)
    return {layer_of(breach.test) for finding in report.findings for breach in finding.breaches}


def layer_of(test: str) -> str:
    """The layer that a test of the suite belongs to."""
    if test == GENERATED:
        return "generated"
    module = REGISTRY[test].function.__module__
    return _MODULES.get(module) or ("driven" if ".driven." in module else "directed")


def _in_turn() -> Iterator[Fault]:
    """One of each area after another, so that a part of them is a part of each."""
    for fault in itertools.chain.from_iterable(itertools.zip_longest(*by_area().values())):
        if fault is not None:
            yield fault


def _right(application: str, partners: Mapping[str, PartnerCredentials]) -> AbstractContextManager[Listening]:
    if application == "node":
        return serve_node(partners)
    return patched(lambda _: None, application, partners, 0)


def _usual(application: str, partners: Mapping[str, PartnerCredentials]) -> Collection[str]:
    """What Schemathesis alone reports of the right server, which is recorded where it is not yet."""
    if application not in read()["right"]:
        with _right(application, partners) as server:
            found = sorted(plain.find_failures(server))
        with _writing() as document:
            document["right"][application] = found
    right: Mapping[str, list[str]] = read()["right"]
    return right[application]


def _enter(fault: Fault, part: str, found: list[str] | bool) -> None:
    with _writing() as document:
        known = load()
        servers = {name: entry for name, entry in document["servers"].items() if name in known}
        servers[fault.name] = {"patch": digest(fault), **servers.get(fault.name, {}), part: found}
        document["servers"] = servers


@contextmanager
def _writing() -> Iterator[Document]:
    """The record as it is now, to be changed: nobody else writes meanwhile, and no reader sees it half."""
    folder = os.open(FILE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        document = read()
        yield document
        document["servers"] = dict(sorted(document["servers"].items()))
        document["schemathesis"] = plain.settings()
        new = FILE.with_suffix(".new")
        new.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(FILE)
    finally:
        os.close(folder)  # which ends the lock
