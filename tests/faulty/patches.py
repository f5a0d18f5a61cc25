"""Faulty servers made of our own applications: each the real one, with one small patch while it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import openapi
from reference_impl.credentials import PartnerCredentials
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App
from tests.faulty.catalogue import Fault, Listening, register
from tests.sandboxed import serve_sandbox
from tests.serving import APPLICATIONS, make_environment, serve


class Patches:
    """What a fault may change of the application that is about to be built, and only until it stops."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.wrappers: list[Callable[[App], App]] = []
        self.settings: dict[str, Any] = {}

    def replace(self, place: Any, name: str, value: Any) -> None:
        """Put `value` where a module or class has `name`."""
        self._stack.enter_context(mock.patch.object(place, name, value))

    def around(self, place: Any, name: str, wrapper: Callable[..., Any]) -> None:
        """Call `wrapper` with what was there as its first argument, and then with the call's own."""
        self.replace(place, name, _calling(wrapper, getattr(place, name)))

    def document(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Serve a changed copy of the document."""
        document = openapi.load()
        change(document)
        contract = Contract(document)
        for name in (
            "mockserver.application.session_contract",
            "reference_impl.application.session_contract",
        ):
            self._stack.enter_context(mock.patch(name, return_value=contract))

    def environment(self, **settings: Any) -> None:
        """Build the application over an environment with these settings."""
        self.settings |= settings

    def wrap(self, wrapper: Callable[[App], App]) -> None:
        """Put `wrapper` around the whole application."""
        self.wrappers.append(wrapper)


def _calling(wrapper: Callable[..., Any], original: Any) -> Callable[..., Any]:
    # A plain function, so that it also binds where a method was.
    def call(*arguments: Any, **keywords: Any) -> Any:
        return wrapper(original, *arguments, **keywords)

    return call


Apply = Callable[[Patches], None]


def faulty(*, breaks: str, collateral: tuple[str, ...] = (), on: str = "mock") -> Callable[[Apply], Apply]:
    """Register a function that patches the application called `on`; its docstring is the fault's sentence."""

    def decorate(apply: Apply) -> Apply:
        register(
            Fault(
                name=apply.__name__.replace("_", "-"),
                sentence=" ".join((apply.__doc__ or "").split()),
                breaks=breaks,
                collateral=frozenset(collateral),
                application=on,
                start=functools.partial(patched, apply, on),
            )
        )
        return apply

    return decorate


@contextmanager
def patched(
    apply: Apply, application: str, partners: Mapping[str, PartnerCredentials], port: int
) -> Iterator[Listening]:
    """The patched application, over memory and real HTTP, until the block ends.

    A `sandbox` is the mock server as a whole, with its control API; the others are the session API alone.
    """
    with ExitStack() as stack:
        patches = Patches(stack)
        apply(patches)
        if application == "sandbox":
            sandbox = serve_sandbox(partners, port=port, validate_responses=False)
            yield stack.enter_context(sandbox)
            return
        # Its answers are not held to the document: that they break it is the point.
        environment = make_environment(partners, validate_responses=False, **patches.settings)
        app: App = APPLICATIONS[application](environment)
        for wrapper in patches.wrappers:
            app = wrapper(app)
        yield stack.enter_context(serve(app, environment=environment, partners=partners, port=port))
