"""What a liberty is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Listening, Start
from tests.faulty.node.source import Change, serve_changed
from tests.faulty.patches import Apply, patched

DRIVER: Final = Path(__file__).parents[2] / "examples" / "driver-command" / "driver.py"


@dataclass(frozen=True, kw_only=True)
class Liberty:
    """A right server that decides otherwise than ours what the contract leaves open.

    `allowed_by` is the requirement within which it keeps, and `about` are all whose tests are sure to meet it;
    `warns` are those of level SHOULD that it leaves. `application` is what it was made of, and
    `command` the program that drives it, where that is not its control API.
    """

    name: str
    sentence: str
    allowed_by: str
    about: tuple[str, ...]
    warns: frozenset[str]
    application: str
    start: Start = field(repr=False)
    command: str | None = field(default=None, repr=False)

    @property
    def area(self) -> str:
        """The area of the requirement within which it keeps, such as HTTP."""
        return self.allowed_by.partition("-")[0]


LIBERTIES: Final[dict[str, Liberty]] = {}
"""All of them, by name, once ``tests.liberties`` is imported."""


def _register(
    *,
    name: str,
    sentence: str,
    allowed_by: str,
    about: tuple[str, ...],
    warns: tuple[str, ...],
    application: str,
    start: Start,
    command: str | None = None,
) -> None:
    if name in LIBERTIES:
        raise ValueError(f"there is a liberty named {name} already")
    LIBERTIES[name] = Liberty(
        name=name,
        sentence=sentence,
        allowed_by=allowed_by,
        about=(allowed_by, *about),
        warns=frozenset(warns),
        application=application,
        start=start,
        command=command,
    )


Serve = Callable[[Sequence[Change], Mapping[str, PartnerCredentials], int], AbstractContextManager[Listening]]
"""Runs a changed Node implementation."""


def node(
    name: str,
    sentence: str,
    *changes: tuple[str, str, str],
    allowed_by: str,
    about: tuple[str, ...] = (),
    warns: tuple[str, ...] = (),
    serve: Serve = serve_changed,
) -> None:
    """Register one of the Node implementation: `changes` are a module, a text in it, what takes its place.

    `serve` runs it with them.
    """
    made = [Change(module=module, old=old, new=new) for module, old, new in changes]
    _register(
        name=name,
        sentence=sentence,
        allowed_by=allowed_by,
        about=about,
        warns=warns,
        application="node",
        start=partial(serve, made),
    )


def ours(
    apply: Apply,
    *,
    allowed_by: str,
    about: tuple[str, ...] = (),
    warns: tuple[str, ...] = (),
    on: str = "sandbox",
) -> None:
    """Register one that `apply` takes, by patching our application `on`; its docstring is the sentence."""
    _register(
        name=apply.__name__.replace("_", "-"),
        sentence=" ".join((apply.__doc__ or "").split()),
        allowed_by=allowed_by,
        about=about,
        warns=warns,
        application=on,
        start=partial(patched, apply, on),
    )


def driven(
    name: str, sentence: str, *changes: tuple[str, str], allowed_by: str, about: tuple[str, ...] = ()
) -> None:
    """Register a command that drives the Node implementation, made of the one that is our example.

    Each of the `changes` is a text that stands in it exactly once, and what takes its place.
    """
    program = DRIVER.read_text(encoding="utf-8")
    for old, new in changes:
        if program.count(old) != 1:
            raise LookupError(f"{DRIVER} does not hold exactly once: {old}")
        program = program.replace(old, new)
    _register(
        name=name,
        sentence=sentence,
        allowed_by=allowed_by,
        about=about,
        warns=(),
        application="node",
        start=partial(serve_changed, ()),
        command=program,
    )
