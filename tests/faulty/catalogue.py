"""What a faulty server is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import openapi
from reference_impl.credentials import PartnerCredentials
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App
from tests.serving import APPLICATIONS, Server, make_environment, serve


class Patches:
    """What a fault may change of the application that is about to be built, and only until it stops."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.wrappers: list[Callable[[App], App]] = []

    def replace(self, place: Any, name: str, value: Any) -> None:
        """Put `value` where a module or class has `name`."""
        self._stack.enter_context(mock.patch.object(place, name, value))

    def around(self, place: Any, name: str, wrapper: Callable[..., Any]) -> None:
        """Call `wrapper` with what was there as its first argument, and then with the call's own."""
        self.replace(place, name, _calling(wrapper, getattr(place, name)))

    def document(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Serve a changed copy of the document."""
        document = openapi.load()
        change(document)
        contract = Contract(document)
        for name in (
            "mockserver.application.session_contract",
            "reference_impl.application.session_contract",
        ):
            self._stack.enter_context(mock.patch(name, return_value=contract))

    def wrap(self, wrapper: Callable[[App], App]) -> None:
        """Put `wrapper` around the whole application."""
        self.wrappers.append(wrapper)


def _calling(wrapper: Callable[..., Any], original: Any) -> Callable[..., Any]:
    # A plain function, so that it also binds where a method was.
    def call(*arguments: Any, **keywords: Any) -> Any:
        return wrapper(original, *arguments, **keywords)

    return call


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One faulty server.

    `breaks` is the requirement on which the contract tests must fail; `collateral` are others on which they
    may, because the same patch breaks them as well: identifiers, areas, or EVERYTHING.
    """

    name: str
    sentence: str
    breaks: str
    collateral: frozenset[str]
    application: str
    apply: Callable[[Patches], None] = field(repr=False)

    def explains(self, requirement: str) -> bool:
        """Whether it is no surprise that this requirement fails."""
        return bool(
            {requirement, requirement.partition("-")[0], EVERYTHING} & {self.breaks, *self.collateral}
        )


EVERYTHING = "everything"
"""The collateral of a fault after which hardly any request of the contract tests gets its answer."""

CATALOGUE: dict[str, Fault] = {}


def faulty(
    *, breaks: str, collateral: tuple[str, ...] = (), on: str = "mock"
) -> Callable[[Callable[[Patches], None]], Callable[[Patches], None]]:
    """Register a function that patches the application called `on`; its docstring is the fault's sentence."""

    def register(apply: Callable[[Patches], None]) -> Callable[[Patches], None]:
        name = apply.__name__.replace("_", "-")
        CATALOGUE[name] = Fault(
            name=name,
            sentence=(apply.__doc__ or "").strip(),
            breaks=breaks,
            collateral=frozenset(collateral),
            application=on,
            apply=apply,
        )
        return apply

    return register


@contextmanager
def running(fault: Fault, partners: Mapping[str, PartnerCredentials], *, port: int = 0) -> Iterator[Server]:
    """The faulty server, over memory and real HTTP, until the block ends."""
    with ExitStack() as stack:
        patches = Patches(stack)
        fault.apply(patches)
        # Its answers are not held to the document: that they break it is the point.
        environment = make_environment(partners, validate_responses=False)
        app: App = APPLICATIONS[fault.application](environment)
        for wrapper in patches.wrappers:
            app = wrapper(app)
        yield stack.enter_context(serve(app, environment=environment, partners=partners, port=port))
