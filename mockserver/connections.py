"""Connections that can be broken off: what uvicorn does not offer to an application by itself."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reference_impl.http.exchange import Scope

_EXTENSION = "stablemint.connection"


class BreakableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, whose scopes carry an extension with which the connection can be broken off."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"abort": self.transport.abort}}


def break_off(scope: Scope) -> None:
    """Close the connection of an exchange at once, whatever was sent. RuntimeError on another server."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        raise RuntimeError("this server cannot break a connection off")
    extension["abort"]()
