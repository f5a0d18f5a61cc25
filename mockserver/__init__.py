"""The mock server: the session API's rules with a simulated world around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.embedded import MockServer

__all__ = ["MockServer"]


def __getattr__(name: str) -> Any:
    # Lazily: pytest loads this package's plugin at every start, and must not pay for a web framework.
    if name == "MockServer":
        from mockserver.embedded import MockServer

        return MockServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
