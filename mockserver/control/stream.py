"""The operation that streams what happens."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.namespaces import Namespace
from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request, StreamedAnswer


def stream_events(request: Request) -> Answer:
    """200 with events as they happen."""
    namespace: Namespace = request.caller
    return StreamedAnswer(200, b"", content_type="text/event-stream", chunks=namespace.stream.read())


HANDLERS: Mapping[str, Handler] = {"streamEvents": stream_events}
