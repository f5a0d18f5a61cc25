"""Faulty servers made of the Node implementation: a copy of its sources, with a few lines exchanged."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Fault, register
from tests.node_serving import IMPLEMENTATION, NodeServer, serve_node


@dataclass(frozen=True, kw_only=True)
class Change:
    """The text `old`, which stands in `module` exactly once, becomes `new`."""

    module: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Make it in a copy of the sources; LookupError where the text is not there, or there twice."""
        path = folder / self.module
        source = path.read_text(encoding="utf-8")
        found = source.count(self.old)
        if found != 1:
            raise LookupError(f"{self.module} holds {found} times what a faulty server exchanges: {self.old}")
        path.write_text(source.replace(self.old, self.new), encoding="utf-8")


def faulty(
    name: str, sentence: str, *changes: tuple[str, str, str], breaks: str, collateral: tuple[str, ...] = ()
) -> None:
    """Register a faulty server made by `changes`, each of a module, a text in it, and what takes its place."""
    made = [Change(module=module, old=old, new=new) for module, old, new in changes]
    register(
        Fault(
            name=name,
            sentence=sentence,
            breaks=breaks,
            collateral=frozenset(collateral),
            application="node",
            start=partial(serve_changed, made),
        )
    )


@contextmanager
def serve_changed(
    changes: Sequence[Change], partners: Mapping[str, PartnerCredentials], port: int
) -> Iterator[NodeServer]:
    """Run a copy of the Node implementation with these changes, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="changed-node-") as name:
        copy = Path(name) / "node-implementation"
        shutil.copytree(IMPLEMENTATION, copy)
        for change in changes:
            change.apply(copy)
        with serve_node(partners, port=port, implementation=copy) as server:
            yield server
