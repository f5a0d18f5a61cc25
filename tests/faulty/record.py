"""Records which layer of the contract tests catches which faulty server, and what Schemathesis alone does.

``python -m tests.faulty --report`` records it in ``recorded.json``, a server at a time, so that it can be
stopped and goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import chain, zip_longest
from typing import Final

from contract_tests.judging import arbiter
from contract_tests.suite import GENERATED, Plan
from contract_tests.trial import REGISTRY
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import DIRECTED, verify
from tests.faulty import plain
from tests.faulty.catalogue import CATALOGUE, Fault, Listening, by_area
from tests.faulty.patches import patched
from tests.faulty.recorded import FILE, LAYERS, Document, load, read
from tests.faulty.shapes import digest
from tests.node_serving import serve_node

_MODULES: Final = {
    "contract_tests.directed.concurrency": "concurrency",
    "contract_tests.driven.readers": "concurrency",
    "contract_tests.driven.walking": "model",
}


def record(partners: Mapping[str, PartnerCredentials], *, seconds: float) -> Iterator[str]:
    """Record what is not recorded, until this time is over: the names, each once it is written."""
    until = time.monotonic() + seconds
    document = read()
    recorded = load()
    document["servers"] = {name: document["servers"][name] for name in sorted(recorded)}
    with plain.sharing_values():
        for application in dict.fromkeys(fault.application for fault in CATALOGUE.values()):
            if application not in document["right"]:
                with _right(application, partners) as server:
                    document["right"][application] = sorted(plain.find_failures(server))
                _write(document)
        for fault in _in_turn():
            if time.monotonic() >= until:
                return
            if fault.name not in recorded:
                usual = document["right"][fault.application]
                document["servers"][fault.name] = observe(fault, partners, usual=usual)
                _write(document)
                yield fault.name


def observe(fault: Fault, partners: Mapping[str, PartnerCredentials], *, usual: Collection[str]) -> Document:
    """Run every layer and plain Schemathesis against one faulty server; the right one fails as `usual`."""
    with fault.start(partners, 0) as server:
        caught = _layers(server, Plan(select=(fault.breaks,), layers=DIRECTED))
        if fault.breaks in arbiter.CITES:  # the requests of the other ones are not even sent
            caught |= _layers(server, Plan(select=(fault.breaks,), layers=(GENERATED,)))
        failures = plain.find_failures(server)
    return {
        "patch": digest(fault),
        "layers": [layer for layer in LAYERS if layer in caught],
        "plain": sorted(failures - set(usual)),
    }


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
    for fault in chain.from_iterable(zip_longest(*by_area().values())):
        if fault is not None:
            yield fault


def _right(application: str, partners: Mapping[str, PartnerCredentials]) -> AbstractContextManager[Listening]:
    if application == "node":
        return serve_node(partners)
    return patched(lambda _: None, application, partners, 0)


def _write(document: Document) -> None:
    document["servers"] = dict(sorted(document["servers"].items()))
    text = json.dumps({**document, "schemathesis": plain.settings()}, indent=1, ensure_ascii=False)
    new = FILE.with_suffix(".new")
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(FILE)
